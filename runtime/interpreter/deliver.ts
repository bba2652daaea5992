/** Signals as they come, and as they go to the nodes that wait for them (SEMANTICS 39). */
import { formatIssues } from "../../plan/zod/index.ts";
import { finished } from "./handlers.ts";
import { parseRow, recordRow } from "./outputs.ts";
import { addressData, type Run, type SignalRequest } from "./run.ts";
import { SIGNAL_DUPLICATE, SIGNAL_RECEIVED, SIGNAL_REJECTED, type Signal } from "./signals.ts";
import type { TaskEntry } from "./states.ts";
import { compareUnits } from "./unit.ts";

/** A signal came. */
export function receive(run: Run, { name, correlationId, payload, by, id }: SignalRequest): void {
  if (id !== undefined && run.signals.knows(id)) return;
  const data = { name, correlationId, payload, by, ...(id !== undefined && { id }) };
  const type = run.signals.has({ name, correlationId }) ? SIGNAL_DUPLICATE : SIGNAL_RECEIVED;
  run.event(type, data);
  run.signals.learn({ type, data });
}

/** What a node that waits for a signal says of it, in its entry and in the journal. */
interface Waiting {
  readonly event: string;
  readonly correlationId: string | null;
}

export const waitingOf = ({ reason }: TaskEntry): Waiting => reason as unknown as Waiting;

/** Hands signals to the nodes that wait for them, first come, first served. Returns whether any was. */
export function deliver(run: Run): boolean {
  let delivered = false;
  for (const leaf of [...run.world.listening].sort(compareUnits)) {
    const { entry } = leaf;
    if (!entry) continue;
    const { event, correlationId } = waitingOf(entry);
    for (;;) {
      const signal = run.signals.find(event, correlationId);
      if (!signal) break;
      run.signals.use(signal.number);
      if (!take(run, entry, signal)) continue;
      delivered = true;
      break;
    }
  }
  return delivered;
}

function take(run: Run, entry: TaskEntry, signal: Signal): boolean {
  const who = addressData(entry.address);
  const parsed = parseRow(run, entry.table, signal.payload);
  if (!parsed.ok) {
    const message = `what was sent does not fit the schema ${entry.table}:\n${formatIssues(parsed.issues)}`;
    run.signals.reject(signal.number);
    run.event(SIGNAL_REJECTED, { ...who, name: signal.name, signal: signal.number, message });
    return false;
  }
  run.event("signal.delivered", { ...who, name: signal.name, signal: signal.number });
  recordRow(run, entry, signal.payload, parsed.value);
  run.world.setState(entry, "finished", { signal: signal.number }, true);
  finished(run, entry, parsed.value);
  return true;
}
