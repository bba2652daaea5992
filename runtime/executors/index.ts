/** All executors of a run, made once and shared by its tasks. */
import {
  type AgentProvider,
  AnthropicProvider,
  type AnthropicProviderOptions,
  CallLimits,
  ModuleProvider,
  type Script,
  ScriptedProvider,
  SharedPauses,
} from "../agents/index.ts";
import { builtinTools } from "../tools/builtin/index.ts";
import { type Tool, ToolRegistry } from "../tools/registry.ts";
import { AgentExecutor } from "./agent.ts";
import { CachingExecutor } from "./cache.ts";
import { ComputeExecutor, type ComputeOptions } from "./compute/index.ts";
import type { Executor, TaskRequest } from "./executor.ts";
import { OutputParser } from "./output.ts";
import { StaticExecutor } from "./static.ts";

export { dropCached } from "./cache.ts";
export {
  type ComputeOptions,
  type CtxSnapshot,
  encodeCapture,
  endProcess,
  NotTransferable,
} from "./compute/index.ts";
export { aborted, failure } from "./errors.ts";
export type * from "./executor.ts";
export { OutputParser } from "./output.ts";

export interface ExecutorOptions {
  readonly compute?: ComputeOptions;
  /** Answers of agents and decisions of people from a file; then no provider is ever called. */
  readonly script?: Script;
  readonly anthropic?: AnthropicProviderOptions;
  /** Other kinds of agents, or other providers for the known ones. */
  readonly providers?: ReadonlyMap<string, AgentProvider>;
  /** Beside the library's own, or in place of those of the same name. */
  readonly tools?: readonly Tool[];
  /** Whether commands that agents run may use the network. Default false. */
  readonly allowNetwork?: boolean;
  /** Where results of tasks with `cache` are kept. Default: nowhere. */
  readonly cache?: string | undefined;
  /** Where pauses that providers ask for are shared with other processes. Default: nowhere. */
  readonly pauses?: string | undefined;
  /** Agent calls at a time. Default 10. */
  readonly maxAgentCalls?: number;
}

export interface Executors {
  /** Runs of their own are the caller's to begin (subflow.ts). */
  get(kind: Exclude<TaskRequest["kind"], "subflow">): Executor;
  /** Parses outputs and inputs with the plan's schemas; each is built once. */
  readonly outputs: OutputParser;
  /** Starts up to `workers` compute processes for tasks in `cwd`, ahead of the first one. Returns at once. */
  warm(workers: number, cwd: string): void;
  /** Ends child processes and connections; tasks that still run fail. */
  close(): Promise<void>;
}

export function createExecutors(options: ExecutorOptions = {}): Executors {
  const outputs = new OutputParser();
  const compute = new ComputeExecutor(outputs, options.compute);
  const providers = new Map<string, AgentProvider>([
    ["anthropic", new AnthropicProvider(options.anthropic)],
    ["module", new ModuleProvider(compute)],
    ...(options.providers ?? []),
  ]);
  const { allowNetwork = false, tools = [] } = options;
  const registry = new ToolRegistry([...builtinTools({ allowNetwork }), ...tools]);
  // What a script says is nobody's limit.
  const shared =
    options.pauses === undefined || options.script ? undefined : new SharedPauses(options.pauses);
  const cached = (executor: Executor): Executor =>
    options.cache === undefined ? executor : new CachingExecutor(executor, outputs, options.cache);
  const executors: { readonly [K in Exclude<TaskRequest["kind"], "subflow">]: Executor } = {
    static: new StaticExecutor(outputs),
    compute: cached(compute),
    agent: cached(
      new AgentExecutor({
        outputs,
        providers,
        scripted: options.script === undefined ? undefined : new ScriptedProvider(options.script),
        limits: new CallLimits(options.maxAgentCalls ?? 10, shared),
        tools: { registry, compute },
      }),
    ),
  };
  return {
    get: (kind) => executors[kind],
    outputs,
    warm: (workers, cwd) => compute.warm(workers, cwd),
    close: async () => {
      await Promise.all(Object.values(executors).map((executor) => executor.close()));
    },
  };
}
