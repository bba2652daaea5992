/** "Did you mean …?" */

/** The candidate nearest to `wanted`, if it is near enough to be a slip of the pen. Ties go to the first in order. */
export function nearest(wanted: string, candidates: Iterable<string>): string | null {
  let best: string | null = null;
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    if (candidate === wanted) continue;
    if (candidate.toLowerCase() === wanted.toLowerCase()) return candidate;
    const d = distance(wanted, candidate, least);
    if (d < least) {
      best = candidate;
      least = d;
    }
  }
  return best;
}

/** Edits between two strings, neighbours swapped counting as one; at least `limit` when it is not smaller. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let d = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        d = Math.min(d, rows[i - 2]![j - 2]! + 1);
      row.push(d);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
