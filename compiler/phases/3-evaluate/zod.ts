/** Zod constructions: followed as Core text over `z`, never built here. */
import type * as Core from "../../../plan/core/ast.ts";
import { arrayOf, call, literal, memberOf, nameOf, objectOf } from "./core.ts";
import { isPoisoned } from "./poison.ts";
import { reify } from "./reify.ts";
import { Bail, type Evaluation, report } from "./state.ts";
import { translateClosure } from "./translate.ts";
import { POISON, type SchemaValue, type SpreadItem, type Value } from "./value.ts";

/** What `import { z } from "zod"` gives. */
export const zod = (span: Core.Span): SchemaValue => ({ type: "Schema", expr: nameOf("z"), span });

const RUNNING: ReadonlySet<string> = new Set([
  "parse",
  "safeParse",
  "parseAsync",
  "safeParseAsync",
  "encode",
  "decode",
]);

/** `schema.name(…)`; undefined where the target is no schema. */
export function schemaMethod(
  ev: Evaluation,
  target: Value,
  name: string,
  args: readonly (Value | SpreadItem)[],
  span: Core.Span,
): Value | undefined {
  const schema = target.type === "Table" ? target.schema : target;
  if (schema.type !== "Schema") return undefined;
  if (RUNNING.has(name)) {
    return report(
      ev,
      "SM504",
      span,
      `'.${name}()' of a schema runs while the workflow is rendered`,
      "Rows and input are already parsed with their schemas; parse other data in a compute task.",
    );
  }
  const texts: (Core.Expr | Core.Spread)[] = [];
  for (const arg of args) {
    if (arg.type !== "SpreadItem" && isPoisoned(arg)) return POISON;
    texts.push(
      arg.type === "SpreadItem" ? { type: "Spread", arg: argument(ev, arg.value) } : argument(ev, arg),
    );
  }
  return { type: "Schema", expr: { ...call(memberOf(schema.expr, name), ...texts), span }, span };
}

/** An argument of a construction: literals, other schemas, pure functions. */
function argument(ev: Evaluation, value: Value): Core.Expr {
  switch (value.type) {
    case "Schema":
      return value.expr;
    case "Table":
      return argument(ev, value.schema);
    case "Closure":
      return translateClosure(ev, value);
    case "Array":
      return arrayOf(
        value.items.map((item) => {
          if (item.type === "SpreadItem") throw new Bail("a spread in a schema");
          return argument(ev, item);
        }),
      );
    case "Object":
      return objectOf([...value.props].map(([key, member]) => [key, argument(ev, member)]));
    case "Known":
      return literal(value.value);
    default:
      return reify(ev, value);
  }
}
