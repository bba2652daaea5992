import { stringify } from "../intrinsics/json.ts";
import type { Env, Handle, Value } from "../values.ts";
import { toText } from "./coerce.ts";
import { handleError } from "./errors.ts";
import type { Evaluation } from "./evaluation.ts";
import { apply } from "./functions.ts";
import { typeOf } from "./types.ts";

/** The text of a prompt from its parts: nothing for nothing, arrays in order, prompts rendered, other data as JSON. */
export function promptText(ev: Evaluation, parts: readonly Value[], env: Env): string {
  const pieces: string[] = [];
  collect(ev, parts, env, pieces);
  const joined = pieces.join("");
  ev.text(joined);
  return joined.replace(/\n{3,}/g, "\n\n").trim();
}

function collect(ev: Evaluation, parts: readonly Value[], env: Env, into: string[]): void {
  ev.enter(10);
  for (const part of parts) {
    ev.spend(1);
    const text = pieceOf(ev, part, env, into);
    if (text !== undefined) {
      ev.text(text);
      into.push(text);
    }
  }
  ev.depth -= 10;
}

function pieceOf(ev: Evaluation, part: Value, env: Env, into: string[]): string | undefined {
  const type = typeOf(part);
  switch (type) {
    case "undefined":
    case "null":
    case "boolean":
      return undefined;
    case "string":
    case "number":
      return toText(ev, part);
    case "array":
      if (isData(part as Value[])) {
        return stringify(ev, part, undefined, 2);
      }
      collect(ev, part as Value[], env, into);
      return undefined;
    case "handle":
      rendered(ev, part as Handle, env, into);
      return undefined;
    default:
      return stringify(ev, part, undefined, 2);
  }
}

/** An array of plain objects is data; one of texts, prompts and nested arrays is a sequence of parts. */
function isData(array: readonly Value[]): boolean {
  return array.length > 0 && array.every((item) => typeOf(item) === "object");
}

/** A prompt inside a text is no text of its own: newlines are counted and ends trimmed for the whole. */
function rendered(ev: Evaluation, handle: Handle, env: Env, into: string[]): void {
  if (handle.kind !== "prompt") handleError(`${handle.kind} '${handle.id}' in a text`);
  const template = env.name(`prompt:${handle.id}`, ev.reader);
  collect(ev, [apply(ev, template, handle.args ?? ev.own({}))], env, into);
}
