import { availableParallelism } from "node:os";
import type { Json } from "../../../plan/types.ts";
import { aborted, abortReason, failure, invalidOutput } from "../errors.ts";
import type {
  AttemptContext,
  AttemptResult,
  ComputeWrite,
  Executor,
  Reservation,
  TaskError,
  TaskRequest,
} from "../executor.ts";
import type { OutputParser } from "../output.ts";
import { ModuleFiles } from "./module-files.ts";
import { WorkerPool } from "./pool.ts";
import type { ToolCallInfo, WorkerError } from "./protocol.ts";
import { mappedStack } from "./stack.ts";
import type { CtxSnapshot } from "./worker/ctx.mjs";
import type { Exit, TaskEnd, TaskListener, WorkerProcess } from "./worker-process.ts";

export { endProcess } from "./birth.ts";
export type { CtxSnapshot } from "./worker/ctx.mjs";
export { decode as decodeCaptures, encode as encodeCapture, NotTransferable } from "./worker/tagged.mjs";

export interface ComputeOptions {
  /** Worker processes at a time. Default: the number of processors, at least 4. */
  readonly maxWorkers?: number;
  /** Flags of Node for the workers, such as `--max-old-space-size=512`. */
  readonly execArgv?: readonly string[];
  /** How long a task may take to end by itself after its signal fired; then its process group is killed. Default 250 ms. */
  readonly graceMs?: number;
}

/** What a function gave, and what it wrote to state. */
interface Returned {
  readonly ok: true;
  readonly raw: Json;
  readonly writes: readonly ComputeWrite[];
}

export type ComputeRequest = Extract<TaskRequest, { readonly kind: "compute" }>;

/** Events an attempt may cause; a task that prints without end must not fill the journal. */
const MAX_LINES = 10_000;

/** Runs modules in worker processes: nothing a task does to its process touches the engine (SEMANTICS 49). */
export class ComputeExecutor implements Executor {
  readonly kind = "compute";
  readonly #outputs: OutputParser;
  readonly #pool: WorkerPool;
  readonly #files = new ModuleFiles();
  readonly #graceMs: number;
  readonly #reserved = new WeakMap<Reservation, WorkerProcess>();

  constructor(outputs: OutputParser, options: ComputeOptions = {}) {
    this.#outputs = outputs;
    this.#graceMs = options.graceMs ?? 250;
    this.#pool = new WorkerPool({
      maxWorkers: options.maxWorkers ?? Math.max(4, availableParallelism()),
      execArgv: options.execArgv ?? [],
    });
  }

  /** Starts up to `count` workers ahead of the first task. */
  warm(count: number, cwd: string): void {
    this.#pool.warm(count, cwd);
  }

  reserve(cwd: string): Reservation | null {
    const worker = this.#pool.take(cwd);
    if (worker === null) return null;
    if (worker.identity === null) {
      this.#pool.retire(worker);
      return null;
    }
    const reservation = { process: worker.identity };
    this.#reserved.set(reservation, worker);
    return reservation;
  }

  release(reservation: Reservation): void {
    const worker = this.#taken(reservation);
    if (worker !== null) this.#pool.release(worker);
  }

  #taken(reservation: Reservation | undefined): WorkerProcess | null {
    const worker = reservation && this.#reserved.get(reservation);
    if (!worker) return null;
    this.#reserved.delete(reservation);
    return worker;
  }

  async execute(request: TaskRequest, context: AttemptContext): Promise<AttemptResult> {
    try {
      return await this.#execute(request, context);
    } finally {
      // Whatever ended the attempt before its worker was used.
      if (context.reserved) this.release(context.reserved);
    }
  }

  async #execute(request: TaskRequest, context: AttemptContext): Promise<AttemptResult> {
    if (request.kind !== "compute")
      return failure("INTERNAL", `A compute executor was given a ${request.kind} task`);
    const problem = this.#outputs.problem(context.plan, request.schema);
    if (problem !== null) return problem;
    const result = await this.run(request, context);
    if (!result.ok) return result;
    const parsed = this.#outputs.parse(context.plan, request.schema, result.raw);
    const { raw, writes } = result;
    if (parsed.ok) return { ok: true, raw, value: parsed.value, ...(writes.length > 0 && { writes }) };
    return invalidOutput(request.schema ?? "", parsed.issues);
  }

  /** What the module returns, before any schema. */
  async run(
    request: Pick<ComputeRequest, "module" | "captures" | "ctx"> & { readonly call?: ToolCallInfo },
    context: AttemptContext,
  ): Promise<Returned | { readonly ok: false; readonly error: TaskError }> {
    const { plan, cwd, signal } = context;
    const module = Object.hasOwn(plan.modules, request.module) ? plan.modules[request.module] : undefined;
    if (module === undefined) return failure("INTERNAL", `The plan has no module named ${request.module}`);
    let url: string;
    try {
      url = await this.#files.url(cwd, request.module, module);
    } catch (error) {
      return failure("IO", `The code of module ${request.module} could not be written: ${reasonOf(error)}`);
    }
    const reserved = this.#taken(context.reserved);
    const worker = reserved ?? (await this.#pool.acquire(cwd, signal));
    if (worker === null)
      return signal.aborted ? aborted(signal) : failure("CANCELLED", "The executor was closed");
    const { identity } = worker;
    if (identity === null) {
      this.#pool.retire(worker);
      return exited(await worker.exited, request.module);
    }
    if (reserved === null) {
      try {
        await context.started(identity);
      } catch (error) {
        this.#pool.release(worker);
        throw error;
      }
    }
    if (signal.aborted) {
      this.#pool.release(worker);
      return aborted(signal);
    }
    const end = await this.#work(worker, url, module.captures, request, context);
    return this.#judge(end, worker, request.module, context);
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  async #work(
    worker: WorkerProcess,
    url: string,
    names: readonly string[],
    request: Pick<ComputeRequest, "captures" | "ctx"> & { readonly call?: ToolCallInfo },
    context: AttemptContext,
  ): Promise<TaskEnd> {
    const { runId, address, attempt, signal } = context;
    let grace: NodeJS.Timeout | undefined;
    const abort = (): void => {
      worker.abort(abortReason(signal));
      grace = setTimeout(() => worker.kill(), this.#graceMs);
    };
    const task = {
      runId,
      nodeId: address.nodeId,
      iteration: address.iteration,
      attempt,
      ...(request.call && { call: request.call }),
    };
    const ctx = isRecord(request.ctx) ? (request.ctx as unknown as CtxSnapshot) : { runId };
    const end = worker.run(
      {
        url,
        captures: byName(request.captures, names),
        ctx,
        traceparent: context.trace?.traceparent ?? null,
        task,
      },
      listener(context),
    );
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await end;
    } finally {
      signal.removeEventListener("abort", abort);
      clearTimeout(grace);
    }
  }

  #judge(
    end: TaskEnd,
    worker: WorkerProcess,
    module: string,
    { plan, signal }: AttemptContext,
  ): Returned | { readonly ok: false; readonly error: TaskError } {
    switch (end.type) {
      case "exit":
        this.#pool.retire(worker);
        return signal.aborted ? aborted(signal) : exited(end.exit, module);
      case "done": {
        const { message } = end;
        // A task that failed may have left its module half-way through something.
        if (message.spoiled === null && message.ok && !signal.aborted) this.#pool.release(worker);
        else this.#pool.retire(worker);
        if (signal.aborted) return aborted(signal);
        return message.ok ? message : thrown(message.error, (stack) => mappedStack(stack, plan, module));
      }
    }
  }
}

function listener({ emit }: AttemptContext): TaskListener {
  let lines = 0;
  const once = (type: string, data: { readonly [key: string]: Json }): void => {
    if (++lines <= MAX_LINES) emit(type, data);
    else if (lines === MAX_LINES + 1) {
      emit("task.log", { message: `More than ${MAX_LINES} lines: the rest is left out`, data: null });
    }
  };
  return {
    line: (stream, text) => once(`task.${stream}`, { line: text }),
    log: ({ message, data }) => once("task.log", { message, data }),
  };
}

/** Captures come in the module's order or by name; the module takes them by name. */
function byName(captures: Json, names: readonly string[]): Json {
  if (!Array.isArray(captures)) return captures;
  const values: readonly Json[] = captures;
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? null]));
}

function thrown(
  { name, message, stack }: WorkerError,
  mapped: (stack: string) => string,
): AttemptResult & { readonly ok: false } {
  const code = name === "NotJson" ? "OUTPUT_INVALID" : "THROWN";
  const text = name === "Error" || name === "NotJson" ? message : `${name}: ${message}`;
  return failure(code, text, { retryable: true, ...(stack === null ? {} : { stack: mapped(stack) }) });
}

function exited(exit: Exit, module: string): AttemptResult & { readonly ok: false } {
  if (exit.spawnError !== null) {
    return failure("EXIT", `The process for module ${module} could not be started: ${exit.spawnError}`, {
      retryable: true,
    });
  }
  if (exit.outOfMemory) return failure("EXIT", `Module ${module} ran out of memory`, { retryable: true });
  const how = exit.signal === null ? `with exit code ${exit.code ?? "unknown"}` : `by ${exit.signal}`;
  return failure("EXIT", `The process of module ${module} ended ${how} before the task had returned`, {
    retryable: true,
  });
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function isRecord(json: Json): json is { readonly [key: string]: Json } {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
