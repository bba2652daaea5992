/** What the runtime uses of Core: residuals compiled from their text, evaluated in an Env for a reader. */
import { CoreSyntaxError, compileExpr, parseExpr } from "../../plan/core/index.ts";
import { CoreError, type Env, type Reader, type Value } from "../../plan/core/values.ts";
import type { CoreText } from "../../plan/types.ts";

/** A compiled residual; kept by the runtime as long as its plan. */
export interface Residual {
  evaluate(env: Env, reader: Reader): Value;
}

/** Text that is not Core gives a residual in error: plans are checked when they are loaded, so this is a hand-edited one. */
export function compileResidual(text: string): Residual {
  try {
    const compiled = compileExpr(parseExpr(text));
    return { evaluate: (env, reader) => compiled.evaluate(env, { reader }) };
  } catch (thrown) {
    if (!(thrown instanceof CoreSyntaxError)) throw thrown;
    const error = new CoreError("FORBIDDEN", `not Core: ${thrown.message}`);
    return {
      evaluate() {
        throw error;
      },
    };
  }
}

export function textOf(text: CoreText): string {
  return typeof text === "string" ? text : text.join("\n");
}

/** `{ $: "Core text" }`, the form of a field that depends on the run. */
export function isDynamic(field: unknown): field is { readonly $: CoreText } {
  if (typeof field !== "object" || field === null || !Object.hasOwn(field, "$")) return false;
  const { $: text, ...rest } = field as { readonly $: unknown };
  return Object.keys(rest).length === 0 && (typeof text === "string" || Array.isArray(text));
}
