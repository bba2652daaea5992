/** What models cost, as the project says: a list of our own would be out of date, and wrong without anybody seeing it. */
import type { Json } from "../../plan/types.ts";
import { addUsd } from "./money.ts";

/** US dollars for a million tokens of a model. */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** Of tokens that the provider read from its cache. Default `input`: providers ask no more for them. */
  readonly cacheRead?: number | undefined;
  /** Of tokens that it wrote to it. Default twice `input`: providers ask no more, however long they keep them. */
  readonly cacheWrite?: number | undefined;
}

/** By name of the model: as the agent's `model` option writes it, or as the provider calls the one that answered. */
export type Prices = { readonly [model: string]: Price };

/** What calls cost, as far as that is known; empty where nothing is. */
export interface Cost {
  /** US dollars (money.ts). */
  readonly costUsd?: number;
  /** Calls that these dollars are for. */
  readonly pricedCalls?: number;
}

/** Tokens as a provider counts them: those read from its cache and written to it are not among those of the input. */
export interface Tokens {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
}

/** The price of the first of these models that has one. */
export function priceOf(
  prices: Prices | undefined,
  ...models: readonly (string | null)[]
): Price | undefined {
  const known = models.find(
    (model) => model !== null && prices !== undefined && Object.hasOwn(prices, model),
  );
  return known === undefined || known === null ? undefined : prices?.[known];
}

/** Dollars for so many tokens. */
export function usdOf(
  { input, output, cacheRead = input, cacheWrite = 2 * input }: Price,
  { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: Tokens,
): number {
  const millions =
    inputTokens * input + outputTokens * output + cacheReadTokens * cacheRead + cacheWriteTokens * cacheWrite;
  return addUsd(millions / 1e6);
}

/** What calls that used so much have cost; nothing is known of a model without a price. */
export function costOf(price: Price | undefined, usage: Tokens & { readonly calls: number }): Cost {
  return price === undefined ? {} : { costUsd: usdOf(price, usage), pricedCalls: usage.calls };
}

export function addCosts(a: Cost, b: Cost): Cost {
  if (a.costUsd === undefined && b.costUsd === undefined) return {};
  return {
    costUsd: addUsd(a.costUsd ?? 0, b.costUsd ?? 0),
    pricedCalls: (a.pricedCalls ?? 0) + (b.pricedCalls ?? 0),
  };
}

/** The dollars in what an attempt has used, as the journal keeps it; 0 where it knows of none. */
export function spentUsd(usage: Json): number {
  const { costUsd } = (usage ?? {}) as { readonly costUsd?: Json };
  return typeof costUsd === "number" ? costUsd : 0;
}

/** What is wrong with prices that a caller gives; null where nothing is. */
export function wrongPrice(prices: Prices): string | null {
  for (const [model, price] of Object.entries(prices))
    for (const part of PARTS) {
      const usd = price[part];
      if (usd === undefined && (part === "cacheRead" || part === "cacheWrite")) continue;
      if (!(typeof usd === "number" && Number.isFinite(usd) && usd >= 0))
        return `prices[${JSON.stringify(model)}].${part}: ${JSON.stringify(usd)} is no number of US dollars from 0 up`;
    }
  return null;
}

const PARTS = ["input", "output", "cacheRead", "cacheWrite"] as const;
