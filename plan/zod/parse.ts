import type { z } from "zod";
import type { Json } from "../types.ts";

export interface Issue {
  /** As one writes it in code: `items[2].id`; "" for the value itself. */
  readonly path: string;
  /** What was expected there and what stood there. */
  readonly message: string;
}

export type Parsed =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/**
 * Parses `json`; the value is JSON again, so that what a run sees now is what it reads back after a resume: `undefined`
 * fields are absent, and a result without JSON form (a Date, NaN) is an issue. A throwing function of the author is one too.
 */
export function parseWith(schema: z.ZodType, json: Json): Parsed {
  try {
    const result = schema.safeParse(json);
    if (!result.success)
      return { ok: false, issues: result.error.issues.flatMap((issue) => flatten(issue, [])) };
    return { ok: true, value: toJson(result.data, []) };
  } catch (error) {
    if (error instanceof NotJson) return { ok: false, issues: [error.issue] };
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, issues: [{ path: "", message: `A function of the schema failed: ${reason}` }] };
  }
}

/** An issue with where it is in the value. */
export interface PlacedIssue extends Issue {
  readonly keys: readonly PropertyKey[];
}

/**
 * What is wrong with a value of which only parts are known, whatever stands in the others.
 *
 * @param value any value; what is not known is nothing that a schema takes
 * @param isKnown whether all that stands at a path is known
 */
export function issuesOfKnown(
  schema: z.ZodType,
  value: unknown,
  isKnown: (path: readonly PropertyKey[]) => boolean,
): readonly PlacedIssue[] {
  try {
    const { error } = schema.safeParse(value);
    // What an author's own check says of one place may hang on another.
    const certain = (error?.issues ?? []).filter(({ code, path }) => isKnown(code === "custom" ? [] : path));
    return certain.flatMap((issue) => flatten(issue, []).map((one) => ({ ...one, keys: issue.path })));
  } catch {
    return [];
  }
}

/** One line an issue: `items[2].id: Invalid input: expected string, received number`. */
export function formatIssues(issues: readonly Issue[]): string {
  return issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("\n");
}

type Path = readonly PropertyKey[];

/** A union fails with one issue that says nothing; what each member expected is in its branches. */
function flatten(issue: z.core.$ZodIssue, prefix: Path): Issue[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const branches = issue.errors.map((errors) => errors.flatMap((inner) => flatten(inner, path)));
    // The branch that came furthest is the one the author meant; equals are listed together.
    const deepest = Math.max(...branches.map((branch) => depth(branch)));
    const own = path.length;
    if (deepest > own) return branches.filter((branch) => depth(branch) === deepest).flat();
    const messages = [...new Set(branches.flat().map((inner) => inner.message))];
    return [{ path: show(path), message: messages.join(", or: ") }];
  }
  if ((issue.code === "invalid_key" || issue.code === "invalid_element") && issue.issues.length > 0) {
    return issue.issues.flatMap((inner) => flatten(inner, path));
  }
  return [{ path: show(path), message: issue.message }];
}

const depth = (issues: readonly Issue[]): number =>
  Math.max(0, ...issues.map((issue) => issue.path.split(/[.[]/).filter((part) => part !== "").length));

function show(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === "number") return `[${part}]`;
      const name = String(part);
      if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)) return `[${JSON.stringify(name)}]`;
      return index === 0 ? name : `.${name}`;
    })
    .join("");
}

class NotJson extends Error {
  readonly issue: Issue;
  constructor(path: Path, what: string) {
    super(what);
    this.issue = { path: show(path), message: `The schema gives ${what}, which has no JSON form` };
  }
}

function toJson(value: unknown, path: Path): Json {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      if (!Number.isFinite(value)) throw new NotJson(path, String(value));
      return Object.is(value, -0) ? 0 : value;
    case "object":
      break;
    default:
      throw new NotJson(path, value === undefined ? "undefined" : `a ${typeof value}`);
  }
  if (value === null) return null;
  if (Array.isArray(value)) return Array.from(value, (item, index) => toJson(item, [...path, index]));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new NotJson(path, `a ${value.constructor?.name ?? "value of a class"}`);
  }
  const result: Record<string, Json> = {};
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    // A plain assignment of `__proto__` would set the prototype.
    Object.defineProperty(result, key, {
      value: toJson(member, [...path, key]),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return result;
}
