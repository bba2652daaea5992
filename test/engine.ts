/** What the runtime's tests run plans with: time that moves when told, executors that do what the test says. */
import type { Json, Plan } from "../plan/types.ts";
import type { AttemptContext, AttemptResult, Executor, TaskRequest } from "../runtime/executors/executor.ts";
import { type EventRecord, type ResumeOptions, resume, run } from "../runtime/index.ts";
import { replayJournal } from "../runtime/replay/index.ts";
import { MemorySpace, memoryReader, memoryStore } from "../runtime/store/index.ts";
import { VirtualClock as JumpingClock } from "../testing/clock.ts";

/** The clock of `smithers/testing`, which can be told to stop. */
export class VirtualClock extends JumpingClock {
  /** No timer is due by itself. */
  frozen = false;
  /** So many timers are due by themselves; then it is frozen. */
  jumps = Number.POSITIVE_INFINITY;

  constructor() {
    super(1_000_000);
  }

  protected override get moves(): boolean {
    return !this.frozen && this.jumps > 0;
  }

  protected override jumped(): void {
    this.jumps--;
  }
}

type Work = (request: TaskRequest, context: AttemptContext) => Promise<AttemptResult> | AttemptResult;

export const done = (value: Json): AttemptResult => ({ ok: true, raw: value, value });

export const failed = (
  message: string,
  retryable = true,
  more: { readonly retryAfterMs?: number } = {},
): AttemptResult => ({
  ok: false,
  error: { code: "PROVIDER", message, retryable, ...more },
});

/** Executors that all do `work`; static tasks give their payload, and workflows of their own are run. */
export function executorsOf(work: Work): { get(kind: TaskRequest["kind"]): Executor | undefined } {
  return {
    get: (kind) =>
      kind === "subflow"
        ? undefined
        : {
            kind,
            execute: async (request, context) =>
              request.kind === "static" ? done(request.payload) : work(request, context),
            close: async () => {},
          },
  };
}

/** A person's decision, said to a run as soon as it listens. */
export const decideOn =
  (nodeId: string, approved: boolean): NonNullable<ResumeOptions["requests"]> =>
  (take) => {
    const decision = {
      ...{ nodeId, scope: "", iteration: 0, approved, note: null },
      ...{ decidedBy: "p", decidedAt: 1 },
    };
    take(decision, () => {});
    return () => {};
  };

/** One run in memory, which can be resumed, and those that take its place. */
export class Bench {
  readonly space = new MemorySpace();
  /** Of the runs that took its place, by id. */
  readonly nextSpaces = new Map<string, MemorySpace>();
  readonly events: EventRecord[] = [];
  readonly clock = new VirtualClock();
  readonly plan: Plan;
  readonly work: Work;

  constructor(plan: Plan, work: Work = () => done(null)) {
    this.plan = plan;
    this.work = work;
  }

  async run(options: Partial<ResumeOptions> & { readonly input?: Json } = {}) {
    const store = memoryStore(this.space);
    try {
      const result = await run(this.plan, { ...this.#options(), runId: "r", store, ...options });
      await this.#replay();
      return result;
    } finally {
      await store.close();
    }
  }

  async resume(options: Partial<ResumeOptions> = {}) {
    const store = memoryStore(this.space);
    try {
      const result = await resume("r", { ...this.#options(), plan: this.plan, store, ...options });
      await this.#replay();
      return result;
    } finally {
      await store.close();
    }
  }

  /** Whatever a test does to a run, its replay is the same. */
  async #replay(): Promise<void> {
    for (const space of [this.space, ...this.nextSpaces.values()]) {
      const reader = memoryReader(space);
      // As it is recorded: a run that a node holds has another plan, and these plans have no seals.
      const { plan } = await reader.journal();
      const { divergence } = await replayJournal(reader, JSON.parse(plan ?? "{}") as Plan);
      if (divergence) throw new Error(`the replay differs: ${JSON.stringify(divergence, null, 2)}`);
    }
  }

  /** Events of one type as `node#iteration`, in order. */
  nodes(type: string): string[] {
    return this.events
      .filter((event) => event.type === type)
      .map(({ data }) => (data.iteration ? `${data.nodeId}#${data.iteration}` : String(data.nodeId)));
  }

  #options() {
    return {
      root: "/nowhere",
      clock: this.clock,
      executors: executorsOf(this.work),
      storeOf: (runId: string) => {
        const space = this.nextSpaces.get(runId) ?? new MemorySpace();
        this.nextSpaces.set(runId, space);
        return memoryStore(space);
      },
      onEvent: (event: EventRecord) => {
        this.events.push(event);
      },
    };
  }
}
