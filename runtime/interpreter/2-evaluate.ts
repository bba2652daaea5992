/**
 * Evaluate: the facts go into the world, and the world is brought up to date. What a fact adds to the journal is put
 * into the run's writes here, so that a frame that fails to evaluate still commits the result that caused it.
 */
import type { Json } from "../../plan/types.ts";
import { INTERRUPTED } from "../agents/session.ts";
import type { AttemptResult, TaskError } from "../executors/executor.ts";
import type { Snapshot } from "./1-snapshot.ts";
import { isLeft, isLetGo } from "./children.ts";
import { deliver, receive } from "./deliver.ts";
import { computed, failed, findEffects, finished, flushState, progressed } from "./handlers.ts";
import { Leaf } from "./leaf.ts";
import { spend, watchLimits } from "./limits.ts";
import { askedOf, leavesOpen, repeats } from "./once.ts";
import { recordRow } from "./outputs.ts";
import { decide, failAsked, isKnown, NOBODY, settlePeople } from "./people.ts";
import { isRecalled, recallChildren } from "./recall.ts";
import { giveUp, Recovery } from "./recovery.ts";
import { defaultRetries, diceOf, nextDelay, retryPolicy } from "./retry.ts";
import { addressData, type Fact, fileRead, type Run } from "./run.ts";

import type { TaskEntry } from "./states.ts";
import { closerOf, isClosing } from "./stepper.ts";
import { suspend } from "./suspended.ts";
import { firedOf, setAlarms, untilOf } from "./timers.ts";
import { attemptWrite } from "./writes.ts";

export function evaluate(run: Run, { facts, now }: Snapshot): void {
  const { world } = run;
  run.cutAt = now;
  attempt(run, () => world.setNow(now));
  // What was said before news came was said before it.
  attempt(run, () => handleProgress(run));
  // Each by itself: one that can't be applied must not keep the run waiting for what came with it.
  for (const fact of facts) attempt(run, () => apply(run, fact, now));
  // What handlers wrote belongs to the frame that their cause makes: no decision is made on less (SEMANTICS 3).
  attempt(run, () => flushState(run));
  attempt(run, () => {
    const moving = () => run.inFlight.size + run.timers.size + world.timed.size > 0;
    world.evaluate(moving);
    while (settlePeople(run) || deliver(run) || tellUnstarted(run) || giveUpDue(run)) {
      flushState(run);
      world.evaluate(moving);
    }
    recallChildren(run);
    setAlarms(run);
    announceGivenUp(run);
  });
  watchLimits(run, now);
  run.dueEffects = [];
  attempt(run, () => {
    run.dueEffects = findEffects(run);
  });
}

/** Nothing paid for is lost: when a step fails, the results are committed, with the failure. */
function attempt(run: Run, step: () => void): void {
  try {
    step();
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const message = `the frame could not be evaluated: ${text}`;
    run.event("run.fault", { message });
    run.world.fatal ??= { code: "INTERNAL", message, node: run.plan.root };
  }
}

/** What is not waited for any more has come to its end, and needs no timer. */
function announceGivenUp(run: Run): void {
  for (const { address, key } of run.world.givenUp) {
    run.timers.get(key)?.();
    run.timers.delete(key);
    // No attempt gave this: it follows from what has ended around it.
    run.event("task.cancelled", addressData(address));
  }
  run.world.givenUp.clear();
}

/** What would be tried again now is not, where what is around it has ended. Returns whether there was any. */
function giveUpDue(run: Run): boolean {
  const { ended } = run.world;
  let any = false;
  for (const entry of run.due) {
    const leaf = entry.leaves.find((mounted) => mounted instanceof Leaf);
    if (!leaf || entry.state !== "waiting" || isLetGo(entry)) continue;
    const closer = closerOf(leaf);
    const by =
      closer instanceof Recovery ? closer.nodeId : isClosing(leaf) ? ended?.address.nodeId : undefined;
    if (by === undefined) continue;
    run.due.delete(entry);
    giveUp(leaf, "what is around it has ended", by);
    any = true;
  }
  return any;
}

function apply(run: Run, fact: Fact, now: number): void {
  switch (fact.kind) {
    case "begin":
      run.world.begin();
      return;
    case "result":
      applyResult(run, fact.entry, fact.attempt, fact.result, now);
      return;
    case "process":
      applyProcess(run, fact);
      return;
    case "said":
      run.committed.push(fact.recorded);
      return;
    case "retry":
      run.timers.delete(fact.entry.key);
      run.due.add(fact.entry);
      return;
    case "alarm":
      applyAlarm(run, fact.entry, now);
      return;
    case "signal":
      receive(run, fact.request);
      run.committed.push(fact.done);
      return;
    case "decision":
      run.early.add(fact);
      return;
    case "answer": {
      const { nodeId, scope, iteration, answer, by, at } = fact.request;
      run.committed.push(fact.done);
      if (isKnown(run, fact.request)) return;
      run.event("human.answered", { nodeId, ...(scope && { scope }), iteration, answer, by, given: at });
      run.answers.push(fact.request);
      return;
    }
    case "abort":
      if (!run.aborted) run.event("run.interrupted", { runId: run.record.runId });
      run.aborted = true;
      return;
    case "stop": {
      const { stop, by, reason } = fact.request;
      run.committed.push(fact.done);
      if (run.stopped?.stop === "cancel" || run.stopped?.stop === stop) return;
      const why = reason === undefined ? {} : { reason };
      run.event("run.stopping", { runId: run.record.runId, stop, by, ...why });
      run.stopped = fact.request;
      if (stop !== "cancel") return;
      run.world.cancel(`cancelled by ${by}`);
      for (const entry of run.world.states.entries.values()) if (isLeft(entry)) run.due.add(entry);
      return;
    }
    case "files":
      for (const record of fact.records) if (run.world.files.observe(record)) fileRead(run, record);
      return;
    case "events":
    case "flush":
      return;
    default:
      fact satisfies never;
  }
}

/** What attempts said is handled in its order. */
function handleProgress(run: Run): void {
  for (const { entry, said } of run.progress.splice(0)) progressed(run, entry, said);
}

/** Nodes that failed without an attempt have handlers too. Returns whether there were any. */
function tellUnstarted(run: Run): boolean {
  const told = [...run.world.unstarted].filter((entry) => !run.told.has(entry));
  for (const entry of told) {
    run.told.add(entry);
    const { code, message } = entry.reason as { readonly code: string; readonly message: string };
    failed(run, entry, { code, message });
  }
  return told.length > 0;
}

/** The time of a timer has come, or the patience of what waits for people or signals is at its end. */
function applyAlarm(run: Run, entry: TaskEntry, now: number): void {
  const leaf = entry.leaves.find((mounted) => mounted instanceof Leaf);
  if (entry.state !== "waiting" || !leaf) return;
  const who = addressData(entry.address);
  const { node } = leaf;
  if (node.kind === "timer") {
    // The clock was put back since: a duration has passed all the same, a time of day has not come.
    if (node.at !== undefined && now < untilOf(entry)) {
      run.alarms.delete(entry);
      return;
    }
    run.event("timer.fired", who);
    run.world.setState(entry, "finished", firedOf(entry), true);
    finished(run, entry, undefined);
    return;
  }
  run.event("task.expired", who);
  const message = "nobody answered in time";
  if (node.kind === "approval") {
    decide(run, leaf, entry, {
      ...entry.address,
      approved: false,
      note: message,
      decidedBy: NOBODY,
      decidedAt: now,
    });
    return;
  }
  const onTimeout = node.kind === "wait" ? (node.onTimeout ?? "fail") : "fail";
  if (onTimeout === "skip") run.world.setState(entry, "skipped", { code: "TIMEOUT", message }, true);
  else if (onTimeout === "continue") {
    run.world.setState(entry, "finished", { code: "TIMEOUT", message }, true);
    finished(run, entry, undefined);
  } else {
    failAsked(run, leaf, entry, { code: "TIMEOUT", message, retryable: false });
  }
}

function applyProcess(run: Run, fact: Extract<Fact, { kind: "process" }>): void {
  const flight = run.inFlight.get(fact.entry.key);
  if (!flight || flight.attempt !== fact.attempt) {
    fact.lost(new Error("the attempt has ended"));
    return;
  }
  flight.process = fact.process;
  run.writes.push(attemptWrite(run, flight, { state: "running" }));
  run.committed.push(fact.recorded);
}

function applyResult(run: Run, entry: TaskEntry, attempt: number, result: AttemptResult, now: number): void {
  const flight = run.inFlight.get(entry.key);
  if (!flight || flight.attempt !== attempt) return;
  run.inFlight.delete(entry.key);
  const leaf = entry.leaves.find((mounted) => mounted instanceof Leaf);
  const usedUp = run.world.budgets.spend(entry.node, result.usage ?? null, now - flight.startedAt, leaf);
  for (const { node, measure, max, onExceeded, used } of usedUp)
    run.event("budget.exceeded", { node, measure, max, used, onExceeded });
  spend(run.spent, result.usage ?? null);
  const who = { ...addressData(entry.address), attempt };
  if (result.ok) {
    run.writes.push(
      attemptWrite(run, flight, { state: "finished", endedAt: now, usage: result.usage ?? null }),
    );
    const { writes } = result;
    run.event("task.finished", {
      ...who,
      output: entry.table,
      durationMs: now - flight.startedAt,
      ...(writes && writes.length > 0 ? { writes: writes as unknown as Json } : {}),
    });
    recordRow(run, entry, result.raw, result.value);
    entry.rounds++;
    run.sessions.end(entry.key);
    run.world.setState(entry, "finished", null, true);
    computed(run, entry, writes);
    finished(run, entry, entry.table === null ? undefined : result.value);
    return;
  }
  const { error } = result;
  const ended = { endedAt: now, usage: result.usage ?? null };
  const cancelled = error.code === "CANCELLED";
  // A try or saga around it goes over to what it does in every outcome, or what is around it has ended and took it along.
  const isTaken = run.world.aborted.has(entry) || run.world.cancelled !== null || isRecalled(entry);
  const isOver = leaf !== undefined && !run.aborted && isTaken && isClosing(leaf);
  if (result.question && entry.leaves.length > 0 && !isOver) {
    suspend(run, flight, result.question, ended);
    return;
  }
  if (!repeats(leaf) && leavesOpen(error)) {
    run.writes.push(attemptWrite(run, flight, { ...ended, state: "lost", error: errorJson(error) }));
    const message = `${error.code}: ${error.message}`;
    run.event("task.uncertain", { ...who, message });
    entry.base = attempt;
    run.world.setState(entry, "waiting", askedOf(message) as unknown as Json, false);
    run.world.ask(entry);
    return;
  }
  if (error.left) {
    // Taken up again with the run, whose child has kept what it has done.
    run.writes.push(attemptWrite(run, flight, { ...ended, state: "cancelled", error: errorJson(error) }));
    run.event("task.left", { ...who, message: error.message });
    entry.base++;
    const reason = { code: error.code, message: error.message, left: error.left as unknown as Json };
    run.world.setState(entry, "waiting", reason, false);
    return;
  }
  if (cancelled && (run.aborted || run.stopped?.stop === "cancel") && !isOver) {
    run.writes.push(attemptWrite(run, flight, { ...ended, state: "cancelled", error: errorJson(error) }));
    run.event("task.interrupted", who);
    run.world.setState(entry, "waiting", { code: error.code, message: error.message }, false, now);
    entry.base++;
    return;
  }
  if (
    ((cancelled || result.question) && (isOver || entry.leaves.length === 0)) ||
    (cancelled && run.world.continuing)
  ) {
    run.writes.push(attemptWrite(run, flight, { ...ended, state: "cancelled", error: errorJson(error) }));
    run.event("task.cancelled", who);
    const by = leaf && run.world.aborted.has(entry) ? takerOf(leaf) : null;
    const why = { code: error.code, message: error.message, ...(by !== null && { by }) };
    run.world.aborted.delete(entry);
    run.world.setState(entry, "cancelled", why, true);
    return;
  }
  const policy = leaf
    ? retryPolicy(leaf)
    : {
        retries: defaultRetries(entry.kind),
        backoff: "exponential" as const,
        initialDelayMs: 1_000,
        maxDelayMs: 60_000,
      };
  const dice = diceOf(run.record.seed, `retry ${entry.key} ${attempt}`);
  const isAffordable = leaf?.kind !== "agent" || !run.world.budgets.isUsedUp(leaf);
  const delay = isAffordable ? nextDelay(policy, error, entry.attempts - entry.base, dice) : null;
  const reason = { code: error.code, message: error.message };
  if (delay === null) {
    const continued = leaf?.continues() ?? true;
    if (error.code === INTERRUPTED) run.sessions.end(entry.key);
    run.writes.push(attemptWrite(run, flight, { ...ended, state: "failed", error: errorJson(error) }));
    run.event("task.failed", { ...who, ...reason, ...run.world.fail(entry, error, continued) });
    failed(run, entry, error);
    return;
  }
  const nextAt = now + delay;
  run.writes.push(attemptWrite(run, flight, { ...ended, state: "failed", error: errorJson(error), nextAt }));
  run.event("task.retrying", { ...who, ...reason, nextAt, delayMs: delay });
  run.world.setState(entry, "waiting", { ...reason, retryAt: nextAt }, false, nextAt);
  run.retryAt(entry);
}

/** Id of what has ended and took an attempt along. */
const takerOf = (leaf: Leaf): string | null =>
  closerOf(leaf)?.nodeId ?? leaf.world.ended?.address.nodeId ?? null;

function errorJson({ code, message, retryable, retryAfterMs, stack, left }: TaskError): Json {
  return {
    code,
    message,
    retryable,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(stack === undefined ? {} : { stack }),
    ...(left === undefined ? {} : { left: left as unknown as Json }),
  };
}
