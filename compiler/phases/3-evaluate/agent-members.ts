/** What can be read of an agent while a workflow is rendered: what its class is known to keep of its options. */
import { type Instance, known, UNDEFINED, type Value } from "./value.ts";

/** Command-line agents: class → name in the plan and the program that is run. */
export const CLI_AGENTS: ReadonlyMap<string, { readonly kind: string; readonly program: string }> = new Map(
  [
    ["ClaudeCodeAgent", "claude-code", "claude"],
    ["CodexAgent", "codex", "codex"],
    ["GeminiAgent", "gemini", "gemini"],
    ["AntigravityAgent", "antigravity", "antigravity"],
    ["PiAgent", "pi", "pi"],
    ["KimiAgent", "kimi", "kimi"],
    ["ForgeAgent", "forge", "forge"],
    ["AmpAgent", "amp", "amp"],
    ["OpenCodeAgent", "opencode", "opencode"],
    ["CursorAgent", "cursor", "cursor-agent"],
    ["VibeAgent", "vibe", "vibe"],
    ["HermesAgent", "hermes", "hermes"],
  ].map(([name, kind, program]) => [name!, { kind: `cli:${kind}`, program: program! }]),
);

/** Agents that call a model's API. */
export const API_AGENTS: ReadonlyMap<string, string> = new Map([
  ["AnthropicAgent", "anthropic"],
  ["OpenAIAgent", "openai"],
]);

/** Classes of the AI SDK that run a model with tools. */
export const LOOP_AGENTS: ReadonlySet<string> = new Set(["ToolLoopAgent", "Experimental_Agent"]);

/** Options that a command-line agent keeps as properties of the same name, with the value of those not given. */
const KEPT: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["model", UNDEFINED],
  ["cwd", UNDEFINED],
  ["env", UNDEFINED],
  ["yolo", known(true)],
  ["timeoutMs", UNDEFINED],
  ["idleTimeoutMs", UNDEFINED],
  ["maxOutputBytes", UNDEFINED],
  ["extraArgs", UNDEFINED],
]);

/** `agent.key`; undefined where only the agent's own code knows. */
export function memberOfAgent(agent: Instance, key: string): Value | undefined {
  const options = agent.args[0];
  if (options && options.type !== "Object") return undefined;
  const given = (name: string): Value | undefined => {
    const value = options?.props.get(name);
    return value?.type === "Known" && (value.value ?? null) === null ? undefined : value;
  };
  // Without one it is made up when the agent is.
  if (key === "id") return given("id");
  if (isApiAgent(agent)) return key === "tools" ? given("tools") : undefined;
  if (!isCliAgent(agent)) return undefined;
  if (key === "systemPrompt") return given("systemPrompt") ?? given("instructions") ?? UNDEFINED;
  return KEPT.has(key) ? (options?.props.get(key) ?? KEPT.get(key)) : undefined;
}

/** `key in agent`; undefined where only the agent's own code knows. */
export function agentHas(agent: Instance, key: string): boolean | undefined {
  if (key === "generate") return true;
  if (key === "agent") return false;
  if (key === "id") return isCliAgent(agent) || isApiAgent(agent) ? true : undefined;
  return isCliAgent(agent) && (KEPT.has(key) || key === "systemPrompt") ? true : undefined;
}

const className = ({ callee, construct }: Instance): string =>
  construct && callee.type === "External" ? (callee.path.at(-1) ?? "") : "";

const isCliAgent = (agent: Instance): boolean => CLI_AGENTS.has(className(agent));
const isApiAgent = (agent: Instance): boolean =>
  API_AGENTS.has(className(agent)) || LOOP_AGENTS.has(className(agent));
