/** Long lists of a journal, read a page at a time. */
import type { EventRecord, FrameRecord, RunReader, TransitionRecord } from "./store.ts";

const AT_ONCE = 1_000;

/** Those with `seq > after`. */
export const everyEvent = (reader: Pick<RunReader, "events">, after = 0): AsyncIterable<EventRecord> =>
  paged(
    (last) => reader.events(last, AT_ONCE),
    after,
    ({ seq }) => seq,
  );

export const everyFrame = (reader: Pick<RunReader, "frames">): AsyncIterable<FrameRecord> =>
  paged(
    (after) => reader.frames(after, AT_ONCE),
    -1,
    ({ frame }) => frame,
  );

export const everyTransition = (reader: Pick<RunReader, "transitions">): AsyncIterable<TransitionRecord> =>
  paged(
    (last) => reader.transitions(last, AT_ONCE),
    0,
    ({ seq }) => seq,
  );

async function* paged<T>(
  page: (after: number) => Promise<readonly T[]>,
  start: number,
  place: (record: T) => number,
): AsyncIterable<T> {
  for (let after = start; ; ) {
    const records = await page(after);
    yield* records;
    const last = records.at(-1);
    if (last === undefined || records.length < AT_ONCE) return;
    after = place(last);
  }
}
