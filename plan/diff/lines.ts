/** Line diff by Myers' algorithm: the fewest lines removed and added. */

export type Line = { readonly sign: " " | "-" | "+"; readonly text: string };

/** Above this many differing lines the search would take too long; the texts are shown whole. */
const MAX_EDITS = 500;

export function diffLines(before: readonly string[], after: readonly string[]): readonly Line[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  while (
    tail < Math.min(before.length, after.length) - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  )
    tail++;
  const same = (lines: readonly string[]): Line[] => lines.map((text) => ({ sign: " ", text }));
  return [
    ...same(before.slice(0, head)),
    ...middle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...same(before.slice(before.length - tail)),
  ];
}

function middle(before: readonly string[], after: readonly string[]): Line[] {
  const trace = shortestEdits(before, after);
  if (!trace)
    return [
      ...before.map((text): Line => ({ sign: "-", text })),
      ...after.map((text): Line => ({ sign: "+", text })),
    ];
  const lines: Line[] = [];
  let x = before.length;
  let y = after.length;
  for (let edits = trace.length - 1; edits > 0; edits--) {
    const reach = trace[edits]!;
    const from = comesFrom(reach, x - y, edits);
    const fromX = at(reach, from);
    const fromY = fromX - from;
    for (; x > fromX && y > fromY; x--, y--) lines.push({ sign: " ", text: before[x - 1]! });
    if (x === fromX) lines.push({ sign: "+", text: after[--y]! });
    else lines.push({ sign: "-", text: before[--x]! });
  }
  for (; x > 0; x--) lines.push({ sign: " ", text: before[x - 1]! });
  return removalsFirst(lines.reverse());
}

/** Within a run of changed lines, what went stands before what came. */
function removalsFirst(lines: readonly Line[]): Line[] {
  const ordered: Line[] = [];
  let added: Line[] = [];
  for (const line of lines) {
    if (line.sign === "+") added.push(line);
    else {
      if (line.sign === " ") {
        ordered.push(...added);
        added = [];
      }
      ordered.push(line);
    }
  }
  return [...ordered, ...added];
}

/** The diagonal from which the last edit reaches `diagonal`. */
function comesFrom(reach: ReadonlyMap<number, number>, diagonal: number, edits: number): number {
  const down =
    diagonal === -edits || (diagonal !== edits && at(reach, diagonal - 1) < at(reach, diagonal + 1));
  return down ? diagonal + 1 : diagonal - 1;
}

/** For every number of edits, how far along `before` each diagonal got with one edit fewer. */
function shortestEdits(before: readonly string[], after: readonly string[]): Map<number, number>[] | null {
  const trace: Map<number, number>[] = [];
  const reach = new Map<number, number>([[1, 0]]);
  for (let edits = 0; edits <= MAX_EDITS; edits++) {
    trace.push(new Map(reach));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const from = comesFrom(reach, diagonal, edits);
      let x = from > diagonal ? at(reach, from) : at(reach, from) + 1;
      let y = x - diagonal;
      while (x < before.length && y < after.length && before[x] === after[y]) {
        x++;
        y++;
      }
      reach.set(diagonal, x);
      if (x >= before.length && y >= after.length) return trace;
    }
  }
  return null;
}

function at(reach: ReadonlyMap<number, number>, diagonal: number): number {
  return reach.get(diagonal) ?? -1;
}
