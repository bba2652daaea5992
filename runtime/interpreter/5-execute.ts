/** Execute: hands attempts to their executors; each result comes back as a fact. Only what the last commit recorded is started. */
import type { Json } from "../../plan/types.ts";
import type { AttemptResult } from "../executors/executor.ts";
import type { Step } from "./3-reconcile.ts";
import type { Committed } from "./4-commit.ts";
import { isProgress } from "./handlers.ts";
import { addressData, type InFlight, type Run } from "./run.ts";

export function execute(run: Run, step: Step, { flights }: Committed): void {
  for (const [index, flight] of flights.entries()) {
    run.inFlight.set(flight.entry.key, flight);
    const { timeoutMs = null, heartbeatTimeoutMs = null } = step.starts[index] ?? {};
    void attempt(run, flight, timeoutMs, heartbeatTimeoutMs);
  }
  for (const { controller, entry } of step.cancels) {
    const isTaken = run.world.aborted.has(entry);
    controller.abort(new Error(isTaken ? "what is around it has ended" : "its node was unmounted"));
  }
}

async function attempt(
  run: Run,
  flight: InFlight,
  timeoutMs: number | null,
  heartbeatTimeoutMs: number | null,
): Promise<void> {
  const { entry, controller, request } = flight;
  const { executors } = run.services;
  const limit = watchTime(run, flight, timeoutMs);
  const heart = watchHeart(run, flight, heartbeatTimeoutMs);
  let result: AttemptResult;
  try {
    const executor = executors.get(request.kind);
    if (!executor) throw new Error(`there is no executor for ${request.kind} tasks`);
    const who = addressData(entry.address);
    const emit = (type: string, data: { readonly [key: string]: Json }): void => {
      heart.beat();
      run.report(type, { ...who, attempt: flight.attempt, ...data });
      run.sessions.note(entry.key, type, data);
      if (isProgress(type)) run.progress.push({ entry, said: { ...data, type } });
    };
    result = await executor.execute(request, {
      plan: run.plan,
      runId: run.record.runId,
      address: entry.address,
      attempt: flight.attempt,
      cwd: run.record.cwd,
      // A signal is dear to make, and most attempts ask for one of them at most.
      get signal() {
        return controller.signal;
      },
      get leave() {
        return flight.leave.signal;
      },
      idle: (is) => {
        if (flight.idle === is) return;
        flight.idle = is;
        if (is) limit.stop();
        else limit.start();
        run.push({ kind: "events" });
      },
      alive: heart.beat,
      resolve: (value) => run.world.resolve(value),
      ...(run.services.prices && { prices: run.services.prices }),
      ...(flight.reserved && { reserved: flight.reserved }),
      ...(request.kind === "agent" && {
        past: run.sessions.begin(entry.key, flight.attempt, request.prompt),
      }),
      emit,
      record: (type, data) =>
        new Promise<void>((recorded) => {
          emit(type, data);
          run.push({ kind: "said", recorded });
        }),
      started: (process) =>
        new Promise<void>((recorded, lost) =>
          run.push({ kind: "process", entry, attempt: flight.attempt, process, recorded, lost }),
        ),
    });
  } catch (error) {
    // An executor that throws is a fault of ours; the task fails, the run goes on to its end.
    const message = error instanceof Error ? error.message : String(error);
    result = { ok: false, error: { code: "INTERNAL", message, retryable: false } };
  }
  limit.stop();
  heart.stop();
  run.push({ kind: "result", entry, attempt: flight.attempt, result });
}

/** Aborts an attempt whose time is up. What people take to answer does not count. */
function watchTime(run: Run, { controller }: InFlight, ms: number | null) {
  if (ms === null) return { start: () => {}, stop: () => {} };
  const { clock } = run.services;
  let left = ms;
  let since = 0;
  let cancel: (() => void) | null = null;
  const up = (): void => controller.abort(new DOMException(`no result after ${ms} ms`, "TimeoutError"));
  const start = (): void => {
    since = clock.now();
    cancel = clock.after(left, up);
  };
  const stop = (): void => {
    if (!cancel) return;
    cancel();
    cancel = null;
    // Where the clock was put back, nothing is gained.
    left = Math.min(left, Math.max(0, left - (clock.now() - since)));
  };
  start();
  return { start, stop };
}

/**
 * Aborts an attempt that gives no sign of life for so long: what it prints, every call it makes is one. While only people can
 * move it on, none is asked of it.
 */
function watchHeart(run: Run, flight: InFlight, ms: number | null) {
  if (ms === null) return { beat: () => {}, stop: () => {} };
  const { clock } = run.services;
  let last: number | null = null;
  let stop = (): void => {};
  const look = (): void => {
    if (last === null && !flight.idle) {
      const reason = new Error(`no sign of life for ${ms} ms`);
      reason.name = "HeartbeatTimeoutError";
      flight.controller.abort(reason);
      return;
    }
    const left = (last ?? clock.now()) + ms - clock.now();
    last = null;
    // Where the clock was put forward or back since, it is waited for once more.
    stop = clock.after(left > 0 && left < ms ? left : ms, look);
  };
  stop = clock.after(ms, look);
  return {
    beat: () => {
      last = clock.now();
    },
    stop: () => stop(),
  };
}
