import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { seal } from "../../plan/index.ts";
import { Bench, done, failed } from "../../test/engine.ts";
import { planOf, type TestNode, value } from "../../test/plans.ts";
import { answer, messagesServer, type Turn, use } from "../agents/testing.ts";
import { createExecutors } from "../executors/index.ts";
import { type Prices, replay, resume, run } from "../index.ts";

let exporter: InMemorySpanExporter;
let provider: NodeTracerProvider;
beforeEach(() => {
  exporter = new InMemorySpanExporter();
  provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.register();
});
afterEach(async () => {
  trace.disable();
  context.disable();
  await provider.shutdown();
});

const named = (name: string): ReadableSpan => {
  const found = exporter.getFinishedSpans().filter((span) => span.name === name);
  expect(found.map((span) => span.name)).toEqual([name]);
  return found[0] as ReadableSpan;
};
const all = (name: string) => exporter.getFinishedSpans().filter((span) => span.name === name);

/** Names from the span up to the root. */
function lineage(span: ReadableSpan): string[] {
  const parent = exporter
    .getFinishedSpans()
    .find((one) => one.spanContext().spanId === span.parentSpanContext?.spanId);
  return parent ? [span.name, ...lineage(parent)] : [span.name];
}

const agentPlan = seal(
  planOf(
    {
      ask: { kind: "task", output: "row", agent: "claude", prompt: "How many?" } as TestNode,
      gate: { kind: "approval", output: "decision", title: "Go on?" } as TestNode,
      after: value(2),
    },
    {
      schemas: { row: "z.object({ v: z.number() })" },
      agents: { claude: { kind: "anthropic", model: "claude-test", options: { tools: ["count"] } } },
    },
  ),
);

describe("a traced run", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(path.join(os.tmpdir(), "smithers-trace-"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  async function asked(turns: readonly Turn[], prices?: Prices) {
    const server = await messagesServer(turns);
    const executors = createExecutors({
      anthropic: { env: { ANTHROPIC_API_KEY: "key", ANTHROPIC_BASE_URL: server.url } },
      tools: [
        {
          name: "count",
          description: "Counts",
          inputSchema: { type: "object" },
          execute: async () => {
            trace.getTracer("user").startSpan("in the tool").end();
            return 3;
          },
        },
      ],
    });
    const outer = trace.getTracer("user").startSpan("request");
    const result = await context.with(trace.setSpan(context.active(), outer), () =>
      run(agentPlan, { root, runId: "r", executors, ...(prices && { prices }) }),
    );
    outer.end();
    await executors.close();
    await server.close();
    return result;
  }

  it("is run, frames, attempts, model calls and tools, each within the one that caused it", async () => {
    expect((await asked([use("count", {}), answer({ v: 3 })])).status).toBe("waiting");
    const above = ["invoke_agent claude", "frame 0", "invoke_workflow test", "request"];
    const [first, second] = all("chat claude-test");
    expect(lineage(named("in the tool"))).toEqual([
      "in the tool",
      "execute_tool count",
      "chat claude-test",
      ...above,
    ]);
    expect(lineage(second as ReadableSpan)).toEqual(["chat claude-test", ...above]);
    const traces = exporter.getFinishedSpans().map((span) => span.spanContext().traceId);
    expect(new Set(traces).size).toBe(1);

    expect(first?.kind).toBe(SpanKind.CLIENT);
    expect(first?.attributes).toEqual({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "anthropic",
      "gen_ai.agent.name": "claude",
      "gen_ai.request.model": "claude-test",
      "gen_ai.response.model": "claude-test",
      "gen_ai.response.id": "msg_1",
      "gen_ai.response.finish_reasons": ["tool_use"],
      "gen_ai.usage.input_tokens": 12,
      "gen_ai.usage.output_tokens": 5,
      "gen_ai.usage.cache_read.input_tokens": 2,
    });
    expect(named("execute_tool count").attributes).toMatchObject({
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": "count",
      "gen_ai.tool.call.id": "toolu_count",
    });
    expect(named("invoke_agent claude").attributes).toMatchObject({
      "gen_ai.agent.name": "claude",
      "gen_ai.usage.input_tokens": 24,
      "smithers.node.id": "ask",
      "smithers.task.attempt": 1,
    });
    const whole = named("invoke_workflow test");
    expect(whole.attributes).toMatchObject({ "smithers.run.id": "r", "smithers.run.status": "waiting" });
    expect(whole.events.map(({ name }) => name)).toContain("approval.requested");
  });

  it("tells what calls cost where their models have a price, and nothing of it elsewhere", async () => {
    await asked([use("count", {}), answer({ v: 3 })]);
    expect(named("invoke_agent claude").attributes).not.toHaveProperty("smithers.usage.cost_usd");
    exporter.reset();
    rmSync(root, { recursive: true });
    const prices = { "claude-test": { input: 100, output: 200, cacheRead: 10 } };
    await asked([use("count", {}), answer({ v: 3 })], prices);
    const costs = all("chat claude-test").map(({ attributes }) => attributes["smithers.usage.cost_usd"]);
    expect(costs).toEqual([0.002_02, 0.002_02]);
    expect(named("invoke_agent claude").attributes).toMatchObject({ "smithers.usage.cost_usd": 0.004_04 });
  });

  it("links to the traces of the processes before, and replays identically", async () => {
    await asked([answer({ v: 3 })]);
    const before = named("invoke_workflow test").spanContext();
    exporter.reset();
    const script = { answers: [], approvals: [{ node: "gate", approved: true, note: null }] };
    expect((await resume("r", { root, script })).status).toBe("finished");
    const after = named("invoke_workflow test");
    expect(after.spanContext().traceId).not.toBe(before.traceId);
    expect(after.links.map((link) => [link.context.traceId, link.context.spanId])).toEqual([
      [before.traceId, before.spanId],
    ]);
    expect(lineage(named("task after"))).toHaveLength(3);
    expect((await replay("r", { root })).identical).toBe(true);
  });

  it("tells failures of calls, attempts and runs", async () => {
    expect((await asked([{ status: 400, message: "no such model" }])).status).toBe("failed");
    for (const name of ["chat claude-test", "invoke_agent claude", "invoke_workflow test"]) {
      const { status } = named(name);
      expect([name, status.code]).toEqual([name, SpanStatusCode.ERROR]);
    }
    expect(named("invoke_agent claude").attributes["error.type"]).toBe("PROVIDER");
    expect(named("chat claude-test").events.map(({ name }) => name)).toEqual(["exception"]);
  });
});

describe("times and cost", () => {
  const plan = planOf({ a: { kind: "task", agent: "x", prompt: "?", retries: 1 } as TestNode });

  it("are those of the run's clock, retries included", async () => {
    const bench = new Bench(plan, (_, { attempt }) => (attempt === 1 ? failed("later") : done(1)));
    expect((await bench.run()).status).toBe("finished");
    const [first, second] = all("invoke_agent x");
    expect(first?.startTime).toEqual([1_000, 0]);
    expect(first?.status.code).toBe(SpanStatusCode.ERROR);
    const retry = bench.events.filter(({ type }) => type === "task.started")[1];
    expect((second?.startTime[0] ?? 0) * 1000 + (second?.startTime[1] ?? 0) / 1e6).toBe(retry?.at);
  });

  it("without a provider nothing is wrapped and nothing is journaled", async () => {
    trace.disable();
    const bench = new Bench(plan, (_, context) => {
      expect(context.trace).toBe(undefined);
      return done(1);
    });
    await bench.run();
    expect(bench.events[0]?.data).not.toHaveProperty("traceparent");
    expect(exporter.getFinishedSpans()).toEqual([]);
  });
});
