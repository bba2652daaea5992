/** `inputSchema.parse(ctx.input)`: what the run has parsed with that very schema is what it gives. */
import type * as Core from "../../../plan/core/ast.ts";
import type { Evaluation } from "./state.ts";
import { known, object, type SchemaValue, type SpreadItem, type Value } from "./value.ts";

/** What makes another value than the one it is given; parsing that again would be another parse. */
const MAKES: ReadonlySet<unknown> = new Set([
  ...[
    "transform",
    "pipe",
    "preprocess",
    "codec",
    "overwrite",
    "stringbool",
    "decode",
    "encode",
    "catch",
    "lazy",
  ],
]);

/** The value of `schema.parse(of)` or `safeParse`; undefined where only parsing could tell. */
export function parsedAlready(
  ev: Evaluation,
  schema: SchemaValue,
  name: string,
  args: readonly (Value | SpreadItem)[],
): Value | undefined {
  const [of, ...rest] = args;
  if (rest.length > 0 || of?.type !== "Residual" || !isInput(of.expr)) return undefined;
  if (ev.input?.type !== "Schema" || ev.input.expr !== schema.expr || makes(ev, schema.expr))
    return undefined;
  const input: Value = {
    ...of,
    expr: { type: "Member", object: { type: "Name", name: "ctx" }, property: "input" },
  };
  if (name === "parse") return input;
  if (name !== "safeParse") return undefined;
  return object([
    ["success", known(true)],
    ["data", input],
  ]);
}

/** `ctx.input`, `ctx.input ?? {}`. */
function isInput(expr: Core.Expr): boolean {
  if (expr.type === "Logical" && expr.op === "??")
    return isInput(expr.left) && expr.right.type === "Object" && expr.right.props.length === 0;
  return (
    expr.type === "Member" &&
    expr.property === "input" &&
    expr.object.type === "Name" &&
    expr.object.name === "ctx"
  );
}

function makes(ev: Evaluation, node: unknown, seen: Set<string> = new Set()): boolean {
  if (typeof node !== "object" || node === null) return false;
  if (Array.isArray(node)) return node.some((part) => makes(ev, part, seen));
  const { type, name, property } = node as Record<string, unknown>;
  if (type === "Member" && MAKES.has(property)) return true;
  if (type === "Name" && typeof name === "string" && !seen.has(name)) {
    seen.add(name);
    if (ev.lazySchemas.has(name)) return true;
    const constant = ev.constants.get(name);
    if (constant && makes(ev, constant, seen)) return true;
  }
  return Object.entries(node).some(([key, part]) => key !== "span" && makes(ev, part, seen));
}
