/** Types of what code reads of the run: input and rows, their fields, and names that stand for them. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { join, present, type Type } from "./types.ts";

export interface CodeReads {
  /** The type of a row of a table, or of `input`. */
  row(table: string): Type | null;
  /** The table that an expression names. */
  table(expr: Surface.Expr): string | null;
  /** What a name was given once and for all. */
  constant(name: string): Surface.Expr | undefined;
  /** The type of what the code takes along under a name. */
  taken(name: string): Type | null;
}

/** What is known from outside of the code. */
export type AroundCode = Pick<CodeReads, "row" | "taken">;

const ROWS: ReadonlySet<string> = new Set(["output", "outputMaybe", "latest"]);
const MAX_DEPTH = 30;

/** Null where nothing is known. */
export function typeInCode(node: Surface.Expr, reads: CodeReads, depth = 0): Type | null {
  if (depth > MAX_DEPTH) return null;
  switch (node.type) {
    case "Chain":
      return typeInCode(node.expr, reads, depth + 1);
    case "Foreign":
      return node.what === "`await`" && node.parts?.[0] ? typeInCode(node.parts[0], reads, depth + 1) : null;
    case "Name": {
      const given = reads.constant(node.name);
      return given ? typeInCode(given, reads, depth + 1) : reads.taken(node.name);
    }
    case "Member":
      if (typeof node.property !== "string") return null;
      if (isContext(node.object)) return node.property === "input" ? reads.row("input") : null;
      return fieldOf(typeInCode(node.object, reads, depth + 1), node.property);
    case "Call":
      return rowRead(node, reads);
    default:
      return null;
  }
}

function rowRead({ callee, args }: Core.Call<Surface.Extra>, reads: CodeReads): Type | null {
  const [first] = args;
  if (callee.type !== "Member" || !isContext(callee.object) || !first || first.type === "Spread") return null;
  if (typeof callee.property !== "string" || !ROWS.has(callee.property)) return null;
  const table = reads.table(first);
  return table === null ? null : reads.row(table);
}

function fieldOf(type: Type | null, name: string): Type | null {
  const things = present(type)?.alternatives ?? [];
  const fields = things.map((one) => (one.kind === "object" ? (one.fields.get(name) ?? null) : null));
  return fields.length === 0 ? null : fields.reduce(join);
}

const isContext = (node: Surface.Expr): boolean => node.type === "Name" && node.name === "ctx";

/** Whether a value of a type tells a shell nothing: numbers, booleans, words without a character that a shell reads. */
export function isHarmless(type: Type | null): boolean {
  return (
    type?.alternatives.every((one) => {
      if (one.kind === "string")
        return one.values?.every((word) => /^[\w@%+=:,./][\w@%+=:,./-]*$|^$/.test(word)) === true;
      return one.kind !== "array" && one.kind !== "object" && one.kind !== "function";
    }) === true
  );
}
