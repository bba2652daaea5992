/**
 * `smithers/testing`: workflows under test, in memory, with the interpreter of `smithers run`. Agents, code and people are what
 * the test says; time jumps to the next timer when nothing else is left to do.
 *
 *   const flow = await loadWorkflow("workflow.tsx");
 *   const run = await flow.run({ input: { n: 1 }, answers: { review: { approved: true } } });
 *   expect(run.path).toEqual(["analyze", "review"]);
 */
import path from "node:path";
import type { Json, Plan } from "../plan/types.ts";
import { createExecutors } from "../runtime/executors/index.ts";
import { memoryFiles } from "../runtime/files.ts";
import {
  type Address,
  type EventRecord,
  type Question,
  type ResultRow,
  type RunStatus,
  resume,
  run as runPlan,
} from "../runtime/index.ts";
import { Prepared } from "../runtime/interpreter/prepared.ts";
import type { InboxRequest, ScriptedDecision } from "../runtime/interpreter/run.ts";
import { replayJournal } from "../runtime/replay/index.ts";
import { MemorySpace, memoryReader, memoryStore } from "../runtime/store/index.ts";
import { type Answers, type Call, entryFor } from "./answers.ts";
import { VirtualClock } from "./clock.ts";
import { executorsOf } from "./executors.ts";
import type { ToolSaid, Tools } from "./tools.ts";

export { type Answer, type Answers, type Call, TaskFailure } from "./answers.ts";
export { VirtualClock } from "./clock.ts";
export type { ToolSaid, Tools, ToolUse } from "./tools.ts";

/** What a person says: yes or no to a decision, with a note perhaps; or the row, choice or ranking that is asked for. */
export type Said =
  | boolean
  | { readonly approved: boolean; readonly note?: string | undefined }
  | { readonly answer: Json };

export interface TestOptions {
  /** Default `{}`. */
  readonly input?: Json | undefined;
  readonly answers?: Answers | undefined;
  /** Tools that agents call before they answer, by node id: they run for real, in the workflow's directory. */
  readonly tools?: Tools | undefined;
  /** By node id, as `answers`. What nobody says anything to is waited for, and the run ends as `waiting`. */
  readonly people?: { readonly [node: string]: Said } | undefined;
  /** Sent as the run begins. */
  readonly signals?:
    | readonly {
        readonly name: string;
        readonly payload?: Json | undefined;
        readonly correlationId?: string | undefined;
      }[]
    | undefined;
  /** Host values (`env.HOME`, `process.cwd`, …) by name; others are undefined. */
  readonly host?: { readonly [name: string]: string } | undefined;
  /** Project files that the workflow reads while it runs: path → text. */
  readonly files?: { readonly [path: string]: string } | undefined;
  /** Attempts at once. Default 16. */
  readonly maxConcurrency?: number | undefined;
}

/** A run as far as it came. */
export interface TestRun {
  readonly status: RunStatus;
  /** Why it failed or what it waits for. */
  readonly reason: string | null;
  /** Rows by table, in completion order. */
  readonly outputs: { readonly [table: string]: readonly ResultRow[] };
  /** Tasks in the order in which they first started, as `id` or `id@iteration`. */
  readonly path: readonly string[];
  readonly waitingFor: readonly Question[];
  readonly events: readonly EventRecord[];
  /** All that agents and code were asked, in order. */
  readonly calls: readonly Call[];
  /** Virtual milliseconds that it took. */
  readonly tookMs: number;
  /** Prompts of an agent task, one for each attempt, in order. */
  prompts(node: string): readonly string[];
  /** What the tools of an agent task said, in order. */
  tools(node: string): readonly ToolSaid[];
  /** Goes on with the run: with other answers, after a while. What is not given stays as it was. */
  resume(options?: Omit<TestOptions, "input"> & { readonly afterMs?: number }): Promise<TestRun>;
}

export interface TestWorkflow {
  readonly plan: Plan;
  run(options?: TestOptions): Promise<TestRun>;
}

/** A workflow file is not right; the message lists every problem with its place. */
export class WorkflowError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "WorkflowError";
  }
}

/**
 * Builds a workflow file, once; the workflow can be run as often as wanted.
 * @throws WorkflowError
 */
export async function loadWorkflow(file: string): Promise<TestWorkflow> {
  const { build, formatDiagnostic } = await import("../compiler/index.ts");
  const absolute = path.resolve(file);
  const { plan, diagnostics, sources } = await build(absolute);
  if (plan) return testWorkflow(plan, path.dirname(absolute));
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  throw new WorkflowError(errors.map((one) => formatDiagnostic(sources, one)).join("\n\n"));
}

/** A plan under test. `root` is where code of the plan runs that the test does not stand for. */
export function testWorkflow(plan: Plan, root: string = process.cwd()): TestWorkflow {
  const prepared = new Prepared(plan);
  return { plan, run: (options = {}) => new Bench(prepared, root).begin(options) };
}

class Bench {
  readonly #plan: Plan;
  readonly #prepared: Prepared;
  readonly #root: string;
  /** Of the run and of those that take its place, by id. */
  readonly #spaces = new Map<string, MemorySpace>();
  readonly #clock = new VirtualClock();
  readonly #events: EventRecord[] = [];
  readonly #calls: Call[] = [];

  constructor(prepared: Prepared, root: string) {
    this.#prepared = prepared;
    this.#plan = prepared.plan;
    this.#root = root;
  }

  begin(options: TestOptions): Promise<TestRun> {
    const { input = {} } = options;
    return this.#attend(options, (common) => runPlan(this.#plan, { ...common, input, runId: RUN }));
  }

  async #attend(
    options: TestOptions,
    go: (common: Parameters<typeof runPlan>[1]) => ReturnType<typeof runPlan>,
  ): Promise<TestRun> {
    const { answers = {}, people = {}, signals = [], host = {}, files = {}, tools, maxConcurrency } = options;
    const store = this.#storeOf(RUN);
    const code = createExecutors();
    const began = this.#clock.now();
    try {
      const result = await go({
        root: this.#root,
        store,
        storeOf: (runId) => this.#storeOf(runId),
        clock: this.#clock,
        executors: executorsOf(answers, this.#clock, this.#calls, code, this.#prepared.parser, tools),
        prepared: this.#prepared,
        decider: (address, _kind, _tool, runId) => saidTo(people, runId, address),
        requests: (take) => send(take, signals, this.#clock),
        host: (name) => (Object.hasOwn(host, name) ? host[name] : undefined),
        files: memoryFiles(files),
        onEvent: (event) => this.#events.push(event),
        ...(maxConcurrency !== undefined && { maxConcurrency }),
      });
      await this.#proveReplay();
      return this.#runOf(result, options, this.#clock.now() - began);
    } finally {
      await code.close();
      await store.close();
    }
  }

  #storeOf(runId: string) {
    const space = this.#spaces.get(runId) ?? new MemorySpace();
    this.#spaces.set(runId, space);
    return memoryStore(space);
  }

  #runOf(
    { status, reason, outputs, waitingFor }: Awaited<ReturnType<typeof runPlan>>,
    options: TestOptions,
    tookMs: number,
  ): TestRun {
    const calls = [...this.#calls];
    const started = this.#events
      .filter(({ type }) => type === "task.started")
      .map(({ data }) => nameOf(data));
    return {
      status,
      reason,
      outputs,
      waitingFor,
      tookMs,
      calls,
      path: [...new Set(started)],
      events: [...this.#events],
      prompts: (node) =>
        calls
          .filter((call) => call.agents.length > 0 && entryFor({ [node]: true }, call.runId, call))
          .map(({ prompt }) => prompt),
      tools: (node) =>
        this.#events
          .filter(
            ({ type, data }) => type === "tool.finished" && entryFor({ [node]: true }, RUN, addressOf(data)),
          )
          .map(({ data: { name, ok, output = null } }) => ({ name: String(name), ok: ok === true, output })),
      resume: ({ afterMs = 0, ...more } = {}) => {
        this.#clock.pass(afterMs);
        // What was sent before is in the journal: sent again it would be another signal.
        return this.#attend({ ...options, signals: [], ...more }, (common) =>
          resume(RUN, { ...common, plan: this.#plan }),
        );
      },
    };
  }

  /** A run that a replay would not give again is a fault of the engine's, which no test should hide. */
  async #proveReplay(): Promise<void> {
    for (const [runId, space] of this.#spaces) {
      const plan = runId === RUN ? this.#plan : undefined;
      const { divergence } = await replayJournal(memoryReader(space), plan, { prepared: this.#prepared });
      if (divergence)
        throw new Error(`the replay of this run differs: ${JSON.stringify(divergence, null, 2)}`);
    }
  }
}

/** The run's id, whichever workflow is tested. */
const RUN = "test";

function saidTo(
  people: NonNullable<TestOptions["people"]>,
  runId: string,
  address: Address,
): ScriptedDecision | undefined {
  const said = entryFor(people, runId, address);
  if (said === undefined) return undefined;
  if (typeof said === "boolean") return { approved: said, note: null };
  return "answer" in said ? said : { approved: said.approved, note: said.note ?? null };
}

function send(
  take: (request: InboxRequest, done: () => void) => void,
  signals: NonNullable<TestOptions["signals"]>,
  clock: VirtualClock,
): () => void {
  for (const { name, payload = null, correlationId = null } of signals)
    take({ name, payload, correlationId, by: "test", at: clock.now() }, () => {});
  return () => {};
}

const addressOf = ({ nodeId, scope, iteration }: EventRecord["data"]): Address => ({
  nodeId: String(nodeId),
  scope: typeof scope === "string" ? scope : "",
  iteration: Number(iteration),
});

const nameOf = ({ nodeId, iteration }: EventRecord["data"]): string =>
  typeof iteration === "number" && iteration > 0 ? `${nodeId}@${iteration}` : String(nodeId);
