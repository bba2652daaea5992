/** What a run that was killed again and again is compared by with one that was not, and with what was acknowledged. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { type EventRecord, inspect, type Journal, replay } from "../../runtime/index.ts";

/** All that must be the same in every run of the plan, however often it was killed. */
export interface Meaning {
  readonly status: string;
  /** Outputs by address. */
  readonly rows: readonly string[];
  /** Every address with its last state. */
  readonly states: readonly string[];
  readonly decisions: readonly string[];
  /** Events that say what became of an address or a signal, each as often as it was told. */
  readonly events: readonly string[];
}

export interface Recorded {
  readonly journal: Journal;
  readonly events: readonly EventRecord[];
}

export async function recordOf(root: string): Promise<Recorded> {
  const { journal, events } = await inspect("r", { root, events: 1_000_000 });
  return { journal, events };
}

/** Told once in every run, in whichever order. Starts and retries differ by what was killed, and what waits may have come before. */
const MEANT: ReadonlySet<string> = new Set([
  "task.finished",
  "task.skipped",
  "task.failed",
  "task.cancelled",
  "task.suspended",
  "tool.decided",
  "tool.finished",
  "approval.decided",
  "phase.started",
  "phase.finished",
  "end.reached",
  "timer.set",
  "timer.fired",
  "signal.received",
  "signal.duplicate",
  "signal.delivered",
  "run.started",
  "run.finished",
  "run.failed",
]);

interface Addressed {
  readonly nodeId?: unknown;
  readonly scope?: unknown;
  readonly iteration?: unknown;
}

const addressOf = ({ nodeId, scope, iteration }: Addressed): string =>
  `${String(nodeId)}|${String(scope ?? "")}|${String(iteration)}`;

/** Leaves out when a person decided. */
const timeless = (key: string, value: unknown): unknown => (key === "decidedAt" ? undefined : value);

export function meaningOf({ journal, events }: Recorded): Meaning {
  return {
    status: journal.run?.status ?? "none",
    rows: journal.outputs
      .map(({ table, raw, value, ...at }) => JSON.stringify([addressOf(at), table, raw, value], timeless))
      .sort(),
    states: journal.tasks.map((task) => `${addressOf(task)} ${task.kind} ${task.state}`).sort(),
    decisions: journal.decisions
      .map(({ approved, note, decidedBy, ...at }) =>
        JSON.stringify([addressOf(at), approved, note, decidedBy]),
      )
      .sort(),
    events: events
      .filter(({ type }) => MEANT.has(type))
      .map(({ type, data }) => {
        const what = "nodeId" in data ? addressOf(data) : JSON.stringify(data.payload ?? null);
        return [type, what, data.message ?? data.reason].filter(Boolean).join(" ");
      })
      .sort(),
  };
}

export interface Verdict {
  /** Acknowledged and not in the journal as it was told. */
  readonly lost: readonly string[];
  /** Results that came, or were called for, more than once, and tasks that were started after they had finished. */
  readonly doubled: readonly string[];
  /** Whatever else is not as in an undisturbed run. */
  readonly wrong: readonly string[];
}

/** Judges a run that has come to its end. */
export async function judge(root: string, undisturbed: Meaning): Promise<Verdict> {
  const recorded = await recordOf(root);
  const { divergence } = await replay("r", { root });
  return {
    lost: lostOf(root, recorded),
    doubled: [...doubledEvents(recorded), ...doubledCalls(root, recorded), ...doubledTools(root, recorded)],
    wrong: [
      ...differences(meaningOf(recorded), undisturbed),
      ...otherPrompts(root),
      ...sideBySide(root),
      ...earlyRetries(recorded),
      ...(divergence === null ? [] : [`the replay differs: ${JSON.stringify(divergence).slice(0, 500)}`]),
    ],
  };
}

/** Lines of a log that engines wrote; none where they never came to it. */
function linesOf<Line>(root: string, name: string): Line[] {
  let text: string;
  try {
    text = readFileSync(path.join(root, name), "utf8");
  } catch {
    return [];
  }
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}

function lostOf(root: string, { journal, events }: Recorded): string[] {
  const kept = new Map(events.map((event) => [event.seq, JSON.stringify(event)]));
  const rows = new Set(journal.outputs.map(addressOf));
  return linesOf<EventRecord>(root, "acknowledged.log").flatMap((event) => {
    const { seq, type, data } = event;
    if (kept.get(seq) !== JSON.stringify(event)) return [`event ${seq} ${JSON.stringify(event)}`];
    if (type === "task.finished" && data.output !== null && !rows.has(addressOf(data)))
      return [`the row of ${addressOf(data)}`];
    return [];
  });
}

function doubledEvents({ events }: Recorded): string[] {
  const finished = new Set<string>();
  const doubled: string[] = [];
  for (const { type, data } of events) {
    const at = addressOf(data);
    if (type === "task.started" && finished.has(at)) doubled.push(`${at} was started after it had finished`);
    if (type !== "task.finished") continue;
    if (finished.has(at)) doubled.push(`${at} finished twice`);
    finished.add(at);
  }
  return doubled;
}

interface Call {
  readonly nodeId: string;
  readonly scope: string;
  readonly iteration: number;
  readonly attempt: number;
  readonly prompt: string;
}

/** Every call belongs to a recorded attempt of its own. */
function doubledCalls(root: string, { journal }: Recorded): string[] {
  const recorded = new Set(journal.attempts.map((made) => `${addressOf(made)}#${made.attempt}`));
  const seen = new Set<string>();
  return linesOf<Call>(root, "calls.log").flatMap((call) => {
    const at = `${addressOf(call)}#${call.attempt}`;
    if (!recorded.has(at)) return [`attempt ${at} was called and is not recorded`];
    if (seen.has(at)) return [`attempt ${at} was called twice`];
    seen.add(at);
    return [];
  });
}

/** No tool that ended runs again, and of one that is run again the world outside can tell (SEMANTICS 40, 41). */
function doubledTools(root: string, { events }: Recorded): string[] {
  const calls = linesOf<Call & { readonly name: string; readonly key: string }>(root, "tools.log");
  const ended = events.filter(({ type }) => type === "tool.finished").map(({ data }) => String(data.name));
  const keys = new Map<string, string>();
  return [
    ...ended.filter((name, at) => ended.indexOf(name) < at).map((name) => `the tool ${name} ended twice`),
    ...calls.flatMap(({ name, key }) => {
      const first = keys.get(name) ?? key;
      keys.set(name, key);
      return first === key ? [] : [`the tool ${name} was called as ${first}, then as ${key}`];
    }),
    ...calls.flatMap((call, at) => {
      const next = calls.findIndex(({ name }, later) => later > at && name !== call.name);
      const again = calls.findIndex(({ name }, later) => later > next && name === call.name);
      return next >= 0 && again >= 0 ? [`the tool ${call.name} was called again after it had ended`] : [];
    }),
  ];
}

/** All attempts of a chain are made with one prompt. */
function otherPrompts(root: string): string[] {
  const prompts = new Map<string, string>();
  return linesOf<Call>(root, "calls.log").flatMap((call) => {
    const at = addressOf(call);
    const first = prompts.get(at) ?? call.prompt;
    prompts.set(at, first);
    return first === call.prompt ? [] : [`${at} was asked "${first}", then "${call.prompt}"`];
  });
}

/** No process of an attempt works beside the one of its retry. */
function sideBySide(root: string): string[] {
  const pids = linesOf<number>(root, "processes.log");
  return pids.flatMap((pid, at) =>
    pids[at - 1] !== pid && pids.indexOf(pid) < at ? [`process ${pid} worked on beside its retry`] : [],
  );
}

/** A crash shortens no pause between two attempts (29). */
function earlyRetries({ events }: Recorded): string[] {
  const due = new Map<string, number>();
  return events.flatMap(({ type, at, data }) => {
    const address = addressOf(data);
    if (type === "task.retrying") due.set(address, Number(data.nextAt));
    if (type !== "task.started") return [];
    const nextAt = due.get(address) ?? 0;
    due.delete(address);
    return at < nextAt ? [`${address} was tried again ${nextAt - at} ms too early`] : [];
  });
}

export function differences(found: Meaning, undisturbed: Meaning): string[] {
  if (found.status !== undisturbed.status) return [`the run is ${found.status}, not ${undisturbed.status}`];
  return (["rows", "states", "decisions", "events"] as const).flatMap((part) => {
    const missing = without(undisturbed[part], found[part]);
    const more = without(found[part], undisturbed[part]);
    return [
      ...missing.map((line) => `${part}: missing ${line.slice(0, 200)}`),
      ...more.map((line) => `${part}: too many ${line.slice(0, 200)}`),
    ];
  });
}

/** Lines of `all` that `some` does not have, each as often. */
function without(all: readonly string[], some: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of some) left.set(line, (left.get(line) ?? 0) + 1);
  return all.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}
