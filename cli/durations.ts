/** How long something takes, as people write it: `90s`, `1.5h`. */

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export const DURATION = /^(\d+(?:\.\d+)?)([smhd])$/;

/** Milliseconds, whole and above 0; null of what is no duration. */
export function durationOf(text: string): number | null {
  const [, amount, unit = ""] = DURATION.exec(text) ?? [];
  const ms = Math.round(Number(amount) * (UNITS[unit] ?? Number.NaN));
  return Number.isSafeInteger(ms) && ms > 0 ? ms : null;
}
