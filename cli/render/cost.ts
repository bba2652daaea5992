import { usdText } from "../../runtime/usage/money.ts";
import type { RunTotals } from "../../runtime/usage/totals.ts";

/** `$0.30`, or `$0.30 for 5 of 7 calls` where some models have no price; nothing where nothing is known. */
export function costText({
  costUsd,
  pricedCalls = 0,
  calls,
}: Pick<RunTotals, "costUsd" | "pricedCalls" | "calls">): readonly string[] {
  if (costUsd === undefined) return [];
  const isAll = pricedCalls >= calls;
  return [isAll ? usdText(costUsd) : `${usdText(costUsd)} for ${pricedCalls} of ${calls} calls`];
}
