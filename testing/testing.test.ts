/** Workflows under test: what the library for tests promises. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadWorkflow, TaskFailure, type TestWorkflow, WorkflowError } from "./index.ts";

const WORKFLOW = `
import { AnthropicAgent, createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, Loop, Timer, Approval, HumanTask, WaitForEvent, smithers, outputs } = createSmithers({
  input: z.object({ topic: z.string() }),
  draft: z.object({ text: z.string() }),
  review: z.object({ approved: z.boolean(), feedback: z.string().default("none") }),
  decision: z.object({ approved: z.boolean(), note: z.string().nullable(), decidedBy: z.string(), decidedAt: z.string() }),
  count: z.object({ n: z.number() }),
});
const writer = new AnthropicAgent({ model: "claude-sonnet-4-5" });
export default smithers((ctx) => (
  <Workflow name="writing">
    <Loop id="rounds" until={ctx.latest(outputs.review, "review")?.approved} maxIterations={3}>
      <Task id="draft" output={outputs.draft} agent={writer}>
        {\`Write about \${ctx.input.topic}; last feedback: \${ctx.latest(outputs.review, "review")?.feedback ?? "-"}\`}
      </Task>
      <Task id="review" output={outputs.review} agent={writer}>Review it.</Task>
    </Loop>
    <Timer id="night" duration="8h" />
    <Task id="count" output={outputs.count}>{() => ({ n: ctx.latest(outputs.draft, "draft").text.length })}</Task>
    <Approval id="ok" output={outputs.decision} request={{ title: "Ship it?" }} />
    <WaitForEvent id="paid" event="paid" output={outputs.count} />
    <HumanTask id="ask" output={outputs.count} prompt="How many?" />
  </Workflow>
));
`;

let folder: string;
let flow: TestWorkflow;
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "testing-"));
  symlinkSync(path.resolve(import.meta.dirname, "../node_modules"), path.join(folder, "node_modules"));
  writeFileSync(path.join(folder, "package.json"), "{}");
  writeFileSync(path.join(folder, "workflow.tsx"), WORKFLOW);
  flow = await loadWorkflow(path.join(folder, "workflow.tsx"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CHILD = `
import { AnthropicAgent, createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, Approval, smithers, outputs } = createSmithers({
  input: z.object({ region: z.string() }),
  output: z.object({ price: z.number() }),
  ok: z.object({ approved: z.boolean() }),
});
const buyer = new AnthropicAgent({ model: "claude-sonnet-4-5" });
export default smithers((ctx) => (
  <Workflow name="buying">
    <Task id="quote" output={outputs.output} agent={buyer}>{\`What in \${ctx.input.region}?\`}</Task>
    <Approval id="ok" output={outputs.ok} request={{ title: "Buy?" }} />
  </Workflow>
));
`;
const PARENT = `
import { createSmithers } from "smithers";
import { z } from "zod";
import buying from "./child";
const { Workflow, Subflow, smithers, outputs } = createSmithers({
  input: z.object({}),
  bought: z.object({ price: z.number() }),
});
export default smithers(() => (
  <Workflow name="regions">
    <Subflow id="buy-eu" workflow={buying} input={{ region: "eu" }} output={outputs.bought} />
    <Subflow id="buy-us" workflow={buying} input={{ region: "us" }} output={outputs.bought} />
  </Workflow>
));
`;

const input = { topic: "rain" };
const answers = {
  draft: { text: "drop" },
  "review@0": { approved: false, feedback: "longer" },
  review: { approved: true },
};

describe("a workflow under test", () => {
  it("runs with what the test says: path, prompts, rows, time", async () => {
    const run = await flow.run({
      input,
      answers,
      people: { ok: { approved: true, note: "fine" }, ask: { answer: { n: 3 } } },
      signals: [{ name: "paid", payload: { n: 12 } }],
    });
    expect(run.status).toBe("finished");
    expect(run.path).toEqual(["draft", "review", "draft@1", "review@1", "count"]);
    expect(run.prompts("draft")).toEqual([
      "Write about rain; last feedback: -",
      "Write about rain; last feedback: longer",
    ]);
    expect(run.outputs.count).toMatchObject([{ n: 4 }, { n: 12 }, { n: 3 }]);
    expect(run.outputs.review?.[1]).toMatchObject({ approved: true, feedback: "none" });
    expect(run.tookMs).toBeGreaterThanOrEqual(8 * 3_600_000);
  });

  it("waits for what nobody says, and goes on with other answers", async () => {
    const run = await flow.run({ input, answers: { ...answers, count: { n: 1 } } });
    expect(run).toMatchObject({ status: "waiting", waitingFor: [{ nodeId: "ok", asks: "approval" }] });
    const denied = await run.resume({ people: { ok: false } });
    expect(denied.reason).toBe("ok failed: DENIED: denied by script");
  });

  it("asks functions, and tries again what they throw", async () => {
    const run = await flow.run({
      input,
      answers: {
        ...answers,
        draft: ({ attempt, prompt }) => {
          if (attempt === 1 && prompt.endsWith("-")) throw new Error("overloaded");
          return { text: prompt };
        },
        count: () => {
          throw new TaskFailure("NO_LUCK", "not today");
        },
      },
    });
    expect(run.reason).toBe("count failed: NO_LUCK: not today");
    expect(run.prompts("draft")).toHaveLength(3);
    expect(run.events.filter(({ type }) => type === "task.retrying")).toHaveLength(1);
  });

  it("fails with what is missing or does not fit", async () => {
    expect((await flow.run({ input })).reason).toContain(
      "the test gives no answer for draft: add it under answers",
    );
    expect((await flow.run({ input, answers: { draft: { words: 1 } } })).reason).toContain(
      "The answer of the test does not satisfy schema draft",
    );
    await expect(flow.run({ input: {} })).rejects.toThrow("the input does not fit");
  });
});

describe("a workflow that does not compile", () => {
  it("is refused with every problem and its place", async () => {
    const file = path.join(folder, "bad.tsx");
    writeFileSync(
      file,
      WORKFLOW.replace(
        'until={ctx.latest(outputs.review, "review")',
        'until={ctx.latest(outputs.review, "revew")',
      ),
    );
    await expect(loadWorkflow(file)).rejects.toThrow(/bad\.tsx:\d+:\d+ error SM301/);
    await expect(loadWorkflow(file)).rejects.toBeInstanceOf(WorkflowError);
  });
});

describe("a workflow with Subflows", () => {
  it("is told what each of them is told, by the name of the Subflow", async () => {
    writeFileSync(path.join(folder, "child.tsx"), CHILD);
    writeFileSync(path.join(folder, "regions.tsx"), PARENT);
    const regions = await loadWorkflow(path.join(folder, "regions.tsx"));
    const run = await regions.run({
      answers: { "buy-eu:quote": { price: 9 }, quote: { price: 1 } },
      people: { "buy-eu:ok": true },
    });
    expect(run.prompts("quote")).toEqual(["What in eu?", "What in us?"]);
    expect(run.prompts("buy-us:quote")).toEqual(["What in us?"]);
    expect(run).toMatchObject({ status: "waiting", waitingFor: [{ child: "buy-us", nodeId: "ok" }] });
    const rest = await run.resume({ people: { "buy-us:*": true } });
    expect(rest.outputs.bought?.map(({ price }) => price)).toEqual([9, 1]);
  });
});
