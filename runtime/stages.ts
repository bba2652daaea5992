/** How far a run has come, in the words of its phases and steps. */
import { fieldsOf } from "./requests/answers.ts";
import type { TaskRecord } from "./store/store.ts";

/** `phase Implement (2 of 3)`; of a lone one without the count. */
export function stageText(kind: string, { name, n, of }: { readonly [field: string]: unknown }): string {
  const count = typeof of === "number" && of > 1 ? ` (${String(n)} of ${of})` : "";
  return `${kind}${typeof name === "string" ? ` ${name}` : ""}${count}`;
}

export const isStageRecord = ({ kind }: Pick<TaskRecord, "kind">): boolean =>
  kind === "phase" || kind === "step";

/** Phases and steps under way, each with those in it behind it: `phase Implement (2 of 3), step Test`. "" where none is. */
export function stagesUnderWay(tasks: readonly TaskRecord[]): string {
  return tasks
    .filter((task) => isStageRecord(task) && task.state === "running")
    .map(({ kind, reason }) => stageText(kind, fieldsOf(reason)))
    .join(", ");
}
