/** Strongly connected components by Tarjan's algorithm, with an explicit stack: 5,000 chained values are one chain. */

/**
 * Groups of keys that reach one another, each group after all groups it refers to. Within a group the order is that of
 * discovery.
 *
 * @param references the keys a key refers to; asked once for every key reached from `roots`
 */
export function components(
  roots: Iterable<string>,
  references: (key: string) => readonly string[],
): readonly (readonly string[])[] {
  interface Visit {
    readonly key: string;
    readonly index: number;
    low: number;
    readonly to: readonly string[];
    next: number;
  }
  const groups: string[][] = [];
  const visits = new Map<string, Visit>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  const path: Visit[] = [];

  const enter = (key: string): void => {
    const visit = { key, index: visits.size, low: visits.size, to: references(key), next: 0 };
    visits.set(key, visit);
    open.push(key);
    isOpen.add(key);
    path.push(visit);
  };

  const leave = (visit: Visit): void => {
    path.pop();
    const above = path.at(-1);
    if (above) above.low = Math.min(above.low, visit.low);
    if (visit.low !== visit.index) return;
    const group = open.splice(open.lastIndexOf(visit.key));
    for (const key of group) isOpen.delete(key);
    groups.push(group);
  };

  for (const root of roots) {
    if (!visits.has(root)) enter(root);
    while (path.length > 0) {
      const visit = path.at(-1)!;
      if (visit.next === visit.to.length) {
        leave(visit);
        continue;
      }
      const to = visit.to[visit.next++]!;
      const seen = visits.get(to);
      if (!seen) enter(to);
      else if (isOpen.has(to)) visit.low = Math.min(visit.low, seen.index);
    }
  }
  return groups;
}
