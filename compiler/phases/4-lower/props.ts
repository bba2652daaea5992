/** What can be said of the props of a library component before anything is lowered: names, values, presence. */
import type * as Core from "../../../plan/core/ast.ts";
import { FIELDS, type Field, type FieldName, type Plain } from "../../../plan/fields.ts";
import type { Json } from "../../../plan/types.ts";
import { nearest } from "../../suggest.ts";
import type * as Surface from "../../surface.ts";
import { type Evaluation, report } from "../3-evaluate/state.ts";
import { fieldName, KINDS, type Kind } from "./kinds.ts";
import { REFUSED } from "./patterns.ts";
import { listed, meant, wordsOf } from "./words.ts";

/** Where a prop is written; undefined where a spread brings it. */
export function propSpan(syntax: Surface.Expr, name: string): Core.Span | undefined {
  if (syntax.type !== "Element") return undefined;
  const prop = syntax.props.find((x) => x.type === "ElementProp" && x.name === name);
  return prop?.span;
}

/** SM117 for a prop that a component does not know. */
export function unknownProp(
  ev: Evaluation,
  component: string,
  prop: string,
  known: readonly string[],
  span: Core.Span | undefined,
): void {
  const refused = KINDS[component]?.refused?.[prop];
  if (refused) {
    report(ev, "SM117", span, `'${prop}' of <${component}> ${refused[0]}`, refused[1]);
    return;
  }
  const names = known.filter((x) => x !== "children");
  const instead = nearest(prop, names);
  report(
    ev,
    "SM117",
    span,
    `<${component}> has no prop '${prop}'`,
    instead ? `Did you mean '${instead}'?` : `It knows ${names.join(", ")}.`,
  );
}

/** Whether `sideEffect` says that a task must not be done twice. SM119 where that is not to be read. */
export function isOnce(ev: Evaluation, said: Json | undefined, span: Core.Span | undefined): boolean {
  if (said === "once" || said === true) return true;
  if (said === false) return false;
  const keys = typeof said === "object" && said !== null && !Array.isArray(said) ? Object.keys(said) : [];
  const { idempotent } = (said ?? {}) as { readonly idempotent?: Json };
  if (keys.length === 1 && typeof idempotent === "boolean") return !idempotent;
  report(
    ev,
    "SM119",
    span,
    "'sideEffect' wants \"once\", true, false or { idempotent: … }, known at build time",
    meant(
      said,
      ["once"],
      'Write sideEffect="once"; what undoes a task is the compensation of a <Saga.Step>.',
    ),
  );
  return false;
}

/** SM117 for a component that is none. */
export function unknownComponent(
  ev: Evaluation,
  name: string,
  span: Core.Span | undefined,
  known: readonly string[],
): void {
  const refused = REFUSED[name];
  if (refused) report(ev, "SM117", span, `<${name}> ${refused[0]}`, refused[1]);
  else
    report(ev, "SM117", span, `<${name}> is not supported in this version`, `It knows ${known.join(", ")}.`);
}

/**
 * SM119 where a known value is none that the field can hold.
 *
 * @returns whether it can
 */
export function fits(
  ev: Evaluation,
  kind: Kind,
  prop: string,
  value: Json,
  span: Core.Span | undefined,
): boolean {
  const name = fieldName(kind, prop);
  if (!Object.hasOwn(FIELDS, name)) return true;
  const field: Field = FIELDS[name as FieldName];
  const wanted =
    wrongText(name, value) ??
    wrongBudget(name, value) ??
    wrongRounds(name, value) ??
    ("plain" in field ? wrong(field.plain, value) : null) ??
    null;
  if (wanted === null) return true;
  const [given, words] = wordIn(name as FieldName, value);
  const hint = meant(given, words, HINT);
  report(ev, "SM119", span, `'${prop}' wants ${wanted}, this is ${JSON.stringify(value)}`, hint);
  return false;
}

const HINT = "Give it such a value, or one that the run works out.";

/** The part of a value that has to be one of a few words, and these. */
function wordIn(name: FieldName, value: Json): readonly [Json | undefined, readonly string[]] {
  const own = wordsOf(name);
  if (own.length > 0) return [value, own];
  const { backoff, onExceeded } = (value ?? {}) as { readonly [key: string]: Json };
  if (name === "retryPolicy") return [backoff, BACKOFFS];
  const words = Object.hasOwn(BUDGETS, name) ? BUDGETS[name]?.onExceeded : undefined;
  return words === undefined || words === NUMBER ? [undefined, []] : [onExceeded, words as readonly string[]];
}

const DURATION = /^\s*\d+(\.\d+)?\s*(ms|s|m|h|d)\s*$/;

/** Texts that say something. */
const TEXTS: readonly string[] = ["path", "event", "name", "reason"];

/** What texts of a certain form hold. */
function wrongText(name: string, value: Json): string | null {
  if (typeof value !== "string") return null;
  if ((name === "duration" || name === "every") && !DURATION.test(value))
    return 'a duration such as "500ms", "3s", "30m", "1h", "7d"';
  if (name === "every" && Number.parseFloat(value) === 0) return "an interval that is longer than nothing";
  if (name === "at" && Number.isNaN(Date.parse(value))) return 'a time such as "2026-01-31T08:00:00Z"';
  if (TEXTS.includes(name) && value.trim() === "") return "a text that is not empty";
  return null;
}

const BACKOFFS = ["exponential", "linear", "fixed"];
const NUMBER = "a number from 0 up";
const EXCEEDED = ["fail", "warn", "skip-remaining"];

/** Keys of the budgets of `<Aspects>`, each with what it holds. */
const BUDGETS: { readonly [field: string]: { readonly [key: string]: typeof NUMBER | readonly string[] } } = {
  tokenBudget: { max: NUMBER, perTask: NUMBER, onExceeded: EXCEEDED },
  latencySlo: { maxMs: NUMBER, perTask: NUMBER, onExceeded: ["fail", "warn"] },
  costBudget: { maxUsd: NUMBER, onExceeded: EXCEEDED },
};

/** A budget with a key that is none would bound nothing (SEMANTICS 42). */
function wrongBudget(name: string, value: Json): string | null {
  const keys = Object.hasOwn(BUDGETS, name) ? BUDGETS[name] : undefined;
  if (!keys || typeof value !== "object" || value === null || Array.isArray(value)) return null;
  for (const [key, given] of Object.entries(value as { readonly [key: string]: Json })) {
    const wanted = Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (wanted === undefined) {
      const near = nearest(key, Object.keys(keys));
      return near === null
        ? `an object of ${Object.keys(keys).join(", ")}`
        : `'${near}' where '${key}' stands`;
    }
    const isRight =
      wanted === NUMBER ? typeof given === "number" && given >= 0 : wanted.includes(given as string);
    if (!isRight) return `'${key}' to be ${wanted === NUMBER ? NUMBER : (wanted as string[]).join(" or ")}`;
  }
  const [first = ""] = Object.keys(keys);
  return Object.hasOwn(value, first) ? null : `an object with '${first}'`;
}

/** A run that went on as a new one after no iteration, or within one, would never do so. */
function wrongRounds(name: string, value: Json): string | null {
  if (name !== "continueAsNewEvery") return null;
  return Number.isInteger(value) && (value as number) >= 1 ? null : "a whole number of iterations from 1 up";
}

/** What is wanted instead of a value; null where it will do. */
function wrong(plain: Plain, value: Json): string | null {
  if (typeof plain !== "string") return plain.includes(value as string) ? null : listed(plain);
  const isTable = typeof value === "object" && value !== null && !Array.isArray(value);
  switch (plain) {
    case "json":
      return null;
    case "string":
      return typeof value === "string" ? null : "a text";
    case "boolean":
      return typeof value === "boolean" ? null : "true or false";
    case "number":
      return typeof value === "number" && value >= 0 ? null : "a number from 0 up";
    case "signed":
      return typeof value === "number" ? null : "a number";
    case "strings":
      return Array.isArray(value) && value.every((x) => typeof x === "string") ? null : "a list of texts";
    case "table":
      return isTable && Object.values(value).every((x) => typeof x === "string")
        ? null
        : "an object of texts";
    case "backoff":
      return isTable ? wrongBackoff(value as { readonly [name: string]: Json }) : "an object";
    default:
      return plain satisfies never;
  }
}

function wrongBackoff(policy: { readonly [name: string]: Json }): string | null {
  const { backoff, initialDelayMs, maxDelayMs, ...others } = policy;
  const [other] = Object.keys(others);
  if (other !== undefined) return "no more than backoff, initialDelayMs and maxDelayMs";
  const kind = backoff === undefined ? null : wrong(BACKOFFS, backoff);
  if (kind !== null) return `${kind} as its backoff`;
  const delays = [initialDelayMs, maxDelayMs].filter((x) => x !== undefined);
  return delays.some((x) => wrong("number", x) !== null) ? "delays in milliseconds" : null;
}

/** Props that have to be there, and those of which exactly one has to be. `given`: those that hold something. */
export function checkPresence(
  ev: Evaluation,
  component: string,
  kind: Kind,
  given: ReadonlySet<string>,
  span: Core.Span | undefined,
): void {
  for (const name of kind.wanted ?? [])
    if (!given.has(name)) report(ev, "SM119", span, `<${component}> needs '${name}'`, `Give it ${name}={…}.`);
  if (!kind.oneOf) return;
  const has = kind.oneOf.filter((name) => given.has(name));
  if (has.length === 1) return;
  const names = kind.oneOf.map((name) => `'${name}'`);
  report(
    ev,
    "SM119",
    span,
    `<${component}> needs one of ${names.join(", ")}, this has ${has.length === 0 ? "none" : has.join(" and ")}`,
    has.length > 0
      ? "Leave all but one of them out."
      : 'Give it duration="3s", until="2026-01-31T08:00:00Z" or every="1h".',
  );
}
