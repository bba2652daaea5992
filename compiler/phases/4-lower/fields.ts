/** Props of the library's components → fields of plan nodes. */
import type * as Core from "../../../plan/core/ast.ts";
import { literal } from "../3-evaluate/core.ts";
import { tableOf } from "../3-evaluate/library.ts";
import { agentName, reify } from "../3-evaluate/reify.ts";
import { isAgentObject, isStructural } from "../3-evaluate/shape.ts";
import { type Evaluation, report } from "../3-evaluate/state.ts";
import { toJson, type Value } from "../3-evaluate/value.ts";
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
  const name = staticAgent(ev, value);
  if (name !== undefined) return { type: "json", value: name };
  if (value.type === "Array" && !value.ref) {
    const names = value.items.map((x) => (x.type === "SpreadItem" ? undefined : staticAgent(ev, x)));
    if (names.every((x) => x !== undefined)) return { type: "json", value: names };
  }
  const expr = isStructural(value) ? undefined : reify(ev, value);
  if (!expr || expr.type === "Object") {
    report(
      ev,
      "SM704",
      span,
      "this is no agent that the compiler knows",
      "Make it with `new` at module scope, or write a plain object with a generate function.",
    );
    return undefined;
  }
  return { type: "core", expr };
}

function staticAgent(ev: Evaluation, value: Value): string | undefined {
  if (value.type === "Instance" && value.construct) return agentName(ev, value);
  if (value.type === "Object" && isAgentObject(value)) return agentName(ev, value);
  return undefined;
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
