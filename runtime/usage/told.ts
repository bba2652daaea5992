/** What attempts of agents had used whose process died: the journal has what each call told as it came. */
import type { Json } from "../../plan/types.ts";
import { addUsage, NO_USAGE, type Usage } from "../agents/provider.ts";
import { AGENT_USAGE, TOOL_FINISHED } from "../agents/session.ts";
import type { TaskRequest } from "../executors/executor.ts";
import { everyEvent } from "../store/paged.ts";
import { addressKey } from "../store/rules.ts";
import type { AttemptRecord, EventRecord, RunReader } from "../store/store.ts";

/** Usage of an attempt that ended with its process; null where nothing is known of any. */
export type LostUsage = (attempt: AttemptRecord) => Json;

/**
 * @param attempts those of the journal; of those under way that are of agents the events are read
 * @param last frame after which nothing counts; by default everything does
 */
export async function toldUsage(
  reader: Pick<RunReader, "events">,
  attempts: readonly AttemptRecord[],
  last?: number,
): Promise<LostUsage> {
  const told = new Map<string, Usage>();
  for (const attempt of attempts) if (isLostAgent(attempt)) told.set(keyOf(attempt), NO_USAGE);
  if (told.size === 0) return () => null;
  for await (const { type, data } of everyEvent(reader)) {
    if (type === "frame" && data.frame === last) break;
    if (type !== AGENT_USAGE && type !== TOOL_FINISHED) continue;
    const key = keyOf(addressedBy(data));
    const before = told.get(key);
    if (!before) continue;
    const used = type === AGENT_USAGE ? (data as unknown as Usage) : { ...NO_USAGE, toolCalls: 1 };
    told.set(key, addUsage(before, used));
  }
  return (attempt) => {
    const usage = told.get(keyOf(attempt));
    return !usage || (usage.calls === 0 && usage.toolCalls === 0) ? null : { ...usage };
  };
}

/** Attempts with what those under way had used; of one that was carried over that is known already. */
export const withUsage = (attempts: readonly AttemptRecord[], usageOf: LostUsage): readonly AttemptRecord[] =>
  attempts.map((attempt) =>
    attempt.state === "running" ? { ...attempt, usage: usageOf(attempt) ?? attempt.usage } : attempt,
  );

const isLostAgent = ({ state, request }: AttemptRecord): boolean =>
  state === "running" && (request as unknown as TaskRequest | null)?.kind === "agent";

type Of = Pick<AttemptRecord, "nodeId" | "scope" | "iteration" | "attempt">;

const keyOf = (of: Of): string => `${addressKey(of)} ${of.attempt}`;

const addressedBy = ({ nodeId, scope, iteration, attempt }: EventRecord["data"]): Of => ({
  nodeId: String(nodeId),
  scope: typeof scope === "string" ? scope : "",
  iteration: Number(iteration),
  attempt: Number(attempt),
});
