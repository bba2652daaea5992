/** Running and resuming a plan in a project directory. */
import { randomBytes } from "node:crypto";
import path from "node:path";
import { loadRecordedPlan } from "../plan/index.ts";
import type { Plan } from "../plan/types.ts";
import { type Attended, attend, type Gone, type Runs } from "./attend.ts";
import { givenFirst, originOf } from "./carried.ts";
import { type Doors, RefusedError, type RunResult, resumeRun, startRun } from "./engine.ts";
import { hostOfRun, recordHost } from "./host.ts";
import { parseInput } from "./input.ts";
import { systemClock } from "./interpreter/clock.ts";
import { Prepared } from "./interpreter/prepared.ts";
import type { Services } from "./interpreter/run.ts";
import { makeRunId } from "./interpreter/run-id.ts";
import { hostOf, type ResumeOptions, type RunOptions } from "./options.ts";
import { refuseLimits, refusePackages, refuseUnpriced, refuseUnsupported } from "./refusals.ts";
import { createRun, runDirectory } from "./runs.ts";
import type { Journal, RunRecord } from "./store/store.ts";
import { type TracedRun, traced } from "./telemetry/trace.ts";
import { openRun } from "./writing.ts";

export type { ResumeOptions, RunOptions } from "./options.ts";

/**
 * Runs a plan to its end, or to where only people can move it on. A run that goes on as a new one is followed: the result is
 * that of the last.
 * @throws InputError, RunNameError, RefusedError (the plan requires what this runner does not do, or was built for other
 *   packages than the project has) before anything is written; RefusedError when there is a run of that id;
 *   StoreError when the run can't be written or is taken over
 */
export async function run(plan: Plan, options: RunOptions): Promise<RunResult> {
  refuseUnsupported(plan);
  refusePackages(plan, options);
  refuseLimits(plan, options);
  refuseUnpriced(plan, options, hostOf(options));
  const clock = options.clock ?? systemClock;
  const input = options.input ?? {};
  const prepared = Prepared.of(plan, options.prepared);
  parseInput(plan, input, prepared.parser);
  const now = clock.now();
  const { name } = plan.workflow;
  const { runId, directory, taken } = options.store
    ? { runId: options.runId ?? makeRunId(name, now), directory: null, taken: false }
    : createRun(path.resolve(options.root), name, now, options.runId);
  const seed = randomBytes(16).toString("hex");
  const record: RunRecord = {
    runId,
    workflow: name,
    planDigest: plan.digest,
    status: "running",
    reason: null,
    input,
    createdAt: now,
    updatedAt: now,
    seed,
    cwd: path.resolve(options.root),
    host: recordHost(plan, hostOf(options), seed, options.secrets),
  };
  const store = options.store ?? (await openRun(directory as string, options.root, hostOf(options)));
  const warm = Object.keys(plan.modules).length > 0;
  const first = { runId, directory, store, isNext: false, warm };
  return attend(RUNS, { ...options, prepared }, first, async (given, doors) => {
    if (taken && (await store.journal()).run) {
      throw new RefusedError(`there is a run ${runId} already: resume it, or give the new run another id`);
    }
    const result = await tracing(record, given, (services) => startRun(plan, record, services, doors));
    return { plan, result };
  });
}

/**
 * Goes on with a run from its last commit: what is finished stays so, what failed or was interrupted is tried again.
 * @throws UnknownRunError, RefusedError (another plan), StoreError (`LOCKED` while another process owns the run)
 */
export async function resume(runId: string, options: ResumeOptions): Promise<RunResult> {
  const directory = options.store ? null : runDirectory(path.resolve(options.root), runId);
  const store = options.store ?? (await openRun(directory as string, options.root, hostOf(options)));
  const isNext = (await originOf(store))?.how === "continue";
  const first = await givenFirst(store);
  const stopAt = { ...first.stopAt, ...options.stopAt };
  const prices = { ...first.prices, ...options.prices };
  const at: Attended = { runId, directory, store, isNext };
  return attend(RUNS, { ...options, stopAt, prices }, { ...at, warm: false }, (given, doors) =>
    goOn(at, options, given, { ...doors, ...(options.stop && { stop: options.stop }) }),
  );
}

async function goOn(
  { runId, store }: Attended,
  options: ResumeOptions,
  given: Services,
  doors: Doors,
): Promise<Gone> {
  const journal = await store.journal();
  const plan = planOf(journal, runId, options.plan);
  refusePackages(plan, options);
  const { stopAt, prices } = given;
  const held = { ...options, ...(stopAt && { stopAt }), ...(prices && { prices }) };
  // Whoever ends a run is not kept from it: what it does in every outcome is done whatever it costs.
  if (!options.stop) {
    refuseLimits(plan, held);
    refuseUnpriced(plan, held, hostOfRun(journal.run, hostOf(options)));
  }
  const workflow = journal.run?.workflow ?? plan.workflow.name;
  const result = await tracing({ runId, workflow, planDigest: plan.digest }, given, (services) =>
    resumeRun(plan, journal, services, doors),
  );
  // An imported run may have another name here than the one it knows itself by.
  return { plan, result: { ...result, runId } };
}

const RUNS: Runs = { run, resume, goOn };

function planOf({ run, plan: text }: Journal, runId: string, given: Plan | undefined): Plan {
  if (!run || text === null)
    throw new RefusedError(`run ${runId} never began: nothing is recorded; start it anew under the same id`);
  if (given && given.digest !== run.planDigest)
    throw new RefusedError(
      `run ${runId} was started with another plan (${run.planDigest}, not ${given.digest}): ` +
        "resume it without naming a plan, or start a new run",
    );
  if (given) return given;
  const loaded = loadRecordedPlan(text);
  if (loaded.ok) return loaded.plan;
  const problems = loaded.problems.map(({ path: at, message }) => `${at}: ${message}`).join("\n");
  throw new RefusedError(`the plan recorded in run ${runId} can't be read:\n${problems}`);
}

/** Runs `go` with services that trace the run, where the process has a tracer provider. */
async function tracing(
  run: TracedRun,
  given: Services,
  go: (services: Services) => Promise<RunResult>,
): Promise<RunResult> {
  const { services, end } = await traced(run, given);
  try {
    const result = await go(services);
    end({ result });
    return result;
  } catch (error) {
    end({ error });
    throw error;
  }
}
