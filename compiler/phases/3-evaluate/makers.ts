/** Functions whose calls are read in place, because each gives what only that call shows. */
import type * as Core from "../../../plan/core/ast.ts";
import { type Closure, type Environment, lookup, type Value } from "./value.ts";

/** Whether calling a function constructs something of a package or of the source's own classes: an agent, a model, a tool. */
export function makesInstances(fn: Value): fn is Closure {
  return fn.type === "Closure" && makes(fn.arrow, fn.env, new Set());
}

/** Whether it reads the disk: while a module is loaded, a call with known arguments is answered at build time. */
export function readsDisk(fn: Value): fn is Closure {
  return fn.type === "Closure" && reads(fn.arrow, fn.env, new Set());
}

/** Whether it may call a function that is being read in place now: a known list of a recursion is walked, so that it ends. */
export function reenters(fn: Closure, open: ReadonlySet<unknown>): boolean {
  return leadsTo(fn.arrow, fn.env, open, new Set());
}

function leadsTo(node: unknown, env: Environment, open: ReadonlySet<unknown>, seen: Set<unknown>): boolean {
  if (typeof node !== "object" || node === null || seen.has(node)) return false;
  seen.add(node);
  if (Array.isArray(node)) return node.some((item) => leadsTo(item, env, open, seen));
  if ("type" in node && node.type === "Name") {
    const value = lookup(env, (node as Core.Name).name)?.value;
    if (value?.type !== "Closure") return false;
    return open.has(value.arrow) || leadsTo(value.arrow, value.env, open, seen);
  }
  return Object.entries(node).some(([key, part]) => key !== "span" && leadsTo(part, env, open, seen));
}

function reads(node: unknown, env: Environment, seen: Set<unknown>): boolean {
  if (typeof node !== "object" || node === null || seen.has(node)) return false;
  seen.add(node);
  if (Array.isArray(node)) return node.some((item) => reads(item, env, seen));
  const typed = node as { readonly type?: string };
  if (typed.type === "Name") {
    const value = lookup(env, (node as Core.Name).name)?.value;
    if (value?.type === "Native" && value.readsDisk) return true;
    if (value?.type === "Namespace" && value.name === "fs") return true;
    return value?.type === "Closure" && reads(value.arrow, value.env, seen);
  }
  return Object.entries(node).some(([key, part]) => key !== "span" && reads(part, env, seen));
}

function makes(node: unknown, env: Environment, seen: Set<unknown>): boolean {
  if (typeof node !== "object" || node === null || seen.has(node)) return false;
  seen.add(node);
  if (Array.isArray(node)) return node.some((item) => makes(item, env, seen));
  const typed = node as { readonly type?: string };
  if (typed.type === "Construct") return true;
  if (typed.type === "New" && lookup(env, (node as Core.New).callee.name)) return true;
  if (typed.type === "Call" && calls((node as Core.Call).callee, env, seen)) return true;
  return Object.entries(node).some(([key, part]) => key !== "span" && makes(part, env, seen));
}

function calls(callee: Core.Expr, env: Environment, seen: Set<unknown>): boolean {
  let root = callee;
  while (root.type === "Member") root = root.object;
  if (root.type !== "Name") return false;
  const value = lookup(env, root.name)?.value;
  if (value?.type === "External") return true;
  return value?.type === "Closure" && callee === root && makes(value.arrow, value.env, seen);
}
