/** Props of the library's components → fields of plan nodes. */
import type * as Core from "../../../plan/core/ast.ts";
import { literal } from "../3-evaluate/core.ts";
import { tableOf } from "../3-evaluate/library.ts";
import { reify } from "../3-evaluate/reify.ts";
import { isStructural } from "../3-evaluate/shape.ts";
import { type Evaluation, report } from "../3-evaluate/state.ts";
import { toJson, type Value } from "../3-evaluate/value.ts";
import { agentNames, isNoAgent } from "./agent-presence.ts";
import type { Field } from "./draft.ts";

export const isNothing = (value: Value | undefined): boolean =>
  value === undefined || (value.type === "Known" && (value.value ?? null) === null);

/** A value as a field: literal where it is known, otherwise an expression. */
export function plainField(ev: Evaluation, value: Value): Field {
  const json = toJson(value);
  return json === undefined ? { type: "core", expr: reify(ev, value) } : { type: "json", value: json };
}

/** One agent, several as fallbacks, or an expression that gives them. */
export function agentField(ev: Evaluation, value: Value, span: Core.Span): Field | undefined {
  if (value.type === "Poison") return undefined;
  const text = isStructural(value) ? undefined : reify(ev, value);
  const names = text && agentNames(text);
  if (names !== undefined && names.length > 0) return { type: "json", value: names };
  if (text && !names && !isNoAgent(text)) return { type: "core", expr: text };
  noAgent(ev, span, names !== undefined);
  return undefined;
}

/** SM704 for an `agent` that is none, or a list without any. */
export function noAgent(ev: Evaluation, span: Core.Span | undefined, isList: boolean): void {
  const [message, hint] = isList
    ? ["this list has no agent in it", "Name at least one agent; a task without one has no `agent` at all."]
    : [
        "this is no agent that the compiler knows",
        "Make it with `new` at module scope, or write a plain object with a generate function.",
      ];
  report(ev, "SM704", span, message, hint);
}

/** The table of an `output`, by name. */
export function tableName(
  ev: Evaluation,
  value: Value,
  tables: ReadonlyMap<string, Value>,
  span: Core.Span,
): Core.Expr {
  if (value.type !== "Schema") return reify(ev, value);
  const [name, ...more] = tableOf(value, tables);
  if (name === undefined || more.length) {
    report(
      ev,
      "SM604",
      span,
      name === undefined
        ? "this schema is no output table of the workflow"
        : `this schema is registered under several keys: ${[name, ...more].join(", ")}`,
      "Name the table: output={outputs.NAME}.",
    );
    return literal("");
  }
  return literal(name);
}

export function tableField(
  ev: Evaluation,
  value: Value,
  tables: ReadonlyMap<string, Value>,
  span: Core.Span,
): Field {
  const expr = tableName(ev, value, tables, span);
  return expr.type === "Literal" ? { type: "json", value: expr.value } : { type: "core", expr };
}

/** `deps`: local name → table. */
export function tablesField(
  ev: Evaluation,
  value: Value,
  tables: ReadonlyMap<string, Value>,
  span: Core.Span,
): Field {
  if (value.type !== "Object" || value.ref) return plainField(ev, value);
  const entries = [...value.props].map(([key, x]) => [key, tableName(ev, x, tables, span)] as const);
  if (entries.every(([, x]) => x.type === "Literal"))
    return {
      type: "json",
      value: Object.fromEntries(entries.map(([key, x]) => [key, (x as Core.Literal).value])),
    };
  return {
    type: "core",
    expr: {
      type: "Object",
      props: entries.map(([key, x]) => ({ type: "Property" as const, key, value: x })),
    },
  };
}

/** The text of an id with its holes left anonymous: `work-{}`. */
export function keyFromId(field: Field): string | undefined {
  if (field.type === "json") return String(field.value);
  return keyFromText(field.expr);
}

function keyFromText(expr: Core.Expr): string | undefined {
  switch (expr.type) {
    case "Template":
      return expr.quasis.join("{}");
    case "Literal":
      return String(expr.value);
    case "Binary": {
      if (expr.op !== "+") return undefined;
      return (keyFromText(expr.left) ?? "{}") + (keyFromText(expr.right) ?? "{}");
    }
    default:
      return undefined;
  }
}
