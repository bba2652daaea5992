/**
 * One element, several kinds of task: which one it is may depend on the run, and a plan's node has one kind. Each gets a
 * node of its own under its condition.
 */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { decidedBy } from "../3-evaluate/choice.ts";
import { agrees, contains } from "../3-evaluate/core.ts";
import { reify } from "../3-evaluate/reify.ts";
import { truth } from "../3-evaluate/shape.ts";
import { type ElementValue, known, residual, type Value } from "../3-evaluate/value.ts";
import { type Presence, presenceOf } from "./agent-presence.ts";
import { isNothing } from "./fields.ts";
import { KINDS } from "./kinds.ts";
import type { Condition, Lowering } from "./place.ts";

export interface Form {
  readonly element: ElementValue;
  readonly condition: Condition;
}

/** The kinds of task that an element can be; undefined where it is one. */
export function formsOf(to: Lowering, element: ElementValue): readonly Form[] | undefined {
  const { tag } = element;
  const kind = typeof tag === "object" && tag?.type === "Component" ? KINDS[tag.name] : undefined;
  if (!kind || kind.container) return undefined;
  return (kind.props.agent && formsByAgent(to, element)) || formsByDeps(to, element) || formsByChild(element);
}

/** `{test ? () => … : {…}}` as child. */
function formsByChild(element: ElementValue): readonly Form[] | undefined {
  const children = element.props.get("children");
  if (children?.type !== "Choice" || !holdsFunction(children)) return undefined;
  return [true, false].map((holds) => ({
    element: withProp(element, "children", holds ? children.then : children.else),
    condition: { test: children.test, holds },
  }));
}

/** With an agent and without: the child is a prompt, or what gives the result. */
function formsByAgent(to: Lowering, element: ElementValue): readonly Form[] | undefined {
  const agent = element.props.get("agent");
  if (!agent) return undefined;
  const presence = presenceOf(to.ev, agent);
  if (presence.type !== "maybe") return undefined;
  const known = decidedBy(to.ev, presence.test);
  if (known === true) return undefined;
  if (known === false) return [withoutAgent(to, element, presence)];
  // A lookup that finds nothing ends the task either way; the plan's own message says more than that of a schema.
  if (!presence.said && !worksAlone(element) && !isSkippedBy(to, element, presence.test)) return undefined;
  return [withAgent(to, element, presence), withoutAgent(to, element, presence)];
}

/** A function without an agent is compute, unless there are `deps` to call it with. */
function formsByDeps(to: Lowering, element: ElementValue): readonly Form[] | undefined {
  const { props } = element;
  const deps = props.get("deps");
  const agent = props.get("agent");
  if (!deps || !holdsFunction(props.get("children") ?? known(null))) return undefined;
  if (agent && presenceOf(to.ev, agent).type !== "never") return undefined;
  const presence = presenceOf(to.ev, deps);
  if (presence.type !== "maybe" || decidedBy(to.ev, presence.test) !== undefined) return undefined;
  const { test } = presence;
  const given = residual(presence.agent, { kind: "object", defined: true });
  const without = new Map(props);
  without.delete("deps");
  return [
    { element: withProp(element, "deps", given), condition: { test, holds: true } },
    { element: { ...element, props: without }, condition: { test, holds: false } },
  ];
}

type Maybe = Extract<Presence, { type: "maybe" }>;

function withAgent(to: Lowering, element: ElementValue, { test, agent }: Maybe): Form {
  const given = residual(agent, { kind: "object", defined: true });
  return {
    element: decided(to, withProp(element, "agent", given), test, true),
    condition: { test, holds: true },
  };
}

function withoutAgent(to: Lowering, element: ElementValue, { test }: Maybe): Form {
  const props = new Map(element.props);
  props.delete("agent");
  props.delete("fallbackAgent");
  return { element: decided(to, { ...element, props }, test, false), condition: { test, holds: false } };
}

/** What is chosen by the same test, `skipIf={!reviewer}` beside `agent={reviewer}` say, is decided with it. */
function decided(to: Lowering, written: ElementValue, test: Core.Expr, holds: boolean): ElementValue {
  const child = written.props.get("children");
  const chosen = child?.type === "Choice" ? agrees(child.test, test) : undefined;
  const element =
    child?.type === "Choice" && chosen !== undefined
      ? withProp(written, "children", chosen === holds ? child.then : child.else)
      : written;
  const skip = element.props.get("skipIf");
  if (!skip || skip.type === "Poison" || truth(skip) !== undefined) return element;
  const same = agrees(reify(to.ev, skip), test);
  return same === undefined ? element : withProp(element, "skipIf", known(same === holds));
}

/** Whether the task is skipped, or not, by what says whether it has an agent. */
function isSkippedBy(to: Lowering, element: ElementValue, test: Core.Expr): boolean {
  const skip = element.props.get("skipIf");
  return skip?.type === "Residual" && contains(reify(to.ev, skip), test);
}

const withProp = (element: ElementValue, name: string, value: Value): ElementValue => ({
  ...element,
  props: new Map(element.props).set(name, value),
});

const holdsFunction = (value: Value): boolean =>
  value.type === "Closure" ||
  value.type === "Code" ||
  (value.type === "Choice" && (holdsFunction(value.then) || holdsFunction(value.else)));

/** Whether the task may well give a result without an agent. */
function worksAlone(element: ElementValue): boolean {
  const children = element.props.get("children");
  if (!children || isNothing(children)) return false;
  return givesMore(children) || takesText(element.props.get("output"));
}

/** Whether a child is, or gives, more than text. */
function givesMore(child: Value): boolean {
  switch (child.type) {
    case "Closure":
      return !givesText(child.arrow.body);
    case "Code":
    case "Object":
      return true;
    case "Array":
      return !child.kids || child.items.some((item) => item.type !== "SpreadItem" && isFunction(item));
    case "Known":
      return typeof child.value !== "string";
    case "Residual":
      return child.facts.defined === true && child.facts.kind !== "string";
    case "Choice":
      return givesMore(child.then) || givesMore(child.else);
    default:
      return false;
  }
}

const isFunction = (value: Value): boolean => value.type === "Closure" || value.type === "Code";

/** Whether all that a function returns is written as text. */
export function givesText(body: Surface.Expr | Core.Block<Surface.Extra>): boolean {
  switch (body.type) {
    case "Template":
    case "Element":
      return true;
    case "Literal":
      return typeof body.value === "string";
    case "Conditional":
      return givesText(body.then) && givesText(body.else);
    case "Binary":
      return body.op === "+" && (givesText(body.left) || givesText(body.right));
    case "Call":
      return body.callee.type === "Member" && TEXT_METHODS.has(String(body.callee.property));
    case "Block": {
      const last = body.body.at(-1);
      return last?.type === "Return" && last.value !== undefined && givesText(last.value);
    }
    default:
      return false;
  }
}

const TEXT_METHODS: ReadonlySet<string> = new Set(["join", "trim", "trimEnd", "replace", "replaceAll"]);

/** Constructions that never take a text. */
const NO_TEXT: ReadonlySet<string> = new Set([
  "object",
  "looseObject",
  "strictObject",
  "array",
  "tuple",
  "record",
  "number",
  "int",
  "boolean",
  "discriminatedUnion",
]);

/** Whether the table of an `output` may hold a mere text. */
export function takesText(output: Value | undefined): boolean {
  const schema = output?.type === "Table" ? output.schema : output;
  if (schema?.type !== "Schema") return false;
  let at: Core.Expr = schema.expr;
  for (;;) {
    const callee: Core.Expr | undefined = at.type === "Call" ? at.callee : undefined;
    if (callee?.type !== "Member") return false;
    if (callee.object.type === "Name" && callee.object.name === "z")
      return !NO_TEXT.has(String(callee.property));
    at = callee.object;
  }
}
