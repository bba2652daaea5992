/** Runs that have gone on as new ones: which run took their place. */
import { type Continuing, RUN_CONTINUED } from "./interpreter/continuing.ts";
import type { Journal, RunReader } from "./store/store.ts";

/** Which run takes the place of one that has ended, and with what it begins. */
export interface Continuation extends Continuing {
  readonly next: string;
  /** When the run ended. */
  readonly at: number;
}

/** How a run went on as another one; null of any other run. */
export async function continuationOf(
  reader: Pick<RunReader, "events">,
  { run, lastEvent }: Pick<Journal, "run" | "lastEvent">,
): Promise<Continuation | null> {
  if (run?.status !== "finished") return null;
  const [last] = await reader.events(lastEvent - 1, 1);
  if (last?.type !== RUN_CONTINUED) return null;
  return { ...(last.data as unknown as Continuing & { readonly next: string }), at: last.at };
}

/** The run's id, and `.2`, `.3`, … for those that take its place. @param isOne whether `runId` took another's place itself */
export function nextRunId(runId: string, isOne: boolean, isTaken: (runId: string) => boolean): string {
  const [, base = runId, number = "1"] = (isOne && /^(.+)\.([1-9]\d*)$/.exec(runId)) || [];
  for (let next = Number(number) + 1; ; next++) {
    const name = `${base}.${next}`;
    if (!isTaken(name)) return name;
  }
}
