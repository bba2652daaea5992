/** Property access on abstract values. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { memberOfAgent } from "./agent-members.ts";
import { amongAt, amongMembers } from "./among.ts";
import { inline } from "./calls.ts";
import { mapChoices } from "./choice.ts";
import { literal, memberOf } from "./core.ts";
import { type ChainMode, CUT, evaluate } from "./evaluate.ts";
import { unrecorded } from "./host-values.ts";
import { effectOf, foreignUse } from "./node-modules.ts";
import { reify } from "./reify.ts";
import { isStructural, nullish } from "./shape.ts";
import { Bail, type Evaluation, report } from "./state.ts";
import {
  type Environment,
  type Facts,
  known,
  object,
  POISON,
  residual,
  UNDEFINED,
  type Value,
} from "./value.ts";
import { schemaMember } from "./zod.ts";

export function evaluateMember(
  ev: Evaluation,
  node: Core.Member<Surface.Extra>,
  env: Environment,
  chain: ChainMode | null,
): Value {
  const target = evaluate(ev, node.object, env, chain);
  const key = typeof node.property === "string" ? known(node.property) : evaluate(ev, node.property, env);
  return access(ev, target, key, { optional: node.optional === true, chain, span: node.span });
}

export interface Access {
  readonly optional: boolean;
  readonly chain: ChainMode | null;
  readonly span: Core.Span | undefined;
}

/** `target[key]`; inside a chain an optional step that finds nothing cuts it short. */
export function access(ev: Evaluation, target: Value, key: Value, how: Access): Value {
  if (target === CUT || target.type === "Fail") return target;
  if (target.type === "Poison" || key.type === "Poison") return POISON;
  if (
    (target.type === "Choice" || target.type === "Select") &&
    (isStructural(target) || target.type === "Choice")
  )
    return mapChoices(ev, target, (one) => access(ev, one, key, how));
  const none = nullish(target);
  if (none === true)
    return how.optional
      ? CUT
      : failure(
          `Cannot read properties of ${String((target as { value?: unknown }).value)} (reading '${keyText(key)}')`,
        );
  if (how.optional && none === undefined && how.chain?.guards) how.chain.guards.push(reify(ev, target));
  if (key.type === "Choice" && isStructural(target))
    return mapChoices(ev, key, (one) => access(ev, target, one, how));
  if (key.type === "Known") return fixed(ev, target, String(key.value), how);
  if (target.type === "Namespace" && target.host) return unrecorded(ev, `${target.name}[…]`, how.span);
  if (isStructural(target)) return select(target, reify(ev, key), how);
  return residual(
    keepOptional(ev, memberOf(reify(ev, target), reify(ev, key)), how, none),
    amongMembers(target),
  );
}

function keyText(key: Value): string {
  return key.type === "Known" ? String(key.value) : "…";
}

export function failure(message: string): Value {
  return { type: "Fail", message: literal(message) };
}

function keepOptional(_ev: Evaluation, expr: Core.Member, how: Access, none: boolean | undefined): Core.Expr {
  const spanned = how.span ? { ...expr, span: how.span } : expr;
  return how.optional && none === undefined && how.chain && !how.chain.guards
    ? { ...spanned, optional: true }
    : spanned;
}

/** A member of a structural table under a key that only the run knows. */
function select(target: Value, key: Core.Expr, how: Access): Value {
  if (target.type === "Object") {
    const cases = [...target.props].map(([name, value]) => ({ key: name, value }));
    return { type: "Select", key, cases, other: UNDEFINED };
  }
  if (target.type === "Array") {
    const cases = target.items.map((value, n) => {
      if (value.type === "SpreadItem") throw new Bail("an index into a list of unknown length", how.span);
      return { key: String(n), value };
    });
    return { type: "Select", key, cases, other: UNDEFINED };
  }
  if (target.type === "Namespace") {
    const cases = target.keys().map((name) => ({
      key: name,
      value: target.member(name, how.span ?? { file: 0, start: 0, end: 0 }) ?? UNDEFINED,
    }));
    if (cases.every((x) => x.value.type === "Table")) return residual(key);
    return { type: "Select", key, cases, other: UNDEFINED };
  }
  throw new Bail(`a computed member of ${target.type}`, how.span);
}

/** Only what is surely a list or a text has a count: a field of the author's may be called `length` or `size` too. */
function factsOfMember({ kind }: Facts, key: string): Facts {
  return key === "length" && (kind === "array" || kind === "string") ? { kind: "number", defined: true } : {};
}

function fixed(ev: Evaluation, target: Value, key: string, how: Access): Value {
  switch (target.type) {
    case "Residual": {
      const isIndex = /^(0|[1-9]\d*)$/.test(key);
      const expr = memberOf(target.expr, isIndex ? literal(Number(key)) : key);
      return residual(keepOptional(ev, expr, how, nullish(target)), {
        ...(!how.optional && factsOfMember(target.facts, key)),
        ...amongAt(target.facts, key, how.optional),
      });
    }
    case "Object": {
      const value = target.props.get(key) ?? noMember({}, key, how);
      return value.type === "Closure" && value.getter ? inline(ev, value, [], how.span) : value;
    }
    case "Array": {
      const open = target.items.some((item) => item.type === "SpreadItem");
      if (key === "length") {
        if (!open) return known(target.items.length);
        return residual(memberOf(reify(ev, target), "length"), { kind: "number", defined: true });
      }
      if (/^(0|[1-9]\d*)$/.test(key)) {
        const before = target.items.slice(0, Number(key) + 1);
        if (!before.some((item) => item.type === "SpreadItem"))
          return (before[Number(key)] as Value) ?? UNDEFINED;
        return residual(memberOf(reify(ev, target), literal(Number(key))));
      }
      return noMember([], key, how);
    }
    case "Known":
      if (typeof target.value === "string") {
        if (key === "length") return known(target.value.length);
        if (/^(0|[1-9]\d*)$/.test(key)) return known(target.value[Number(key)]);
      }
      return noMember(Object(target.value) as object, key, how);
    case "Namespace": {
      const member = target.member(key, how.span ?? { file: 0, start: 0, end: 0 });
      if (member) return member;
      return report(
        ev,
        "SM103",
        how.span,
        `'${target.name}' has no '${key}'`,
        suggestion(key, target.keys()),
      );
    }
    case "External":
      return { ...target, path: [...target.path, key] };
    case "Table":
      if (key === "schema") return target.schema;
      return access(ev, target.schema, known(key), how);
    case "Element":
      if (key === "props") return object(target.props);
      if (key === "key") return target.key ?? known(null);
      if (key === "type")
        return typeof target.tag === "string" ? known(target.tag) : (target.tag ?? UNDEFINED);
      return UNDEFINED;
    case "Each":
      if (key === "length") return residual(memberOf(target.of, "length"), { kind: "number", defined: true });
      throw new Bail(`'${key}' of a list of elements`, how.span);
    case "Closure":
      if (key === "name") return known(target.name ?? "");
      if (key === "displayName" || key === "defaultProps") return UNDEFINED;
      throw new Bail(`'${key}' of a function`, how.span);
    case "Instance": {
      const member = memberOfAgent(target, key);
      if (member) return member;
      const options = target.args[0];
      if (!target.construct && options?.type === "Object" && options.props.has(key))
        return options.props.get(key) ?? UNDEFINED;
      if (!target.construct && target.callee.type === "External" && effectOf(target.callee))
        return foreignUse(ev, target.callee, target.span ?? how.span);
      const made = `(made by '${instanceName(target)}')`;
      // Once an object: what else is done with it has the same reason.
      if (ev.diagnostics.some((d) => d.code === "SM103" && d.message.endsWith(made))) return POISON;
      return report(
        ev,
        "SM103",
        how.span,
        `'${target.name ? `${target.name}.` : ""}${key}' belongs to an object that only running code has ${made}`,
        "Use plain functions and objects while rendering, or move the use into a compute task.",
      );
    }
    case "Schema":
      return schemaMember(ev, target, key, how.span ?? target.span);
    case "Component":
      if (target.name === "Saga" && key === "Step") return { type: "Component", name: "Saga.Step" };
      throw new Bail(`'${key}' of a component`, how.span);
    case "Block":
    case "Code":
    case "Class":
    case "Prompt":
    case "Native":
    case "Workflow":
      throw new Bail(`'${key}' of a ${target.type.toLowerCase()}`, how.span);
    case "Choice":
    case "Select":
    case "Fail":
    case "Poison":
      return POISON;
    default: {
      const missing: never = target;
      return missing;
    }
  }
}

/** What is no member of a value: undefined, unless every such value has it, as a method of the language that is not called. */
function noMember(like: object, key: string, how: Access): Value {
  if (key in like) throw new Bail(`'${key}' of a value, which is not called`, how.span);
  return UNDEFINED;
}

function instanceName(value: Extract<Value, { type: "Instance" }>): string {
  return (value.callee.type === "External" ? value.callee.path.at(-1) : value.callee.name) ?? "a class";
}

/** The nearest of some names, as a hint. */
export function suggestion(key: string, among: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = 3;
  for (const name of among) {
    const distance = editDistance(key.toLowerCase(), name.toLowerCase());
    if (distance < least) {
      least = distance;
      best = name;
    }
  }
  return best
    ? `Did you mean '${best}'?`
    : among.length
      ? `It has ${among.slice(0, 8).join(", ")}.`
      : undefined;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
