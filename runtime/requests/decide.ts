/** Deciding from any process on what waits for a decision: the decision is filed in the run's inbox, whose writer takes it up. */

import { isDecision, NOUNS } from "../interpreter/people.ts";
import { runDirectory } from "../runs.ts";
import { showAddress } from "../store/rules.ts";
import type { Address } from "../store/store.ts";
import { DecidedError, dropDecision } from "./inbox.ts";
import { askOf, journalOf, NotWaitingError, type Place, questionAt } from "./questions.ts";

export interface DecideOptions extends Place {
  readonly root: string;
  readonly approved: boolean;
  readonly note?: string | null;
  /** Who decided; recorded with the decision. */
  readonly decidedBy: string;
}

/**
 * Files a decision on an approval, named by its id or by its whole address (`ok@@outer=1@2`); when the promise resolves it is on disk, and the run takes it up at once, or when it is resumed.
 * @returns the address that was decided
 * @throws UnknownRunError, NotWaitingError, DecidedError, StoreError
 */
export async function decide(runId: string, nodeId: string, options: DecideOptions): Promise<Address> {
  const directory = runDirectory(options.root, runId);
  const { approved, note = null, decidedBy } = options;
  const { address, task } = questionAt(await journalOf(directory), directory, nodeId, options);
  const { asks, allowedUsers, call } = askOf(task);
  if (approved && !isDecision(asks))
    throw new NotWaitingError(`${showAddress(address)} waits for ${NOUNS[asks]}, not for a decision`);
  if (allowedUsers && !allowedUsers.includes(decidedBy))
    throw new NotWaitingError(
      `${decidedBy} may not decide on ${showAddress(address)}: only ${allowedUsers.join(", ")} may`,
    );
  const about = call === undefined ? {} : { call };
  const decision = { ...address, approved, note, decidedBy, decidedAt: Date.now(), ...about };
  const takeBack = dropDecision(directory, decision);
  // Another one may have been taken up, and its file removed, since the journal was read.
  const { decisions } = await journalOf(directory);
  const other = decisions.find(
    (made) => showAddress(made) === showAddress(address) && !isSame(made, decision),
  );
  if (!other) return address;
  takeBack();
  throw new DecidedError(nodeId);
}

type Made = Pick<DecideOptions, "approved" | "decidedBy"> & {
  readonly note: string | null;
  readonly decidedAt: number;
};

function isSame(one: Made, other: Made): boolean {
  return (
    one.approved === other.approved &&
    one.note === other.note &&
    one.decidedBy === other.decidedBy &&
    one.decidedAt === other.decidedAt
  );
}
