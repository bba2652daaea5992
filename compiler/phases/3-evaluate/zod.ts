/** Zod constructions: followed as Core text over `z`; built only where the source asks a schema for what it holds. */
import type * as Core from "../../../plan/core/ast.ts";
import { REFUSED } from "../../../plan/zod/index.ts";
import { call, literal, memberOf, nameOf, objectOf } from "./core.ts";
import { isPoisoned } from "./poison.ts";
import { reify } from "./reify.ts";
import { Bail, type Evaluation, report } from "./state.ts";
import { translateClosure } from "./translate.ts";
import {
  type Closure,
  known,
  object,
  POISON,
  type PoisonValue,
  type SchemaValue,
  type SpreadItem,
  type Value,
} from "./value.ts";
import { WriteAnalysis } from "./writes.ts";
import { lazyText } from "./zod-lazy.ts";
import { jsonSchemaData, schemaAnswer, schemaData } from "./zod-members.ts";
import { parsedAlready } from "./zod-parse.ts";
import { isZ } from "./zod-text.ts";

/** What `import { z } from "zod"` gives. */
export const zod = (span: Core.Span): SchemaValue => ({ type: "Schema", expr: nameOf("z"), span });

/** `import { string } from "zod"`. */
export const zodExport = (ev: Evaluation, name: string, span: Core.Span): Value =>
  schemaMember(ev, zod(span), name, span);

/** Parts of the package that say other things under the same names: to read them as Zod 4 would be a guess. */
export function otherZod(ev: Evaluation, from: string, span: Core.Span): PoisonValue {
  const why =
    from === "zod/v3"
      ? "Zod 3 parses otherwise than Zod 4, which the runner has: defaults, records and messages differ"
      : `\`${from}\` has functions and messages of its own, which the runner does not have`;
  return report(ev, "SM601", span, why, 'Import from "zod" (version 4) or "zod/v4".');
}

const RUNNING: ReadonlySet<string> = new Set([
  ...["parse", "safeParse", "parseAsync", "safeParseAsync", "encode", "decode", "spa"],
  ...["safeEncode", "safeDecode", "encodeAsync", "decodeAsync", "safeEncodeAsync", "safeDecodeAsync"],
]);

/** `schema.name`, and `z.name`. */
export function schemaMember(ev: Evaluation, target: SchemaValue, name: string, span: Core.Span): Value {
  if (RUNNING.has(name)) return runs(ev, name, span);
  if (isZ(target.expr)) {
    if (name === "z" || name === "default") return target;
    // Only its being returned after an issue counts.
    if (name === "NEVER") return object([["status", known("aborted")]]);
    if (name === "ZodIssueCode") return object(ISSUE_CODES.map((code) => [code, known(code)]));
  }
  return (
    schemaData(ev, target, name, span) ?? {
      type: "Schema",
      expr: memberOf(target.expr, name),
      span: target.span,
    }
  );
}

/** `z.ZodIssueCode.custom` is `"custom"`: Zod keeps this table for those who came from Zod 3. */
const ISSUE_CODES = [
  ...["invalid_type", "too_big", "too_small", "invalid_format", "not_multiple_of", "unrecognized_keys"],
  ...["invalid_union", "invalid_key", "invalid_element", "invalid_value", "custom"],
] as const;

function runs(ev: Evaluation, name: string, span: Core.Span): PoisonValue {
  return report(
    ev,
    "SM504",
    span,
    `'.${name}()' of a schema runs while the workflow is rendered`,
    "Rows and input are already parsed with their schemas; parse other data in a compute task.",
  );
}

/** Methods that tell of a schema what Zod alone knows. */
const ANSWERS: ReadonlySet<string> = new Set(["isOptional", "isNullable"]);

type Args = readonly (Value | SpreadItem)[];

/** `z.instanceof(…)`: what can't be kept whatever it is given is said when it is built, and its arguments don't matter. */
export function refusedSchema(target: Value, name: string, span: Core.Span): SchemaValue | undefined {
  if (target.type !== "Schema" || !REFUSED.has(name) || !isZ(target.expr)) return undefined;
  return { type: "Schema", expr: { ...call(memberOf(target.expr, name)), span }, span };
}

/** `schema.name(…)`; undefined where the target is no schema. */
export function schemaMethod(
  ev: Evaluation,
  target: Value,
  name: string,
  args: Args,
  span: Core.Span,
): Value | undefined {
  const schema = target.type === "Table" ? target.schema : target;
  if (schema.type !== "Schema") return undefined;
  if (RUNNING.has(name)) return parsedAlready(ev, schema, name, args) ?? runs(ev, name, span);
  if (args.some((arg) => arg.type !== "SpreadItem" && isPoisoned(arg))) return POISON;
  const refused = refusedSchema(schema, name, span);
  if (refused) return refused;
  if (name === "toJSONSchema" && isZ(schema.expr)) return jsonSchemaData(ev, args, span);
  if (args.length === 0 && ANSWERS.has(name)) return schemaAnswer(ev, schema, name, span);
  if (name === "register") return registered(ev, schema, args, span);
  const [first] = args;
  if (name === "lazy" && isZ(schema.expr) && args.length === 1 && first?.type === "Closure")
    return { type: "Schema", expr: { ...lazyText(ev, first), span }, span };
  const texts: (Core.Expr | Core.Spread)[] = [];
  for (const arg of args) {
    const text = argument(ev, arg.type === "SpreadItem" ? arg.value : arg, name, span);
    if (text === null) return POISON;
    texts.push(arg.type === "SpreadItem" ? { type: "Spread", arg: text } : text);
  }
  return { type: "Schema", expr: { ...call(memberOf(schema.expr, name), ...texts), span }, span };
}

/** `string()` after `import { string } from "zod"`, `const text = z.string; text()`. */
export function callSchema(ev: Evaluation, fn: SchemaValue, args: Args, span: Core.Span): Value {
  const { expr } = fn;
  if (expr.type !== "Member" || typeof expr.property !== "string") throw new Bail("a call of a schema", span);
  return schemaMethod(ev, { ...fn, expr: expr.object }, expr.property, args, span)!;
}

/** Metadata in Zod's own registry is what `.meta` gives; other registries change nothing of a schema. */
function registered(ev: Evaluation, schema: SchemaValue, args: Args, span: Core.Span): Value {
  const [registry, ...rest] = args;
  const isGlobal =
    registry?.type === "Schema" &&
    registry.expr.type === "Member" &&
    isZ(registry.expr.object) &&
    registry.expr.property === "globalRegistry";
  return isGlobal ? schemaMethod(ev, schema, "meta", rest, span)! : schema;
}

/** An argument of a construction: literals, other schemas, pure functions. Null after a report. */
function argument(ev: Evaluation, value: Value, method: string, span: Core.Span): Core.Expr | null {
  switch (value.type) {
    case "Schema":
      return value.expr;
    case "Table":
      return argument(ev, value.schema, method, span);
    case "Closure":
      return value.getter ? lazyText(ev, value) : functionText(ev, value, method);
    case "Code":
      return dropped(ev, method, value.func.span, "it is async, or uses `this` or a generator");
    case "External":
      return dropped(ev, method, span, `\`${[value.from, ...value.path].join(".")}\` is code of a package`);
    case "Array": {
      const items: (Core.Expr | Core.Spread)[] = [];
      for (const item of value.items) {
        const text = argument(ev, item.type === "SpreadItem" ? item.value : item, method, span);
        if (text === null) return null;
        items.push(item.type === "SpreadItem" ? { type: "Spread", arg: text } : text);
      }
      return { type: "Array", elements: items };
    }
    case "Object": {
      const props: [string, Core.Expr][] = [];
      for (const [key, member] of value.props) {
        const text = argument(ev, member, method, value.span ?? span);
        if (text === null) return null;
        props.push([key, text]);
      }
      return objectOf(props);
    }
    case "Known":
      return literal(value.value);
    case "Poison":
      return null;
    default:
      return data(ev, value, method, span);
  }
}

function data(ev: Evaluation, value: Value, method: string, span: Core.Span): Core.Expr | null {
  try {
    return reify(ev, value);
  } catch (error) {
    if (!(error instanceof Bail)) throw error;
    report(
      ev,
      "SM601",
      error.span ?? span,
      `an argument of '.${method}()' of a schema can't be read at build time: ${error.message}`,
      "Give it literals, other schemas, constants or pure functions.",
    );
    return null;
  }
}

/** Methods whose function is given a context first, to push issues to. */
const TAKES_CONTEXT: ReadonlySet<string> = new Set(["check", "with", "catch"]);

/** A function of the author. What it uses and a plan can't hold makes it impossible to keep; it is never left out. */
function functionText(ev: Evaluation, closure: Closure, method: string): Core.Expr | null {
  if (!TAKES_CONTEXT.has(method) && new WriteAnalysis(closure.env).summary(closure.arrow).params.has(0)) {
    const why = "it changes the value that it is given, and what a row holds is frozen";
    const hint = "Make a new value: { ...value, key }, [...list, item], list.toSorted().";
    return dropped(ev, method, closure.arrow.span, why, hint);
  }
  const before = ev.diagnostics.length;
  let why: string | undefined;
  let text: Core.Expr | null = null;
  try {
    text = translateClosure(ev, closure);
    const reported = ev.diagnostics.slice(before);
    why = (reported.find((d) => d.code === "SM504") ?? reported[0])?.message;
  } catch (error) {
    if (!(error instanceof Bail)) throw error;
    why = error.message;
  }
  if (why === undefined) return text;
  ev.diagnostics.length = before;
  return dropped(ev, method, closure.arrow.span, withoutRendering(why));
}

/** What is said of code that runs while a workflow is rendered, said of code that runs while a row is parsed. */
const withoutRendering = (why: string): string =>
  why
    .replace(/ while the workflow is rendered; it becomes .*$/, " while a row is parsed")
    .replace(/;[^;]* while the workflow is rendered$/, "")
    .replace(/ runs while the workflow is rendered$/, " is called in it")
    .replace(/ (while|each time) the workflow is rendered$/, " $1 a row is parsed");

function dropped(
  ev: Evaluation,
  method: string,
  span: Core.Span | undefined,
  why: string,
  hint = "Write it as a pure function of the value, or check it in a compute task after this one.",
): null {
  report(ev, "SM602", span, `what '.${method}()' does can't be kept in a plan: ${why}`, hint);
  return null;
}
