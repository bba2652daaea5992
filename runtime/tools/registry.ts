/** Tools that agents may call. A tool is declared by name in the plan (`options.tools`) and served from here. */
import type { Json } from "../../plan/types.ts";
import type { AttemptContext } from "../executors/executor.ts";

export interface ToolCall {
  /** As the model gave it the call. */
  readonly id: string;
  readonly input: Json;
  /** Working directory of the run: what file tools may touch. */
  readonly cwd: string;
  /** Aborted on timeout and cancel of the attempt. */
  readonly signal: AbortSignal;
  /** Of the attempt that the call belongs to. */
  readonly context: AttemptContext;
  /** The same for the same call in every attempt, restarted ones too: what the world outside may tell a repetition by. */
  readonly idempotencyKey: string;
}

/**
 * What is done about a call that was under way when its process died: `repeat` does it again; `tell` tells the model that the
 * outcome is unknown; `ask` asks people whether it may be done again.
 */
export type AfterCrash = "repeat" | "tell" | "ask";

export interface Tool {
  /** As the model calls it. */
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly inputSchema: { readonly [key: string]: Json };
  /** Default `tell`. */
  readonly afterCrash?: AfterCrash;
  /** `always`: a person has to agree before it runs (SEMANTICS 40). */
  readonly approval?: "always" | undefined;
  /** What the model reads. A rejection is told to the model as an error, it does not end the task. */
  execute(call: ToolCall): Promise<Json>;
}

export class ToolRegistry {
  readonly #tools: ReadonlyMap<string, Tool>;

  constructor(tools: readonly Tool[] = []) {
    this.#tools = new Map(tools.map((tool) => [tool.name, tool]));
  }

  get names(): readonly string[] {
    return [...this.#tools.keys()];
  }

  get(name: string): Tool | undefined {
    return this.#tools.get(name);
  }
}
