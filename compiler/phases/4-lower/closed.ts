/** Parts of an agent that the run has no say in: constants, pure functions of them, and what hangs on the machine. */
import type * as Core from "../../../plan/core/ast.ts";
import { compileExpr, freeNames, hostNames, printExpr } from "../../../plan/core/index.ts";
import { walkScoped } from "../../../plan/core/scope.ts";
import { CoreError } from "../../../plan/core/values.ts";
import type { Json } from "../../../plan/types.ts";

/** The named constants and functions of a workflow. */
export interface Definitions {
  readonly constants: ReadonlyMap<string, Core.Expr>;
  readonly functions: ReadonlyMap<string, Core.Arrow>;
}

const definitionOf = ({ constants, functions }: Definitions, name: string): Core.Expr | undefined =>
  constants.get(name) ?? functions.get(name);

/** All that an expression is made of, its definitions' definitions included; null where something of the run is among it. */
function partsOf(expr: Core.Expr, known: Definitions): readonly Core.Expr[] | null {
  const parts = new Set<Core.Expr>([expr]);
  for (const part of parts)
    for (const name of freeNames(part)) {
      const definition = definitionOf(known, name);
      if (!definition) return null;
      parts.add(definition);
    }
  return [...parts];
}

/** Whether an expression hangs on the run. */
export const readsRun = (expr: Core.Expr, known: Definitions): boolean => partsOf(expr, known) === null;

/**
 * What such an expression is: a value where the machine has no say either, otherwise Core text with the definitions
 * written out, for an agent means the same wherever its parts are named. Undefined for what hangs on the run, for what
 * is no data, and for what can't be written out.
 */
export function closed(expr: Core.Expr, known: Definitions): Json | undefined {
  const parts = partsOf(expr, known);
  if (!parts) return undefined;
  if (!parts.some((part) => hostNames(part).length > 0)) {
    const value = worthOf(expr, known);
    if (value !== undefined) return value;
  }
  const text = writtenOut(expr, known);
  return text && { $: printExpr(text) };
}

function worthOf(expr: Core.Expr, known: Definitions): Json | undefined {
  const env = {
    name: (name: string): unknown => {
      const definition = definitionOf(known, name);
      if (!definition) throw new CoreError("FORBIDDEN", `${name} is not known at build time`);
      return compileExpr(definition).evaluate(env);
    },
  };
  try {
    const value = compileExpr(expr).evaluate(env);
    return isJson(value) ? value : undefined;
  } catch (error) {
    if (error instanceof CoreError) return undefined;
    throw error;
  }
}

function isJson(value: unknown): value is Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  return (
    typeof value === "object" &&
    Object.getPrototypeOf(value) === Object.prototype &&
    Object.values(value).every(isJson)
  );
}

/** Definitions put in place of their names; null where one holds itself, or a local name would be taken for one. */
function writtenOut(expr: Core.Expr, known: Definitions): Core.Expr | null {
  const parts = partsOf(expr, known);
  if ((parts ?? [expr]).some((part) => localNames(part).some((name) => definitionOf(known, name))))
    return null;
  const open = new Set<string>();
  const write = (node: unknown): unknown => {
    if (typeof node !== "object" || node === null) return node;
    if (Array.isArray(node)) return node.map(write);
    const { type, name } = node as { readonly type?: string; readonly name?: string };
    const definition = type === "Name" && name !== undefined ? definitionOf(known, name) : undefined;
    if (definition && name !== undefined) {
      if (open.has(name)) throw new HoldsItself();
      open.add(name);
      const written = write(definition);
      open.delete(name);
      return written;
    }
    return Object.fromEntries(Object.entries(node).map(([key, part]) => [key, write(part)]));
  };
  try {
    return write(expr) as Core.Expr;
  } catch (error) {
    if (error instanceof HoldsItself) return null;
    throw error;
  }
}

class HoldsItself extends Error {}

/** Names that an expression declares anywhere in it. */
function localNames(expr: Core.Expr): string[] {
  const names: string[] = [];
  walkScoped(expr, (_, scope) => {
    if (scope) names.push(...scope.names);
    return false;
  });
  return names;
}
