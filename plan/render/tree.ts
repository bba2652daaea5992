/** A plan as a tree for people (`smithers graph`): everything it can ever run, in document order. */
import type { DraftNode } from "../draft.ts";
import { isLeaf } from "../fields.ts";
import { childrenOf, isScopeOnly, nodeName } from "../tree.ts";
import type { LeafNode, Plan } from "../types.ts";
import { printable } from "./printable.ts";
import { codeText, plainText, workOf } from "./words.ts";

/** What a piece of the tree is, for whoever colours it. */
export type TreeStyle = "branch" | "name" | "kind" | "work" | "note";

export interface TreeOptions {
  /** Puts colour around a piece; must not change its width. Default: none. */
  readonly paint?: (text: string, style: TreeStyle) => string;
  /** Columns of a line; what is longer is cut with `…`. Default 120. */
  readonly width?: number;
}

interface Row {
  readonly branch: string;
  readonly name: string;
  readonly kind: string;
  /** What does it and what it gives: `scorer → score`. */
  readonly work: string;
  readonly notes: readonly string[];
}

/** The widest a column gets before its longer cells push the rest of their line to the right. */
const MAX_COLUMN = 48;

/** The tree as text without a newline at its end. */
export function renderTree(plan: Plan, options: TreeOptions = {}): string {
  const paint = options.paint ?? ((text: string) => text);
  const width = options.width ?? 120;
  const rows = rowsOf(plan);
  const column = (cells: readonly string[]): number =>
    Math.max(0, ...cells.map((cell) => cell.length).filter((length) => length <= MAX_COLUMN));
  const first = column(rows.map(({ branch, name }) => branch + name));
  const second = column(rows.map(({ kind }) => kind));
  const third = column(rows.map(({ work }) => work));
  return rows
    .map(({ branch, name, kind, work, notes }) => {
      const parts: [string, TreeStyle, number][] = [
        [name, "name", first - branch.length],
        [kind, "kind", second],
        [work, "work", third],
        [notes.join(" · "), "note", 0],
      ];
      while (parts.at(-1)![0] === "") parts.pop();
      let line = paint(branch, "branch");
      let used = branch.length;
      parts.forEach(([text, style, size], i) => {
        const gap = i === 0 ? 0 : 2;
        const shown = cut(printable(text), Math.max(8, width - used - gap));
        const padding = i === parts.length - 1 ? "" : " ".repeat(Math.max(0, size - shown.length));
        line += `${" ".repeat(gap)}${shown === "" ? "" : paint(shown, style)}${padding}`;
        used += gap + shown.length + padding.length;
      });
      return line;
    })
    .join("\n");
}

function rowsOf(plan: Plan): Row[] {
  const children = childrenOf(plan.nodes);
  const rows: Row[] = [];
  const shownChildren = (key: string): readonly string[] =>
    (children.get(key) ?? []).flatMap((child) =>
      isHidden(plan.nodes[child]!) ? shownChildren(child) : [child],
    );
  const add = (key: string, branch: string, below: string): void => {
    const node = plan.nodes[key]!;
    rows.push({
      branch,
      name: nodeName(key, node),
      kind: node.kind,
      work: workOf(node) || (node.component ? `<${node.component}>` : ""),
      notes: notesOf(node),
    });
    const shown = shownChildren(key);
    shown.forEach((child, i) => {
      const last = i === shown.length - 1;
      add(child, `${below}${last ? "└─ " : "├─ "}`, `${below}${last ? "   " : "│  "}`);
    });
  };
  add(plan.root, "", "");
  return rows;
}

function isHidden(node: DraftNode): boolean {
  return isScopeOnly(node) && node.component === undefined;
}

function notesOf(node: DraftNode): string[] {
  const notes: string[] = [];
  const note = (label: string, text: string): void => {
    notes.push(`${label} ${text}`);
  };
  if (node.each) {
    note(`each ${node.each.as} of`, codeText(node.each.of));
    if (node.each.if !== undefined) note("if", codeText(node.each.if));
  }
  if (node.if !== undefined) note("if", codeText(node.if));
  if (node.else !== undefined) note("unless", codeText(node.else));
  if (node.kind === "loop") {
    if (node.until !== undefined) note("until", codeText(node.until));
    note("at most", plainText(node.maxIterations ?? 5));
    if (node.onMaxReached === "fail") notes.push("then fails");
  }
  if (node.kind === "parallel" && node.maxConcurrency !== undefined)
    note("at most at once", plainText(node.maxConcurrency));
  if (node.kind === "parallel" && (node.failurePolicy ?? "fail") !== "fail")
    note("on failure", plainText(node.failurePolicy));
  if (node.kind === "phase" || node.kind === "step") {
    notes.push(plainText(node.name));
    if (node.skipIf !== undefined) note("skipped if", codeText(node.skipIf));
  }
  if (node.kind === "block") notes.push("sites known when it runs");
  if (node.kind === "sequence" && node.role !== undefined)
    notes.push(node.step === undefined ? node.role : `${node.role} of ${plainText(node.step)}`);
  if (node.kind === "worktree") {
    note("in", plainText(node.path));
    if (node.branch !== undefined) note("branch", plainText(node.branch));
  }
  if (node.kind === "aspects")
    for (const name of ["tokenBudget", "latencySlo", "costBudget"] as const)
      if (node[name] !== undefined) note(name, plainText(node[name]));
  if (isLeaf(node.kind)) notes.push(...leafNotes(node as Extract<DraftNode, { kind: LeafNode["kind"] }>));
  return notes;
}

function leafNotes(node: Extract<DraftNode, { kind: LeafNode["kind"] }>): string[] {
  const notes: string[] = [];
  const note = (label: string, text: string): void => {
    notes.push(`${label} ${text}`);
  };
  if (node.skipIf !== undefined) note("skipped if", codeText(node.skipIf));
  if (node.dependsOn !== undefined) note("after", plainText(node.dependsOn));
  if (node.continueOnFail !== undefined && node.continueOnFail !== false) notes.push("may fail");
  if (node.kind === "task" && node.priority !== undefined) note("priority", plainText(node.priority));
  if (node.retries !== undefined) note("retries", plainText(node.retries));
  if (node.timeoutMs !== undefined) note("timeout", duration(node.timeoutMs));
  return notes;
}

function duration(value: unknown): string {
  if (typeof value !== "number") return plainText(value);
  if (value >= 60_000 && value % 60_000 === 0) return `${value / 60_000} min`;
  return value >= 1_000 && value % 100 === 0 ? `${value / 1_000} s` : `${value} ms`;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
