/** Agents → declarative entries of the plan: what the constructor would have been given, as data. */

import { envName } from "../../../plan/core/index.ts";
import { libraryTools, toolNames } from "../../../plan/tools.ts";
import type { Agent, Dynamic, Json } from "../../../plan/types.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import { problem } from "../../report.ts";
import { nearest } from "../../suggest.ts";
import type { Span } from "../../surface.ts";
import { isAuthoring } from "../2-bind/authoring.ts";
import { API_AGENTS, CLI_AGENTS, LOOP_AGENTS } from "../3-evaluate/agent-members.ts";
import { isPoisoned } from "../3-evaluate/poison.ts";
import type { Instance, ObjectValue, Value } from "../3-evaluate/value.ts";
import { type ToolContext, toolsOf } from "./agent-tools.ts";
import { closed, type Definitions, readsRun } from "./closed.ts";
import type { AgentSource } from "./draft.ts";
import type { CodeRequest } from "./modules.ts";

const HOSTS: ReadonlyMap<string, readonly [host: string, key: string]> = new Map([
  ["anthropic", ["api.anthropic.com", "ANTHROPIC_API_KEY"]],
  ["ai-sdk:openai", ["api.openai.com", "OPENAI_API_KEY"]],
  ["ai-sdk:google", ["generativelanguage.googleapis.com", "GOOGLE_GENERATIVE_AI_API_KEY"]],
]);

export interface LoweredAgents {
  readonly agents: Record<string, Agent>;
  /** Code of the author's own agents, by the module name that their entry refers to. */
  readonly code: ReadonlyMap<string, CodeRequest>;
  readonly net: readonly string[];
  readonly env: readonly string[];
  readonly exec: readonly string[];
  readonly fs: readonly string[];
  /** Host values that options ask for. */
  readonly host: readonly string[];
}

export function lowerAgents(
  sources: ReadonlyMap<string, AgentSource>,
  problems: Diagnostic[],
  known: Definitions = { constants: new Map(), functions: new Map() },
): LoweredAgents {
  const agents: Record<string, Agent> = {};
  const code = new Map<string, CodeRequest>();
  const used = {
    net: new Set<string>(),
    env: new Set<string>(),
    exec: new Set<string>(),
    fs: new Set<string>(),
    host: new Set<string>(),
  };
  for (const [name, source] of sources) {
    const own = source.type === "Object" || source.callee.type === "Class";
    const agent = own
      ? moduleAgent(name, source, code, problems, known)
      : declaredAgent(name, source, code, problems, known);
    if (!agent) continue;
    agents[name] = agent;
    const [host, key] = HOSTS.get(agent.kind) ?? [];
    if (host) used.net.add(host);
    if (key) used.env.add(key);
    for (const [, name] of JSON.stringify(agent).matchAll(/\bhost\('([\w.]+)'\)/g)) {
      const variable = envName(name!);
      if (variable === null) used.host.add(name!);
      else used.env.add(variable);
    }
    for (const tool of libraryTools(agent.options.tools)) {
      // Whoever may run commands may run and read anything; files are those of the project.
      if (tool === "bash") used.exec.add("*");
      used.fs.add(tool === "bash" ? "*" : ".");
    }
    for (const { kind, program } of CLI_AGENTS.values()) if (kind === agent.kind) used.exec.add(program);
  }
  const list = (set: ReadonlySet<string>): string[] => [...set].sort();
  return {
    agents,
    code,
    net: list(used.net),
    env: list(used.env),
    exec: list(used.exec),
    fs: list(used.fs),
    host: list(used.host),
  };
}

function declaredAgent(
  name: string,
  source: AgentSource,
  code: Map<string, CodeRequest>,
  problems: Diagnostic[],
  known: Definitions,
): Agent | null {
  if (source.type === "Object" || source.callee.type === "Class") return null;
  const className = source.callee.path.at(-1) ?? "";
  const kind = kindOf(className, source, problems);
  if (kind === null) return null;
  const [first] = source.args;
  if (first === undefined || (first.type === "Known" && first.value === undefined))
    return { kind, options: {} };
  if (first.type !== "Object") {
    refuse(problems, source.span, `The options of \`${className}\` are not an object that can be read here.`);
    return null;
  }
  const json = (value: Value): Json | undefined => optionJson(value, known);
  const isRun = !kind.startsWith("cli:");
  const tools: ToolContext = { agent: name, isRun, code, problems, json, span: first.span ?? source.span };
  return optionsOf(kind, className, first, source.span, tools, known);
}

function kindOf(className: string, source: Instance, problems: Diagnostic[]): string | null {
  const api = API_AGENTS.get(className);
  if (api) return api === "anthropic" ? api : `ai-sdk:${api}`;
  const cli = CLI_AGENTS.get(className);
  if (cli) return cli.kind;
  if (LOOP_AGENTS.has(className) && source.callee.type === "External" && source.callee.from === "ai")
    return "ai-sdk:";
  const near = nearest(className, [...API_AGENTS.keys(), ...CLI_AGENTS.keys(), ...LOOP_AGENTS]);
  problems.push(
    problem("SM704", source.span, `\`${className}\` is no agent that a plan knows.`, {
      hint: near
        ? `Did you mean \`${near}\`?`
        : "Use an agent of the library, or a plain object with a `generate` function, which runs as code.",
    }),
  );
  return null;
}

function optionsOf(
  kind: string,
  className: string,
  given: ObjectValue,
  span: Span,
  to: ToolContext,
  known: Definitions,
): Agent | null {
  const { problems } = to;
  const options: Record<string, Json> = {};
  let provider = kind;
  let model: Dynamic<string> | undefined;
  let instructions: Dynamic<string> | undefined;
  let sound = true;
  for (const [name, value] of given.props) {
    if (value.type === "Known" && value.value === undefined) continue;
    if (isPoisoned(value)) {
      sound = false;
      continue;
    }
    if (name === "model") {
      const found = modelOf(value, known);
      model = found?.model;
      if (found && kind === "ai-sdk:") provider = providerKind(found.provider);
      if (found) continue;
    }
    const isText = value.type === "Known" && typeof value.value === "string";
    const isInstructions = ["instructions", "system", "systemPrompt"].includes(name);
    if (isInstructions && instructions === undefined && (isText || value.type === "Residual")) {
      const text = isText ? String(value.value) : machineText(value, known);
      if (typeof text === "string" || isDynamicJson(text)) {
        instructions = text;
        continue;
      }
    }
    const isTools = name === "tools" && ["Object", "Array", "External"].includes(value.type);
    const json = isTools ? toolsOf(value, to) : optionJson(value, known);
    if (json !== undefined) options[name] = json;
    else {
      sound = false;
      if (isTools) continue;
      const residualSpan = value.type === "Residual" ? value.expr.span : undefined;
      const at = "span" in value && value.span ? value.span : (residualSpan ?? given.span ?? span);
      if (value.type === "Residual" && readsRun(value.expr, known))
        problems.push(
          problem("SM704", at, `The option \`${name}\` of \`${className}\` depends on the run.`, {
            hint: "An agent is the same for the whole run: say what depends on ctx in the task's prompt, or choose among agents: agents[ctx.input.kind].",
          }),
        );
      else refuse(problems, at, `The option \`${name}\` of \`${className}\` is not data.`);
    }
  }
  if (sound && to.isRun) sound = checkApproval(options, given.span ?? span, to);
  if (!sound) return null;
  if (provider === "ai-sdk:") provider = "ai-sdk:gateway";
  return {
    kind: provider,
    ...(model === undefined ? {} : { model }),
    ...(instructions === undefined ? {} : { instructions }),
    options,
  };
}

/** Whether the option `approval` says of tools that there are whether people are asked. */
function checkApproval(
  { approval, tools }: { readonly [name: string]: Json },
  span: Span,
  to: ToolContext,
): boolean {
  if (approval === undefined) return true;
  const names = toolNames(tools);
  const isObject = typeof approval === "object" && approval !== null && !Array.isArray(approval);
  for (const [name, said] of isObject ? Object.entries(approval as { readonly [name: string]: Json }) : []) {
    if (names.includes(name) && (said === "always" || said === "never")) continue;
    const near = nearest(name, [...names]);
    const message = names.includes(name)
      ? `\`approval\` of the tool \`${name}\` is neither "always" nor "never".`
      : `\`approval\` names the tool \`${name}\`, which the agent \`${to.agent}\` does not have.`;
    to.problems.push(
      problem("SM704", span, message, near && near !== name ? { hint: `Did you mean \`${near}\`?` } : {}),
    );
    return false;
  }
  if (isObject) return true;
  refuse(to.problems, span, 'The option `approval` is no object of tools: { bash: "always" }.');
  return false;
}

function providerKind(provider: string | null): string {
  if (provider === null) return "ai-sdk:gateway";
  return provider === "anthropic" ? "anthropic" : `ai-sdk:${provider}`;
}

/** `"model"`, or `anthropic("model")` of an AI SDK provider. */
function modelOf(
  value: Value,
  known: Definitions,
): { readonly model: Dynamic<string>; readonly provider: string | null } | null {
  const text = modelText(value, known);
  if (text !== undefined) return { model: text, provider: null };
  if (value.type !== "Instance" || value.construct || value.callee.type !== "External") return null;
  const [name] = value.args;
  const of = name && modelText(name, known);
  return of === undefined ? null : { model: of, provider: value.callee.from.replace(/^@ai-sdk\//, "") };
}

function modelText(value: Value, known: Definitions): Dynamic<string> | undefined {
  if (value.type === "Known") return typeof value.value === "string" ? value.value : undefined;
  const text = machineText(value, known);
  return typeof text === "string" || isDynamicJson(text) ? text : undefined;
}

const machineText = (value: Value, known: Definitions): Json | undefined =>
  value.type === "Residual" ? closed(value.expr, known) : undefined;

const isDynamicJson = (json: Json | undefined): json is { readonly $: string } =>
  typeof json === "object" && json !== null && "$" in json;

/** JSON; tools of the library by name; what the AI SDK makes of literals. Undefined for everything else. */
function optionJson(value: Value, known: Definitions): Json | undefined {
  switch (value.type) {
    case "Known":
      return typeof value.value === "number" && !Number.isFinite(value.value) ? undefined : value.value;
    case "Residual":
      return machineText(value, known);
    case "Choice":
    case "Select":
      return undefined;
    case "Array": {
      const items = value.items.map((item) =>
        item.type === "SpreadItem" ? undefined : optionJson(item, known),
      );
      return items.every((item) => item !== undefined) ? items : undefined;
    }
    case "Object": {
      const entries: [string, Json][] = [];
      for (const [key, member] of value.props) {
        if (member.type === "Known" && member.value === undefined) continue;
        const json = optionJson(member, known);
        if (json === undefined) return undefined;
        entries.push([key, json]);
      }
      return Object.fromEntries(entries);
    }
    case "External":
      return isAuthoring(value.from) ? { tool: value.path.join(".") } : undefined;
    case "Instance": {
      const callee = value.callee.type === "External" ? value.callee.path.join(".") : "";
      if (callee === "stepCountIs") return optionCall(value, "maxSteps", known);
      // The task's output schema says what is wanted; the SDK's own declaration of it adds nothing.
      if (callee === "Output.object" || callee === "Output.text")
        return { output: callee.slice("Output.".length) };
      return undefined;
    }
    default:
      return undefined;
  }
}

function optionCall(value: Instance, name: string, known: Definitions): Json | undefined {
  const [first] = value.args;
  const json = first && optionJson(first, known);
  return json === undefined ? undefined : { [name]: json };
}

/** A plain object with `generate`, or an instance of the author's own class: its code runs as a module. */
function moduleAgent(
  name: string,
  source: AgentSource,
  code: Map<string, CodeRequest>,
  problems: Diagnostic[],
  known: Definitions,
): Agent | null {
  const generate = source.type === "Object" ? source.props.get("generate") : undefined;
  const env =
    source.type === "Instance"
      ? source.callee.type === "Class" && source.callee.env
      : (generate?.type === "Code" || generate?.type === "Closure") && generate.env;
  if (!env || !source.span) {
    refuse(
      problems,
      source.span ?? null,
      `The agent \`${name}\` has no \`generate\` function that can be cut out.`,
    );
    return null;
  }
  const module = `${name}.generate`;
  code.set(module, { kind: "agent", span: source.span, env });
  const options: Record<string, Json> = {};
  if (source.type === "Object")
    for (const [key, value] of source.props) {
      const json = optionJson(value, known);
      if (json !== undefined) options[key] = json;
    }
  return { kind: "module", module, options };
}

function refuse(problems: Diagnostic[], span: Span | null, message: string): void {
  problems.push(
    problem("SM704", span, message, {
      hint: "Agents are kept as data: write literals, or give a plain object with a `generate` function, which runs as code.",
    }),
  );
}
