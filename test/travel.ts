/** Forks and retries of runs in memory: the state of one store, carried into another. */
import type { Json, Plan } from "../plan/types.ts";
import { begin } from "../runtime/carried.ts";
import type { AttemptResult, TaskRequest } from "../runtime/executors/executor.ts";
import { type EventRecord, type ResumeOptions, resume } from "../runtime/index.ts";
import { replayJournal } from "../runtime/replay/index.ts";
import { MemorySpace, memoryReader, memoryStore } from "../runtime/store/index.ts";
import { everyFrame } from "../runtime/store/paged.ts";
import { showAddress } from "../runtime/store/rules.ts";
import { Readers } from "../runtime/travel/readers.ts";
import { stateWithout } from "../runtime/travel/retry.ts";
import { type PastState, stateAfter } from "../runtime/travel/state.ts";
import { done, executorsOf, VirtualClock } from "./engine.ts";

type Work = Parameters<typeof executorsOf>[0];

/** A run in memory that began with the state of another one. */
export class Travelled {
  readonly space: MemorySpace;
  readonly events: EventRecord[] = [];
  /** What would be done twice. */
  readonly repeats: readonly string[];
  readonly #plan: Plan;
  readonly #runId: string;

  private constructor(plan: Plan, { repeats }: PastState, runId: string) {
    this.space = new MemorySpace();
    this.repeats = repeats;
    this.#plan = plan;
    this.#runId = runId;
  }

  static async fork(space: MemorySpace, plan: Plan, frame: number, runId = "r"): Promise<Travelled> {
    const of = { runId: "r", store: 1 };
    return Travelled.#begin(await stateAfter(memoryReader(space), of, frame, "fork", plan), plan, runId);
  }

  static async retry(space: MemorySpace, plan: Plan, node: string, dependents = false): Promise<Travelled> {
    const readers = dependents ? new Readers() : null;
    const of = { runId: "r", store: 1 };
    const { past } = await stateWithout(memoryReader(space), of, node, readers, plan);
    return Travelled.#begin(past, plan);
  }

  static async #begin(past: PastState, plan: Plan, runId = "r"): Promise<Travelled> {
    const travelled = new Travelled(plan, past, runId);
    const store = memoryStore(travelled.space);
    await begin(store, past, runId, past.run.updatedAt);
    await store.close();
    await travelled.#replay();
    return travelled;
  }

  async resume(work: Work = () => done(null), options: Partial<ResumeOptions> = {}) {
    const store = memoryStore(this.space);
    const clock = new VirtualClock();
    const onEvent = (event: EventRecord): void => void this.events.push(event);
    const common = { root: "/nowhere", clock, executors: executorsOf(work), onEvent };
    try {
      const result = await resume(this.#runId, { ...common, ...options, plan: this.#plan, store });
      await this.#replay();
      return result;
    } finally {
      await store.close();
    }
  }

  /** Addresses of the tasks that were started, with the number of the attempt. */
  get started(): string[] {
    return this.events
      .filter(({ type }) => type === "task.started")
      .map(({ data }) => {
        const { nodeId, scope = "", iteration, attempt } = data as { [key: string]: string | number };
        const address = { nodeId: String(nodeId), scope: String(scope), iteration: Number(iteration) };
        return `${showAddress(address)} ${attempt}`;
      });
  }

  async #replay(): Promise<void> {
    const { divergence } = await replayJournal(memoryReader(this.space), this.#plan);
    if (divergence) throw new Error(`the replay differs: ${JSON.stringify(divergence, null, 2)}`);
  }
}

/** Numbers of the frames of a run. */
export async function framesOf(space: MemorySpace): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { frame } of everyFrame(memoryReader(space))) numbers.push(frame);
  return numbers;
}

/** Rows by address, in completion order. */
export async function rowsOf(space: MemorySpace): Promise<{ [address: string]: Json }> {
  const { outputs } = await memoryReader(space).journal();
  return Object.fromEntries(outputs.map((row) => [showAddress(row), row.value]));
}

/** Executors without any wait: all that starts in a frame ends in the next one. */
export const atOnce = (work: (request: TaskRequest) => AttemptResult) => ({
  get: (kind: TaskRequest["kind"]) => ({
    kind,
    execute: async (request: TaskRequest) =>
      request.kind === "static" ? done(request.payload) : work(request),
    close: async () => {},
  }),
});
