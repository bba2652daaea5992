/** The agent of a task inside a block, and the two sites where only the run knows whether there is one. */
import type * as Core from "../../../plan/core/ast.ts";
import { eachChild } from "../../../plan/core/walk.ts";
import type * as Surface from "../../surface.ts";
import { agrees, call, contains, literal, nameOf } from "../3-evaluate/core.ts";
import { report } from "../3-evaluate/state.ts";
import type { Translation } from "../3-evaluate/translate.ts";
import { agentNames, isNoAgent, presenceIn } from "./agent-presence.ts";
import type { BlockWriter } from "./blocks.ts";
import { noAgent } from "./fields.ts";
import { propSpan } from "./props.ts";
import type { Site } from "./site.ts";
import { children } from "./site-children.ts";
import { isInLibrary } from "./site-pattern.ts";
import { givesText, takesText } from "./task-forms.ts";

/** `agent` and `fallbackAgent` as one list. */
export function setAgent(
  t: Translation,
  element: Surface.Element,
  made: Site,
  agent: Core.Expr,
  fallback: Core.Expr | undefined,
): void {
  if (presenceIn(agent).type === "never") return;
  const some = fallback && presenceIn(fallback).type !== "never" ? fallback : undefined;
  const all = some ? withFallback(agent, some) : agent;
  const names = agentNames(all);
  if (names === undefined ? isNoAgent(all) : names.length === 0) {
    noAgent(t.ev, propSpan(element, "agent") ?? element.span, names !== undefined);
  } else if (names !== undefined) made.node.fields.set("agent", { type: "json", value: names });
  else made.set("agent", all);
}

/** `deps`, which make another kind of task of one whose child is a function. */
export function setDeps(t: Translation, element: Surface.Element, made: Site, deps: Core.Expr): void {
  const presence = presenceIn(deps);
  if (presence.type === "never") return;
  const isFunction = children(element).some((x) => x.type === "Arrow" || x.type === "Func");
  if (presence.type === "maybe" && presence.said && isFunction)
    report(
      t.ev,
      "SM103",
      propSpan(element, "deps") ?? element.span,
      "only the run knows whether this task has 'deps', and with it what its function is: compute, or what gives the row",
      "Write two tasks, each under its condition.",
    );
  made.set("deps", deps);
}

const withFallback = (agent: Core.Expr, fallback: Core.Expr): Core.Expr => ({
  type: "Array",
  elements: agent.type === "Array" ? [...agent.elements, fallback] : [agent, fallback],
});

type Given = ReadonlyMap<string, Core.Expr>;

/** The sites with an agent and without, of which one is made; undefined where there is but one. */
export function splitByAgent(
  w: BlockWriter,
  t: Translation,
  element: Surface.Element,
  given: Given,
  write: (given: Given) => Core.Expr,
): Core.Expr | undefined {
  const agent = given.get("agent");
  const presence = agent && presenceIn(agent);
  if (!agent || presence?.type !== "maybe") return undefined;
  const skip = given.get("skipIf");
  const isSkipped = skip !== undefined && contains(skip, presence.test);
  if (!presence.said && !isSkipped && !worksAlone(w, isInLibrary(t.env), element, given.get("output")))
    return undefined;
  if ([...given.values()].some(writes)) {
    report(
      t.ev,
      "SM103",
      propSpan(element, "agent") ?? element.span,
      "whether this task has an agent is decided while another of its props changes something",
      "Work out the changed value in a statement of its own, before the element.",
    );
    return undefined;
  }
  const { test } = presence;
  const without = decided(given, test, false);
  without.delete("agent");
  without.delete("fallbackAgent");
  if (presence.agent !== agent)
    return {
      type: "Conditional",
      test: presence.test,
      then: write(decided(given, test, true).set("agent", presence.agent)),
      else: write(without),
    };
  const name = nameOf("agent_");
  return call(
    {
      type: "Arrow",
      params: [name],
      body: {
        type: "Conditional",
        test: name,
        then: write(new Map(given).set("agent", name)),
        else: write(without),
      },
    },
    agent,
  );
}

/** `skipIf={!reviewer}` beside `agent={reviewer}` is decided with it. */
function decided(given: Given, test: Core.Expr, holds: boolean): Map<string, Core.Expr> {
  const skip = given.get("skipIf");
  const same = skip && agrees(skip, test);
  return same === undefined ? new Map(given) : new Map(given).set("skipIf", literal(same === holds));
}

/** Whether the task may well give a result without an agent: all but text, of which it is certain that it is text. */
function worksAlone(
  w: BlockWriter,
  isOfLibrary: boolean,
  element: Surface.Element,
  output: Core.Expr | undefined,
): boolean {
  const kids = children(element);
  const [only] = kids;
  if (!only) return false;
  if (textFits(w, output)) return true;
  const [fn] = kids.filter((x) => x.type === "Arrow" || x.type === "Func");
  if (fn) return fn.type !== "Arrow" || !givesText(fn.body);
  // The children of the library's own components are the prompts of their agents.
  if (isOfLibrary) return false;
  return kids.length === 1 && only.type !== "Spread" && !givesText(only);
}

const textFits = (w: BlockWriter, output: Core.Expr | undefined): boolean =>
  output?.type === "Literal" && typeof output.value === "string" && takesText(w.to.tables.get(output.value));

/** Whether evaluating text changes something. */
function writes(text: Core.Node): boolean {
  if (text.type === "Assign" || text.type === "Update") return true;
  let found = false;
  eachChild(text, (child) => {
    found ||= writes(child);
  });
  return found;
}
