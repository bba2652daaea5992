/** Records for tests and benchmarks of stores. */
import type {
  Address,
  AttemptRecord,
  FrameRecord,
  OutputRecord,
  RunRecord,
  TaskRecord,
  TransitionRecord,
  Write,
} from "./store.ts";

export const DIGEST = `sha256:${"0".repeat(64)}`;

export function at(nodeId: string, iteration = 0, scope = ""): Address {
  return { nodeId, scope, iteration };
}

export function run(change: Partial<RunRecord> = {}): Write {
  const record: RunRecord = {
    runId: "run-1",
    workflow: "sample",
    planDigest: DIGEST,
    status: "running",
    reason: null,
    input: { text: "grüße", n: 1.25, none: null, list: [1, [2], {}] },
    createdAt: 1_790_000_000_123,
    updatedAt: 1_790_000_000_123,
    seed: "seed",
    cwd: "/work",
    host: { "env.LANG": "de", "env.NONE": null, "env.API_KEY": { keyedHash: "00" } },
  };
  return { type: "run", ...record, ...change };
}

export function task(address: Address, change: Partial<TaskRecord> = {}): Write {
  const record: TaskRecord = {
    ...address,
    node: "node",
    kind: "static",
    state: "finished",
    table: "rows",
    reason: null,
    frame: 1,
  };
  return { type: "task", ...record, ...change };
}

export function attempt(address: Address, change: Partial<AttemptRecord> = {}): Write {
  const record: AttemptRecord = {
    ...address,
    attempt: 1,
    state: "finished",
    startedAt: 1_790_000_000_500,
    endedAt: 1_790_000_000_900,
    epoch: 1,
    request: { kind: "static", payload: { text: "a payload" }, schema: null },
    error: null,
    nextAt: null,
    usage: null,
    process: null,
  };
  return { type: "attempt", ...record, ...change };
}

export function output(seq: number, address: Address, change: Partial<OutputRecord> = {}): Write {
  const value = { id: seq, title: `row ${seq}` };
  return { type: "output", ...address, seq, table: "rows", raw: value, value, frame: 1, ...change };
}

export function frame(number: number, change: Partial<FrameRecord> = {}): Write {
  const record: FrameRecord = {
    frame: number,
    now: 1_790_000_000_000 + number,
    cause: "result",
    planDigest: DIGEST,
    delta: { mounted: [`n-${number}`] },
  };
  return { type: "frame", ...record, ...change };
}

export function transition(
  seq: number,
  key: string,
  value: TransitionRecord["new"],
  change: Partial<TransitionRecord> = {},
): { readonly type: "transition" } & TransitionRecord {
  const record: TransitionRecord = {
    ...at("writer"),
    seq,
    frame: 1,
    store: "state",
    key,
    old: null,
    new: value,
    node: "node",
    trigger: "onFinished",
    index: 0,
  };
  return { type: "transition", ...record, ...change };
}

export function event(seq: number, data: { readonly [key: string]: string | number } = {}): Write {
  return { type: "event", event: { seq, at: 1_790_000_000_000 + seq, type: "task.finished", data } };
}

/** The five rows of one finished step: task, attempt, output, frame, event, each with the step's number. */
export function step(n: number): Write[] {
  const address = at(`task-${n}`);
  return [
    task(address, { frame: n }),
    attempt(address),
    output(n, address, { frame: n }),
    frame(n),
    event(n, { node: `task-${n}` }),
  ];
}
