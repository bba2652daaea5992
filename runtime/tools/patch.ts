/** Unified diffs, as `diff -u` and git write them. */

/** The patch is none, or does not fit the text; the message says where. */
export class PatchError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "PatchError";
  }
}

interface Hunk {
  readonly header: string;
  /** Line of the old text at which it is said to begin, from 0. */
  readonly at: number;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/**
 * The text with all hunks applied, in order. A hunk whose place has moved is applied at the nearest place where its old lines
 * stand exactly. @throws PatchError
 */
export function applyPatch(text: string, patch: string): string {
  const hunks = hunksOf(patch);
  if (hunks.length === 0)
    throw new PatchError("The patch has no hunk: each begins with @@ -LINE,COUNT +LINE,COUNT @@");
  const ending = text.includes("\r\n") ? "\r\n" : "\n";
  const lines = text === "" ? [] : text.split(ending);
  const isEnded = lines.at(-1) === "";
  if (isEnded) lines.pop();
  let from = 0;
  let moved = 0;
  for (const hunk of hunks) {
    const found = placeFor(lines, hunk, hunk.at + moved, from);
    if (found === null)
      throw new PatchError(
        `The patch does not fit at ${hunk.header}: these lines do not stand in the file:\n${hunk.before.join("\n")}`,
      );
    lines.splice(found, hunk.before.length, ...hunk.after);
    moved = found - hunk.at + hunk.after.length - hunk.before.length;
    from = found + hunk.after.length;
  }
  return lines.join(ending) + (lines.length > 0 && (isEnded || text === "") ? ending : "");
}

function hunksOf(patch: string): readonly Hunk[] {
  const hunks: Hunk[] = [];
  let open: { header: string; at: number; before: string[]; after: string[]; left: [number, number] } | null =
    null;
  for (const line of patch.split(/\r?\n/)) {
    const header = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (header) {
      const [, start, count = "1", , added = "1"] = header;
      // Of a hunk that only adds, the line after which it does.
      const at = count === "0" ? Number(start) : Math.max(0, Number(start) - 1);
      open = { header: header[0], at, before: [], after: [], left: [Number(count), Number(added)] };
      hunks.push(open);
    } else if (open && (open.left[0] > 0 || open.left[1] > 0)) {
      const [sign, rest] = [line[0] ?? " ", line.slice(1)];
      if (sign === "\\") continue;
      if (sign !== " " && sign !== "-" && sign !== "+")
        throw new PatchError(
          `A line of a hunk begins with a space, - or +, not ${JSON.stringify(sign)}: ${line}`,
        );
      if (sign !== "+") open.before.push(rest);
      if (sign !== "-") open.after.push(rest);
      if (sign !== "+") open.left[0]--;
      if (sign !== "-") open.left[1]--;
    }
  }
  return hunks;
}

/** The nearest place, not before `from`; null where there is none. */
function placeFor(lines: readonly string[], { before }: Hunk, wanted: number, from: number): number | null {
  const last = lines.length - before.length;
  for (let distance = 0; distance <= lines.length; distance++)
    for (const at of distance === 0 ? [wanted] : [wanted - distance, wanted + distance])
      if (at >= from && at <= last && before.every((line, index) => lines[at + index] === line)) return at;
  return null;
}
