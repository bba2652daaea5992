/** Global names: which are part of Core, which only the host can answer, and what each use is told. */
import type * as Core from "../../../plan/core/ast.ts";
import { hasFunction, RESERVED_NAMES } from "../../../plan/core/index.ts";
import { call, memberOf, nameOf } from "./core.ts";
import { hostObject, startedAt, unrecorded } from "./host-values.ts";
import { POISON_MARK } from "./poison.ts";
import { type Evaluation, report } from "./state.ts";
import { type Environment, POISON, residual, type Value } from "./value.ts";

/** Globals that a residual may name as they are: what Core itself gives a meaning, but for the plan's own intrinsics. */
const INTRINSICS: ReadonlySet<string> = new Set([
  "agent",
  "prompt",
  "schema",
  "output",
  "module",
  "site",
  "text",
  "fail",
  "host",
]);
const isCoreGlobal = (name: string): boolean => RESERVED_NAMES.has(name) && !INTRINSICS.has(name);

const HOST: ReadonlySet<string> = new Set(["Bun", "Deno", "navigator"]);
const RANDOM: ReadonlySet<string> = new Set(["crypto"]);
const EFFECTS: ReadonlySet<string> = new Set([
  "fetch",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "require",
  "eval",
  "Function",
  "globalThis",
  "Buffer",
  "WebSocket",
  "XMLHttpRequest",
  "alert",
]);

/** What every engine has, and Core leaves out: its results differ between machines, or it holds no data. */
const ENGINE: ReadonlySet<string> = new Set([
  ...["Intl", "Symbol", "Proxy", "Reflect", "WeakMap", "WeakSet", "WeakRef", "FinalizationRegistry"],
  ...["Promise", "BigInt", "Iterator", "Atomics", "Temporal", "AbortController", "AbortSignal"],
  ...["ArrayBuffer", "SharedArrayBuffer", "DataView", "Uint8Array", "Uint16Array", "Uint32Array"],
  ...["Int8Array", "Int16Array", "Int32Array", "Float32Array", "Float64Array", "Uint8ClampedArray"],
  ...[
    "structuredClone",
    "escape",
    "unescape",
    "atob",
    "btoa",
    "TextEncoder",
    "TextDecoder",
    "URLSearchParams",
  ],
]);

const BY_OTHER_MEANS = "Say it with other means, or do it in a compute task and read its output.";

/** What says the same within the language. */
const OTHERWISE: ReadonlyMap<string, string> = new Map([
  ["Intl", "Use toFixed(), padStart() or toLocaleString('en-US'), or format it in a compute task."],
  [
    "structuredClone",
    "Copy what changes: { ...object } or [...list]; values of the run never change by themselves.",
  ],
  ["BigInt", "Use a number, or a string where the digits are many."],
  ["String.raw", "Write it as a tag: String.raw`…`, or join the parts."],
  ["Object.getPrototypeOf", "Ask for a field: 'kind' in value."],
]);

/** The value of a name that no source binds. */
export function globalValue(ev: Evaluation, name: string, env: Environment, span?: Core.Span): Value {
  if (name === "undefined") return { type: "Known", value: undefined };
  if (name.startsWith(POISON_MARK)) return POISON;
  if (name === "NaN") return { type: "Known", value: Number.NaN };
  if (name === "Infinity") return { type: "Known", value: Number.POSITIVE_INFINITY };
  if (isCoreGlobal(name)) return residual(nameOf(name, span), { defined: true });
  const host = hostObject(ev, name, env, span);
  if (host) return host;
  if (HOST.has(name)) return unrecorded(ev, name, span);
  if (RANDOM.has(name)) return randomRead(ev, name, span);
  if (name === "performance") return clockRead(ev, "performance.now()", span);
  if (EFFECTS.has(name)) {
    return report(
      ev,
      "SM504",
      span,
      `'${name}' reaches outside the workflow while it is rendered`,
      "Move it into a compute task: a function as child of a <Task> without an agent.",
    );
  }
  if (ENGINE.has(name))
    return report(
      ev,
      "SM103",
      span,
      `'${name}' is not part of the language in which a plan's expressions stand`,
      OTHERWISE.get(name) ?? BY_OTHER_MEANS,
    );
  // What it stands for was reported where it went wrong.
  if (name.startsWith(POISON_MARK)) return POISON;
  return report(
    ev,
    "SM103",
    span,
    `'${name}' is not defined`,
    IMPORTS.get(name) ?? "Declare it, import it, or pass it through the workflow's input.",
  );
}

/** What nearly every workflow imports. */
const IMPORTS: ReadonlyMap<string, string> = new Map([
  ["createSmithers", 'Import it: import { createSmithers } from "smithers";'],
  ["z", 'Import it: import { z } from "zod";'],
]);

export function randomRead(ev: Evaluation, what: string, span?: Core.Span): Value {
  return report(
    ev,
    "SM502",
    span,
    `'${what}' gives another value each time the workflow is rendered`,
    "Derive it from ctx.runId, an item's id or an index; or draw it in a compute task and read its output.",
  );
}

/** The clock while rendering is the frame's: frozen, journaled, the same in a replay. */
export function clockRead(ev: Evaluation, what: string, span?: Core.Span): Value {
  report(
    ev,
    "SM501",
    span,
    `'${what}' reads the clock while the workflow is rendered; it becomes ctx.now(), frozen per frame`,
    what === "new Date()"
      ? "Write new Date(ctx.now()) to say so."
      : "Write ctx.now() to say so: milliseconds, the same for the whole frame.",
    "warning",
  );
  return residual(call(memberOf(nameOf("ctx"), "now")), { kind: "number", defined: true });
}

/** Calls of global functions that are not pure or not there; undefined for all others. `top`: while the module is loaded. */
export function impureCall(
  ev: Evaluation,
  object: string,
  method: string,
  span?: Core.Span,
  top = false,
): Value | undefined {
  if (object === "Math" && method === "random") return randomRead(ev, "Math.random()", span);
  if (object === "Date" && method === "now") return top ? startedAt(span) : clockRead(ev, "Date.now()", span);
  if (isCoreGlobal(object) && !hasFunction(object, method))
    return report(
      ev,
      "SM103",
      span,
      `'${object}.${method}' is no function of the language in which a plan's expressions stand`,
      OTHERWISE.get(`${object}.${method}`) ?? BY_OTHER_MEANS,
    );
  return undefined;
}

/** `RE.test(…)` and `RE.exec(…)` on a named expression with `g` or `y` (COMPILER 7); undefined for all else. */
export function statefulCall(
  ev: Evaluation,
  target: Value | undefined,
  method: string,
  span?: Core.Span,
): Value | undefined {
  if (target?.type !== "Residual" || !target.facts.stateful) return undefined;
  if (method !== "test" && method !== "exec") return undefined;
  return report(
    ev,
    "SM105",
    span,
    `'.${method}()' moves the lastIndex of a regular expression with the flag g or y that others use too`,
    "Drop the flag, or use text.match() or text.matchAll().",
  );
}

/** `new Date()` without arguments. */
export function newDate(ev: Evaluation, span?: Core.Span, top = false): Value {
  const now = top ? startedAt(span) : clockRead(ev, "new Date()", span);
  if (now.type !== "Residual") return POISON;
  return residual(
    { type: "New", callee: nameOf("Date"), args: [now.expr] },
    { kind: "object", defined: true },
  );
}
