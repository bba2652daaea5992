/** What a run asks of people, found in its journal by any process. */
import path from "node:path";
import type { Plan } from "../../plan/types.ts";
import type { Ask } from "../interpreter/people.ts";
import { reading } from "../reading.ts";
import { showAddress } from "../store/rules.ts";
import type { Address, Journal, TaskRecord } from "../store/store.ts";
import { isQuestion } from "./answers.ts";
import { DecidedError, isFiled } from "./inbox.ts";

/** Nothing of that name waits for people, or not for this. */
export class NotWaitingError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "NotWaitingError";
  }
}

/** Needed only where a node waits in several iterations at once. */
export interface Place {
  readonly iteration?: number;
  readonly scope?: string;
}

export const journalOf = (directory: string): Promise<Journal> =>
  reading(directory, (reader) => reader.journal());

/** What a task that waits for people asks. */
export const askOf = ({ reason }: TaskRecord): Ask => reason as unknown as Ask;

/** The table that a node's rows go to, for a check of what is given before it is filed; null where only the run knows. */
export const tableOf = (plan: Plan, { table }: TaskRecord): string | null =>
  table !== null && Object.hasOwn(plan.schemas, table) ? table : null;

/**
 * The one question that is meant by a node's id or whole address.
 * @throws NotWaitingError, DecidedError
 */
export function questionAt(
  journal: Journal,
  directory: string,
  nodeId: string,
  { iteration, scope }: Place,
): { readonly address: Address; readonly task: TaskRecord } {
  const meant = (address: Address): boolean =>
    (address.nodeId === nodeId || showAddress(address) === nodeId) &&
    (iteration === undefined || address.iteration === iteration) &&
    (scope === undefined || address.scope === scope);
  const questions = journal.tasks.filter(isQuestion);
  const waiting = questions.filter(meant);
  const [task, second] = waiting;
  if (task && second) {
    const places = waiting.map(showAddress).join(", ");
    throw new NotWaitingError(`${nodeId} waits in several places: name one of ${places}`);
  }
  if (task) {
    const address = { nodeId: task.nodeId, scope: task.scope, iteration: task.iteration };
    if (isFiled(directory, address)) throw new DecidedError(nodeId);
    return { address, task };
  }
  if (journal.decisions.some(meant)) throw new DecidedError(nodeId);
  const others = questions.map(showAddress);
  const hint = others.length > 0 ? `; what waits: ${others.join(", ")}` : "; nothing waits for people";
  throw new NotWaitingError(`${nodeId} in ${path.basename(directory)} does not wait for people${hint}`);
}
