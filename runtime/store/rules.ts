/** The rules of the journal that every driver enforces alike. */
import { type Address, StoreError, type Write } from "./store.ts";

/** What the next commit goes on from. */
export interface Counters {
  readonly runId: string | null;
  readonly lastFrame: number;
  readonly lastOutput: number;
  readonly lastTransition: number;
  readonly lastEvent: number;
}

export const START: Counters = { runId: null, lastFrame: -1, lastOutput: 0, lastTransition: 0, lastEvent: 0 };

/**
 * Checks that `write` may follow what `counters` stand for.
 * @returns the counters after it
 * @throws StoreError `INVALID`
 */
export function advance(counters: Counters, write: Write): Counters {
  switch (write.type) {
    case "run":
      if (counters.runId !== null && counters.runId !== write.runId) {
        throw invalid(`run ${write.runId} can't be written into the store of run ${counters.runId}`);
      }
      return { ...counters, runId: checkText("runId", write.runId) };
    case "frame":
      if (!Number.isSafeInteger(write.frame) || write.frame <= counters.lastFrame) {
        throw invalid(`frame ${write.frame} can't follow frame ${counters.lastFrame}`);
      }
      return { ...counters, lastFrame: write.frame };
    case "output":
      checkAddress(write);
      checkText("table", write.table);
      if (write.seq !== counters.lastOutput + 1) {
        throw invalid(`output ${write.seq} can't follow output ${counters.lastOutput}: seq has no gaps`);
      }
      return { ...counters, lastOutput: write.seq };
    case "transition":
      checkAddress(write);
      checkText("key", write.key);
      if (write.seq !== counters.lastTransition + 1) {
        throw invalid(
          `transition ${write.seq} can't follow transition ${counters.lastTransition}: seq has no gaps`,
        );
      }
      return { ...counters, lastTransition: write.seq };
    case "event":
      checkText("event type", write.event.type);
      if (write.event.seq !== counters.lastEvent + 1) {
        throw invalid(`event ${write.event.seq} can't follow event ${counters.lastEvent}: seq has no gaps`);
      }
      return { ...counters, lastEvent: write.event.seq };
    case "task":
      checkText("node", write.node);
      checkAddress(write);
      return counters;
    case "attempt":
    case "decision":
      checkAddress(write);
      return counters;
    case "plan":
      return counters;
    default: {
      const never: never = write;
      throw new Error(`unknown write ${JSON.stringify(never)}`);
    }
  }
}

/** One text for one address; two addresses never share it. */
export function addressKey(address: Address): string {
  return JSON.stringify([address.nodeId, address.scope, address.iteration]);
}

/** As people see an address: `work`, `work@2`, `work@@outer=0@2`. */
export function showAddress({ nodeId, scope, iteration }: Address): string {
  return `${nodeId}${scope === "" ? "" : `@@${scope}`}${iteration === 0 ? "" : `@${iteration}`}`;
}

export function invalid(message: string): StoreError {
  return new StoreError("INVALID", message);
}

/** A name column can't hold what UTF-8 text can't: NUL ends it for many readers, a lone surrogate has no bytes. */
function checkText(what: string, text: string): string {
  if (/\0|\p{Surrogate}/u.test(text)) {
    throw invalid(`${what} ${JSON.stringify(text)} holds a NUL or half a surrogate pair`);
  }
  return text;
}

function checkAddress(address: Address): void {
  checkText("nodeId", address.nodeId);
  checkText("scope", address.scope);
  if (!Number.isSafeInteger(address.iteration) || address.iteration < 0) {
    throw invalid(`iteration ${address.iteration} of ${address.nodeId} is no count`);
  }
}
