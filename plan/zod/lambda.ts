/** Functions of the author as Zod calls them: Core's, with what Zod passes beside the value. */

import type * as z from "zod";
import type { Arrow } from "../core/ast.ts";
import { callFunction } from "../core/index.ts";
import { HostObject, type Value } from "../core/values.ts";

/** What a function at a place is called with: nothing, the value, the value and a context, a payload, an issue, a caught value. */
export type Role = "none" | "value" | "context" | "payload" | "issue" | "caught";

/** Most parameters that a function of the role may declare. */
export const parametersOf = (role: Role): number => (role === "none" ? 0 : role === "context" ? 2 : 1);

/** A function that Zod can call, over a function of Core. */
export function zodFunction(fn: Value, role: Role): (...args: unknown[]) => unknown {
  switch (role) {
    case "none":
      return () => callFunction(fn, []);
    case "value":
      return (value) => callFunction(fn, [value]);
    case "issue":
      return (issue) => callFunction(fn, [plainIssue(issue)]);
    case "caught":
      return (caught) => callFunction(fn, [plainCaught(caught)]);
    case "context":
      return (value, payload) => reporting(payload, (context) => callFunction(fn, [value, context]));
    case "payload":
      return (payload) => reporting(payload, (context) => callFunction(fn, [context]));
    default: {
      const never: never = role;
      return never;
    }
  }
}

/** The role of a function by the method that takes it. */
export function roleOf(method: string): Role {
  switch (method) {
    case "default":
    case "prefault":
      return "none";
    case "catch":
      return "caught";
    case "transform":
    case "preprocess":
    case "superRefine":
      return "context";
    case "check":
    case "with":
      return "payload";
    default:
      return "value";
  }
}

export const declared = (arrow: Arrow): number => arrow.params.length + (arrow.rest === undefined ? 0 : 1);

interface Payload {
  readonly value: unknown;
  readonly issues: unknown[];
  readonly addIssue?: (issue: unknown) => void;
}

function reporting(payload: unknown, body: (context: HostObject) => unknown): unknown {
  return body(new Context(payload as Payload));
}

/** `ctx` of `.superRefine((value, ctx) => …)`, `.transform(…)` and `.check(…)`. */
class Context extends HostObject {
  readonly #payload: Payload;

  constructor(payload: Payload) {
    super();
    this.#payload = payload;
  }

  get(key: string): Value {
    switch (key) {
      case "value":
        return this.#payload.value;
      case "issues":
        return new Issues(this.#payload.issues);
      case "addIssue":
        return this.#payload.addIssue && new Adder(this.#payload.addIssue);
      default:
        return undefined;
    }
  }
}

/** `ctx.issues`, to push to and to count; what Zod put there shows plain fields only. */
class Issues extends HostObject {
  readonly #issues: unknown[];
  constructor(issues: unknown[]) {
    super();
    this.#issues = issues;
  }

  get(key: string): Value {
    if (key === "length") return this.#issues.length;
    if (key === "push") return new Adder((issue) => this.#issues.push(issue));
    return /^\d+$/.test(key) ? plainIssue(this.#issues[Number(key)]) : undefined;
  }
}

class Adder extends HostObject {
  readonly #add: (issue: unknown) => void;
  constructor(add: (issue: unknown) => void) {
    super();
    this.#add = add;
  }

  get(): Value {
    return undefined;
  }

  override call(args: readonly Value[]): Value {
    // Zod writes into the object that it is given; the author's may be frozen.
    for (const issue of args) this.#add(typeof issue === "object" && issue !== null ? { ...issue } : issue);
    return undefined;
  }
}

const SHOWN = [
  ..."code input path message expected format origin minimum maximum inclusive exact divisor keys values".split(
    " ",
  ),
  ..."params pattern prefix suffix includes algorithm discriminator options note key".split(" "),
];

/** The plain fields of an issue, and of those within it: the schema in it stays out of reach. */
function plainIssue(issue: unknown): unknown {
  if (typeof issue !== "object" || issue === null) return issue;
  const plain: Record<string, unknown> = {};
  for (const key of SHOWN) if (Object.hasOwn(issue, key)) plain[key] = Reflect.get(issue, key);
  const { errors, issues } = issue as { readonly errors?: unknown; readonly issues?: unknown };
  if (Array.isArray(errors))
    plain.errors = errors.map((branch) => (Array.isArray(branch) ? branch.map(plainIssue) : []));
  if (Array.isArray(issues)) plain.issues = issues.map(plainIssue);
  return plain;
}

function plainCaught(caught: unknown): unknown {
  // Asked for its value without an input, as for a JSON Schema.
  if (caught === undefined) return undefined;
  const { value, input, error, issues } = caught as z.core.$ZodCatchCtx;
  return { value, input, error: { issues: error.issues.map(plainIssue) }, issues: issues.map(plainIssue) };
}
