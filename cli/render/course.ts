/** What a task's reason says, in a few words: how far a node with a course of its own came, what it waits for, why it failed. */

import type { TaskRecord } from "../../runtime/index.ts";
import { askedSignal, fieldsOf } from "../../runtime/requests/answers.ts";
import { isStageRecord, stageText } from "../../runtime/stages.ts";
import { reasonText } from "./cell.ts";

/** "" where there is nothing to be said. */
export function courseText(task: Pick<TaskRecord, "kind" | "state" | "reason">): string {
  const { kind, state, reason } = task;
  if (reason === null) return "";
  if (isStageRecord(task)) return stageText("", fieldsOf(reason)).trim();
  if (state === "failed") return reasonText(reason);
  switch (kind) {
    case "loop":
      return loopText(task);
    case "try":
    case "saga":
      return recoveryText(task);
    case "parallel":
      return branchesText(task);
    case "approval":
    case "human":
      return askedText(task);
    case "wait":
    case "timer":
      return waitText(task);
    default:
      return reasonText(reason);
  }
}

type Told = Pick<TaskRecord, "kind" | "state" | "reason">;

function loopText({ reason }: Told): string {
  const { phase, iteration } = fieldsOf(reason);
  const count = Number(iteration);
  if (phase === "closed") return `${count} iteration${count === 1 ? "" : "s"}`;
  return `${phase === "closing" ? "ending in " : ""}iteration ${count}`;
}

/** What a try caught, or a saga undoes. */
function recoveryText({ kind, reason }: Told): string {
  const { phase, failure, error } = fieldsOf(reason);
  const { nodeId, code, message } = fieldsOf(failure ?? error ?? null);
  const cause = nodeId === undefined ? "" : `${nodeId} failed: ${code}: ${String(message).split("\n")[0]}`;
  if (kind === "saga") return cause === "" ? "" : `${phase === "closed" ? "undid" : "undoes"} it: ${cause}`;
  if (cause !== "" && failure === undefined) return `caught: ${cause}`;
  return cause;
}

function branchesText({ reason }: Told): string {
  const { failures } = fieldsOf(reason);
  return typeof failures !== "number" ? "" : `${failures} branch${failures === 1 ? "" : "es"} failed`;
}

function askedText({ state, reason }: Told): string {
  const { title } = fieldsOf(reason);
  return state === "waiting" && typeof title === "string" ? `asks: ${title}` : reasonText(reason);
}

function waitText({ kind, state, reason }: Told): string {
  const { until } = fieldsOf(reason);
  if (state !== "waiting") return typeof fieldsOf(reason).message === "string" ? reasonText(reason) : "";
  const limit = typeof until === "string" ? `until ${until}` : "";
  if (kind === "timer") return limit;
  const { event, correlationId } = askedSignal(reason);
  const which = correlationId === null ? "" : ` for ${correlationId}`;
  return `waits for the signal ${event}${which}${limit === "" ? "" : `, ${limit}`}`;
}
