import { type ComputeExecutor, encodeCapture } from "../executors/compute/index.ts";
import { failure } from "../executors/errors.ts";
import { answerText } from "./answer.ts";
import { type AgentCall, type AgentProvider, type Answer, type Conversation, NO_USAGE } from "./provider.ts";

/**
 * An agent of the user's own: its module runs in a compute process and is called with
 * `({ prompt, messages, outputSchema, options }, ctx, task)`. It gives the answer itself, as text or structured,
 * or an object that holds it as `output`, `object` or `text`.
 */
export class ModuleProvider implements AgentProvider {
  readonly #compute: ComputeExecutor;

  constructor(compute: ComputeExecutor) {
    this.#compute = compute;
  }

  open(call: AgentCall): Conversation {
    const messages: { readonly role: "user" | "assistant"; readonly content: string }[] = [];
    return {
      ask: async (message): Promise<Answer> => {
        const { agent, context, schema } = call;
        if (agent.kind !== "module" || !("module" in agent)) {
          return { ...failure("INTERNAL", `Agent ${call.name} has no module`), usage: NO_USAGE };
        }
        messages.push({ role: "user", content: message });
        context.emit("agent.message", { role: "user", text: message });
        const captures = encodeCapture({
          prompt: message,
          messages,
          outputSchema: schema?.jsonSchema ?? null,
          options: agent.options,
        });
        const ctx = { runId: context.runId, iteration: context.address.iteration };
        const result = await this.#compute.run({ module: agent.module, captures, ctx }, context);
        const usage = { ...NO_USAGE, calls: 1 };
        if (!result.ok) return { ...result, usage };
        const answer = { ok: true, type: "result", result: result.raw, usage } as const;
        const text = answerText(answer);
        messages.push({ role: "assistant", content: text });
        context.emit("agent.message", { role: "assistant", text });
        return answer;
      },
    };
  }
}
