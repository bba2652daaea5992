/** Sending a signal to a run from any process: filed in its inbox, whose writer takes it up. */
import { loadRecordedPlan, type Plan } from "../../plan/index.ts";
import { nearest } from "../../plan/suggest.ts";
import type { Json } from "../../plan/types.ts";
import { formatIssues } from "../../plan/zod/index.ts";
import { OutputParser } from "../executors/output.ts";
import { inspect } from "../inspect.ts";
import type { SignalRequest } from "../interpreter/run.ts";
import { hasRun, runDirectory } from "../runs.ts";
import { showAddress } from "../store/rules.ts";
import type { TaskRecord } from "../store/store.ts";
import { AnswerError } from "./answer.ts";
import { askedSignal } from "./answers.ts";
import { dropSignal } from "./inbox.ts";
import { tableOf } from "./questions.ts";
import { NotRunningError } from "./stop.ts";

export interface SignalOptions {
  readonly root: string;
  /** Default null. */
  readonly payload?: Json;
  /** Of signals with the same name and id the run takes one. */
  readonly correlationId?: string | null;
  /** Who sends it; recorded with it. */
  readonly by: string;
}

/** Nothing in the plan waits for a signal of that name. */
export class UnknownSignalError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UnknownSignalError";
  }
}

/**
 * Files a signal; when the promise resolves it is on disk. It may come before anything waits for it. Whoever knows a run by
 * the name that it began with reaches the one that took its place.
 * @returns whether a process attends to the run and will take it up; else the next resume does
 * @throws UnknownRunError, UnknownSignalError, AnswerError (it does not fit what waits for it), NotRunningError (the run has finished), StoreError
 */
export async function signal(
  runId: string,
  name: string,
  { root, payload = null, correlationId = null, by }: SignalOptions,
): Promise<boolean> {
  const {
    attended,
    result,
    journal: { run, plan: text, tasks },
  } = await inspect(runId, { root });
  if (!run || text === null) throw new NotRunningError(`run ${runId} never began`);
  const next = result?.continuedAs ?? null;
  // Where its process died before the next run was there, that takes over what is filed here.
  if (next !== null && hasRun(root, next)) return signal(next, name, { root, payload, correlationId, by });
  if (next === null && run.status === "finished")
    throw new NotRunningError(`run ${runId} has finished: nothing of it waits`);
  const loaded = loadRecordedPlan(text);
  if (loaded.ok) {
    checkName(loaded.plan, name);
    checkPayload(loaded.plan, tasks, { name, correlationId, payload });
  }
  dropSignal(runDirectory(root, runId), { name, correlationId, payload, by, at: Date.now() });
  return attended;
}

/** What nothing that waits for it could take would be used up, and help nobody. */
function checkPayload(
  plan: Plan,
  tasks: readonly TaskRecord[],
  { name, correlationId, payload }: Pick<SignalRequest, "name" | "correlationId" | "payload">,
): void {
  const problems: string[] = [];
  for (const task of tasks) {
    if (task.kind !== "wait" || task.state !== "waiting") continue;
    const asked = askedSignal(task.reason);
    if (asked.event !== name || (asked.correlationId ?? correlationId) !== correlationId) continue;
    const table = tableOf(plan, task);
    const parsed = new OutputParser().parse(plan, table, payload);
    if (parsed.ok) return;
    problems.push(
      `${showAddress(task)}, which waits for it: the payload does not fit the schema ${table}:\n${formatIssues(parsed.issues)}`,
    );
  }
  const [first] = problems;
  if (first !== undefined) throw new AnswerError(`the signal ${name} is nothing for ${first}`);
}

/** A slip of the pen would wait for ever. */
function checkName({ nodes }: Plan, name: string): void {
  const names: string[] = [];
  for (const node of Object.values(nodes)) {
    if (node.kind !== "wait") continue;
    // What only the run knows can be any name.
    if (typeof node.event !== "string") return;
    names.push(node.event);
  }
  if (names.includes(name)) return;
  const near = nearest(name, names);
  const known =
    names.length === 0 ? "it waits for no signals" : `it waits for ${[...new Set(names)].join(", ")}`;
  throw new UnknownSignalError(
    `the plan never waits for the signal ${name}: ${near === null ? known : `did you mean ${near}?`}`,
  );
}
