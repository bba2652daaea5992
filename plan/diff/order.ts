/** The fewest items that have to move to get from one order to another: all but a longest increasing subsequence. */
export function movedItems(before: readonly string[], after: readonly string[]): ReadonlySet<string> {
  const position = new Map(before.map((item, i) => [item, i]));
  const items = after.filter((item) => position.has(item));
  // ends[n] is the item that ends the best increasing run of n + 1 items; previous links each run.
  const ends: string[] = [];
  const previous = new Map<string, string | undefined>();
  for (const item of items) {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (position.get(ends[middle]!)! < position.get(item)!) low = middle + 1;
      else high = middle;
    }
    previous.set(item, ends[low - 1]);
    ends[low] = item;
  }
  const moved = new Set(items);
  for (let item = ends.at(-1); item !== undefined; item = previous.get(item)) moved.delete(item);
  return moved;
}
