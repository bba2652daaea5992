import { CoreError } from "../../plan/core/values.ts";
import type { Agent, Json } from "../../plan/types.ts";
import type { Issue } from "../../plan/zod/index.ts";
import { candidates, correction, holdsJson } from "../agents/answer.ts";
import {
  type AgentProvider,
  addUsage,
  type CallLimits,
  NO_USAGE,
  rateKey,
  tokensOf,
  type Usage,
  usedUp,
} from "../agents/index.ts";
import { INTERRUPTED, Session } from "../agents/session.ts";
import { type ToolSources, toolboxOf } from "../tools/toolbox.ts";
import { aborted, failure, invalidOutput } from "./errors.ts";
import type { AttemptContext, AttemptResult, Executor, Past, TaskRequest } from "./executor.ts";
import type { OutputParser } from "./output.ts";

export interface AgentExecutorOptions {
  readonly outputs: OutputParser;
  /** By kind of agent (`anthropic`, `module`). */
  readonly providers: ReadonlyMap<string, AgentProvider>;
  /** Answers instead of every provider. */
  readonly scripted?: AgentProvider | undefined;
  readonly limits: CallLimits;
  readonly tools: ToolSources;
}

type AgentRequest = Extract<TaskRequest, { readonly kind: "agent" }>;

/** Asks agents for output that satisfies a schema: corrections within one dialogue, the next agent when one fails. */
export class AgentExecutor implements Executor {
  readonly kind = "agent";
  readonly #options: AgentExecutorOptions;

  constructor(options: AgentExecutorOptions) {
    this.#options = options;
  }

  async execute(request: TaskRequest, context: AttemptContext): Promise<AttemptResult> {
    if (request.kind !== "agent")
      return failure("INTERNAL", `An agent executor was given a ${request.kind} task`);
    const problem = this.#options.outputs.problem(context.plan, request.schema);
    if (problem !== null) return problem;
    let usage = NO_USAGE;
    let result: AttemptResult = failure("INTERNAL", "The task names no agent");
    let retryable = false;
    for (const [index, name] of request.agents.entries()) {
      if (index > 0 && !result.ok) {
        const { left: _, ...error } = result.error;
        context.emit("agent.fallback", { agent: name, error });
      }
      result = await this.#ask(name, request, context);
      usage = addUsage(usage, usageOf(result));
      if (result.ok || result.question || context.signal.aborted) break;
      retryable ||= result.error.retryable;
    }
    const reported = usage.calls === 0 ? {} : { usage: { ...usage } };
    if (result.ok) return { ...result, ...reported };
    return {
      ok: false,
      error: { ...result.error, retryable: result.error.retryable || retryable },
      ...reported,
      ...(result.question && { question: result.question }),
    };
  }

  async close(): Promise<void> {}

  async #ask(name: string, request: AgentRequest, context: AttemptContext): Promise<AttemptResult> {
    const { plan, signal } = context;
    const declared = Object.hasOwn(plan.agents, name) ? plan.agents[name] : undefined;
    if (declared === undefined)
      return failure("INTERNAL", `The plan has no agent named ${JSON.stringify(name)}`);
    let agent: Agent;
    try {
      const resolved = context.resolve?.(declared as unknown as Json) ?? declared;
      agent = resolved as unknown as Agent;
    } catch (error) {
      if (!(error instanceof CoreError)) throw error;
      return failure(
        "AGENT_OPTIONS",
        `The options of agent ${name} can't be resolved here: ${error.message}`,
      );
    }
    const provider = this.#provider(agent);
    if (provider === undefined) return unsupported(name, agent);
    const past = pastOf(request, context);
    if (past === "fail") {
      const why = 'an earlier attempt left a conversation in which tools were called, and onResume is "fail"';
      return failure(INTERRUPTED, why);
    }
    const { allowTools } = request;
    const allowed = allowTools && { names: allowTools, isOnly: request.agents.length === 1 };
    const conversation = provider.open({
      name,
      agent,
      maxTokens: request.maxTokens,
      schema:
        request.schema === null
          ? null
          : { name: request.schema, jsonSchema: this.#options.outputs.asked(plan, request.schema) },
      tools: () => toolboxOf(agent, plan, this.#options.tools, allowed),
      session: new Session(name, context, past),
      context,
    });
    const key = rateKey(agent);
    let pausedUntil = 0;
    const paused = (until: number): void => {
      if (until === pausedUntil) context.alive?.();
      else context.emit("agent.paused", { agent: name, until: new Date(until).toISOString() });
      pausedUntil = until;
    };
    let message = request.prompt;
    let usage = NO_USAGE;
    for (let corrections = 0; ; corrections++) {
      const used = tokensOf(usage);
      if (request.maxTokens !== undefined && corrections > 0 && used >= request.maxTokens) {
        return { ...usedUp(used, request.maxTokens), usage: { ...usage } };
      }
      const answer = await this.#options.limits.run(key, signal, () => conversation.ask(message), paused);
      if (answer === null) return { ...aborted(signal), usage: { ...usage } };
      usage = addUsage(usage, answer.usage);
      if (!answer.ok) {
        const { retryAfterMs } = answer.error;
        if (retryAfterMs !== undefined) this.#options.limits.pause(key, retryAfterMs);
        const { error, question } = answer;
        return { ok: false, error, usage: { ...usage }, ...(question && { question }) };
      }
      if (signal.aborted) return { ...aborted(signal), usage: { ...usage } };
      const parsed = this.#parse(candidates(answer, request.schema !== null), request.schema, context);
      if (parsed.ok) return { ...parsed, usage: { ...usage } };
      if (corrections >= request.maxSchemaRetries) {
        return { ...invalidOutput(request.schema ?? "", parsed.issues), usage: { ...usage } };
      }
      context.emit("agent.correction", {
        number: corrections + 1,
        issues: parsed.issues.map((issue) => ({ ...issue })),
      });
      message = correction(parsed.issues, holdsJson(answer));
    }
  }

  /** The first candidate that satisfies the schema; else what is wrong with the best one. */
  #parse(
    found: readonly Json[],
    schema: string | null,
    { plan }: AttemptContext,
  ):
    | { readonly ok: true; readonly raw: Json; readonly value: Json }
    | { readonly ok: false; readonly issues: readonly Issue[] } {
    let issues: readonly Issue[] | null = null;
    for (const raw of found) {
      const parsed = this.#options.outputs.parse(plan, schema, raw);
      if (parsed.ok) return { ok: true, raw, value: parsed.value };
      issues ??= parsed.issues;
    }
    return { ok: false, issues: issues ?? [] };
  }

  #provider(agent: Agent): AgentProvider | undefined {
    return this.#options.scripted ?? this.#options.providers.get(agent.kind);
  }
}

/** The conversation that the attempt goes on with; null where it begins one. */
function pastOf({ onResume }: AgentRequest, { past }: AttemptContext): Past | "fail" | null {
  if (!past || past.events.length === 0) return null;
  if (past.suspended || onResume === undefined) return past;
  return onResume === "fail" ? "fail" : null;
}

function unsupported(name: string, agent: Agent): AttemptResult {
  return failure(
    "UNSUPPORTED_AGENT",
    `Agent ${name} is of kind ${JSON.stringify(agent.kind)}, which this version can't run: use an Anthropic agent, or give scripted answers with --script FILE.`,
  );
}

function usageOf(result: AttemptResult): Usage {
  return { ...NO_USAGE, ...(result.usage as Partial<Usage> | undefined) };
}
