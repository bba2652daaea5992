/** Functions that run as code: what they take along from the workflow. */
import type * as Core from "../../../plan/core/ast.ts";
import { amongOf } from "../3-evaluate/among.ts";
import { functionIn } from "../3-evaluate/holds-function.ts";
import { unrecorded } from "../3-evaluate/host-values.ts";
import { freeNames } from "../3-evaluate/names.ts";
import { reify } from "../3-evaluate/reify.ts";
import { isAgentObject, isStructural } from "../3-evaluate/shape.ts";
import { type Evaluation, report } from "../3-evaluate/state.ts";
import {
  type Closure,
  type Code,
  type Environment,
  lookupLocal,
  type Scope,
  toJson,
  type Value,
} from "../3-evaluate/value.ts";
import type { Field } from "./draft.ts";
import { fileFacts } from "./file-facts.ts";

interface Captured {
  readonly value: Value | undefined;
  readonly env: Environment;
  /** Another value has the name where another of the functions stands. */
  readonly isTwice?: true;
}

/** Names a function uses that are neither its own nor of a module's top level nor global, those of local helpers included. */
export function capturedNames(fn: Closure | Code): Map<string, Captured> {
  const result = new Map<string, Captured>();
  const seen = new Set<object>();
  const visit = (node: Closure | Code): void => {
    const syntax = node.type === "Closure" ? node.arrow : node.func;
    if (seen.has(syntax)) return;
    seen.add(syntax);
    const names = node.type === "Closure" ? freeNames(syntax) : new Set(node.func.free);
    for (const name of names) {
      const found = lookupLocal(node.env, name);
      if (!found) continue;
      if (found.value.type === "Closure" || found.value.type === "Code") visit(found.value);
      else if (result.has(name) && result.get(name)?.env !== found.env)
        result.set(name, { ...found, isTwice: true });
      else result.set(name, found);
    }
  };
  visit(fn);
  return result;
}

/** The captures of a function as fields of its node. `ctx` is given by the runtime. */
export function captureFields(ev: Evaluation, fn: Closure | Code, span: Core.Span): Map<string, Field> {
  const fields = new Map<string, Field>();
  for (const [name, value] of fileFacts(fn))
    if (value.type !== "Poison") fields.set(name, { type: "core", expr: reify(ev, value) });
  const at = (fn.type === "Closure" ? fn.arrow.span : fn.func.span) ?? span;
  // What was refused counts as taken along: it is said once.
  const refuse = (name: string, message: string, hint: string): void => {
    report(ev, "SM103", at, message, hint);
    fields.set(name, { type: "json", value: null });
  };
  for (const [name, { value, isTwice }] of capturedNames(fn)) {
    if (!value || value.type === "Poison" || isCtx(value)) continue;
    if (isTwice) {
      refuse(
        name,
        `two values called '${name}' would go along into one module`,
        "Call one of them otherwise.",
      );
      continue;
    }
    if (value.type === "Namespace" && value.host) {
      unrecorded(ev, value.name, fn.type === "Closure" ? fn.arrow.span : fn.func.span);
      continue;
    }
    const what = cantGoAlong(value);
    if (what === "nothing") continue;
    const json = what === null ? toJson(value) : undefined;
    const found =
      what === FUNCTIONS
        ? functionAt(value)
        : what === null && json === undefined
          ? functionIn(reify(ev, value), (x) => inScopes(ev, x))
          : null;
    if (found !== null)
      refuse(
        name,
        `'${name}' holds a function ('${name}${found}') and can't go along into the function's own process`,
        "Give the function a name of its own (const f = …), which goes along as code, or take along plain data.",
      );
    else if (what !== null)
      refuse(
        name,
        `'${name}' (${what}) can't go along into the function's own process`,
        "Take along plain data: strings, numbers, objects, rows.",
      );
    else
      fields.set(
        name,
        json === undefined ? { type: "core", expr: reify(ev, value) } : { type: "json", value: json },
      );
  }
  return fields;
}

const FUNCTIONS = "an object of functions";

/** What a value is that no capture can hold; "nothing" where none is needed, null where one will do. */
export function cantGoAlong(value: Value): string | null {
  switch (value.type) {
    case "Namespace":
    case "Native":
    case "Schema":
    case "External":
      return "nothing";
    case "Instance":
      return "an agent";
    case "Prompt":
      return "a prompt";
    case "Object":
    case "Array":
      return functionAt(value) !== null ? FUNCTIONS : isStructural(value) ? "elements" : null;
    case "Residual":
      return amongOf(value).among?.some((one) => one.type === "Instance" || isAgentObject(one))
        ? "an agent"
        : null;
    default:
      return isStructural(value) ? value.type.toLowerCase() : null;
  }
}

/** The way to the first function that a known value is or holds; null where there is none. `seen`: parts may be shared. */
function functionAt(value: Value, seen: Set<Value> = new Set()): string | null {
  if (seen.has(value)) return null;
  seen.add(value);
  for (const [way, member] of membersOf(value)) {
    const inner = functionAt(member, seen);
    if (inner !== null) return `${way}${inner}`;
  }
  const isFunction =
    value.type === "Closure" ||
    value.type === "Code" ||
    (value.type === "Residual" && value.facts.among?.some((one) => one.type === "Closure"));
  return isFunction ? "" : null;
}

function membersOf(value: Value): readonly [way: string, member: Value][] {
  if (value.type === "Object") return [...value.props].map(([key, member]) => [`.${key}`, member]);
  if (value.type !== "Array") return [];
  return value.items.flatMap((item, n): [string, Value][] =>
    item.type === "SpreadItem" ? [] : [[`[${n}]`, item]],
  );
}

/** What a name stands for in the scopes around. */
function inScopes(ev: Evaluation, name: string): Core.Expr | undefined {
  for (let at: Scope | null = ev.scope; at; at = at.parent) {
    const found = at.values.get(name);
    if (found) return found;
  }
  return ev.constants.get(name) ?? ev.functions.get(name);
}

const isCtx = (value: Value): boolean =>
  value.type === "Residual" && value.expr.type === "Name" && value.expr.name === "ctx";

/** The capture that a function with `deps` gets as its argument. */
export const DEPS_NAME = "$deps";
export const DEPS: ReadonlyMap<string, Field> = new Map([
  [DEPS_NAME, { type: "core", expr: { type: "Name", name: "deps" } }],
]);

/** What is said of an async function that should give a prompt, and what helps. */
export const ASYNC_PROMPT = [
  "a prompt is evaluated when the task starts; the function that gives it can't be async",
  "Return the prompt directly, and prepare what it needs in a compute task that this one depends on.",
] as const;

/** Gives a function its name among the plan's modules. */
export function registerModule(
  ev: Evaluation,
  fn: Closure | Code,
  wanted: string,
  captures: readonly string[],
): string {
  const syntax = fn.type === "Closure" ? fn.arrow : fn.func;
  const existing = ev.codeNames.get(syntax);
  if (existing) return existing;
  const base = wanted.replace(/[^\w$-]+/g, "-").replace(/^-+|-+$/g, "") || "code";
  let name = base;
  for (let n = 2; ev.codeModules.has(name); n++) name = `${base}-${n}`;
  ev.codeModules.set(name, { fn, captures });
  ev.codeNames.set(syntax, name);
  return name;
}
