import { handleError } from "../evaluate/errors.ts";
import type { Intrinsic } from "../evaluate/functions.ts";
import { shown } from "../evaluate/shown.ts";
import { CoreError, Handle, type HandleKind, type Value } from "../values.ts";
import { fn } from "./define.ts";

function handle(kind: HandleKind): Intrinsic {
  return fn(kind, (_ev, args) => {
    const [id, props] = args;
    if (typeof id !== "string") {
      return handleError(`${kind}() takes the name of one in the plan`);
    }
    return kind === "prompt" && props !== undefined ? new Handle(kind, id, props) : new Handle(kind, id);
  });
}

/** Core's own intrinsics that are plain functions; `site` and `text` are special forms (evaluate/special.ts). */
export const PLAN_INTRINSICS: Readonly<Record<string, Value>> = {
  agent: handle("agent"),
  fail: fn("fail", (_ev, args) => {
    throw new CoreError("THROWN", typeof args[0] === "string" ? args[0] : shown(args[0]), { value: args[0] });
  }),
  module: handle("module"),
  output: handle("output"),
  prompt: handle("prompt"),
  schema: handle("schema"),
};
