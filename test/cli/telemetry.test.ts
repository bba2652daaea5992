/** Spans of the built command, with a provider that the user brings by NODE_OPTIONS. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { jsonLines, scratch, smithers } from "./harness.ts";

const WORKFLOW = `
import { trace } from "@opentelemetry/api";
import { AnthropicAgent, createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, smithers, outputs } = createSmithers({
  input: z.object({}),
  row: z.object({ v: z.number() }),
});
const model = new AnthropicAgent({ model: "claude-sonnet-4-5" });
export default smithers(() => (
  <Workflow name="traced">
    <Task id="count" output={outputs.row}>{async () => {
      trace.getTracer("user").startSpan("of the user").end();
      return { v: 1 };
    }}</Task>
    <Task id="ask" output={outputs.row} agent={model}>How many?</Task>
  </Workflow>
));
`;
const SCRIPT = JSON.stringify({ answers: [{ node: "ask", reply: { v: 2 } }] });

it("are made for a provider that is registered before the command starts", async () => {
  const project = scratch();
  project.write("workflow.tsx", WORKFLOW);
  project.write("script.json", SCRIPT);
  const packages = { "": {}, "node_modules/@opentelemetry/api": { version: "1.9.0" } };
  project.write("package-lock.json", JSON.stringify({ lockfileVersion: 3, packages }));
  const otel = project.write(
    "otel.mjs",
    `import { appendFileSync } from "node:fs";
import { NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
const exporter = {
  export(spans, done) {
    for (const span of spans) {
      const { traceId, spanId } = span.spanContext();
      const parent = span.parentSpanContext?.spanId ?? null;
      appendFileSync("spans.jsonl", JSON.stringify({ name: span.name, traceId, spanId, parent }) + "\\n");
    }
    done({ code: 0 });
  },
  shutdown: async () => {},
};
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();
`,
  );
  const args = ["up", "workflow.tsx", "--script", "script.json"];
  const { code, stderr } = await smithers(args, project.dir, { NODE_OPTIONS: `--import ${otel}` });
  expect(stderr).toContain("finished");
  expect(code).toBe(0);
  const spans = jsonLines(readFileSync(path.join(project.dir, "spans.jsonl"), "utf8"));
  const names = spans.map(({ name }) => String(name));
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  const lineage = (name: string): unknown[] => {
    const up = (id: unknown): unknown[] => {
      const span = spans.find(({ spanId }) => spanId === id);
      return span ? [span.name, ...up(span.parent)] : [];
    };
    return up(spans.find((span) => span.name === name)?.spanId);
  };
  expect(names).toContain("frame 0");
  expect(lineage("chat claude-sonnet-4-5")).toEqual([
    "chat claude-sonnet-4-5",
    "invoke_agent model",
    expect.stringMatching(/^frame \d+$/),
    "invoke_workflow traced",
  ]);
  expect(lineage("of the user")).toEqual(["of the user", "task count", "frame 0", "invoke_workflow traced"]);
  project.remove();
});
