/**
 * Tools in an agent's options → data. A tool of the library stands by its name; one with an `execute` of its own by what a
 * model is told of it and a module that runs it; one that the library makes from settings by those settings.
 */

import { freeNames, printExpr } from "../../../plan/core/index.ts";
import { LIBRARY_TOOLS } from "../../../plan/tools.ts";
import type { Json } from "../../../plan/types.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import { problem } from "../../report.ts";
import { nearest } from "../../suggest.ts";
import type { Span } from "../../surface.ts";
import { isAuthoring } from "../2-bind/authoring.ts";
import { isPoisoned } from "../3-evaluate/poison.ts";
import type { Instance, ObjectValue, Value } from "../3-evaluate/value.ts";
import type { CodeRequest } from "./modules.ts";

export interface ToolContext {
  /** The agent's name in the plan: modules of its tools are named after it. */
  readonly agent: string;
  readonly code: Map<string, CodeRequest>;
  readonly problems: Diagnostic[];
  /** Plain data, and tools of the library by name; undefined for everything else. */
  readonly json: (value: Value) => Json | undefined;
  /** Whether the tools are run for the agent, and not by a command of its own. */
  readonly isRun: boolean;
  /** Where to point to when the value itself stands nowhere. */
  readonly span: Span | null;
}

/** Names under which a tool says what it takes, in the AI SDK and the library. */
const SCHEMAS: ReadonlySet<string> = new Set(["inputSchema", "parameters", "input", "schema"]);

/** The option `tools`: an object or a list. Undefined where something in it was reported. */
export function toolsOf(value: Value, to: ToolContext): Json | undefined {
  switch (value.type) {
    case "Object": {
      const entries = [...value.props].map(([name, tool]) => [name, toolOf(tool, name, to)] as const);
      return entries.every(([, json]) => json !== undefined)
        ? Object.fromEntries(entries.map(([name, json]) => [name, json as Json]))
        : undefined;
    }
    case "Array": {
      const items = value.items.map((item, index) =>
        item.type === "SpreadItem" ? refuse(String(index), null, to) : toolOf(item, String(index), to),
      );
      return items.every((item) => item !== undefined) ? items : undefined;
    }
    case "External":
      // The library's own, all of them.
      if (isAuthoring(value.from) && /^(tools)?$/.test(value.path.join(".")))
        return Object.fromEntries(LIBRARY_TOOLS.map((name) => [name, { tool: name }]));
      return refuse(null, value, to);
    default:
      return to.json(value) ?? refuse(null, value, to);
  }
}

function toolOf(value: Value, name: string, to: ToolContext): Json | undefined {
  if (isPoisoned(value)) return undefined;
  if (value.type === "External" && isAuthoring(value.from))
    return libraryTool(value.path.join("."), name, value, to);
  const plain = to.json(value);
  if (typeof plain === "string" && to.isRun) {
    const known = libraryTool(plain, name, value, to);
    return known === undefined ? undefined : plain;
  }
  if (plain !== undefined && value.type !== "Object") return plain;
  if (value.type === "Object" && value.props.has("execute")) return withCode(value, null, name, to);
  if (value.type === "Instance" && value.callee.type === "External") {
    const [first] = value.args;
    if (first?.type === "Object" && first.props.has("execute")) return withCode(first, value, name, to);
    const args = value.args.map(to.json);
    if (isLibrary(value) && args.every((arg) => arg !== undefined))
      return { tool: value.callee.path.join("."), settings: args };
  }
  return plain ?? refuse(name, value, to);
}

/** A tool of the library by its name, or by its name in the bundle of all. */
function libraryTool(path: string, name: string, value: Value, to: ToolContext): Json | undefined {
  const known = path.replace(/^tools\./, "");
  if (LIBRARY_TOOLS.some((tool) => tool === known)) return { tool: known };
  const near = nearest(known, [...LIBRARY_TOOLS]);
  return refuse(
    name,
    value,
    to,
    `is \`${known}\`, which is no tool of the library`,
    near === null ? undefined : `Did you mean \`${near}\`?`,
  );
}

const isLibrary = (value: Instance): boolean =>
  value.callee.type === "External" && isAuthoring(value.callee.from);

/** The whole declaration is cut out as a module, so that its schema counts for the digest where it is no data. */
function withCode(
  given: ObjectValue,
  made: Instance | null,
  name: string,
  to: ToolContext,
): Json | undefined {
  const execute = given.props.get("execute");
  if ((execute?.type !== "Closure" && execute?.type !== "Code") || !given.span)
    return refuse(name, given, to, "has no `execute` function that can be cut out");
  const own = given.props.get("name");
  const shown = own?.type === "Known" && typeof own.value === "string" ? own.value : name;
  const module = `${to.agent}.tools.${shown}`;
  to.code.set(module, { kind: "tool", span: given.span, env: execute.env });
  const known: [string, Json][] = [];
  for (const [key, value] of given.props) {
    if (key === "execute" || (value.type === "Known" && value.value === undefined)) continue;
    if (key === "needsApproval" || key === "approval") {
      const approval = approvalOf(key, value);
      if (approval === null)
        return refuse(
          name,
          given,
          to,
          `has \`${key}\` that is neither yes nor no when it is built`,
          APPROVAL_HINT,
        );
      known.push(["approval", approval]);
      continue;
    }
    const json = SCHEMAS.has(key) ? schemaText(value) : to.json(value);
    if (SCHEMAS.has(key) && json === undefined)
      return refuse(name, given, to, `takes an input (\`${key}\`) whose schema can't be read`, SCHEMA_HINT);
    if (json !== undefined) known.push([SCHEMAS.has(key) ? "inputSchema" : key, json]);
  }
  const maker = made?.callee.type === "External" ? made.callee.path.at(-1)! : "tool";
  return { tool: maker, name: shown, ...Object.fromEntries(known), module };
}

/** Null where it is neither form. */
function approvalOf(key: string, value: Value): "always" | "never" | null {
  const said = value.type === "Known" ? value.value : null;
  if (key === "approval") return said === "always" || said === "never" ? said : null;
  return typeof said === "boolean" ? (said ? "always" : "never") : null;
}

const APPROVAL_HINT =
  'Say approval: "always" (or needsApproval: true); what decides by the input belongs into the tool.';
const SCHEMA_HINT =
  "Write it in place, of z alone: z.object({ fruit: z.string() }). The model is told it, and inputs are checked.";

/** A construction over Zod alone, as schemas of the plan have it. */
function schemaText(value: Value): Json | undefined {
  if (value.type !== "Schema" || freeNames(value.expr).some((name) => name !== "z")) return undefined;
  return { zod: printExpr(value.expr) };
}

function refuse(
  name: string | null,
  value: Value | null,
  to: ToolContext,
  why?: string,
  hint?: string,
): undefined {
  const span = value && "span" in value && value.span ? value.span : to.span;
  const of = name === null ? "The option `tools`" : `The tool \`${name}\``;
  to.problems.push(
    problem(
      "SM704",
      span,
      `${of} of the agent \`${to.agent}\` ${why ?? "is neither data nor a tool that a plan can keep"}.`,
      {
        hint:
          hint ??
          "Give an object or a list of tools: names of the library's, or tool({ description, inputSchema, execute }) written in the project.",
      },
    ),
  );
  return undefined;
}
