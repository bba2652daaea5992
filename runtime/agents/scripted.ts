import { setTimeout as sleep } from "node:timers/promises";
import type { Json } from "../../plan/types.ts";
import { aborted } from "../executors/errors.ts";
import type { TaskError } from "../executors/executor.ts";
import { untraced } from "../telemetry/calls.ts";
import { answerText } from "./answer.ts";
import type { AgentCall, AgentProvider, Answer, Conversation, Usage } from "./provider.ts";
import { findAnswer, type Script, type ScriptedAnswer } from "./script.ts";
import { isRetryableStatus } from "./status.ts";

/** Answers from a script, whatever agent the plan names. */
export class ScriptedProvider implements AgentProvider {
  readonly #script: Script;

  constructor(script: Script) {
    this.#script = script;
  }

  open(call: AgentCall): Conversation {
    const { address, attempt } = call.context;
    const entry = findAnswer(this.#script, { address, attempt, agent: call.name });
    let asked = 0;
    return {
      ask: async (message) => {
        call.context.emit("agent.message", { role: "user", text: message });
        const answer = await (call.context.trace ?? untraced).model(
          { provider: "smithers.script", model: modelOf(call), agent: call.name },
          () => answerOf(entry, asked++, call),
          ({ usage, ...more }) => ({ usage, ...(more.ok ? {} : { error: more.error }) }),
        );
        if (answer.ok) call.context.emit("agent.message", { role: "assistant", text: answerText(answer) });
        return answer;
      },
    };
  }
}

const modelOf = ({ agent }: AgentCall): string | null =>
  "model" in agent && typeof agent.model === "string" ? agent.model : null;

async function answerOf(entry: ScriptedAnswer | undefined, asked: number, call: AgentCall): Promise<Answer> {
  const usage: Usage = {
    inputTokens: entry?.usage?.inputTokens ?? 0,
    outputTokens: entry?.usage?.outputTokens ?? 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    calls: 1,
    toolCalls: 0,
  };
  const { signal, address, attempt } = call.context;
  if (entry === undefined) {
    const place = `node ${JSON.stringify(address.nodeId)}, iteration ${address.iteration}, attempt ${attempt}, agent ${JSON.stringify(call.name)}`;
    const message = `The script has no answer for ${place}: add { "node": ${JSON.stringify(address.nodeId)}, "reply": … } to its "answers".`;
    return { ok: false, error: { code: "NO_SCRIPTED_ANSWER", message, retryable: false }, usage };
  }
  if (entry.latencyMs !== undefined) await sleep(entry.latencyMs, undefined, { signal }).catch(() => {});
  if (signal.aborted) return { ...aborted(signal), usage };
  if (entry.error !== undefined) return { ok: false, error: errorOf(entry.error), usage };
  const replies: readonly Json[] = entry.replies ?? [entry.reply ?? null];
  const reply = replies[Math.min(asked, replies.length - 1)] ?? null;
  return typeof reply === "string"
    ? { ok: true, type: "text", text: reply, usage }
    : { ok: true, type: "value", value: reply, usage };
}

function errorOf(error: NonNullable<ScriptedAnswer["error"]>): TaskError {
  const { code, message, status, retryable, retryAfterMs } = error;
  return {
    code,
    message: status === undefined ? message : `${status} ${message}`,
    retryable: retryable ?? (status !== undefined && isRetryableStatus(status)),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
