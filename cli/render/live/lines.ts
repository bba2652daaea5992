/** A live tree as so many lines and no more: what runs and waits before what has ended, and what has ended before what has not begun. */
import { usdText } from "../../../runtime/usage/money.ts";
import type { Painter } from "../../terminal.ts";
import { cut, duration } from "../table.ts";
import type { LiveNode, LiveState, LiveTask } from "./tree.ts";

export interface LinesOptions {
  readonly now: number;
  readonly columns: number;
  /** The most lines, at least 1. */
  readonly rows: number;
  /** Turns the spinners. */
  readonly tick: number;
  readonly paint: Painter;
  /** Leave out what never began: the run has ended. */
  readonly ended: boolean;
}

interface Line {
  readonly text: string;
  readonly state: LiveState | null;
  /** Lines of containers around it. */
  readonly around: readonly number[];
}

const SPINNER = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const MARKS: Readonly<Record<Exclude<LiveState, "running">, string>> = {
  pending: "·",
  waiting: "?",
  finished: "✓",
  failed: "✗",
  skipped: "-",
  cancelled: "-",
};

/** In which order lines are kept where there is no room for all. */
const FIRST: readonly LiveState[] = [
  "running",
  "failed",
  "waiting",
  "finished",
  "cancelled",
  "skipped",
  "pending",
];

export function liveLines(root: LiveNode, options: LinesOptions): string[] {
  const lines: Line[] = [];
  collect(root, "", "", [], lines, options);
  const kept = choose(lines, options.rows);
  const hidden = lines.filter((line, n) => line.state !== null && !kept.has(n));
  const shown = lines.filter((_, n) => kept.has(n)).map((line) => painted(line, options));
  return hidden.length === 0
    ? shown
    : [...shown, options.paint.dim(cut(`  … ${counted(hidden)}`, options.columns))];
}

function collect(
  node: LiveNode,
  branch: string,
  below: string,
  around: readonly number[],
  lines: Line[],
  options: LinesOptions,
): void {
  if (options.ended && !began(node)) return;
  if (node.leaf) {
    const { size } = node.tasks;
    if (size === 0) lines.push({ text: `${branch}${MARKS.pending} ${node.label}`, state: "pending", around });
    let n = 0;
    for (const task of node.tasks.values()) {
      const own = ++n < size ? branch.replace("└", "├") : branch;
      lines.push({ text: `${own}${textOf(task, options)}`, state: task.state, around });
    }
    return;
  }
  const { stage } = node;
  const label = stage ? `${stage.state === "running" ? "▸" : MARKS[stage.state]} ${stage.text}` : node.label;
  const at = lines.push({ text: `${branch}${label}`, state: null, around }) - 1;
  const children = options.ended ? node.children.filter(began) : node.children;
  children.forEach((child, i) => {
    const last = i === children.length - 1;
    const more = last ? "   " : "│  ";
    collect(child, `${below}${last ? "└─ " : "├─ "}`, `${below}${more}`, [...around, at], lines, options);
  });
}

const began = (node: LiveNode): boolean => (node.leaf ? node.tasks.size > 0 : node.children.some(began));

function textOf(task: LiveTask, { now, tick }: LinesOptions): string {
  const mark = task.state === "running" ? (SPINNER[tick % SPINNER.length] as string) : MARKS[task.state];
  const took = task.tookMs + (task.since === null ? 0 : Math.max(0, now - task.since));
  const notes = [
    ...(task.since !== null || task.tookMs > 0 ? [duration(took)] : []),
    ...(task.attempts > 1 ? [`attempt ${task.attempts}`] : []),
    ...(task.tokens > 0 ? [`${task.tokens.toLocaleString("en-US")} tokens`] : []),
    ...(task.costUsd > 0 ? [usdText(task.costUsd)] : []),
    ...(task.note === "" ? [] : [task.note]),
  ];
  return `${mark} ${task.name}${notes.length === 0 ? "" : `  ${notes.join(" · ")}`}`;
}

/** Which lines there is room for: the urgent ones first, each with what is around it. */
function choose(lines: readonly Line[], rows: number): ReadonlySet<number> {
  if (lines.length <= rows) return new Set(lines.keys());
  const kept = new Set<number>();
  // One is for what is hidden.
  const room = rows - 1;
  for (const state of FIRST)
    for (const [n, line] of lines.entries()) {
      if (line.state !== state) continue;
      const needed = [n, ...line.around].filter((one) => !kept.has(one));
      if (kept.size + needed.length > room) continue;
      for (const one of needed) kept.add(one);
    }
  return kept;
}

/** `12 more: 8 finished, 4 pending`. */
function counted(hidden: readonly Line[]): string {
  const counts = FIRST.flatMap((state) => {
    const count = hidden.filter((line) => line.state === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  return `${hidden.length} more: ${counts.join(", ")}`;
}

function painted({ text, state }: Line, { columns, paint }: LinesOptions): string {
  const fitting = cut(text, columns);
  switch (state) {
    case "running":
      return paint.cyan(fitting);
    case "waiting":
      return paint.yellow(fitting);
    case "failed":
      return paint.red(fitting);
    case "finished":
      return paint.green(fitting);
    case "pending":
    case "skipped":
    case "cancelled":
    case null:
      return paint.dim(fitting);
    default:
      return state satisfies never;
  }
}
