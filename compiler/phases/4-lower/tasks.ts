/** The fields of library nodes: what each prop becomes, and what the child of a task is. */
import type * as Core from "../../../plan/core/ast.ts";
import type { Json } from "../../../plan/types.ts";
import { inline } from "../3-evaluate/calls.ts";
import { conditional, literal, memberOf, nameOf } from "../3-evaluate/core.ts";
import { isPoisoned } from "../3-evaluate/poison.ts";
import { poisonText, reify } from "../3-evaluate/reify.ts";
import { isStructural, truth } from "../3-evaluate/shape.ts";
import { Bail, inScope, newScope, report } from "../3-evaluate/state.ts";
import {
  array,
  type Closure,
  type Code,
  type ElementValue,
  object,
  residual,
  type Scope,
  toJson,
  type Value,
} from "../3-evaluate/value.ts";
import { callsCode, unlessItActs } from "./acting.ts";
import { presenceOf } from "./agent-presence.ts";
import { ASYNC_PROMPT, captureFields, DEPS, registerModule } from "./captures.ts";
import { noteReads } from "./code-reads.ts";
import type { Field, NodeDraft } from "./draft.ts";
import { agentField, isNothing, plainField, tableField, tablesField } from "./fields.ts";
import { handlerField } from "./handlers.ts";
import { fieldName, type Kind } from "./kinds.ts";
import { localStatements } from "./locals.ts";
import type { Lowering, Place } from "./place.ts";
import { schemaText, withSchema } from "./prompt-schema.ts";
import { fits, isOnce, propSpan } from "./props.ts";
import { subflowFields, subflowMode } from "./subflows.ts";
import { promptField } from "./text.ts";

export function taskFields(
  to: Lowering,
  node: NodeDraft,
  element: ElementValue,
  kind: Kind,
  place: Place,
): void {
  const { ev } = to;
  const json = (prop: string, value: Json): void => {
    const at = propSpan(element.syntax, prop) ?? element.span;
    if (fits(ev, kind, prop, value, at)) node.fields.set(fieldName(kind, prop), { type: "json", value });
  };
  for (const [name, value] of element.props) {
    const use = kind.props[name];
    if (!use || value.type === "Poison" || (isNothing(value) && use !== "children")) continue;
    switch (use) {
      case "id":
      case "skip":
      case "children":
      case "fallback":
        break;
      case "field":
      case "answered": {
        const given = use === "answered" ? answered(to, value) : value;
        if (isStructural(given) || holdsCode(given)) {
          badProp(to, element, name, "holds elements or functions");
          break;
        }
        const field = plainField(ev, given);
        if (field.type === "json") json(name, field.value);
        else node.fields.set(fieldName(kind, name), field);
        break;
      }
      case "prompt":
        node.fields.set(name, promptField(ev, value));
        break;
      case "same":
        if (!isSame(value, element.props.get("output"), to.tables))
          badProp(to, element, name, "is another schema than that of 'output', where the result is kept");
        break;
      case "once":
        break;
      case "workflow":
        subflowFields(to, node, element, value);
        break;
      case "text":
        if (truth(value) === false) break;
        node.fields.set(name, {
          type: "core",
          expr: truth(value) === true ? literal(true) : reify(ev, value),
        });
        break;
      case "side-effect":
        if (isOnce(ev, toJson(value), propSpan(element.syntax, name) ?? element.span)) json(name, "once");
        break;
      case "literal": {
        const known = toJson(value);
        if (known === undefined && isPoisoned(value)) break;
        if (known === undefined) badProp(to, element, name, "has to be known at build time");
        else if (name === "mode" && node.kind === "subflow") subflowMode(to, element, known);
        // The public library calls the mode in which people say yes or no by two names; it is that of every approval.
        else if (name === "mode" && (known === "decision" || known === "approve")) break;
        else json(name, known);
        break;
      }
      case "agent": {
        if (!isThere(to, value)) break;
        const field = agentField(ev, withFallback(value, element.props.get("fallbackAgent")), element.span);
        if (field) node.fields.set("agent", field);
        break;
      }
      case "table":
        node.fields.set(
          "output",
          tableField(ev, value, to.tables, propSpan(element.syntax, name) ?? element.span),
        );
        break;
      case "tables":
        if (truth(value) === false) break;
        node.fields.set(
          "deps",
          tablesField(ev, value, to.tables, propSpan(element.syntax, name) ?? element.span),
        );
        break;
      case "handler":
        if (truth(value) !== false)
          node.fields.set(
            name,
            handlerField(ev, name, value, propSpan(element.syntax, name) ?? element.span),
          );
        break;
      case "request":
        break;
      default: {
        const missing: never = use;
        throw new Error(String(missing));
      }
    }
  }
  noRetries(to, node, element, kind);
  const request = element.props.get("request");
  if (kind.props.request && request && request.type !== "Poison" && !isNothing(request))
    requestFields(to, node, element, request);
  for (const [name, value] of Object.entries(kind.defaults ?? {}))
    if (!node.fields.has(name)) node.fields.set(name, { type: "json", value });
  if (node.kind === "task") childFields(to, node, element, place);
}

/** Whether there is an agent: what is falsy is none. */
const isThere = (to: Lowering, agent: Value | undefined): boolean =>
  agent !== undefined && presenceOf(to.ev, agent).type !== "never";

/** `agent` and `fallbackAgent` as one list. */
function withFallback(agent: Value, fallback: Value | undefined): Value {
  if (!fallback || truth(fallback) === false) return agent;
  if (agent.type === "Residual" && agent.facts.kind === "array")
    return array([{ type: "SpreadItem", value: agent }, fallback]);
  return array(agent.type === "Array" && !agent.ref ? [...agent.items, fallback] : [agent, fallback]);
}

/** `noRetry` is the stronger word, whatever `retries` says. */
function noRetries(to: Lowering, node: NodeDraft, element: ElementValue, kind: Kind): void {
  for (const [prop, value] of element.props) {
    if (kind.props[prop] !== "once" || value.type === "Poison") continue;
    const once = truth(value);
    if (once === true) node.fields.set("retries", { type: "json", value: 0 });
    else if (once === undefined) {
      const expr = conditional(reify(to.ev, value), literal(0), retriesOf(to, element));
      node.fields.set("retries", { type: "core", expr });
    }
  }
}

function retriesOf(to: Lowering, element: ElementValue): Core.Expr {
  const retries = element.props.get("retries");
  return retries && !isNothing(retries) ? reify(to.ev, retries) : nameOf("undefined");
}

/** Whether a value has an element or a function as a part. */
function holdsCode(value: Value): boolean {
  switch (value.type) {
    case "Element":
    case "Closure":
    case "Code":
      return true;
    case "Object":
      return [...value.props.values()].some(holdsCode);
    case "Array":
      return value.items.some((x) => x.type !== "SpreadItem" && holdsCode(x));
    case "Choice":
      return holdsCode(value.then) || holdsCode(value.else);
    default:
      return false;
  }
}

/** Functions of `ctx` among the members of an object, read in place. */
function answered(to: Lowering, value: Value): Value {
  if (value.type !== "Object") return value;
  return object(
    [...value.props].map(([key, member]): [string, Value] => {
      if (member.type !== "Closure") return [key, member];
      const ctx = residual(nameOf("ctx"), { kind: "object", defined: true });
      return [key, inline(to.ev, member, [ctx], member.arrow.span)];
    }),
  );
}

/** Whether an `outputSchema` says what `output` says already. */
function isSame(schema: Value, kept: Value | undefined, named: ReadonlyMap<string, Value>): boolean {
  const isName = kept?.type === "Known" && typeof kept.value === "string";
  const output = isName ? named.get(kept.value as string) : kept;
  if (!output) return false;
  const tables = schema.type === "Table" && output.type === "Table";
  if (tables) return schema.name === output.name;
  const bare = (x: Value): Value => (x.type === "Table" ? x.schema : x);
  const [a, b] = [bare(schema), bare(output)];
  return a.type === "Schema" && b.type === "Schema" && a.expr === b.expr;
}

function badProp(to: Lowering, element: ElementValue, name: string, why: string): void {
  const at = propSpan(element.syntax, name.split(".")[0] as string) ?? element.span;
  report(to.ev, "SM117", at, `'${name}' ${why}`, "Give it a literal, or a value derived from ctx.");
}

function requestFields(to: Lowering, node: NodeDraft, element: ElementValue, value: Value): void {
  for (const name of ["title", "summary"]) {
    const part: Value | undefined =
      value.type === "Object" ? value.props.get(name) : residual(memberOf(reify(to.ev, value), name));
    if (part && !isNothing(part) && part.type !== "Poison") node.fields.set(name, promptField(to.ev, part));
  }
  const metadata =
    value.type === "Object"
      ? value.props.get("metadata")
      : residual(memberOf(reify(to.ev, value), "metadata"));
  if (metadata && !isNothing(metadata)) {
    // What the request says about itself stands in the node's meta, whose own entries come first.
    const meta = element.props.get("meta");
    if (!meta || isNothing(meta)) node.fields.set("meta", plainField(to.ev, metadata));
    else {
      const both = [metadata, meta].map((x): Core.Spread => ({ type: "Spread", arg: reify(to.ev, x) }));
      const json = [toJson(metadata), toJson(meta)];
      node.fields.set(
        "meta",
        json.every((x) => typeof x === "object" && x !== null)
          ? { type: "json", value: Object.assign({}, ...json) }
          : { type: "core", expr: { type: "Object", props: both } },
      );
    }
  }
  for (const name of new Set(keysOf(value)))
    if (name !== "title" && name !== "summary" && name !== "metadata")
      badProp(to, element, `request.${name}`, "is not acted on in this version");
}

/** Keys of the objects that a value may be. */
function keysOf(value: Value): string[] {
  if (value.type === "Object") return [...value.props.keys()];
  return value.type === "Choice" ? [...keysOf(value.then), ...keysOf(value.else)] : [];
}

/** The child of a task: prompt with an agent, function or payload without. */
function childFields(to: Lowering, node: NodeDraft, element: ElementValue, place: Place): void {
  const { ev } = to;
  const { props } = element;
  const children = props.get("children");
  const hasAgent = isThere(to, props.get("agent"));
  const deps = props.get("deps");
  const hasDeps = deps !== undefined && truth(deps) !== false;
  if (!children) return;
  const fn = functionChild(children);
  const field = hasAgent ? "prompt" : "payload";
  if (children.type === "Poison") {
    node.fields.set(field, { type: "core", expr: poisonText(ev) });
    return;
  }
  if (fn && (hasAgent || hasDeps)) {
    if (!hasAgent && (fn.type === "Code" || callsCode(fn.arrow, fn.env))) {
      compute(to, node, fn, element, DEPS);
      return;
    }
    if (fn.type === "Code") {
      report(ev, "SM103", fn.func.span, ASYNC_PROMPT[0], ASYNC_PROMPT[1]);
      node.fields.set(field, { type: "core", expr: poisonText(ev) });
      return;
    }
    // Known only when the task starts, names included: a name that `deps` lacks is told of where it is read (SM303).
    const given = residual(nameOf("deps"), { kind: "object", defined: true });
    const scope = newScope("node", place.scope);
    const make = (): Field =>
      inScope(ev, scope, () => {
        const result = resultOf(to, fn, given);
        return hasAgent ? taskPrompt(to, node, result) : payload(to, result);
      });
    const made = hasAgent ? make() : unlessItActs(ev, make);
    if (made) node.fields.set(field, withLocals(made, scope));
    else compute(to, node, fn, element, DEPS);
    return;
  }
  if (fn) {
    compute(to, node, fn, element);
    return;
  }
  if (hasAgent) node.fields.set("prompt", taskPrompt(to, node, children));
  else if (!isNothing(children)) node.fields.set("payload", payload(to, children));
}

function taskPrompt(to: Lowering, node: NodeDraft, child: Value): Field {
  const schema = (): Core.Expr | null => schemaText(to.examples, node.fields.get("output"));
  return promptField(to.ev, withSchema(to.ev, child, schema));
}

/** Names that a function of `deps` gave to parts of it are local to the field: nothing else sees `deps`. */
function withLocals(field: Field, scope: Scope): Field {
  if (field.type === "json" || scope.values.size === 0) return field;
  const body: Core.Block = { type: "Block", body: localStatements(scope.values, field.expr) };
  return { type: "core", expr: { type: "Call", callee: { type: "Arrow", params: [], body }, args: [] } };
}

function resultOf(to: Lowering, fn: Closure, given: Value): Value {
  const value = inline(to.ev, fn, [given], fn.arrow.span);
  if (value.type !== "Block") return value;
  const closure: Closure = { type: "Closure", arrow: fn.arrow, env: fn.env, home: fn.home };
  return residual({ type: "Call", callee: reify(to.ev, closure), args: [reify(to.ev, given)] });
}

function functionChild(children: Value): Closure | Code | undefined {
  if (children.type === "Closure" || children.type === "Code") return children;
  if (children.type !== "Array" || !children.kids) return undefined;
  const parts = children.items.filter(
    (x) => !(x.type === "Known" && typeof x.value === "string" && x.value.trim() === ""),
  );
  const [only] = parts;
  return parts.length === 1 && only && (only.type === "Closure" || only.type === "Code") ? only : undefined;
}

function payload(to: Lowering, value: Value): ReturnType<typeof plainField> {
  if ((value.type === "Array" && value.kids) || value.type === "Element" || value.type === "Each")
    return promptField(to.ev, value);
  if (isStructural(value)) {
    if (value.type === "Choice") return promptField(to.ev, value);
    throw new Bail(`a payload of ${value.type}`);
  }
  return plainField(to.ev, value);
}

/** `given`: what is taken along beside the function's own captures. */
function compute(
  to: Lowering,
  node: NodeDraft,
  fn: Closure | Code,
  element: ElementValue,
  given: ReadonlyMap<string, Field> = new Map(),
): void {
  const { ev } = to;
  const captures = new Map([...captureFields(ev, fn, element.span), ...given]);
  noteReads(ev, node, fn, captures);
  const name = registerModule(ev, fn, node.key, [...captures.keys()]);
  node.fields.set("module", { type: "json", value: name });
  if (captures.size) node.captures = captures;
}
