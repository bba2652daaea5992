import type { Expr } from "../core/ast.ts";
import { compileExpr, parseExpr } from "../core/index.ts";
import { CoreError, type Env, type Value } from "../core/values.ts";
import type { CoreText, Plan } from "../types.ts";
import { ZodBuildError } from "./error.ts";
import { guarded } from "./regex.ts";

/** A tree as it is; text parsed. @throws ZodBuildError for text that is no Core expression. */
export function toExpr(source: Expr | CoreText): Expr {
  if (typeof source === "object" && "type" in source) return source;
  try {
    return parseExpr(source);
  } catch (error) {
    throw new ZodBuildError(reasonOf(error), undefined, { cause: error });
  }
}

/** Plain data within a schema: literals, names of constants, anything pure. @throws ZodBuildError */
export function evaluateData(expr: Expr, env: Env): Value {
  try {
    const value = compileExpr(expr).evaluate(env);
    return value instanceof RegExp ? guarded(value) : value;
  } catch (error) {
    throw new ZodBuildError(reasonOf(error), expr.span, { cause: error });
  }
}

/** No free names at all. */
export const EMPTY_ENV: Env = {
  name(name) {
    throw new CoreError("FORBIDDEN", `${name} is not defined here`);
  },
};

/** The names a schema may use outside any scope: constants and functions of its plan. */
export class PlanEnv implements Env {
  readonly #plan: Pick<Plan, "constants" | "functions">;
  readonly #known = new Map<string, Value>();

  constructor(plan: Pick<Plan, "constants" | "functions">) {
    this.#plan = plan;
  }

  name(name: string): Value {
    if (!this.#known.has(name)) this.#known.set(name, this.#resolve(name));
    return this.#known.get(name);
  }

  #resolve(name: string): Value {
    const { constants, functions } = this.#plan;
    const text = Object.hasOwn(functions, name) ? functions[name] : undefined;
    if (text !== undefined) return compileExpr(parseExpr(text)).evaluate(this);
    const constant = Object.hasOwn(constants, name) ? constants[name] : undefined;
    if (constant === undefined) throw new CoreError("FORBIDDEN", `${name} is not defined here`);
    return "expr" in constant ? compileExpr(parseExpr(constant.expr)).evaluate(this) : constant.value;
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
