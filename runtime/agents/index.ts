/** Agents: providers, and which one serves which kind of agent. */
export { AnthropicProvider, type AnthropicProviderOptions } from "./anthropic.ts";
export { CallLimits } from "./limits.ts";
export { ModuleProvider } from "./module.ts";
export { SharedPauses } from "./pauses.ts";
export * from "./provider.ts";
export {
  decideScripted,
  loadScript,
  parseScript,
  type Script,
  ScriptError,
  type ScriptedAnswer,
  type ScriptedApproval,
} from "./script.ts";
export { ScriptedProvider } from "./scripted.ts";
