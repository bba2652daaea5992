/** The fields of library nodes: what each prop becomes, and what the child of a task is. */
import type * as Core from "../../../plan/core/ast.ts";
import { inline } from "../3-evaluate/calls.ts";
import { literal, memberOf, nameOf } from "../3-evaluate/core.ts";
import { isPoisoned } from "../3-evaluate/poison.ts";
import { poisonText, reify } from "../3-evaluate/reify.ts";
import { isStructural, truth } from "../3-evaluate/shape.ts";
import { Bail, inScope, newScope, report } from "../3-evaluate/state.ts";
import {
  type Closure,
  type Code,
  type ElementValue,
  object,
  residual,
  type Scope,
  toJson,
  type Value,
} from "../3-evaluate/value.ts";
import { captureFields, registerModule } from "./captures.ts";
import { codeReads } from "./code-reads.ts";
import type { Field, NodeDraft } from "./draft.ts";
import { agentField, isNothing, plainField, tableField, tablesField } from "./fields.ts";
import type { Kind } from "./kinds.ts";
import type { Lowering, Place } from "./place.ts";
import { promptField } from "./text.ts";

export function taskFields(
  to: Lowering,
  node: NodeDraft,
  element: ElementValue,
  kind: Kind,
  place: Place,
): void {
  const { ev } = to;
  for (const [name, value] of element.props) {
    const use = kind.props[name];
    if (!use || value.type === "Poison" || (isNothing(value) && use !== "children")) continue;
    switch (use) {
      case "id":
      case "skip":
      case "ignored":
      case "children":
        break;
      case "field":
        if (isStructural(value)) badProp(to, element, name, "holds elements or functions");
        else node.fields.set(name, plainField(ev, value));
        break;
      case "text":
        if (truth(value) === false) break;
        node.fields.set(name, {
          type: "core",
          expr: truth(value) === true ? literal(true) : reify(ev, value),
        });
        break;
      case "literal": {
        const json = toJson(value);
        if (json === undefined && isPoisoned(value)) break;
        if (json === undefined) badProp(to, element, name, "has to be known at build time");
        else node.fields.set(name, { type: "json", value: json });
        break;
      }
      case "agent": {
        const field = agentField(ev, value, element.span);
        if (field) node.fields.set("agent", field);
        break;
      }
      case "table":
        node.fields.set("output", tableField(ev, value, to.tables, element.span));
        break;
      case "tables":
        node.fields.set("deps", tablesField(ev, value, to.tables, element.span));
        break;
      case "request":
        requestFields(to, node, element, value);
        break;
      default: {
        const missing: never = use;
        throw new Error(String(missing));
      }
    }
  }
  if (node.kind === "task") childFields(to, node, element, place);
}

function badProp(to: Lowering, element: ElementValue, name: string, why: string): void {
  report(to.ev, "SM117", element.span, `'${name}' ${why}`, "Give it a literal, or a value derived from ctx.");
}

function requestFields(to: Lowering, node: NodeDraft, element: ElementValue, value: Value): void {
  for (const name of ["title", "summary"]) {
    const part: Value | undefined =
      value.type === "Object" ? value.props.get(name) : residual(memberOf(reify(to.ev, value), name));
    if (part && !isNothing(part) && part.type !== "Poison") node.fields.set(name, promptField(to.ev, part));
  }
  if (value.type !== "Object") return;
  for (const name of value.props.keys()) {
    if (name !== "title" && name !== "summary")
      badProp(to, element, `request.${name}`, "is not acted on in this version");
  }
}

/** The child of a task: prompt with an agent, function or payload without. */
function childFields(to: Lowering, node: NodeDraft, element: ElementValue, place: Place): void {
  const { ev } = to;
  const { props } = element;
  const children = props.get("children");
  const agent = props.get("agent");
  const hasAgent = agent !== undefined && !isNothing(agent);
  const deps = props.get("deps");
  const hasDeps = deps !== undefined && !isNothing(deps);
  if (!children) return;
  const fn = functionChild(children);
  const field = hasAgent ? "prompt" : "payload";
  if (children.type === "Poison") {
    node.fields.set(field, { type: "core", expr: poisonText(ev) });
    return;
  }
  if (fn && (hasAgent || hasDeps)) {
    if (fn.type === "Code") {
      report(
        ev,
        "SM103",
        fn.func.span,
        "a function that gets deps is evaluated when the task starts; it can't be async",
        "Return the prompt or the payload directly, or read the rows with ctx.output in a compute task.",
      );
      node.fields.set(field, { type: "core", expr: poisonText(ev) });
      return;
    }
    const given =
      deps?.type === "Object"
        ? object([...deps.props.keys()].map((key) => [key, residual(memberOf(nameOf("deps"), key))] as const))
        : residual(nameOf("deps"), { kind: "object", defined: true });
    const scope = newScope("node", place.scope);
    const made = inScope(ev, scope, () => {
      const result = resultOf(to, fn, given);
      return hasAgent ? promptField(ev, result) : payload(to, result);
    });
    node.fields.set(field, withLocals(made, scope));
    return;
  }
  if (fn) {
    compute(to, node, fn, element);
    return;
  }
  if (hasAgent) node.fields.set("prompt", promptField(ev, children));
  else if (!isNothing(children)) node.fields.set("payload", payload(to, children));
}

/** Names that a function of `deps` gave to parts of it are local to the field: nothing else sees `deps`. */
function withLocals(field: Field, scope: Scope): Field {
  if (field.type === "json" || scope.values.size === 0) return field;
  const decls = [...scope.values].map(
    ([name, init]): Core.Stmt => ({
      type: "Declare",
      kind: "const",
      decls: [{ target: nameOf(name), init }],
    }),
  );
  const body: Core.Block = { type: "Block", body: [...decls, { type: "Return", value: field.expr }] };
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

function compute(to: Lowering, node: NodeDraft, fn: Closure | Code, element: ElementValue): void {
  const { ev } = to;
  const captures = captureFields(ev, fn, element.span);
  const { cells, waits } = codeReads(ev, fn);
  // What the function surely reads with `ctx.output` is taken along, so that the task waits for it.
  for (const [i, expr] of waits.entries()) captures.set(`$output${i}`, { type: "core", expr });
  node.codeReads = cells;
  const name = registerModule(ev, fn, node.key, [...captures.keys()]);
  node.fields.set("module", { type: "json", value: name });
  if (captures.size) node.captures = captures;
}
