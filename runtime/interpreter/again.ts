/**
 * What a resume tries again of parallels that passed a failure on (DESIGN §6: a resume retries what failed): the branches that
 * failed, and what was taken along. Not where a try or a saga inside has done what it does in every outcome: then the parallel
 * stays failed, as they do.
 */
import type { TaskRecord } from "../store/store.ts";
import { placeOf } from "../values/place.ts";
import type { BranchesProgress } from "./branches.ts";
import type { PlanIndex } from "./plan-index.ts";
import type { Failure } from "./recovery.ts";

interface Reason {
  readonly code?: string;
  readonly message?: string;
  readonly continued?: boolean;
  readonly caught?: string;
  readonly branch?: boolean;
  readonly by?: string;
  readonly failure?: Failure;
}

const reasonOf = ({ reason }: TaskRecord): Reason => (reason ?? {}) as Reason;

/** Records that begin anew, each with how far it came: null for what begins at its beginning. */
export function triedAgain(
  tasks: readonly TaskRecord[],
  index: PlanIndex,
): ReadonlyMap<TaskRecord, BranchesProgress | null> {
  const again = new Map<TaskRecord, BranchesProgress | null>();
  const parallels = tasks.filter(({ kind, state }) => kind === "parallel" && state === "failed");
  if (parallels.length === 0) return again;
  const open = parallels.filter((parallel) => !reasonOf(parallel).continued);
  for (let parallel = open.pop(); parallel; parallel = open.pop()) {
    const mine = tasks.filter((task) => isTaken(task, parallel as TaskRecord, index));
    if (mine.some(({ kind }) => kind === "try" || kind === "saga")) continue;
    const denied = mine.find((task) => task.state === "failed" && reasonOf(task).code === "DENIED");
    again.set(parallel, {
      phase: "open",
      ...(denied && { failure: failureOf(denied) }),
    });
    for (const task of mine) {
      if (task === denied || reasonOf(task).code === "DENIED") continue;
      if (task.kind === "parallel") open.push(task);
      else again.set(task, null);
    }
  }
  return again;
}

/** Whether a record failed in a branch of this parallel, or ended since it failed. */
function isTaken(task: TaskRecord, parallel: TaskRecord, index: PlanIndex): boolean {
  const { branch, by, caught, failure } = reasonOf(task);
  const isIts =
    (task.state === "failed" && branch === true && caught === parallel.nodeId) ||
    (task.state === "cancelled" &&
      (by === parallel.nodeId || (failure?.outside === true && failure.nodeId === parallel.nodeId)));
  if (!isIts) return false;
  const around = iterationsOf(parallel, index);
  const inside = iterationsOf(task, index);
  return around.every((iteration, level) => inside[level] === iteration);
}

/** Iterations of the loops around a record, outermost first. */
function iterationsOf(task: TaskRecord, index: PlanIndex): readonly number[] {
  const depth = index.nodes.get(task.node)?.loops.length ?? 0;
  return depth === 0 ? [] : placeOf(task).slice(-depth);
}

function failureOf(task: TaskRecord): Failure {
  const { code = "", message = "" } = reasonOf(task);
  const { nodeId, scope, iteration } = task;
  return { nodeId, scope, iteration, code, message };
}
