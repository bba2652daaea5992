/** The store in memory: for tests and dry runs. Keeps records as JSON text, so that nobody shares an object with it. */
import type { Json } from "../../plan/types.ts";
import { addressKey, advance, type Counters, invalid, START, showAddress } from "./rules.ts";
import {
  type AttemptRecord,
  type DecisionRecord,
  type EventRecord,
  type FrameRecord,
  type Journal,
  type OutputRecord,
  type RunReader,
  type RunRecord,
  type Store,
  StoreError,
  type TaskRecord,
  type TransitionRecord,
  type Write,
} from "./store.ts";

/** Where memory stores live: what a run's directory is to the durable driver. */
export class MemorySpace {
  /** Kind and key → JSON of the record, of a plan its text; in order of first writing. */
  readonly records = new Map<string, string>();
  counters: Counters = START;
  epoch = 0;
  owned = false;

  /** Counts the present owner as dead, though it may go on: what a pause past its heartbeat does to a process. */
  evict(): void {
    this.owned = false;
  }
}

/**
 * Opens a store in memory; by default a new, empty one.
 * @throws StoreError `LOCKED` while another store of the same space is open
 */
export function memoryStore(space: MemorySpace = new MemorySpace()): Store {
  if (space.owned)
    throw new StoreError("LOCKED", `this run is owned by epoch ${space.epoch} in this process`);
  space.owned = true;
  space.epoch += 1;
  return new MemoryStore(space, space.epoch);
}

/** Reads a store in memory that another handle writes. */
export function memoryReader(space: MemorySpace): RunReader {
  return new MemoryReader(space);
}

class MemoryReader implements RunReader {
  protected readonly space: MemorySpace;
  constructor(space: MemorySpace) {
    this.space = space;
  }

  async journal(): Promise<Journal> {
    const run = this.#all<RunRecord>("run")[0] ?? null;
    const plan = (run && this.space.records.get(`plan ${run.planDigest}`)) ?? null;
    return {
      run,
      plan,
      lastFrame: this.#all<FrameRecord>("frame").at(-1) ?? null,
      tasks: this.#all<TaskRecord>("task"),
      attempts: this.#all<AttemptRecord>("attempt"),
      outputs: this.#all<OutputRecord>("output"),
      decisions: this.#all<DecisionRecord>("decision"),
      state: this.#state(),
      lastTransition: this.space.counters.lastTransition,
      lastEvent: this.space.counters.lastEvent,
    };
  }

  async events(after: number, limit: number): Promise<readonly EventRecord[]> {
    return this.#all<EventRecord>("event")
      .filter((event) => event.seq > after)
      .slice(0, limit);
  }

  async frames(after: number, limit: number): Promise<readonly FrameRecord[]> {
    return this.#all<FrameRecord>("frame")
      .filter((frame) => frame.frame > after)
      .slice(0, limit);
  }

  async transitions(after: number, limit: number): Promise<readonly TransitionRecord[]> {
    return this.#all<TransitionRecord>("transition")
      .filter(({ seq }) => seq > after)
      .slice(0, limit);
  }

  async close(): Promise<void> {}

  #state(): Journal["state"] {
    const state = new Map<string, Json>();
    for (const { store, key, new: value } of this.#all<TransitionRecord>("transition")) {
      if (store !== "state") continue;
      if (value === null) state.delete(key);
      else state.set(key, value);
    }
    return Object.fromEntries([...state].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #all<T>(kind: string): T[] {
    const found: T[] = [];
    for (const [key, text] of this.space.records) {
      if (key.startsWith(`${kind} `)) found.push(JSON.parse(text) as T);
    }
    return found;
  }
}

class MemoryStore extends MemoryReader implements Store {
  readonly epoch: number;
  #closed = false;

  constructor(space: MemorySpace, epoch: number) {
    super(space);
    this.epoch = epoch;
  }

  async commit(commit: { readonly expectEpoch: number; readonly writes: readonly Write[] }): Promise<void> {
    if (this.#closed) throw invalid("the store is closed");
    if (commit.expectEpoch !== this.epoch || this.space.epoch !== this.epoch || !this.space.owned) {
      throw new StoreError("EPOCH", `epoch ${commit.expectEpoch} no longer owns this run`);
    }
    let counters = this.space.counters;
    const entries = new Map<string, string>();
    for (const write of commit.writes) {
      counters = advance(counters, write);
      const { key, what, record, replaces } = entryOf(write);
      if (!replaces && (this.space.records.has(key) || entries.has(key))) {
        throw invalid(`${what} is already written and never changes`);
      }
      entries.set(key, write.type === "plan" ? write.text : JSON.stringify(record));
    }
    for (const [key, text] of entries) this.space.records.set(key, text);
    this.space.counters = counters;
  }

  override async close(): Promise<void> {
    if (!this.#closed && this.space.epoch === this.epoch) this.space.owned = false;
    this.#closed = true;
  }
}

interface Entry {
  readonly key: string;
  readonly what: string;
  readonly record: unknown;
  readonly replaces: boolean;
}

function entryOf(write: Write): Entry {
  switch (write.type) {
    case "run": {
      const { type: _, ...record } = write;
      return { key: `run ${write.runId}`, what: `run ${write.runId}`, record, replaces: true };
    }
    case "plan":
      return {
        key: `plan ${write.digest}`,
        what: `plan ${write.digest}`,
        record: write.text,
        replaces: false,
      };
    case "frame": {
      const { type: _, ...record } = write;
      return { key: `frame ${write.frame}`, what: `frame ${write.frame}`, record, replaces: false };
    }
    case "task": {
      const { type: _, ...record } = write;
      return { key: `task ${addressKey(write)}`, what: `task ${showAddress(write)}`, record, replaces: true };
    }
    case "attempt": {
      const { type: _, ...record } = write;
      const key = `attempt ${write.attempt} ${addressKey(write)}`;
      return { key, what: `attempt ${write.attempt} of ${showAddress(write)}`, record, replaces: true };
    }
    case "output": {
      const { type: _, ...record } = write;
      const what = `the output of ${showAddress(write)} in table ${write.table}`;
      return { key: `output ${write.table} ${addressKey(write)}`, what, record, replaces: false };
    }
    case "decision": {
      const { type: _, ...record } = write;
      const what = `the decision on ${showAddress(write)}`;
      return { key: `decision ${addressKey(write)}`, what, record, replaces: false };
    }
    case "transition": {
      const { type: _, ...record } = write;
      const what = `transition ${write.seq}`;
      return { key: what, what, record, replaces: false };
    }
    case "event":
      return {
        key: `event ${write.event.seq}`,
        what: `event ${write.event.seq}`,
        record: write.event,
        replaces: false,
      };
    default: {
      const never: never = write;
      throw new Error(`unknown write ${JSON.stringify(never)}`);
    }
  }
}
