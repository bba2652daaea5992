/**
 * What doing a node once more takes back. The node's own row, decision and state go; its attempts stay, and the next one is
 * numbered after them. What is around it is taken back as far as the node could otherwise not be done:
 *
 * - a loop goes back to the node's iteration. Later iterations are undone, and so is what comes after the node in its own:
 *   `until` is not to be judged by what followed from the old row, nor asked before that whole iteration has ended: what
 *   handlers wrote, which stays, may have ended the loop.
 * - a try goes back to the node's part; the parts after it are undone.
 * - a saga that has compensated is done anew from its beginning; else it goes back to its actions.
 * - a parallel with a failure policy is open again, and what it took along is undone.
 *
 * What ended the run is undone, with all that it took along.
 *
 * Everything else stays as it is, unless what read a row that goes is to be done once more as well.
 */
import type { Json, Role } from "../../plan/types.ts";
import type { PlanIndex, PlanNode } from "../interpreter/plan-index.ts";
import { type Failure, roleOf } from "../interpreter/recovery.ts";
import { addressKey, showAddress } from "../store/rules.ts";
import type { TaskRecord } from "../store/store.ts";
import { placeOf } from "../values/place.ts";

export interface Known {
  readonly index: PlanIndex;
  readonly tasks: readonly TaskRecord[];
  /** Ids of the loops around the node of this id, outermost first, as far as is known. */
  readonly loopsOf: (nodeId: string) => readonly string[];
  /** What read a row of a task: empty where readers are to stay. */
  readonly readersOf: (task: TaskRecord) => readonly TaskRecord[];
}

export interface Reset {
  /** Keys of what is done once more; its attempts stay. */
  readonly again: ReadonlySet<string>;
  /** Keys of what is undone: as if it had never been. */
  readonly gone: ReadonlySet<string>;
  /** Loops, tries and sagas that go back: key → how far they have come now. */
  readonly back: ReadonlyMap<string, Json>;
}

/** The node can't be done once more by itself. */
export class RetryError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "RetryError";
  }
}

/** @throws RetryError where it can't be told which loop, try or saga is around the node */
export function resetOf(target: TaskRecord, known: Known): Reset {
  const again = new Map<string, TaskRecord>();
  const gone = new Map<string, TaskRecord>();
  const loops = new Map<string, number>();
  const back = new Map<string, Json>();
  const open = [target];
  const undo = (tasks: readonly TaskRecord[]): void => {
    for (const task of tasks) {
      const key = addressKey(task);
      if (gone.has(key)) continue;
      gone.set(key, task);
      open.push(...known.readersOf(task));
    }
  };
  for (let task = open.pop(); task; task = open.pop()) {
    const key = addressKey(task);
    if (again.has(key) || gone.has(key)) continue;
    again.set(key, task);
    open.push(...known.readersOf(task));
    for (const around of enclosing(task, known)) {
      const inside = known.tasks.filter((other) => isInside(other, around, known));
      const name = addressKey(around);
      if (around.kind === "loop") {
        const level = depthOf(around, known);
        const iteration = placeIn(task, known)[level] as number;
        const first = Math.min(iteration, loops.get(name) ?? iteration);
        loops.set(name, first);
        const { since } = (around.reason ?? {}) as { readonly since?: number };
        back.set(name, {
          phase: "open",
          iteration: first,
          again: true,
          ...(since !== undefined && { since: Math.min(since, first) }),
        });
        undo(inside.filter((other) => (placeIn(other, known)[level] as number) > iteration));
        undo(inside.filter((other) => isSameIteration(other, task, known) && comesAfter(other, task, known)));
      } else if (around.kind === "parallel") {
        back.set(name, { phase: "open" });
        undo(inside.filter((other) => isTakenBy(other, around)));
      } else if (around.kind === "try") backTo(around, partAround(task, around, known), inside);
      else sagaBack(around, partAround(task, around, known), inside);
    }
  }
  const ends = known.tasks.filter(({ kind, state }) => kind === "end" && state === "finished");
  for (const end of ends) {
    if (!again.has(addressKey(end))) gone.set(addressKey(end), end);
    for (const task of known.tasks) if (isTakenBy(task, end)) gone.set(addressKey(task), task);
  }
  for (const task of known.tasks) {
    const { failure } = (task.reason ?? {}) as { readonly failure?: Failure };
    const key = addressKey(task);
    if (task.kind !== "parallel" || !failure || !back.has(key)) continue;
    // What failed besides is still passed on.
    const failed = addressKey(failure);
    if (!again.has(failed) && !gone.has(failed)) back.set(key, { phase: "open", failure: { ...failure } });
  }
  for (const key of gone.keys()) {
    again.delete(key);
    back.delete(key);
  }
  return { again: new Set(again.keys()), gone: new Set(gone.keys()), back };

  function backTo(around: TaskRecord, part: PlanNode, inside: readonly TaskRecord[]): void {
    const { error, failure } = (around.reason ?? {}) as { readonly error?: Json; readonly failure?: Json };
    const role = roleOf(part) as Role;
    const kept = PARTS.indexOf(role);
    const now = (back.get(addressKey(around)) as { readonly phase?: Role } | undefined)?.phase ?? role;
    if (PARTS.indexOf(now) < kept) return;
    undo(inside.filter((other) => PARTS.indexOf(roleOf(partAround(other, around, known)) as Role) > kept));
    back.set(addressKey(around), {
      phase: role,
      ...(role !== "try" && error !== undefined && { error }),
      ...(role === "finally" && failure !== undefined && { failure }),
    });
  }

  /** A saga goes back to its actions; in the midst of its compensations it stays. */
  function sagaBack(around: TaskRecord, part: PlanNode, inside: readonly TaskRecord[]): void {
    const { failure, compensations } = (around.reason ?? {}) as {
      readonly failure?: Json;
      readonly compensations?: Json;
    };
    if (roleOf(part) === "compensation")
      back.set(addressKey(around), {
        phase: "compensating",
        ...(failure !== undefined && { failure }),
        ...(compensations !== undefined && { compensations }),
      });
    else {
      // What was undone is done once more with it.
      if (failure !== undefined) undo(inside);
      back.set(addressKey(around), { phase: "acting" });
    }
  }
}

const PARTS: readonly (Role | undefined)[] = ["try", "catch", "finally"];

/** Whether it never began, or did not come to its end, for what a node around it came to. */
const isTakenBy = ({ reason, state }: TaskRecord, by: TaskRecord): boolean =>
  (state === "skipped" || state === "cancelled") &&
  ((reason ?? {}) as { readonly by?: string }).by === by.nodeId;

const GOING_BACK: ReadonlySet<string> = new Set(["loop", "try", "saga", "parallel"]);

/** The loops, tries, sagas and parallels with a failure policy around a task, innermost first. */
function enclosing(task: TaskRecord, known: Known): readonly TaskRecord[] {
  return pathOf(task.node, known)
    .slice(1)
    .filter(({ node }) => GOING_BACK.has(node.kind))
    .flatMap(({ key, loops }) => {
      const candidates = known.tasks.filter(
        (other) => other.node === key && isAround(other, task, loops.length, known),
      );
      const [found, second] = candidates;
      if (!second) return found ?? [];
      throw new RetryError(
        `${showAddress(task)} is inside ${key}, of which there are several: it can't be told which one is to go back`,
      );
    });
}

/** Whether a loop, try or saga can be the one around `task`, by the iterations and the ids of loops that both have. */
function isAround(around: TaskRecord, task: TaskRecord, level: number, known: Known): boolean {
  const [outer, inner] = [placeIn(around, known), placeIn(task, known)];
  if (outer.some((iteration, at) => at < level && iteration !== inner[at])) return false;
  const chain = known.loopsOf(task.nodeId);
  return around.kind !== "loop" || chain[level] === undefined || chain[level] === around.nodeId;
}

function isInside(other: TaskRecord, around: TaskRecord, known: Known): boolean {
  return (
    other !== around &&
    pathOf(other.node, known).some(({ key }, at) => at > 0 && key === around.node) &&
    isAround(around, other, depthOf(around, known), known)
  );
}

const depthOf = ({ node }: TaskRecord, { index }: Known): number => index.nodes.get(node)?.loops.length ?? 0;

/** Iterations of the loops around a task, outermost first. */
const placeIn = (task: TaskRecord, known: Known): readonly number[] => {
  const depth = depthOf(task, known);
  return depth === 0 ? [] : placeOf(task).slice(-depth);
};

function isSameIteration(other: TaskRecord, task: TaskRecord, known: Known): boolean {
  const [mine, theirs] = [placeIn(task, known), placeIn(other, known)];
  return mine.every((iteration, at) => at >= theirs.length || theirs[at] === iteration);
}

/** A plan node and what is around it, innermost first. */
function pathOf(key: string, { index }: Known): readonly PlanNode[] {
  const path: PlanNode[] = [];
  for (
    let at = index.nodes.get(key);
    at;
    at = at.node.parent === undefined ? undefined : index.nodes.get(at.node.parent)
  )
    path.push(at);
  return path;
}

/** The part of a try or saga in which a task is. */
function partAround(task: TaskRecord, around: TaskRecord, known: Known): PlanNode {
  const path = pathOf(task.node, known);
  const at = path.findIndex(({ key }) => key === around.node);
  return path.slice(0, at).findLast((node) => roleOf(node) !== undefined) ?? (path[at - 1] as PlanNode);
}

/** Whether a task's turn comes after that of another one, as the plan has them. */
function comesAfter(other: TaskRecord, task: TaskRecord, known: Known): boolean {
  const [mine, theirs] = [pathOf(task.node, known), pathOf(other.node, known)];
  const common = mine.find(({ key }) => theirs.some((node) => node.key === key));
  if (!common || other.node === task.node) return false;
  const container = pathOf(common.key, known).find(
    ({ node }) => node.kind !== "group" && node.kind !== "block",
  );
  if (container?.node.kind === "parallel") return false;
  const order = [...known.index.nodes.keys()];
  return order.indexOf(other.node) > order.indexOf(task.node);
}
