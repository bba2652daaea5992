/** What a schema tells of itself: `.shape`, `.options`, `.enum`, `.value`, `.description`. */
import type * as Core from "../../../plan/core/ast.ts";
import { compileExpr } from "../../../plan/core/index.ts";
import { CoreError, type Env } from "../../../plan/core/values.ts";
import type { Json } from "../../../plan/types.ts";
import { buildZod, GETTERS, METHODS, plainJsonSchema, ZodBuildError } from "../../../plan/zod/index.ts";
import { literal, memberOf } from "./core.ts";
import { fromJson } from "./modules.ts";
import { type Evaluation, report } from "./state.ts";
import { array, known, object, type SchemaValue, type SpreadItem, UNDEFINED, type Value } from "./value.ts";
import { isSchemaText, isZ } from "./zod-text.ts";

const MEMBERS: ReadonlySet<string> = new Set(["shape", "options", "enum", "value", "description"]);

/** Whether a name of a schema is a method, which stays text until it is called. */
const isMethod = (name: string): boolean => METHODS.has(name) || GETTERS.has(name) || name === "register";

/** The member as a value that is known at build time; undefined where it stays text. */
export function schemaData(
  ev: Evaluation,
  target: SchemaValue,
  name: string,
  span: Core.Span,
): Value | undefined {
  if (isZ(target.expr) || !isSchemaText(target.expr)) return undefined;
  if (!MEMBERS.has(name) && isMethod(name)) return undefined;
  const written = name === "shape" ? shapeOf(target.expr) : null;
  if (written) return schemasOf(written, span);
  let found: unknown;
  try {
    const schema = buildZod(target.expr, { env: new BuildEnv(ev) });
    found = Reflect.get(schema, name);
  } catch (error) {
    if (!(error instanceof ZodBuildError)) throw error;
    return report(ev, "SM601", span, `'.${name}' of this schema can't be read: ${error.message}`);
  }
  if (found === undefined) return UNDEFINED;
  const json = asData(found);
  if (json !== undefined) return fromJson(json);
  const held = memberOf(target.expr, name);
  if (Array.isArray(found))
    return array(found.map((_, n) => ({ type: "Schema", expr: memberOf(held, literal(n)), span })));
  if (typeof found === "object" && found !== null)
    return schemasOf(new Map(Object.keys(found).map((key) => [key, memberOf(held, key)])), span);
  return undefined;
}

/** `schema.isOptional()` and kin, as Zod answers them. */
export function schemaAnswer(ev: Evaluation, target: SchemaValue, name: string, span: Core.Span): Value {
  try {
    const schema = buildZod(target.expr, { env: new BuildEnv(ev) });
    const answer: unknown = Reflect.apply(Reflect.get(schema, name), schema, []);
    return known(answer === true);
  } catch (error) {
    if (!(error instanceof ZodBuildError)) throw error;
    return report(ev, "SM601", span, `'.${name}()' of this schema can't be answered: ${error.message}`);
  }
}

/** `z.toJSONSchema(schema, options)`: worked out at build time, as Zod gives it. */
export function jsonSchemaData(
  ev: Evaluation,
  args: readonly (Value | SpreadItem)[],
  span: Core.Span,
): Value {
  const refused = (why: string): Value =>
    report(
      ev,
      "SM601",
      span,
      `'z.toJSONSchema()' can't be answered at build time: ${why}`,
      "Give it a schema and options that are literals; a prompt is given the form of its task's output anyway.",
    );
  const [first, options, ...rest] = args;
  const schema = first?.type === "Table" ? first.schema : first;
  if (schema?.type !== "Schema" || rest.length > 0) return refused("it needs one schema");
  const settings = options === undefined ? {} : literalsOf(options);
  if (settings === null) return refused("its options are no literals");
  try {
    return fromJson(plainJsonSchema(buildZod(schema.expr, { env: new BuildEnv(ev) }), settings));
  } catch (error) {
    if (error instanceof Error) return refused(error.message);
    throw error;
  }
}

/** Options of words and switches; null for any others, such as functions and registries. */
function literalsOf(value: Value | SpreadItem): Record<string, string | boolean> | null {
  if (value.type !== "Object") return null;
  const found: Record<string, string | boolean> = {};
  for (const [key, member] of value.props) {
    if (member.type !== "Known" || (typeof member.value !== "string" && typeof member.value !== "boolean"))
      return null;
    found[key] = member.value;
  }
  return found;
}

const schemasOf = (fields: ReadonlyMap<string, Core.Expr>, span: Core.Span): Value =>
  object([...fields].map(([key, expr]) => [key, { type: "Schema", expr, span }] as const));

/** JSON without a schema in it. */
function asData(value: unknown): Json | undefined {
  if (value === null || ["string", "number", "boolean"].includes(typeof value)) return value as Json;
  if (Array.isArray(value))
    return value.every((item) => asData(item) !== undefined) ? (value as Json) : undefined;
  if (typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return undefined;
  const members = Object.values(value);
  return members.length > 0 && members.every((item) => asData(item) !== undefined)
    ? (value as Json)
    : undefined;
}

const OBJECTS: ReadonlySet<string> = new Set(["object", "strictObject", "looseObject"]);
/** Methods that leave the fields of an object as they are. */
const SAME: ReadonlySet<string> = new Set([
  ...[
    "strict",
    "strip",
    "loose",
    "passthrough",
    "catchall",
    "describe",
    "meta",
    "brand",
    "refine",
    "superRefine",
  ],
]);

/** The fields of an object as they are written; null where they have to be asked of Zod. */
function shapeOf(expr: Core.Expr): ReadonlyMap<string, Core.Expr> | null {
  if (expr.type !== "Call" || expr.callee.type !== "Member" || typeof expr.callee.property !== "string")
    return null;
  const { object: target, property } = expr.callee;
  const [first] = expr.args;
  if (target.type === "Name" && target.name === "z")
    return OBJECTS.has(property) ? (first ? fields(first) : new Map()) : null;
  const base = shapeOf(target);
  if (!base) return null;
  if (SAME.has(property)) return base;
  if (property !== "extend" && property !== "safeExtend") return null;
  const more = first ? fields(first) : null;
  return more && new Map([...base, ...more]);
}

function fields(node: Core.Expr | Core.Spread): Map<string, Core.Expr> | null {
  if (node.type !== "Object") return null;
  const found = new Map<string, Core.Expr>();
  for (const prop of node.props) {
    if (prop.type === "Spread" || typeof prop.key !== "string") return null;
    found.set(prop.key, prop.value);
  }
  return found;
}

/** Constants and functions as the evaluation knows them so far. */
export class BuildEnv implements Env {
  readonly #ev: Evaluation;
  constructor(ev: Evaluation) {
    this.#ev = ev;
  }
  name(name: string): unknown {
    const expr = this.#ev.constants.get(name) ?? this.#ev.functions.get(name);
    if (!expr) throw new CoreError("FORBIDDEN", `${name} is not known at build time`);
    return compileExpr(expr).evaluate(this);
  }
}
