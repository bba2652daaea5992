/** Changes as text for a terminal. */

import { printable } from "../render/printable.ts";
import type { Place } from "../spans.ts";
import type { Affected, Change } from "./change.ts";
import { diffLines } from "./lines.ts";
import { REASONS, type Sign } from "./reasons.ts";

/** What a piece of the text is, for whoever colours it. */
export type DiffStyle = Sign | "name" | "place" | "note";

type Paint = (text: string, style: DiffStyle) => string;

export interface DiffTextOptions {
  /** Puts colour around a piece. Default: none. */
  readonly paint?: (text: string, style: DiffStyle) => string;
  /** Unchanged lines shown around changed ones. Default 2. */
  readonly context?: number;
}

/** The changes, one line each and their texts below, with a line of counts at the end; without a newline at its end. */
export function renderDiffText(changes: readonly Change[], options: DiffTextOptions = {}): string {
  const colour = options.paint ?? ((text: string) => text);
  const paint: Paint = (text, style) => colour(printable(text), style);
  if (changes.length === 0) return "No changes: both plans mean the same.";
  const lines: string[] = [];
  for (const change of changes) {
    const { sign } = REASONS[change.code];
    const place = change.to ?? change.from;
    const what = printable(summary(change));
    const where = place ? `  ${paint(`(${placeText(place)})`, "place")}` : "";
    lines.push(`${paint(sign, sign)} ${paint(change.name, "name")}  ${what}${where}`);
    for (const line of body(change, options.context ?? 2)) lines.push(`    ${painted(line, paint)}`);
    const reaches = affectsText(change.affects);
    if (reaches !== "") lines.push(`    ${paint(`affects ${reaches}`, "note")}`);
  }
  return [...lines, "", countsText(changes)].join("\n");
}

function painted(line: string, paint: Paint): string {
  const sign = line[0];
  return sign === "+" || sign === "-" ? paint(line, sign) : printable(line);
}

/** Marks what is the author's own text and not ours; Markdown needs it, plain text does not. */
export type Quote = (text: string) => string;

const unquoted: Quote = (text) => text;

/** What happened in half a line, without the name: `policy changed (retries): 1 → 2`. */
export function summary(change: Change, quote: Quote = unquoted): string {
  const { title } = REASONS[change.code];
  const { part, note, before, after } = change;
  const came = part !== null && before === null && after !== null ? " added" : "";
  const went = part !== null && after === null && before !== null ? " removed" : "";
  const where = part === null ? "" : ` (${quote(part)}${came}${went})`;
  const value = (text: string | null): string => (text === null || text === "" ? "none" : quote(text));
  const both = `${value(before)} → ${value(after)}`;
  const texts = !isShort(change) ? "" : `: ${came ? value(after) : went ? value(before) : both}`;
  return `${title}${where}${note === null ? "" : `: ${quote(note)}`}${texts}`;
}

/** Whether before and after stand on the line itself. Prompts and code never do. */
function isShort({ code, before, after }: Change): boolean {
  if (before === null && after === null) return false;
  if (code === "prompt-changed" || code === "template-changed" || code === "module-code-changed")
    return false;
  const texts = [before ?? "", after ?? ""];
  return !texts.some((text) => text.includes("\n")) && texts.join("").length <= 90;
}

/** The lines of a change's texts that differ, with some around them. Empty where they stand on its first line. */
export function body(change: Change, context: number): readonly string[] {
  const { before, after } = change;
  if ((before === null && after === null) || isShort(change)) return [];
  const split = (text: string | null): string[] => (text === null || text === "" ? [] : text.split("\n"));
  const lines = diffLines(split(before), split(after));
  const shown: string[] = [];
  let last = -1;
  lines.forEach((line, i) => {
    const near = lines.slice(Math.max(0, i - context), i + context + 1).some(({ sign }) => sign !== " ");
    if (!near) return;
    if (i > last + 1) shown.push("…");
    shown.push(`${line.sign} ${line.text}`.trimEnd());
    last = i;
  });
  if (last < lines.length - 1) shown.push("…");
  return shown;
}

/** `a (prompt), b (each)`: the nodes a change reaches and how. */
export function affectsText(affects: readonly Affected[], quote: Quote = unquoted): string {
  const byNode = new Map<string, string[]>();
  for (const { name, part, through } of affects) {
    const how = part ?? through;
    const list = byNode.get(name);
    if (list) list.push(how);
    else byNode.set(name, [how]);
  }
  const shown = [...byNode].map(([name, how]) => `${quote(name)} (${[...new Set(how)].join(", ")})`);
  return shown.length <= 8
    ? shown.join(", ")
    : `${shown.slice(0, 7).join(", ")} and ${shown.length - 7} more`;
}

export function placeText({ path, line }: Place): string {
  return `${path}:${line}`;
}

/** `3 changes: 1 added, 2 changed`. */
export function countsText(changes: readonly Change[]): string {
  const counts = new Map<string, number>();
  const words: { readonly [sign in Sign]: string } = {
    "+": "added",
    "-": "removed",
    ">": "moved",
    "~": "changed",
  };
  for (const { code } of changes) {
    const word = words[REASONS[code].sign];
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const parts = Object.values(words).filter((word) => counts.has(word));
  return `${changes.length} change${changes.length === 1 ? "" : "s"}: ${parts.map((word) => `${counts.get(word)} ${word}`).join(", ")}`;
}
