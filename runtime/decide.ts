/** Deciding on an approval from any process: the decision is filed in the run's inbox, whose writer takes it up. */
import path from "node:path";
import { DecidedError, dropDecision, isFiled } from "./inbox.ts";
import { reading } from "./reading.ts";
import { runDirectory } from "./runs.ts";
import { showAddress } from "./store/rules.ts";
import type { Address, Journal } from "./store/store.ts";

export interface DecideOptions {
  readonly root: string;
  readonly approved: boolean;
  readonly note?: string | null;
  /** Who decided; recorded with the decision. */
  readonly decidedBy: string;
  /** Needed only where the approval waits in several iterations at once. */
  readonly iteration?: number;
  readonly scope?: string;
}

/** Nothing of that name waits for a decision. */
export class NotWaitingError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "NotWaitingError";
  }
}

/**
 * Files a decision on an approval, named by its id or by its whole address (`ok@@outer=1@2`); when the promise resolves it is on disk, and the run takes it up at once, or when it is resumed.
 * @returns the address that was decided
 * @throws UnknownRunError, NotWaitingError, DecidedError, StoreError
 */
export async function decide(runId: string, nodeId: string, options: DecideOptions): Promise<Address> {
  const directory = runDirectory(options.root, runId);
  const address = chosen(await journalOf(directory), directory, nodeId, options);
  const { approved, note = null, decidedBy } = options;
  const decision = { ...address, approved, note, decidedBy, decidedAt: Date.now() };
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

const journalOf = (directory: string): Promise<Journal> => reading(directory, (reader) => reader.journal());

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

function chosen(
  journal: Journal,
  directory: string,
  nodeId: string,
  { iteration, scope }: DecideOptions,
): Address {
  const meant = (address: Address): boolean =>
    (address.nodeId === nodeId || showAddress(address) === nodeId) &&
    (iteration === undefined || address.iteration === iteration) &&
    (scope === undefined || address.scope === scope);
  const waiting = journal.tasks.filter(
    (task) => task.kind === "approval" && task.state === "waiting" && meant(task),
  );
  const [first, second] = waiting;
  if (first && second) {
    const places = waiting.map(showAddress).join(", ");
    throw new NotWaitingError(`${nodeId} waits in several places: name one of ${places}`);
  }
  if (first) {
    const { scope: at, iteration: index } = first;
    const address = { nodeId: first.nodeId, scope: at, iteration: index };
    if (isFiled(directory, address)) throw new DecidedError(nodeId);
    return address;
  }
  if (journal.decisions.some(meant)) throw new DecidedError(nodeId);
  const others = journal.tasks
    .filter((task) => task.kind === "approval" && task.state === "waiting")
    .map(showAddress);
  const hint = others.length > 0 ? `; what waits: ${others.join(", ")}` : "; nothing waits for a decision";
  throw new NotWaitingError(`${nodeId} in ${path.basename(directory)} does not wait for a decision${hint}`);
}
