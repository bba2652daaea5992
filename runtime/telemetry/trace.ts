/**
 * A run as OpenTelemetry spans: run → frame → attempt → model call → tool. Only the API is used: without a tracer
 * provider of the user's nothing is wrapped and nothing is made. Times are those of the run's clock; a frame begins and
 * ends with what the journal records of it.
 */
import {
  type Attributes,
  type Context,
  context,
  type Link,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { RunResult } from "../engine.ts";
import type {
  AttemptContext,
  AttemptResult,
  Executor,
  TaskError,
  TaskRequest,
} from "../executors/executor.ts";
import type { Clock } from "../interpreter/clock.ts";
import type { Services } from "../interpreter/run.ts";
import { everyEvent } from "../store/paged.ts";
import { showAddress } from "../store/rules.ts";
import type { EventRecord, FrameRecord, Store, Write } from "../store/store.ts";
import {
  agentAttributes,
  modelAttributes,
  nodeAttributes,
  outcomeAttributes,
  runAttributes,
  toolAttributes,
  usageAttributes,
} from "./attributes.ts";
import type { AttemptTrace } from "./calls.ts";

/** The instrumentation's name. */
const SCOPE = "smithers";

export interface TracedRun {
  readonly runId: string;
  readonly workflow: string;
  readonly planDigest: string;
}

/** Ends the run's span with what the run gave, or with what it threw. */
export type EndTrace = (outcome: { readonly result: RunResult } | { readonly error: unknown }) => void;

/**
 * Begins the trace of a process that attends to a run, as a child of the active span if there is one.
 * @returns the services through which the run is traced; those given where nobody traces
 */
export async function traced(
  run: TracedRun,
  services: Services,
): Promise<{ readonly services: Services; readonly end: EndTrace }> {
  const tracer = trace.getTracer(SCOPE);
  const { clock } = services;
  const span = tracer.startSpan(`invoke_workflow ${run.workflow}`, {
    startTime: new Date(clock.now()),
    attributes: runAttributes(run),
  });
  if (!span.isRecording()) return { services, end: () => {} };
  span.addLinks(await earlier(services.store));
  const spans = new RunSpans(tracer, span, clock);
  const { executors } = services;
  return {
    services: {
      ...services,
      store: tracedStore(services.store, spans),
      executors: {
        get: (kind) => {
          const executor = executors.get(kind);
          return executor && spans.executor(executor);
        },
      },
      traceparent: traceparentOf(span),
    },
    end: (outcome) => spans.end(outcome),
  };
}

function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

/** The spans of the processes that attended to the run before, from its journal. */
async function earlier(store: Store): Promise<Link[]> {
  const links: Link[] = [];
  for await (const { data } of everyEvent(store)) {
    const [, traceId, spanId, flags] =
      /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(String(data.traceparent)) ?? [];
    if (traceId !== undefined && spanId !== undefined)
      links.push({
        context: { traceId, spanId, traceFlags: Number.parseInt(flags ?? "0", 16), isRemote: true },
      });
  }
  return links;
}

/** Tells the spans of every commit once it is on disk: before what it starts is started. */
function tracedStore(store: Store, spans: RunSpans): Store {
  return {
    epoch: store.epoch,
    journal: () => store.journal(),
    events: (after, limit) => store.events(after, limit),
    frames: (after, limit) => store.frames(after, limit),
    transitions: (after, limit) => store.transitions(after, limit),
    close: () => store.close(),
    async commit(commit) {
      await store.commit(commit);
      spans.committed(commit.writes);
    },
  };
}

class RunSpans {
  readonly #tracer: Tracer;
  readonly #run: Span;
  readonly #clock: Clock;
  readonly #root: Context;
  /** What is started now is started by this frame. */
  #frame: Context;

  constructor(tracer: Tracer, run: Span, clock: Clock) {
    this.#tracer = tracer;
    this.#run = run;
    this.#clock = clock;
    this.#root = trace.setSpan(context.active(), run);
    this.#frame = this.#root;
  }

  committed(writes: readonly Write[]): void {
    for (const write of writes) {
      if (write.type === "frame") this.#stored(write);
      else if (write.type === "event") this.#happened(write.event);
    }
  }

  executor(executor: Executor): Executor {
    return {
      kind: executor.kind,
      ...(executor.reserve && { reserve: executor.reserve.bind(executor) }),
      ...(executor.release && { release: executor.release.bind(executor) }),
      execute: (request, attempt) => this.#attempt(executor, request, attempt),
      close: () => executor.close(),
    };
  }

  end(outcome: Parameters<EndTrace>[0]): void {
    if ("result" in outcome) {
      const { status, reason } = outcome.result;
      this.#run.setAttribute("smithers.run.status", status);
      if (status === "failed") this.#run.setStatus({ code: SpanStatusCode.ERROR, message: reason ?? status });
    } else fail(this.#run, errorOf(outcome.error), this.#now());
    this.#run.end(this.#now());
  }

  #stored({ frame, now, cause }: FrameRecord): void {
    const span = this.#tracer.startSpan(
      `frame ${frame}`,
      {
        startTime: new Date(now),
        attributes: { "smithers.frame.number": frame, "smithers.frame.cause": cause },
      },
      this.#root,
    );
    span.end(this.#now());
    this.#frame = trace.setSpan(this.#root, span);
  }

  /** What is no work of ours, as an event of the run's span. */
  #happened({ type, at, data }: EventRecord): void {
    if (!TOLD.test(type)) return;
    const { nodeId, iteration, message, code, name } = data;
    const attributes: Attributes = {};
    for (const [key, value] of Object.entries({
      "node.id": nodeId,
      "node.iteration": iteration,
      message,
      code,
      name,
    }))
      if (typeof value === "string" || typeof value === "number") attributes[`smithers.${key}`] = value;
    this.#run.addEvent(type, attributes, new Date(at));
  }

  async #attempt(executor: Executor, request: TaskRequest, attempt: AttemptContext): Promise<AttemptResult> {
    const agent = request.kind === "agent" ? (request.agents[0] ?? null) : null;
    const span = this.#tracer.startSpan(
      agent === null ? `task ${showAddress(attempt.address)}` : `invoke_agent ${agent}`,
      {
        startTime: this.#now(),
        attributes: {
          ...(agent === null ? {} : agentAttributes(agent)),
          ...nodeAttributes(attempt.address),
          "smithers.task.kind": request.kind,
          "smithers.task.attempt": attempt.attempt,
        },
      },
      this.#frame,
    );
    const within = trace.setSpan(this.#frame, span);
    try {
      const result = await context.with(within, () =>
        executor.execute(request, { ...attempt, trace: this.#calls(within) }),
      );
      if (result.usage !== undefined) span.setAttributes(usageAttributes(result.usage));
      if (!result.ok && !result.question) fail(span, result.error, this.#now());
      return result;
    } catch (error) {
      fail(span, errorOf(error), this.#now());
      throw error;
    } finally {
      span.end(this.#now());
    }
  }

  #calls(attempt: Context): AttemptTrace {
    // Tools run between two calls of a model: they belong to the one that asked for them.
    let asking = attempt;
    const span = trace.getSpan(attempt);
    return {
      traceparent: span ? traceparentOf(span) : null,
      model: (call, work, outcome) => {
        const name = call.model === null ? "chat" : `chat ${call.model}`;
        const options = { kind: SpanKind.CLIENT, attributes: modelAttributes(call) };
        return this.#within(attempt, name, options, (within, span) => {
          asking = within;
          return work().then((result) => {
            const known = outcome(result);
            span.setAttributes(outcomeAttributes(known));
            if (known.error) fail(span, known.error, this.#now());
            return result;
          });
        });
      },
      tool: (call, work) =>
        this.#within(asking, `execute_tool ${call.name}`, { attributes: toolAttributes(call) }, work),
    };
  }

  async #within<T>(
    parent: Context,
    name: string,
    options: { readonly kind?: SpanKind; readonly attributes: Attributes },
    work: (within: Context, span: Span) => Promise<T>,
  ): Promise<T> {
    const span = this.#tracer.startSpan(name, { ...options, startTime: this.#now() }, parent);
    const within = trace.setSpan(parent, span);
    try {
      return await context.with(within, () => work(within, span));
    } catch (error) {
      fail(span, errorOf(error), this.#now());
      throw error;
    } finally {
      span.end(this.#now());
    }
  }

  /** A Date: a small number would be taken for one since the process began. */
  #now(): Date {
    return new Date(this.#clock.now());
  }
}

const TOLD =
  /^(?:approval\.|tool\.decided|signal\.|timer\.|phase\.|step\.|stop\.|end\.|run\.(?:warning|fault|stopping|interrupted)|task\.(?:retrying|suspended|skipped|expired|unmounted))/;

type Failure = Pick<TaskError, "code" | "message" | "stack">;

function errorOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { code: "Error", message: String(error) };
  const { name, message, stack } = error;
  return { code: name, message, ...(stack === undefined ? {} : { stack }) };
}

function fail(span: Span, { code, message, stack }: Failure, at: Date): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  span.setAttribute("error.type", code);
  span.recordException({ name: code, message, ...(stack === undefined ? {} : { stack }) }, at);
}
