import { posix } from "node:path";
import { compileExpr } from "../evaluate.ts";
import { parseExpr } from "../parse.ts";
import { CoreError, type Env } from "../values.ts";
import { encode } from "./encode.ts";

export type Result = {
  readonly kind: "same" | "refused" | "different";
  readonly v8: string;
  readonly core: string;
};

/** V8 has the machine's zone. */
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const EMPTY: Env = {
  name: (name) => {
    throw new CoreError("FORBIDDEN", `nothing is called ${name}`);
  },
};

export function runV8(text: string): string {
  try {
    const run = new Function("path", `"use strict"; return (${text});`) as (path: unknown) => unknown;
    return `value ${encode(run(posix))}`;
  } catch (error) {
    return `throws ${encode(error)}`;
  }
}

export function runCore(text: string, env = EMPTY): { text: string; refused: boolean } {
  try {
    return {
      text: `value ${encode(compileExpr(parseExpr(text)).evaluate(env, { timeZone: ZONE }))}`,
      refused: false,
    };
  } catch (error) {
    if (error instanceof CoreError) {
      return error.code === "THROWN"
        ? { text: `throws ${encode(error.value)}`, refused: false }
        : { text: `${error.code} ${error.message}`, refused: true };
    }
    throw error;
  }
}

/** Runs one program in V8 and in Core. */
export function compare(text: string): Result {
  const core = runCore(text);
  if (core.refused) {
    // it may be a program that never ends
    return { kind: "refused", v8: "not run", core: core.text };
  }
  const v8 = runV8(text);
  return { kind: core.text === v8 ? "same" : "different", v8, core: core.text };
}
