/** Tools that agents may call. A tool is declared by name in the plan (`options.tools`) and served from here. */
import type { Json } from "../../plan/types.ts";

export interface ToolCall {
  readonly input: Json;
  /** Working directory of the run. */
  readonly cwd: string;
  /** Aborted on timeout and cancel of the attempt. */
  readonly signal: AbortSignal;
}

export interface Tool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly inputSchema: { readonly [key: string]: Json };
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
