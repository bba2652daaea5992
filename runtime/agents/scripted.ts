import { setTimeout as sleep } from "node:timers/promises";
import type { Json } from "../../plan/types.ts";
import { aborted, failure } from "../executors/errors.ts";
import type { TaskError } from "../executors/executor.ts";
import { untraced } from "../telemetry/calls.ts";
import { ToolCalls, type Use } from "../tools/calls.ts";
import { addUsd } from "../usage/money.ts";
import { type Cost, costOf, priceOf } from "../usage/prices.ts";
import { answerText } from "./answer.ts";
import {
  type AgentCall,
  type AgentProvider,
  type Answer,
  addUsage,
  type Conversation,
  modelOf,
  NO_USAGE,
  type Usage,
} from "./provider.ts";
import { findAnswer, type Script, type ScriptedAnswer } from "./script.ts";
import { suspended } from "./session.ts";
import { isRetryableStatus } from "./status.ts";

/** Answers from a script, whatever agent the plan names. */
export class ScriptedProvider implements AgentProvider {
  readonly #script: Script;

  constructor(script: Script) {
    this.#script = script;
  }

  open(call: AgentCall): Conversation {
    const { runId, address, attempt } = call.context;
    const entry = findAnswer(this.#script, { runId, address, attempt, agent: call.name });
    const dialogue = new ScriptedDialogue(call, entry);
    return { ask: (message) => dialogue.ask(message) };
  }
}

class ScriptedDialogue {
  readonly #call: AgentCall;
  readonly #entry: ScriptedAnswer | undefined;
  /** Replies given. */
  #asked = 0;
  #given: Json | null = null;

  constructor(call: AgentCall, entry: ScriptedAnswer | undefined) {
    this.#call = call;
    this.#entry = entry;
  }

  async ask(message: string): Promise<Answer> {
    const { context, session } = this.#call;
    if (session.turns.length === 0 || this.#asked > 0)
      context.emit("agent.message", { role: "user", text: message });
    else context.emit("agent.continued", { agent: session.agent, turns: session.turns.length });
    if (this.#given !== null) session.corrected(this.#given, message);
    const tools = this.#asked === 0 ? await this.#useTools() : NO_USAGE;
    if ("error" in tools) return tools;
    const answer = await this.#model(() => answerOf(this.#entry, this.#asked++, this.#call));
    if (answer.ok) {
      this.#given = answer.type === "text" ? answer.text : answerText(answer);
      context.emit("agent.message", { role: "assistant", text: answerText(answer) });
    }
    return { ...answer, usage: addUsage(tools, answer.usage) };
  }

  #model(work: () => Promise<Answer>): Promise<Answer> {
    const { context, name } = this.#call;
    return (context.trace ?? untraced).model(
      { provider: "smithers.script", model: modelOf(this.#call.agent), agent: name },
      work,
      ({ usage, ...more }) => ({ usage, ...(more.ok ? {} : { error: more.error }) }),
    );
  }

  /** Each is a turn of its own; those of earlier attempts come first. */
  async #useTools(): Promise<Usage | Extract<Answer, { readonly ok: false }>> {
    const { context, session } = this.#call;
    const past = session.turns.filter(({ correction }) => correction === null);
    this.#asked = session.turns.length - past.length;
    const steps = this.#entry?.tools ?? [];
    if (past.length + steps.length === 0) return NO_USAGE;
    const toolbox = this.#call.tools();
    if (!toolbox.ok)
      return {
        ...failure("AGENT_OPTIONS", `Agent ${this.#call.name}: ${toolbox.message}`),
        usage: NO_USAGE,
      };
    const calls = new ToolCalls(toolbox.tools, session, context);
    let turns = 0;
    const usage = (): Usage => {
      const used = { ...NO_USAGE, calls: turns, toolCalls: calls.count };
      return { ...used, ...costsOf(this.#entry, this.#call, used) };
    };
    for (const [index, step] of steps.entries()) {
      const known = past[index];
      const use = known
        ? (known.content as unknown as Use)
        : { id: `${context.attempt}.${index + 1}`, ...step };
      if (!known) {
        turns++;
        await this.#model(async () => ({ ok: true, type: "text", text: "", usage: NO_USAGE }));
        await session.called({ ...use });
      }
      const settled = await calls.settle([use]);
      if (settled.type === "asks") return { ...suspended(settled.question), usage: usage() };
      if (settled.type === "aborted") return { ...aborted(context.signal), usage: usage() };
    }
    return usage();
  }
}

/** What calls cost: of each reply what the script says, else tokens at the price of the agent's model. */
function costsOf(
  entry: ScriptedAnswer | undefined,
  { agent, context }: AgentCall,
  usage: Usage,
  replies = 0,
): Cost {
  const { costUsd } = entry?.usage ?? {};
  if (costUsd === undefined) return costOf(priceOf(context.prices, modelOf(agent)), usage);
  return { costUsd: addUsd(replies * costUsd), pricedCalls: usage.calls };
}

async function answerOf(entry: ScriptedAnswer | undefined, asked: number, call: AgentCall): Promise<Answer> {
  const used: Usage = {
    inputTokens: entry?.usage?.inputTokens ?? 0,
    outputTokens: entry?.usage?.outputTokens ?? 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    calls: 1,
    toolCalls: 0,
  };
  const usage: Usage = { ...used, ...costsOf(entry, call, used, 1) };
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
