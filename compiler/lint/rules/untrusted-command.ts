/** SM701: what a model wrote or somebody sent becomes part of a command line. */

import type { Value } from "../../phases/3-evaluate/value.ts";
import { cellsOf } from "../../phases/5-analyse/cells.ts";
import { taintedCommands } from "../../phases/5-analyse/commands.ts";
import { onlyKind } from "../../phases/5-analyse/methods.ts";
import type { Model } from "../../phases/5-analyse/model.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

type Fn = Extract<Value, { type: "Closure" | "Code" }>;

interface Running {
  readonly what: string;
  readonly fn: Fn;
  /** Captures that can hold text from outside. */
  readonly tainted: readonly string[];
}

export const untrustedCommand: Rule = {
  code: "SM701",
  check: (model) =>
    [...computed(model), ...ofAgents(model)].flatMap(({ what, fn, tainted }) =>
      taintedCommands(fn, tainted).map(({ span, by }) =>
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
  return fn?.type === "Closure" || fn?.type === "Code" ? [{ what, fn, tainted: [] }] : [];
}

/** Captures that can hold text from outside: not numbers and booleans, nor what only the machine or the source says. */
function worded(model: Model, module: string, captures: readonly string[]): string[] {
  const users = model.draft.nodes.filter(({ fields }) => {
    const field = fields.get("module");
    return field?.type === "json" && field.value === module;
  });
  const isPlain = (capture: string): boolean =>
    users.length > 0 &&
    users.every((node) => {
      const field = node.captures?.get(capture);
      if (field?.type !== "core") return field?.type === "json";
      if ([...cellsOf(model, node, field.expr)].every(isOwn)) return true;
      const kind = onlyKind(model.flow.typeOf(node, field.expr));
      return kind === "number" || kind === "boolean";
    });
  return captures.filter((capture) => !isPlain(capture));
}

/** What nobody else writes: the run's own facts, and the machine's but for its environment, which a build server fills. */
const isOwn = (cell: string): boolean => /^(runId|iterations?|now)(\.|$)|^host\.(?!env\.)/.test(cell);
