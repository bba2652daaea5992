/** SM701: what a model wrote or somebody sent becomes part of a command line. */

import type { Value } from "../../phases/3-evaluate/value.ts";
import type { NodeDraft } from "../../phases/4-lower/draft.ts";
import { cellsOf } from "../../phases/5-analyse/cells.ts";
import { isHarmless } from "../../phases/5-analyse/code-types.ts";
import { taintedCommands } from "../../phases/5-analyse/commands.ts";
import type { Model } from "../../phases/5-analyse/model.ts";
import { join, type Type } from "../../phases/5-analyse/types.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

type Fn = Extract<Value, { type: "Closure" | "Code" }>;

interface Running {
  readonly what: string;
  readonly fn: Fn;
  /** Captures that can hold text from outside. */
  readonly tainted: readonly string[];
  /** The types of captures. */
  taken(name: string): Type | null;
}

export const untrustedCommand: Rule = {
  code: "SM701",
  check: (model) =>
    [...computed(model), ...ofAgents(model)].flatMap(({ what, fn, tainted, taken }) =>
      taintedCommands(fn, tainted, { row: model.rowType, taken }).map(({ span, by }) =>
        problem("SM701", span, `\`${by}\` gives a shell text that comes from outside (${what}).`, {
          hint: 'Run the program itself with its arguments in a list: execFileSync("git", ["checkout", branch]).',
        }),
      ),
    ),
};

function computed(model: Model): Running[] {
  return [...model.draft.modules].map(([name, { fn, captures }]) => ({
    what: `compute \`${name}\``,
    fn,
    tainted: worded(model, name, captures),
    taken: (capture: string) => typeOfCapture(model, name, capture),
  }));
}

/** An author's own agent gets its prompt, a tool what the model asks for: both as arguments. */
function ofAgents(model: Model): Running[] {
  return [...model.draft.agents].flatMap(([name, agent]): Running[] => {
    const options = agent.type === "Instance" ? agent.args[0] : agent;
    if (options?.type !== "Object") return [];
    const own = agent.type === "Object" ? codeIn(options, "generate", `agent \`${name}\``) : [];
    const tools = options.props.get("tools");
    return [
      ...own,
      ...toolsIn(tools).flatMap(([tool, made]) => codeIn(made, "execute", `tool \`${name}.${tool}\``)),
    ];
  });
}

function toolsIn(tools: Value | undefined): [string, Value][] {
  if (tools?.type === "Object") return [...tools.props];
  if (tools?.type !== "Array") return [];
  return tools.items.flatMap((item, n): [string, Value][] =>
    item.type === "SpreadItem" ? [] : [[String(n), item]],
  );
}

/** The function under a name of an object, or of what `tool({ … })` was given. */
function codeIn(made: Value, name: string, what: string): Running[] {
  const object = made.type === "Instance" ? made.args[0] : made;
  const fn = object?.type === "Object" ? object.props.get(name) : undefined;
  return fn?.type === "Closure" || fn?.type === "Code" ? [{ what, fn, tainted: [], taken: () => null }] : [];
}

/** Captures that can hold text from outside: not what only the machine or the source says. */
function worded(model: Model, module: string, captures: readonly string[]): string[] {
  const users = usersOf(model, module);
  const isPlain = (capture: string): boolean =>
    users.length > 0 &&
    users.every((node) => {
      const field = node.captures?.get(capture);
      if (field?.type !== "core") return field?.type === "json";
      return (
        [...cellsOf(model, node, field.expr)].every(isOwn) || isHarmless(model.flow.typeOf(node, field.expr))
      );
    });
  return captures.filter((capture) => !isPlain(capture));
}

/** What a capture can be, whichever task runs the code. */
function typeOfCapture(model: Model, module: string, name: string): Type | null {
  const types = usersOf(model, module).map((node) => {
    const field = node.captures?.get(name);
    return field?.type === "core" ? model.flow.typeOf(node, field.expr) : null;
  });
  return types.length === 0 ? null : types.reduce(join);
}

function usersOf(model: Model, module: string): readonly NodeDraft[] {
  return model.draft.nodes.filter(({ fields }) => {
    const field = fields.get("module");
    return field?.type === "json" && field.value === module;
  });
}

/** What nobody else writes: the run's own facts, and the machine's but for its environment, which a build server fills. */
const isOwn = (cell: string): boolean => /^(runId|iterations?|now)(\.|$)|^host\.(?!env\.)/.test(cell);
