/**
 * Core text of a Zod construction → the parser itself, by driving the pinned Zod (DESIGN §4 "lower", §5 "Schemas").
 *
 * The text is never run as JavaScript: this walk knows calls on the intrinsic `z` and on schemas, and hands what is
 * plain data or a function of the author to Core. Names outside the whitelist of table.ts can't be reached.
 */
import * as z from "zod";
import type { Arrow, Call, Expr, Member, ObjectExpr, Spread } from "../core/ast.ts";
import { Closure, isCallable } from "../core/index.ts";
import type { Env } from "../core/values.ts";
import type { CoreText } from "../types.ts";
import { EMPTY_ENV, evaluateData, toExpr } from "./core.ts";
import { ZodBuildError } from "./error.ts";
import { declared, parametersOf, type Role, roleOf, zodFunction } from "./lambda.ts";
import { CONSTRUCTORS, GETTERS, GROUPS, METHODS, REFUSED } from "./table.ts";

export interface BuildOptions {
  /** Resolves `schema('name')`, which `z.lazy(() => …)` uses for recursion. Default: every name is unknown. */
  readonly schema?: (name: string) => z.ZodType;
  /** Resolves the free names of data and of the author's functions. Default: there are none. */
  readonly env?: Env;
}

/**
 * Builds the parser that `expr` describes, e.g. `z.object({ id: z.string().min(1) }).strict()`.
 * @throws ZodBuildError when the text leaves the whitelist, does not parse, or Zod refuses the arguments.
 */
export function buildZod(expr: Expr | CoreText, options: BuildOptions = {}): z.ZodType {
  return new Walk(options).schema(toExpr(expr));
}

/** Nested schemas and method chains beyond this are refused, so that a hostile plan can't exhaust the stack. */
const MAX_DEPTH = 1_000;

class Walk {
  readonly #named: (name: string) => z.ZodType;
  readonly #env: Env;
  #depth = 0;

  constructor(options: BuildOptions) {
    this.#named =
      options.schema ??
      ((name) => {
        throw new ZodBuildError(`No schema is named ${JSON.stringify(name)}.`);
      });
    this.#env = options.env ?? EMPTY_ENV;
  }

  schema(expr: Expr): z.ZodType {
    const value = this.value(expr);
    if (!(value instanceof z.ZodType)) {
      throw new ZodBuildError("A schema must stand here, such as z.string().", expr.span);
    }
    return value;
  }

  /** A schema, or data and functions as Zod's own methods take them. */
  value(expr: Expr): unknown {
    if (++this.#depth > MAX_DEPTH) {
      throw new ZodBuildError(`The schema is nested more than ${MAX_DEPTH} deep.`, expr.span);
    }
    try {
      switch (expr.type) {
        case "Literal":
          return expr.value;
        case "Call":
          return this.#call(expr);
        case "Member":
          return this.#getter(expr);
        case "Array":
          return this.#list(
            expr.elements.map((element) => {
              if (element === null) throw new ZodBuildError("A hole can't stand in a schema.", expr.span);
              return element;
            }),
          );
        case "Object":
          return this.#record(expr);
        case "Arrow":
          return this.#lambda(expr, "value");
        case "Name":
          if (expr.name === "z") throw new ZodBuildError("`z` can only be called: z.string().", expr.span);
          return evaluateData(expr, this.#env);
        case "Regex":
        case "Template":
        case "Unary":
        case "Binary":
        case "Logical":
        case "Conditional":
        case "Assign":
        case "Update":
        case "New":
        case "Chain":
        case "Comma":
          return evaluateData(expr, this.#env);
        default: {
          const never: never = expr;
          return never;
        }
      }
    } finally {
      this.#depth--;
    }
  }

  #call(expr: Call): unknown {
    const { callee } = expr;
    if (callee.type === "Name" && callee.name === "schema") {
      const name = expr.args.length === 1 ? this.#list(expr.args)[0] : undefined;
      if (typeof name !== "string") throw new ZodBuildError("schema(…) takes one name.", expr.span);
      return this.#named(name);
    }
    if (callee.type !== "Member" || callee.optional || expr.optional) return evaluateData(expr, this.#env);
    const { object, property } = callee;
    if (typeof property !== "string") return evaluateData(expr, this.#env);
    if (isZ(object)) return this.#construct(expr, property, CONSTRUCTORS, `z.${property}`);
    if (object.type === "Member" && isZ(object.object) && typeof object.property === "string") {
      const shown = `z.${object.property}.${property}`;
      return this.#construct(expr, property, GROUPS.get(object.property) ?? new Map(), shown);
    }
    if (!reachesZ(object)) return evaluateData(expr, this.#env);
    const receiver = this.value(object);
    if (!(receiver instanceof z.ZodType)) {
      throw new ZodBuildError(`.${property}(…) can only be called on a schema.`, expr.span);
    }
    if (!METHODS.has(property)) throw notAllowed(`.${property}(…)`, property, expr);
    return this.#apply(expr, Reflect.get(receiver, property), receiver, property, `.${property}`);
  }

  #construct(expr: Call, name: string, allowed: ReadonlyMap<string, unknown>, shown: string): unknown {
    const make = allowed.get(name);
    if (make === undefined) throw notAllowed(shown, name, expr);
    return this.#apply(expr, make, undefined, name, shown);
  }

  /** Calls what a whitelisted name stands for. Zod's own complaints become build errors with the span. */
  #apply(expr: Call, method: unknown, receiver: unknown, name: string, shown: string): unknown {
    if (typeof method !== "function") {
      throw new ZodBuildError(`This schema has no method ${shown}(…).`, expr.span);
    }
    const args = this.#arguments(expr, name);
    try {
      return Reflect.apply(method, receiver, args);
    } catch (error) {
      if (error instanceof ZodBuildError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new ZodBuildError(`Zod refuses ${shown}(…): ${reason}`, expr.span, { cause: error });
    }
  }

  #arguments(expr: Call, name: string): unknown[] {
    const [first] = expr.args;
    if (name === "lazy" && first?.type === "Arrow") {
      const { body, params } = first;
      if (body.type === "Block" || params.length > 0 || first.rest !== undefined) {
        throw new ZodBuildError("z.lazy takes `() => schema`.", first.span);
      }
      return [() => this.schema(body), ...this.#list(expr.args.slice(1))];
    }
    const role = roleOf(name);
    return expr.args.flatMap((arg) =>
      arg.type === "Arrow"
        ? [this.#lambda(arg, role)]
        : this.#list([arg]).map((value) => callable(value, role, arg)),
    );
  }

  #list(elements: readonly (Expr | Spread)[]): unknown[] {
    return elements.flatMap((element) => {
      if (element.type !== "Spread") return [this.value(element)];
      const value = this.value(element.arg);
      if (value instanceof Set) return [...value];
      if (!Array.isArray(value)) throw new ZodBuildError("Only an array can be spread here.", element.span);
      return value;
    });
  }

  #record(expr: ObjectExpr): object {
    const record: Record<string, unknown> = {};
    for (const prop of expr.props) {
      if (prop.type === "Spread") {
        const value = this.value(prop.arg);
        if (value === null || value === undefined) continue;
        if (typeof value !== "object" || value instanceof z.ZodType) {
          throw new ZodBuildError("Only a plain object can be spread here.", prop.span);
        }
        for (const [key, member] of Object.entries(value)) define(record, key, member, expr);
        continue;
      }
      const key = typeof prop.key === "string" ? prop.key : String(evaluateData(prop.key, this.#env));
      const value = prop.value;
      const role = roleOfOption(key);
      const made =
        value.type === "Arrow" ? this.#lambda(value, role) : callable(this.value(value), role, value);
      define(record, key, made, expr);
    }
    return record;
  }

  #getter(expr: Member): unknown {
    const { object, property } = expr;
    if (!reachesZ(object) || isZ(object)) {
      if (isZ(object)) throw new ZodBuildError(`z.${String(property)} can only be called.`, expr.span);
      return evaluateData(expr, this.#env);
    }
    const key = typeof property === "string" ? property : evaluateData(property, this.#env);
    const receiver = this.value(object);
    if (receiver instanceof z.ZodType) {
      if (typeof key !== "string" || !GETTERS.has(key))
        throw notAllowed(`.${String(key)}`, String(key), expr);
      return Reflect.get(receiver, key);
    }
    // A member of `.shape`, `.enum` or `.options`: own properties only.
    const member =
      typeof receiver === "object" &&
      receiver !== null &&
      (typeof key === "string" || typeof key === "number")
        ? Object.getOwnPropertyDescriptor(receiver, key)
        : undefined;
    if (member === undefined)
      throw new ZodBuildError(`There is no member ${JSON.stringify(key)}.`, expr.span);
    return Reflect.get(receiver as object, key as string);
  }

  /** A function of the author; one that declares more than Zod passes is refused rather than called with undefined. */
  #lambda(arrow: Arrow, role: Role): (...args: unknown[]) => unknown {
    const most = parametersOf(role);
    if (declared(arrow) > most) {
      const allowed = ["no parameter", "one parameter", "two parameters, the value and a context"][most];
      throw new ZodBuildError(`A function here may take ${allowed}.`, arrow.span);
    }
    return zodFunction(evaluateData(arrow, this.#env), role);
  }
}

/** What is no text of a function but gives one: a name of the plan, `Number`. The engine's own take the value alone. */
function callable(value: unknown, role: Role, at: Expr | Spread): unknown {
  if (!isCallable(value)) return withFunctions(value, at);
  if (value instanceof Closure && value.code.arity > parametersOf(role))
    throw new ZodBuildError("This function takes more parameters than it is given here.", at.span);
  return zodFunction(value, role === "context" && !(value instanceof Closure) ? "value" : role);
}

/** Options that stand in the plan under a name may hold functions too. */
function withFunctions(value: unknown, at: Expr | Spread): unknown {
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  const members = Object.entries(value);
  if (!members.some(([, member]) => isCallable(member))) return value;
  return Object.fromEntries(members.map(([key, member]) => [key, callable(member, roleOfOption(key), at)]));
}

const roleOfOption = (key: string): Role =>
  key === "error" || key === "message" ? "issue" : key === "when" ? "payload" : "value";

const isZ = (expr: Expr): boolean => expr.type === "Name" && expr.name === "z";

/** Whether a chain of calls and members starts at `z` or `schema('…')`; other chains are data and Core's business. */
function reachesZ(expr: Expr): boolean {
  let at: Expr = expr;
  for (;;) {
    switch (at.type) {
      case "Call":
        if (at.callee.type === "Name") return at.callee.name === "schema";
        at = at.callee;
        break;
      case "Member":
        at = at.object;
        break;
      default:
        return isZ(at);
    }
  }
}

function define(record: Record<string, unknown>, key: string, value: unknown, at: Expr): void {
  if (key === "__proto__") throw new ZodBuildError("A field can't be named __proto__.", at.span);
  record[key] = value;
}

function notAllowed(shown: string, name: string, at: Expr): ZodBuildError {
  const reason = REFUSED.get(name);
  return new ZodBuildError(
    reason === undefined ? `${shown} is not part of what a plan's schema may use.` : `${shown}: ${reason}.`,
    at.span,
  );
}
