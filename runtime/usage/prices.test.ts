/** Dollars: what tokens cost, how amounts add up, how they are written. */
import { describe, expect, it } from "vitest";
import { addUsd, subtractUsd, usdText } from "./money.ts";
import { addCosts, priceOf, usdOf, wrongPrice } from "./prices.ts";

describe("amounts", () => {
  it("add up without the noise of binary fractions, also thousands of them", () => {
    expect(addUsd(0.1, 0.2)).toBe(0.3);
    expect(subtractUsd(0.3, 0.1)).toBe(0.2);
    let sum = 0;
    for (let n = 0; n < 10_000; n++) sum = addUsd(sum, 0.000_01);
    expect(sum).toBe(0.1);
  });

  it.each([
    [0.3, "$0.30"],
    [0, "$0.00"],
    [5, "$5.00"],
    [1_250.5, "$1,250.50"],
    [0.01234, "$0.0123"],
    [0.004_216, "$0.0042"],
    [0.000_000_045, "$0.000000045"],
  ])("%d is written %s", (usd, text) => {
    expect(usdText(usd)).toBe(text);
  });
});

describe("a price", () => {
  const tokens = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
  const price = { input: 3, output: 15 };

  it("is for a million tokens of each kind", () => {
    const used = { inputTokens: 1_000, outputTokens: 200, cacheReadTokens: 10_000, cacheWriteTokens: 4_000 };
    expect(usdOf({ ...price, cacheRead: 0.3, cacheWrite: 3.75 }, used)).toBe(0.024);
  });

  it("of the cache that is not given is the most that is asked for it", () => {
    expect(usdOf(price, { ...tokens, cacheReadTokens: 1_000 })).toBe(0.003);
    expect(usdOf(price, { ...tokens, cacheWriteTokens: 1_000 })).toBe(0.006);
  });

  it("of a fraction of a cent for a million is not lost", () => {
    expect(usdOf({ input: 0.0375, output: 0 }, { ...tokens, inputTokens: 40 })).toBe(0.000_001_5);
  });

  it("is that of the first name that has one, and no name is one by inheritance", () => {
    const prices = { a: price, b: { input: 1, output: 1 } };
    expect(priceOf(prices, "b-20250101", "b")).toBe(prices.b);
    expect(priceOf(prices, "b", "a")).toBe(prices.b);
    expect(priceOf(prices, "constructor", null)).toBeUndefined();
    expect(priceOf(undefined, "a")).toBeUndefined();
  });

  it.each([
    [{ m: { input: -1, output: 1 } }, 'prices["m"].input: -1 is no number of US dollars from 0 up'],
    [{ m: { input: 1 } }, 'prices["m"].output: undefined is no number'],
    [{ m: { input: 1, output: 1, cacheRead: Number.NaN } }, 'prices["m"].cacheRead: null is no number'],
  ])("%j is none", (prices, message) => {
    expect(wrongPrice(prices as never)).toContain(message);
  });

  it("may be nothing", () => {
    expect(wrongPrice({ local: { input: 0, output: 0 } })).toBeNull();
  });
});

describe("costs", () => {
  it("are told of as many calls as they are known of", () => {
    expect(addCosts({}, {})).toEqual({});
    expect(addCosts({ costUsd: 0.1, pricedCalls: 1 }, {})).toEqual({ costUsd: 0.1, pricedCalls: 1 });
    expect(addCosts({ costUsd: 0.1, pricedCalls: 1 }, { costUsd: 0.2, pricedCalls: 2 })).toEqual({
      costUsd: 0.3,
      pricedCalls: 3,
    });
  });
});
