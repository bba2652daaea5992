/**
 * Records as the journal takes them. Written out field by field: an object put together by spreads costs a multiple, and
 * several of them are made each step.
 */
import type { Json } from "../../plan/types.ts";
import type { AttemptRecord, TaskRecord, Write } from "../store/store.ts";
import type { InFlight, Run } from "./run.ts";
import type { TaskEntry } from "./states.ts";

/** How an attempt stands; what is left out is null. */
interface Standing {
  readonly state: AttemptRecord["state"];
  readonly endedAt?: number;
  readonly error?: Json;
  readonly nextAt?: number;
  readonly usage?: Json;
}

export function attemptWrite(run: Run, flight: InFlight, standing: Standing): Write {
  const { address } = flight.entry;
  return {
    type: "attempt",
    nodeId: address.nodeId,
    scope: address.scope,
    iteration: address.iteration,
    attempt: flight.attempt,
    state: standing.state,
    startedAt: flight.startedAt,
    endedAt: standing.endedAt ?? null,
    epoch: run.services.store.epoch,
    request: flight.request as unknown as Json,
    error: standing.error ?? null,
    nextAt: standing.nextAt ?? null,
    usage: standing.usage ?? null,
    process: flight.process,
  };
}

export function taskWrite(entry: TaskEntry, frame: TaskRecord["frame"]): Write {
  const { address } = entry;
  return {
    type: "task",
    nodeId: address.nodeId,
    scope: address.scope,
    iteration: address.iteration,
    node: entry.node,
    kind: entry.kind,
    state: entry.state,
    table: entry.table,
    reason: entry.reason,
    frame,
  };
}
