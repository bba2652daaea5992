/** Agents as a workflow declares them. The compiler reads the constructor's arguments; nothing is constructed. */

export interface AgentOptions {
  /** Name in the plan; default: the binding's name. */
  readonly id?: string;
  readonly model?: string;
  /** System prompt. */
  readonly instructions?: string;
  /** What it may call: a list, or an object whose keys are the names that the model knows. */
  readonly tools?: unknown;
  /** Tools that a person has to agree to each time, by those names. */
  readonly approval?: { readonly [tool: string]: "always" | "never" };
  /** Further options of the provider, as JSON. */
  readonly [option: string]: unknown;
}

export interface GenerateRequest {
  readonly prompt: string;
  readonly signal: AbortSignal;
}

/** A plain agent: its `generate` runs in a compute process and gives the answer's text or object. */
export interface PlainAgent {
  readonly id?: string;
  generate(request: GenerateRequest): unknown;
}

export type AgentLike = DeclaredAgent | PlainAgent;

abstract class DeclaredAgent {
  readonly options: AgentOptions;
  constructor(options: AgentOptions = {}) {
    this.options = options;
  }
}

/** Claude through the Messages API; the key is read from ANTHROPIC_API_KEY when a run needs it. */
export class AnthropicAgent extends DeclaredAgent {}

/** A model of OpenAI: declared in the plan; this version runs it only with a script of answers. */
export class OpenAIAgent extends DeclaredAgent {}

/** Command-line agents: declared in the plan; this version runs them only with a script of answers. */
export class ClaudeCodeAgent extends DeclaredAgent {}
export class CodexAgent extends DeclaredAgent {}
export class GeminiAgent extends DeclaredAgent {}
export class AntigravityAgent extends DeclaredAgent {}
export class PiAgent extends DeclaredAgent {}
export class KimiAgent extends DeclaredAgent {}
export class ForgeAgent extends DeclaredAgent {}
export class AmpAgent extends DeclaredAgent {}
export class OpenCodeAgent extends DeclaredAgent {}
export class CursorAgent extends DeclaredAgent {}
export class VibeAgent extends DeclaredAgent {}
export class HermesAgent extends DeclaredAgent {}
