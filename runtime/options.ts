/** What a run is given by whoever starts it or takes it up. */
import path from "node:path";
import type { Json, Plan } from "../plan/types.ts";
import type { Script } from "./agents/index.ts";
import type { Doors } from "./engine.ts";
import type { Executor, TaskRequest } from "./executors/executor.ts";
import { type HostSource, systemHost } from "./host.ts";
import type { Clock } from "./interpreter/clock.ts";
import type { StopLimits } from "./interpreter/limits.ts";
import type { Prepared } from "./interpreter/prepared.ts";
import type { Services, StopRequest } from "./interpreter/run.ts";
import type { GivenLimits } from "./interpreter/storm.ts";
import type { EventRecord, Store } from "./store/store.ts";
import type { Prices } from "./usage/prices.ts";
import type { FileSource } from "./values/files.ts";

export interface CommonOptions {
  /** Project directory: runs are kept in its `.smithers/runs/ID`, compute tasks work in it. */
  readonly root: string;
  /** In place of the run's own store on disk; such a run has no directory and no inbox. It is not closed here. */
  readonly store?: Store;
  /** With `store`: those of runs that take the place of this one, or that its nodes hold. Without it none such is begun. */
  readonly storeOf?: (runId: string) => Store;
  /** What other processes ask, in place of the run's inbox. */
  readonly requests?: Doors["open"];
  /** In place of the built-in ones; they are not closed here. */
  readonly executors?: { get(kind: TaskRequest["kind"]): Executor | undefined };
  /** Answers of agents and decisions of people; no provider is called then. */
  readonly script?: Script;
  /** Stands for people, in place of the script. */
  readonly decider?: (
    ...asked: [...question: Parameters<Services["decider"]>, runId: string]
  ) => ReturnType<Services["decider"]>;
  /** Names of host values that are secrets of the run although its plan may not ask for them: of one that an attempt holds. */
  readonly secrets?: readonly string[];
  /** Called for every event once it is on disk, in order. */
  readonly onEvent?: (event: EventRecord) => void;
  /** Ends attempts under way and lets go of the run, which can be resumed. */
  readonly signal?: AbortSignal;
  /** Stay while only people can move the run on. Default: return with status `waiting`. */
  readonly wait?: boolean;
  /** Of a run that an attempt holds: aborted with a `Leave`, until when it stays as with `wait`. */
  readonly leave?: AbortSignal;
  /** Told whether only people can move the run on. */
  readonly onIdle?: (is: boolean) => void;
  /** Of a run that an attempt holds: told of its signs of life. */
  readonly onAlive?: () => void;
  /** Attempts of agents and compute tasks that may run at once. Default 16. */
  readonly maxConcurrency?: number;
  readonly clock?: Clock;
  /** Let commands that agents run use the network. Default false. */
  readonly allowNetwork?: boolean;
  /** When a run counts as one that goes on by itself; what is left out is as usual. */
  readonly storm?: GivenLimits;
  /**
   * How far the run may go, counted over all of it, resumes included; from there it is paused. A resume begins with the
   * limits that the run was started with, and may give others.
   */
  readonly stopAt?: StopLimits;
  /**
   * What models cost: without them no call has a cost. Each call counts at the price that is given when it is made; a resume
   * goes on with those that the run was started with, and may give others.
   */
  readonly prices?: Prices;
  /** What other runs of the same plan have worked out already. */
  readonly prepared?: Prepared;
  /** Answers for host values (`process.cwd`, `env.HOME`, …) in place of this machine. */
  readonly host?: HostSource;
  /** What `ctx.fs` reads, in place of the project's files. */
  readonly files?: FileSource;
}

export interface RunOptions extends CommonOptions {
  /** Default `{}`. */
  readonly input?: Json;
  /** Default: made from the workflow's name and the time. */
  readonly runId?: string;
}

export interface ResumeOptions extends CommonOptions {
  /** Take the run up only to end it. */
  readonly stop?: StopRequest;
  /** Must have the digest of the run's plan. Default: the plan in the run's journal. */
  readonly plan?: Plan;
}

/** Answers for the machine. */
export function hostOf({ host, root }: CommonOptions): HostSource {
  return host ?? systemHost(path.resolve(root));
}
