/**
 * Schemas that are read later than they are written: `z.lazy(() => Node)` and getters of a shape. Each is a schema of
 * its own in the plan, so that a recursive one can name itself: `z.lazy(() => schema('$Node'))`.
 */
import type * as Core from "../../../plan/core/ast.ts";
import { inline } from "./calls.ts";
import { arrowOf, call, literal, memberOf, nameOf } from "./core.ts";
import { freeNames } from "./names.ts";
import { Bail, type Evaluation, inScope, report } from "./state.ts";
import type { Closure, Value } from "./value.ts";

/** `$` keeps them apart from tables, whose rows they do not hold. */
const PREFIX = "$";
/** Helpers that make new lazy schemas whenever one is read never come to an end. */
const MOST = 500;

/** Core text of a schema that is not read yet. */
export function lazyText(ev: Evaluation, closure: Closure): Core.Call {
  const text = call(nameOf("schema"), literal(nameOfLazy(ev, closure)));
  return call(memberOf(nameOf("z"), "lazy"), arrowOf([], text));
}

function nameOfLazy(ev: Evaluation, closure: Closure): string {
  for (const [name, known] of ev.lazySchemas)
    if (known.arrow === closure.arrow && known.env === closure.env) return name;
  const { body } = closure.arrow;
  const [mentioned] = [...freeNames(body)].filter((name) => name !== "z");
  const base =
    body.type === "Name"
      ? body.name
      : [mentioned, closure.name ?? "lazy"].filter((x) => x !== undefined).join("_");
  let name = PREFIX + base;
  for (let n = 2; ev.lazySchemas.has(name); n++) name = `${PREFIX}${base}_${n}`;
  ev.lazySchemas.set(name, closure);
  return name;
}

/** The lazy schemas that `tables` reach, by their names. */
export function lazySchemas(ev: Evaluation, tables: ReadonlyMap<string, Value>): Map<string, Value> {
  const found = new Map<string, Value>();
  const open = [...tables.values()];
  for (let next = open.pop(); next; next = open.pop()) {
    if (next.type !== "Schema") continue;
    for (const name of schemaNames(next.expr)) {
      const closure = ev.lazySchemas.get(name);
      if (!closure || found.has(name)) continue;
      const value = found.size < MOST ? read(ev, closure) : endless(ev, closure);
      found.set(name, value);
      open.push(value);
    }
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function read(ev: Evaluation, closure: Closure): Value {
  try {
    return inScope(ev, ev.moduleScope, () => inline(ev, closure, [], closure.arrow.span));
  } catch (error) {
    if (!(error instanceof Bail)) throw error;
    return report(
      ev,
      "SM601",
      error.span ?? closure.arrow.span,
      `this schema can't be read: ${error.message}`,
    );
  }
}

function endless(ev: Evaluation, closure: Closure): Value {
  return report(
    ev,
    "SM106",
    closure.arrow.span,
    `this makes a new schema whenever one is read, more than ${MOST} of them`,
    "Give the recursive schema a name at the top of the module and refer to it: z.lazy(() => Node).",
  );
}

function schemaNames(node: unknown, into: Set<string> = new Set()): Set<string> {
  if (typeof node !== "object" || node === null) return into;
  if (Array.isArray(node)) {
    for (const item of node) schemaNames(item, into);
    return into;
  }
  const expr = node as Core.Expr;
  if (expr.type === "Call" && expr.callee.type === "Name" && expr.callee.name === "schema") {
    const [name] = expr.args;
    if (name?.type === "Literal") into.add(String(name.value));
  }
  for (const [key, part] of Object.entries(node)) if (key !== "span") schemaNames(part, into);
  return into;
}
