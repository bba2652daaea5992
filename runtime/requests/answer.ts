/** Answering from any process what a run asks of people: filed in its inbox, whose writer takes it up. */
import { loadRecordedPlan } from "../../plan/index.ts";
import type { Json } from "../../plan/types.ts";
import { formatIssues } from "../../plan/zod/index.ts";
import { OutputParser } from "../executors/output.ts";
import type { Resolution } from "../interpreter/once.ts";
import { type Ask, isDecision, problemOf } from "../interpreter/people.ts";
import { runDirectory } from "../runs.ts";
import { showAddress } from "../store/rules.ts";
import type { Address } from "../store/store.ts";
import { dropAnswer } from "./inbox.ts";
import { askOf, journalOf, NotWaitingError, type Place, questionAt, tableOf } from "./questions.ts";

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
  return file(runId, nodeId, options, ({ ask, name, misfit }) => {
    const { answer: given, by } = options;
    if (isDecision(ask.asks))
      throw new NotWaitingError(`${name} waits for a decision: approve it or deny it`);
    if (ask.asks === "resolution")
      throw new NotWaitingError(
        `${name} waits for a resolution: say what became of it with \`smithers resolve\``,
      );
    if (ask.allowedUsers && !ask.allowedUsers.includes(by))
      throw new NotWaitingError(`${by} may not answer ${name}: only ${ask.allowedUsers.join(", ")} may`);
    const problem = problemOf(ask, given) ?? misfit(given);
    if (problem !== null) throw new AnswerError(`the answer to ${name} ${problem}`);
    return given;
  });
}

export interface ResolveOptions extends Place {
  readonly root: string;
  readonly resolution: Resolution;
  /** Who says so; recorded with it. */
  readonly by: string;
}

/**
 * Files what became of an attempt that nobody knows the outcome of (SEMANTICS 34).
 * @returns the address that was resolved
 * @throws AnswerError (the row does not fit), UnknownRunError, NotWaitingError, DecidedError, StoreError
 */
export async function resolve(runId: string, nodeId: string, options: ResolveOptions): Promise<Address> {
  return file(runId, nodeId, options, ({ ask, name, misfit }) => {
    if (ask.asks !== "resolution")
      throw new NotWaitingError(`${name} is not uncertain: nothing is to be resolved`);
    const { resolution } = options;
    const problem = resolution.resolved === "done" ? misfit(resolution.row) : null;
    if (problem !== null) throw new AnswerError(`the row of ${name} ${problem}`);
    return { ...resolution };
  });
}

interface Asked {
  readonly ask: Ask;
  /** The node's address as people see it. */
  readonly name: string;
  /** What is wrong with a row for it; null where nothing is, or where only the run knows its table. */
  readonly misfit: (row: Json) => string | null;
}

async function file(
  runId: string,
  nodeId: string,
  options: Place & { readonly root: string; readonly by: string },
  answerTo: (asked: Asked) => Json,
): Promise<Address> {
  const directory = runDirectory(options.root, runId);
  const journal = await journalOf(directory);
  const { address, task } = questionAt(journal, directory, nodeId, options);
  const loaded = loadRecordedPlan(journal.plan ?? "");
  const misfit = (row: Json): string | null => {
    if (!loaded.ok) return null;
    const table = tableOf(loaded.plan, task);
    const parsed = new OutputParser().parse(loaded.plan, table, row);
    return parsed.ok ? null : `does not fit the schema ${table}:\n${formatIssues(parsed.issues)}`;
  };
  const given = answerTo({ ask: askOf(task), name: showAddress(address), misfit });
  dropAnswer(directory, { ...address, answer: given, by: options.by, at: Date.now() });
  return address;
}
