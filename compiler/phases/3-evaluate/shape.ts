/** Questions about abstract values. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { literal } from "./core.ts";
import { unlessOpen } from "./env.ts";
import { type Environment, lookup, type Value } from "./value.ts";
import { isSchemaText } from "./zod-text.ts";

/** True when the value can't stand in Core text as data: it holds elements, components, functions that make them, code. */
export function isStructural(value: Value): boolean {
  return holdsStructure(value, new Set());
}

/** `open`: functions and objects that are being looked at; functions may name the objects they stand in. */
function holdsStructure(value: Value, open: Set<Value>): boolean {
  switch (value.type) {
    case "Known":
    case "Residual":
    case "Table":
    case "Poison":
    case "Instance":
    case "Prompt":
    case "Schema":
    case "Fail":
      return false;
    case "Element":
    case "Each":
    case "Block":
    case "Component":
    case "Code":
    case "Class":
    case "External":
    case "Namespace":
    case "Native":
    case "Workflow":
      return true;
    case "Closure":
      if (open.has(value)) return false;
      return touchesElements(value.arrow, value.env, new Set(), new Set([...open, value]));
    // What stands under a name is data: reading it again costs nothing, however often it is shared.
    case "Array":
      return (
        !value.ref &&
        value.items.some((item) => holdsStructure(item.type === "SpreadItem" ? item.value : item, open))
      );
    case "Object":
      return (
        !value.ref && !isAgentObject(value) && [...value.props.values()].some((x) => holdsStructure(x, open))
      );
    case "Choice":
      return holdsStructure(value.then, open) || holdsStructure(value.else, open);
    case "Select":
      return holdsStructure(value.other, open) || value.cases.some((x) => holdsStructure(x.value, open));
    default: {
      const missing: never = value;
      return missing;
    }
  }
}

/** A plain object that can serve as an agent. */
export function isAgentObject(value: Value): boolean {
  if (value.type !== "Object") return false;
  const generate = value.props.get("generate");
  return generate?.type === "Code" || generate?.type === "Closure";
}

/** True when code mentions elements, or names that stand for something structural. */
export function touchesElements(
  node: unknown,
  env: Environment,
  seen: Set<unknown>,
  open: Set<Value> = new Set(),
): boolean {
  if (typeof node !== "object" || node === null || seen.has(node)) return false;
  seen.add(node);
  if (Array.isArray(node)) return node.some((item) => touchesElements(item, env, seen, open));
  const typed = node as { readonly type?: string };
  if (typed.type === "Element" || typed.type === "Func" || typed.type === "Class") return true;
  if (typed.type === "Name") {
    const found = unlessOpen(() => lookup(env, (node as Core.Name).name)?.value);
    if (!found) return false;
    if (found.type === "Closure") return touchesElements(found.arrow, found.env, seen, open);
    return (
      found.type !== "External" &&
      found.type !== "Namespace" &&
      found.type !== "Native" &&
      holdsStructure(found, open)
    );
  }
  for (const [key, part] of Object.entries(node)) {
    if (key !== "span" && touchesElements(part, env, seen, open)) return true;
  }
  return false;
}

/** Whether a value counts as true, where that is known. */
export function truth(value: Value): boolean | undefined {
  switch (value.type) {
    case "Known":
      return Boolean(value.value);
    case "Residual": {
      const { kind, defined } = value.facts;
      return defined && (kind === "array" || kind === "object") ? true : undefined;
    }
    case "Choice": {
      const then = truth(value.then);
      return then === truth(value.else) ? then : undefined;
    }
    case "Select": {
      const other = truth(value.other);
      return value.cases.every((x) => truth(x.value) === other) ? other : undefined;
    }
    case "Schema":
      return isSchemaText(value.expr) ? true : undefined;
    case "Fail":
    case "Poison":
    case "Block":
      return undefined;
    default:
      return true;
  }
}

/** What `typeof` gives, where that is known. */
export function typeOf(value: Value): string | undefined {
  switch (value.type) {
    case "Known":
      return typeof value.value;
    case "Residual": {
      const { kind, defined } = value.facts;
      if (!defined || !kind) return undefined;
      return kind === "array" ? "object" : kind;
    }
    case "Closure":
    case "Code":
    case "Class":
    case "Component":
    case "Native":
    case "Prompt":
      return "function";
    case "Array":
    case "Object":
    case "Element":
    case "Each":
    case "Instance":
    case "Namespace":
    case "Table":
      return "object";
    case "Schema":
      return isSchemaText(value.expr) ? "object" : undefined;
    case "Choice": {
      const then = typeOf(value.then);
      return then === typeOf(value.else) ? then : undefined;
    }
    default:
      return undefined;
  }
}

/** True for null and undefined, false for what can't be either, undefined where only the run knows. */
export function nullish(value: Value): boolean | undefined {
  switch (value.type) {
    case "Known":
      return value.value === null || value.value === undefined;
    case "Residual":
      return value.facts.defined ? false : undefined;
    case "Choice": {
      const then = nullish(value.then);
      return then === nullish(value.else) ? then : undefined;
    }
    case "Select": {
      const other = nullish(value.other);
      return value.cases.every((x) => nullish(x.value) === other) ? other : undefined;
    }
    case "Schema":
      return isSchemaText(value.expr) ? false : undefined;
    case "Fail":
    case "Poison":
    case "Block":
      return undefined;
    default:
      return false;
  }
}

/** Names bound by a pattern, in order. */
export function patternNames(pattern: Surface.Pattern, out: string[] = []): string[] {
  switch (pattern.type) {
    case "Name":
      out.push(pattern.name);
      return out;
    case "Member":
      return out;
    case "DefaultPattern":
      return patternNames(pattern.target, out);
    case "ArrayPattern":
      for (const element of pattern.elements) if (element) patternNames(element, out);
      if (pattern.rest) patternNames(pattern.rest, out);
      return out;
    case "ObjectPattern":
      for (const prop of pattern.props) patternNames(prop.value, out);
      if (pattern.rest) patternNames(pattern.rest, out);
      return out;
    default: {
      const missing: never = pattern;
      return missing;
    }
  }
}

/** An expression that may be written again at every use: a name, a literal, a handle. */
export function isTrivial(expr: Core.Expr): boolean {
  if (expr.type === "Name" || expr.type === "Literal") return true;
  return (
    expr.type === "Call" &&
    expr.callee.type === "Name" &&
    ["agent", "prompt", "schema", "module"].includes(expr.callee.name) &&
    expr.args.length === 1
  );
}

export const undefinedExpr = literal(undefined);
