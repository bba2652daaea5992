/**
 * US dollars. Wherever they are kept, told or compared they are numbers of dollars with at most nine decimals; they are
 * added as whole billionths of a dollar, so that no sum has the noise of binary fractions (`0.1 + 0.2`). Exact up to nine
 * million dollars.
 */

const BILLIONTHS = 1e9;

const billionths = (usd: number): number => Math.round(usd * BILLIONTHS);

/** The sum of amounts in dollars. */
export function addUsd(...amounts: readonly number[]): number {
  return amounts.reduce((sum, usd) => sum + billionths(usd), 0) / BILLIONTHS;
}

/** What is left of `a` without `b`, in dollars. */
export const subtractUsd = (a: number, b: number): number => addUsd(a, -b);

/** `$0.30`, `$1,250.00`, `$0.0042`; of less than a cent two digits that say something. */
export function usdText(usd: number): string {
  const isSmall = usd > 0 && usd < 0.01;
  const digits = isSmall
    ? { maximumSignificantDigits: 2 }
    : { minimumFractionDigits: 2, maximumFractionDigits: 4 };
  return `$${usd.toLocaleString("en-US", digits)}`;
}
