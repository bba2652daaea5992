/** Abstract value → Core text: how a value is written where a residual needs it. */
import type * as Core from "../../../plan/core/ast.ts";
import type { AgentSource } from "../4-lower/draft.ts";
import { amongOf } from "./among.ts";
import { arrayOf, call, conditional, literal, memberOf, nameOf, objectOf } from "./core.ts";
import { CyclicBinding } from "./env.ts";
import { unrecorded } from "./host-values.ts";
import { foreignUse } from "./node-modules.ts";
import { POISON_MARK } from "./poison.ts";
import { isAgentObject, isStructural } from "./shape.ts";
import { attempt, Bail, declare, type Evaluation, freshName, report } from "./state.ts";
import { translateClosure } from "./translate.ts";
import {
  type Closure,
  type NativeValue,
  type ObjectValue,
  type PromptValue,
  residual,
  type Value,
} from "./value.ts";
import { makesSchemas } from "./zod-makers.ts";

/** Core text of a value. Throws Bail where the value holds elements, components or code. */
export function reify(ev: Evaluation, value: Value): Core.Expr {
  switch (value.type) {
    case "Known":
      return literal(value.value);
    case "Residual":
      return value.expr;
    case "Array":
      if (value.ref) return value.ref;
      return arrayOf(
        value.items.map((item) =>
          item.type === "SpreadItem" ? { type: "Spread", arg: reify(ev, item.value) } : reify(ev, item),
        ),
      );
    case "Object":
      if (isAgentObject(value)) return agentHandle(ev, value);
      if (value.ref) return value.ref;
      return objectOf([...value.props].map(([key, member]) => [key, reify(ev, member)]));
    case "Choice":
      return conditional(value.test, reify(ev, value.then), reify(ev, value.else));
    case "Select": {
      const table = memberOf(objectOf(value.cases.map((x) => [x.key, reify(ev, x.value)])), value.key);
      return value.other.type === "Known" && value.other.value === undefined
        ? table
        : { type: "Logical", op: "??", left: table, right: reify(ev, value.other) };
    }
    case "Closure":
      return closureText(ev, value);
    case "Table":
      return literal(value.name);
    case "Instance":
      if (!value.construct) {
        if (value.callee.type === "External") foreignUse(ev, value.callee, value.span);
        else
          report(
            ev,
            "SM103",
            value.span,
            `'${calleeName(value.callee)}' is code that the compiler does not read; it can't run while the workflow is rendered`,
            "Move the call into a compute task: a function as child of a <Task> without an agent.",
          );
        return poisonText(ev);
      }
      return agentHandle(ev, value);
    case "Prompt":
      return call("prompt", literal(promptName(ev, value)));
    case "Fail":
      return call("fail", value.message);
    case "Poison":
      return poisonText(ev);
    case "Schema":
      throw new Bail("a schema is used as data", value.span);
    case "Element":
      throw new Bail("an element is used as data", value.span);
    case "Each":
      throw new Bail("a list of elements is used as data", value.span);
    case "External":
      throw new Bail(`'${[value.from, ...value.path].join(".")}' is used as data`, value.span);
    case "Namespace":
      if (!value.host) throw new Bail("a namespace is used as data");
      unrecorded(ev, value.name, value.host.span);
      return poisonText(ev);
    case "Block":
    case "Component":
    case "Code":
    case "Class":
    case "Workflow":
      throw new Bail(`a ${value.type.toLowerCase()} is used as data`);
    case "Native":
      return nativeText(value);
    default: {
      const missing: never = value;
      return missing;
    }
  }
}

/** Text for what could not be read: each a name of its own, so that no two count as equal. */
export const poisonText = (ev: Evaluation): Core.Name => nameOf(freshName(ev, POISON_MARK));

/** The handle of an agent; registers it under its binding path. */
export function agentHandle(ev: Evaluation, agent: AgentSource): Core.Expr {
  return call("agent", literal(agentName(ev, agent)));
}

/** `.refine(path.isAbsolute)`, `.map(path.dirname)`: a function that hands on what it looks at. */
function nativeText(value: NativeValue): Core.Expr {
  if (!value.text || value.arity === undefined) throw new Bail("a native is used as data");
  const params = Array.from({ length: value.arity }, (_, n) => nameOf(`arg${n}`) as Core.Name);
  const rest = nameOf("args") as Core.Name;
  const args = params.length > 0 ? params : [{ type: "Spread", arg: rest } as const];
  const body = value.text(args, { file: 0, start: 0, end: 0 });
  return { type: "Arrow", params, ...(params.length === 0 && { rest }), body };
}

export function agentName(ev: Evaluation, agent: AgentSource): string {
  const existing = ev.agentNames.get(agent);
  if (existing) return existing;
  const wanted = agent.name ?? (agent.type === "Instance" ? calleeName(agent.callee) : "agent");
  let name = wanted;
  for (let n = 2; ev.agents.has(name); n++) name = `${wanted}_${n}`;
  ev.agents.set(name, agent);
  ev.agentNames.set(agent, name);
  return name;
}

function calleeName(callee: Extract<AgentSource, { type: "Instance" }>["callee"]): string {
  return (callee.type === "External" ? callee.path.at(-1) : callee.name) ?? "agent";
}

/** The plan's name of a prompt file: its base name, with its folder where two files share one. */
export function promptName(ev: Evaluation, prompt: PromptValue): string {
  const parts = prompt.path.replace(/\.mdx?$/, "").split("/");
  for (let n = 1; n <= parts.length + 1; n++) {
    const name = n > parts.length ? prompt.path : parts.slice(-n).join("/");
    const holder = ev.prompts.get(name);
    if (holder && holder.path !== prompt.path) continue;
    ev.prompts.set(name, prompt);
    return name;
  }
  return prompt.path;
}

/** A named function stands in the plan under its name; one without a name stands where it is used. */
function closureText(ev: Evaluation, closure: Closure): Core.Expr {
  // Who takes the object as a whole takes what its getters give.
  if (closure.getter) return call(translateClosure(ev, closure));
  const existing = ev.closureNames.get(closure);
  if (existing) return nameOf(existing.name);
  if (!closure.name) return translateClosure(ev, closure);
  const name = freshName(ev, closure.name, closure.home);
  ev.closureNames.set(closure, { name, scope: closure.home });
  const { loading } = ev;
  // Who calls it, and when, is another matter than where it is first named.
  ev.loading = false;
  try {
    const arrow = translateClosure(ev, closure);
    if (closure.home) closure.home.values.set(name, arrow);
    else ev.functions.set(name, arrow);
  } catch (error) {
    ev.closureNames.delete(closure);
    throw error;
  } finally {
    ev.loading = loading;
  }
  return nameOf(name);
}

/**
 * The value as it is known under a name: what only the run knows becomes a named value of the scope ("names survive"),
 * agents and functions take the name, known primitives stay literals.
 */
export function named(ev: Evaluation, name: string, value: Value): Value {
  switch (value.type) {
    case "Residual": {
      if (isName(value.expr)) return value;
      const stateful = value.expr.type === "Regex" && /[gy]/.test(value.expr.flags);
      const facts = stateful ? { ...value.facts, stateful: true as const } : value.facts;
      return residual(declare(ev, name, value.expr), facts);
    }
    case "Array":
    case "Object": {
      if (value.ref) return value;
      const path = withPath(value, name);
      if (path.type === "Object" && isAgentObject(path)) return path;
      if (isStructural(path) || holdsSchema(path) || holdsGetter(path)) return membersNamed(ev, name, path);
      return attempt(
        ev,
        () => under(ev, path, declare(ev, name, reify(ev, path))),
        (why) => {
          // Functions that name the object they stand in: each is a function by itself.
          if (why instanceof CyclicBinding) return membersNamed(ev, name, path);
          throw why;
        },
      );
    }
    case "Choice": {
      if (!isStructural(value)) return residual(declare(ev, name, reify(ev, value)));
      return {
        ...value,
        test: isName(value.test) ? value.test : declare(ev, `${name}If`, value.test),
        then: named(ev, name, value.then),
        else: named(ev, name, value.else),
      };
    }
    case "Select":
      if (!isStructural(value)) return residual(declare(ev, name, reify(ev, value)));
      return { ...value, key: isName(value.key) ? value.key : declare(ev, `${name}Key`, value.key) };
    case "Closure":
    case "Code":
    case "Class":
    case "Instance":
    case "Schema":
      return value.name ? value : { ...value, name };
    default:
      return value;
  }
}

/** A getter has no text either: its object stays apart, and reading the member calls it. */
function holdsGetter(value: Value, seen: Set<Value> = new Set()): boolean {
  if (value.type !== "Object" || value.ref || seen.has(value)) return false;
  seen.add(value);
  return [...value.props.values()].some(
    (member) => (member.type === "Closure" && member.getter === true) || holdsGetter(member, seen),
  );
}

/** Schemas have no text in Core: what holds them is known at build time and stays apart. */
export function holdsSchema(value: Value): boolean {
  switch (value.type) {
    case "Schema":
      return true;
    case "Closure":
      return makesSchemas(value);
    case "Array":
      return (
        !value.ref && value.items.some((item) => holdsSchema(item.type === "SpreadItem" ? item.value : item))
      );
    case "Object":
      return !value.ref && [...value.props.values()].some(holdsSchema);
    default:
      return false;
  }
}

const isName = (expr: Core.Expr): boolean =>
  expr.type === "Name" ||
  expr.type === "Literal" ||
  (expr.type === "Call" && expr.callee.type === "Name" && expr.callee.name === "agent");

/** Agents and functions in a table are named by their path in it. */
function withPath<T extends Value>(value: T, path: string): T;
function withPath(value: Value, path: string): Value {
  // What has a name of its own was given its paths with it.
  if ((value.type === "Object" || value.type === "Array") && value.ref) return value;
  switch (value.type) {
    case "Object": {
      const props = [...value.props].map(([key, x]) => [key, withPath(x, `${path}.${key}`)] as const);
      return { ...value, name: value.name ?? path, props: new Map(props) };
    }
    case "Array":
      return {
        ...value,
        items: value.items.map((x, n) => (x.type === "SpreadItem" ? x : withPath(x, `${path}.${n}`))),
      };
    case "Instance":
    case "Closure":
    case "Code":
      return value.name ? value : { ...value, name: path };
    default:
      return value;
  }
}

/**
 * A value whose allocation stands under a name: its members are read through it, except literals and handles. What lies
 * deep and has a name that can be read here keeps it, or tables that share their parts would be copied without end.
 */
function under(ev: Evaluation, value: Value, ref: Core.Expr, depth = 0): Value {
  switch (value.type) {
    case "Object":
      if (isAgentObject(value) || (depth > MOST_LEVELS && isReadable(ev, value.ref))) return value;
      return {
        ...value,
        ref,
        props: new Map(
          [...value.props].map(([key, x]) => [key, under(ev, x, memberOf(ref, key), depth + 1)]),
        ),
      };
    case "Array": {
      if (depth > MOST_LEVELS && isReadable(ev, value.ref)) return value;
      if (value.items.some((item) => item.type === "SpreadItem"))
        return residual(ref, { kind: "array", defined: true });
      return {
        ...value,
        ref,
        items: value.items.map((x, n) =>
          x.type === "SpreadItem" ? x : under(ev, x, memberOf(ref, literal(n)), depth + 1),
        ),
      };
    }
    case "Residual":
      return residual(ref, value.facts);
    case "Choice":
      return residual(ref, amongOf(value));
    case "Select":
    case "Fail":
      return residual(ref);
    case "Closure":
      return residual(ref, { defined: true, among: [value] });
    default:
      return value;
  }
}

/** Levels of a table that are read through its own name. */
const MOST_LEVELS = 5;

/** Whether the name that a text begins with is one of the module's or of this scope. */
function isReadable(ev: Evaluation, ref: Core.Expr | undefined): boolean {
  if (ref?.type === "Member") return isReadable(ev, ref.object);
  return ref?.type === "Name" && (ev.constants.has(ref.name) || ev.scope.values.has(ref.name));
}

function membersNamed(ev: Evaluation, name: string, value: Value): Value {
  if (value.type === "Object") {
    const props = [...value.props].map(([key, x]) => [key, named(ev, `${name}_${key}`, x)] as const);
    return { ...(value as ObjectValue), props: new Map(props) };
  }
  if (value.type === "Array") {
    return {
      ...value,
      items: value.items.map((x, n) =>
        x.type === "SpreadItem"
          ? { type: "SpreadItem", value: named(ev, `${name}_${n}`, x.value) }
          : named(ev, `${name}_${n}`, x),
      ),
    };
  }
  return value;
}
