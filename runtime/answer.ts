/** Answering from any process what a run asks of people: filed in its inbox, whose writer takes it up. */
import { loadPlan } from "../plan/index.ts";
import type { Json, Plan } from "../plan/types.ts";
import { formatIssues } from "../plan/zod/index.ts";
import { OutputParser } from "./executors/output.ts";
import { dropAnswer } from "./inbox.ts";
import { problemOf } from "./interpreter/people.ts";
import { askOf, journalOf, NotWaitingError, type Place, questionAt, tableOf } from "./questions.ts";
import { runDirectory } from "./runs.ts";
import { showAddress } from "./store/rules.ts";
import type { Address } from "./store/store.ts";

export interface AnswerOptions extends Place {
  readonly root: string;
  /** A row of the node's schema, `{ selected: key, notes? }` or `{ ranked: [key, …], notes? }`. */
  readonly answer: Json;
  /** Who answers; recorded with it. */
  readonly by: string;
}

/** The answer is not what was asked for; nothing was filed, and no attempt is used up. */
export class AnswerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "AnswerError";
  }
}

/**
 * Files what a person gives where a node waits for it, named by its id or its whole address; when the promise resolves it
 * is on disk, and the run takes it up at once, or when it is resumed.
 * @returns the address that was answered
 * @throws AnswerError, UnknownRunError, NotWaitingError, DecidedError, StoreError
 */
export async function answer(runId: string, nodeId: string, options: AnswerOptions): Promise<Address> {
  const directory = runDirectory(options.root, runId);
  const journal = await journalOf(directory);
  const { address, task } = questionAt(journal, directory, nodeId, options);
  const name = showAddress(address);
  const ask = askOf(task);
  if (ask.asks === undefined || ask.asks === "start")
    throw new NotWaitingError(`${name} waits for a decision: approve it or deny it`);
  const { answer: given, by } = options;
  if (ask.allowedUsers && !ask.allowedUsers.includes(by))
    throw new NotWaitingError(`${by} may not answer ${name}: only ${ask.allowedUsers.join(", ")} may`);
  const loaded = loadPlan(journal.plan ?? "");
  const problem =
    problemOf(ask, given) ?? (loaded.ok ? misfit(loaded.plan, tableOf(loaded.plan, task), given) : null);
  if (problem !== null) throw new AnswerError(`the answer to ${name} ${problem}`);
  dropAnswer(directory, { ...address, answer: given, by, at: Date.now() });
  return address;
}

function misfit(plan: Plan, table: string | null, given: Json): string | null {
  const parsed = new OutputParser().parse(plan, table, given);
  return parsed.ok ? null : `does not fit the schema ${table}:\n${formatIssues(parsed.issues)}`;
}
