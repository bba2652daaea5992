/** Whether an agent is there: what is falsy is none, and makes another kind of task of its node. */
import type * as Core from "../../../plan/core/ast.ts";
import { amongOf } from "../3-evaluate/among.ts";
import { conditional, logical, not, truthOf } from "../3-evaluate/core.ts";
import { reify } from "../3-evaluate/reify.ts";
import { isStructural, truth } from "../3-evaluate/shape.ts";
import type { Evaluation } from "../3-evaluate/state.ts";
import type { Value } from "../3-evaluate/value.ts";

export type Presence =
  | { readonly type: "always" }
  | { readonly type: "never" }
  | {
      readonly type: "maybe";
      /** Holds where there is one. */
      readonly test: Core.Expr;
      /** The agent where the test holds. */
      readonly agent: Core.Expr;
      /** The source says that there may be none, as against a lookup that might find none. */
      readonly said: boolean;
    };

const ALWAYS: Presence = { type: "always" };
const NEVER: Presence = { type: "never" };

export function presenceOf(ev: Evaluation, value: Value): Presence {
  const holds = truth(value);
  if (holds !== undefined) return holds ? ALWAYS : NEVER;
  if (value.type === "Poison" || isStructural(value)) return ALWAYS;
  const text = reify(ev, value);
  const { among, missable } = amongOf(value);
  if (!among) return presenceIn(text);
  const truths = new Set(among.map(truth));
  if (missable) truths.add(false);
  if (!truths.has(false) && !truths.has(undefined)) return ALWAYS;
  if (truths.size === 1 && truths.has(false)) return NEVER;
  const found = presenceIn(text);
  const said = among.some((one) => truth(one) === false);
  if (found.type === "maybe") return { ...found, said: said || found.said };
  return { type: "maybe", test: truthOf(text), agent: text, said };
}

/** The same of Core text, which tells less. */
export function presenceIn(text: Core.Expr): Presence {
  switch (text.type) {
    case "Literal":
      return text.value ? ALWAYS : NEVER;
    case "Array":
    case "Object":
    case "Arrow":
    case "New":
    case "Regex":
      return ALWAYS;
    case "Name":
      return text.name === "undefined" ? NEVER : open(text);
    case "Call":
      return text.callee.type === "Name" && text.callee.name === "agent" ? ALWAYS : open(text);
    case "Conditional":
      return chosen(text, presenceIn(text.then), presenceIn(text.else));
    case "Logical":
      return joined(text, presenceIn(text.left), presenceIn(text.right));
    case "Template":
    case "Unary":
    case "Binary":
    case "Member":
    case "Chain":
    case "Comma":
    case "Assign":
    case "Update":
      return open(text);
    default:
      return text satisfies never;
  }
}

const open = (text: Core.Expr): Presence => ({
  type: "maybe",
  test: truthOf(text),
  agent: text,
  said: false,
});

const isSaid = (part: Presence): boolean => part.type === "never" || (part.type === "maybe" && part.said);

function chosen(text: Core.Conditional, then: Presence, otherwise: Presence): Presence {
  if (then.type === otherwise.type && then.type !== "maybe") return then;
  if (otherwise.type === "never" && then.type === "always")
    return { type: "maybe", test: truthOf(text.test), agent: text.then, said: true };
  if (then.type === "never" && otherwise.type === "always")
    return { type: "maybe", test: not(truthOf(text.test)), agent: text.else, said: true };
  return {
    type: "maybe",
    test: conditional(text.test, testOf(then), testOf(otherwise)),
    agent: text,
    said: isSaid(then) || isSaid(otherwise),
  };
}

function joined(text: Core.Logical, left: Presence, right: Presence): Presence {
  if (text.op === "&&") {
    if (left.type === "always") return right;
    if (left.type === "never" || right.type === "never") return NEVER;
    const test = truthOf(text.left);
    if (right.type === "always") return { type: "maybe", test, agent: text.right, said: true };
    return { type: "maybe", test: logical("&&", test, right.test), agent: right.agent, said: true };
  }
  if (left.type === "always") return left;
  if (left.type === "never") return text.op === "||" || isNull(text.left) ? right : NEVER;
  // What is looked up is an agent or nothing at all; of others `??` keeps what is false.
  const isLookup = text.left.type === "Member" || text.left.type === "Chain";
  if (right.type === "always" && (text.op === "||" || isLookup)) return right;
  const said = text.op === "??" ? left.said || isSaid(right) : isSaid(right);
  return { type: "maybe", test: truthOf(text), agent: text, said };
}

const isNull = (text: Core.Expr): boolean =>
  text.type === "Name" || (text.type === "Literal" && text.value === null);

function testOf(part: Presence): Core.Expr {
  return part.type === "maybe" ? part.test : { type: "Literal", value: part.type === "always" };
}

/** The names of agents that are written out: one, or a list without what is none. Undefined where the run decides. */
export function agentNames(text: Core.Expr): string | readonly string[] | undefined {
  if (text.type !== "Array") return agentName(text);
  const names: string[] = [];
  for (const one of text.elements) {
    if (!one || one.type === "Spread") return undefined;
    const name = agentName(one);
    if (name !== undefined) names.push(name);
    else if (presenceIn(one).type !== "never") return undefined;
  }
  return names;
}

function agentName(text: Core.Expr): string | undefined {
  if (text.type !== "Call" || text.callee.type !== "Name" || text.callee.name !== "agent") return undefined;
  const [name] = text.args;
  return name?.type === "Literal" && typeof name.value === "string" ? name.value : undefined;
}

/** Whether one of the values that text may give is an agent, or a list with one. */
export function mayBeAgent(text: Core.Expr): boolean {
  if (agentName(text) !== undefined) return true;
  if (text.type === "Conditional") return mayBeAgent(text.then) || mayBeAgent(text.else);
  if (text.type === "Logical") return mayBeAgent(text.left) || mayBeAgent(text.right);
  return (
    text.type === "Array" && text.elements.some((one) => one && one.type !== "Spread" && mayBeAgent(one))
  );
}

/** Whether text stands for something that surely is neither an agent nor a list of them. */
export const isNoAgent = (text: Core.Expr): boolean =>
  (text.type === "Literal" && Boolean(text.value)) ||
  ["Object", "Template", "Arrow", "Regex", "Binary", "Unary"].includes(text.type);
