/** What becomes of tasks and other leaves whose turn may have come: they are ready, wait, are skipped, fail, end the run. */
import type { Json } from "../../plan/types.ts";
import type { Leaf } from "./leaf.ts";
import type { Gate } from "./request.ts";
import type { TaskEntry } from "./states.ts";
import { mayBegin } from "./stepper.ts";
import { compareUnits, holdOf } from "./unit.ts";
import type { World } from "./world.ts";

/** What the gate of a leaf says. */
interface Turn {
  readonly leaf: Leaf;
  readonly entry: TaskEntry;
  /** null where it can't be evaluated. */
  readonly gate: Gate | null;
}

/**
 * Returns whether a state changed.
 * @param stalled nothing else can move: reads of what never comes have become errors
 */
export function takeTurns(world: World, leaves: readonly Leaf[], stalled: boolean): boolean {
  const turns = leaves.flatMap((leaf) => turnOf(world, leaf) ?? []);
  const ends = turns.filter(({ gate }) => gate?.kind === "end");
  for (const turn of turns) if (turn.gate?.kind !== "end") take(world, turn, stalled);
  // A run that fails or has ended does not end once more; of several the first of the document ends it.
  ends.sort((a, b) => compareUnits(a.leaf, b.leaf));
  const isOver = world.failed || world.ended || world.continuing || world.cancelled !== null;
  const [first] = isOver ? [] : ends;
  if (first?.gate?.kind === "end") world.end(first.entry, first.gate);
  return turns.length > ends.length || first !== undefined;
}

/** null where its turn has not come, where something it needs is missing, and where it is to be started, which is for the scheduler. */
function turnOf(world: World, leaf: Leaf): Turn | null {
  const { entry } = leaf;
  if (leaf.disposed || !leaf.mounted || !entry || entry.state !== "pending") return null;
  if (!leaf.active || !mayBegin(leaf)) {
    leaf.ready = false;
    leaf.blocked = null;
    return null;
  }
  const outcome = leaf.gate().pull();
  leaf.blocked = outcome.kind === "pending" ? holdOf(outcome, `nodes.${leaf.plan.key}`) : null;
  const gate = leaf.opened(outcome);
  const start = gate?.kind === "start";
  if (start) leaf.priority = gate.priority;
  if (start !== leaf.ready) {
    leaf.ready = start;
    world.states.touched.add(entry);
  }
  if (start) world.ready.push(leaf);
  return start || outcome.kind === "pending" ? null : { leaf, entry, gate };
}

function take(world: World, { leaf, entry, gate }: Turn, stalled: boolean): void {
  switch (gate?.kind) {
    case "skip":
      world.setState(entry, "skipped", null, true);
      return;
    case "wait": {
      const { since, until } = gate;
      world.timed.add(leaf);
      const counted = since === null ? {} : { since: new Date(since).toISOString() };
      world.setState(entry, "waiting", { ...timeLimit(until), ...counted }, false);
      return;
    }
    case "stop":
      world.setState(entry, "waiting", { stops: gate.reason }, false);
      return;
    case "listen": {
      const { table, event, correlationId, until } = gate;
      entry.table = table;
      world.listening.add(leaf);
      if (until !== null) world.timed.add(leaf);
      world.setState(entry, "waiting", { event, correlationId, ...timeLimit(until) }, false);
      return;
    }
    case "continue":
      // It is not settled: what comes after it never has its turn.
      world.setState(entry, "finished", null, false);
      world.goOn({ ...entry.address, reason: "explicit", state: gate.state });
      return;
    case "ask": {
      const { table, ask, until } = gate;
      entry.table = table;
      world.asked.add(leaf);
      if (until !== null) world.timed.add(leaf);
      world.setState(entry, "waiting", { ...ask, ...timeLimit(until) } as Json, false);
      return;
    }
    default: {
      const outcome = leaf.gate().pull();
      const { code, message } = outcome.kind === "error" ? outcome.error : { code: "", message: "" };
      world.failUnstarted(entry, { code, message, retryable: false }, leaf.continues());
      if (stalled && !entry.settled) world.stuck.add(entry);
    }
  }
}

/** Until when something is waited for, as the journal keeps it. */
const timeLimit = (until: number | null): { readonly until?: string } =>
  until === null ? {} : { until: new Date(until).toISOString() };
