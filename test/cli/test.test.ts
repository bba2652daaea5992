/** `smithers test`: cases as data. */

import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repository, type Scratch, scratch, smithers } from "./harness.ts";

const WORKFLOW = `
import { AnthropicAgent, createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, Approval, smithers, outputs } = createSmithers({
  input: z.object({ topic: z.string() }),
  draft: z.object({ text: z.string() }),
  decision: z.object({ approved: z.boolean(), note: z.string().nullable(), decidedBy: z.string(), decidedAt: z.string() }),
});
const writer = new AnthropicAgent({ model: "claude-sonnet-4-5" });
export default smithers((ctx) => (
  <Workflow name="writing">
    <Task id="draft" output={outputs.draft} agent={writer}>{\`Write about \${ctx.input.topic}\`}</Task>
    <Approval id="ok" output={outputs.decision} request={{ title: "Ship it?" }} />
  </Workflow>
));
`;
const CASE = { input: { topic: "rain" }, answers: { draft: { text: "drop" } } };
const GOOD = [
  {
    name: "ships",
    ...CASE,
    people: { ok: true },
    expect: {
      path: ["draft"],
      prompts: { draft: ["about rain"] },
      outputs: { draft: [{ text: "drop" }], decision: [{ approved: true }] },
    },
  },
  { name: "waits", ...CASE, expect: { status: "waiting", waitingFor: ["ok"] } },
];
const BAD = [
  { name: "wrong path", ...CASE, people: { ok: true }, expect: { path: ["drat"] } },
  { name: "wrong end", ...CASE, people: { ok: false }, expect: {} },
  { name: "wrong rows", ...CASE, people: { ok: true }, expect: { outputs: { draft: [{ text: "rain" }] } } },
  { name: "wrong prompt", ...CASE, people: { ok: true }, expect: { prompts: { draft: ["about snow"] } } },
  { name: "wrong input", expect: {} },
];

let project: Scratch;
beforeAll(() => {
  project = scratch();
  project.write("workflow.tsx", WORKFLOW);
  project.write("good.test.json", JSON.stringify({ workflow: "workflow.tsx", cases: GOOD }));
  project.write("bad.test.json", JSON.stringify({ workflow: "workflow.tsx", cases: BAD }));
  project.write(
    "odd.test.json",
    JSON.stringify({ workflow: "workflow.tsx", cases: [{ name: "a", expects: {} }] }),
  );
});
afterAll(() => project.remove());

describe("smithers test", () => {
  it("tells of every case, and passes when all do", async () => {
    const { code, stderr } = await smithers(["test", "good.test.json"], project.dir);
    expect(stderr).toContain("✓ good.test.json  ships");
    expect(stderr).toContain("2 passed, 0 failed");
    expect(code).toBe(0);
  });

  it("says what was expected and what came, and fails", async () => {
    const { code, stderr } = await smithers(["test", "bad.test.json"], project.dir);
    expect(stderr).toContain('path: expected ["drat"], got ["draft"]');
    expect(stderr).toContain('status: expected "finished", got "failed"');
    expect(stderr).toContain("ok failed: DENIED");
    expect(stderr).toContain('outputs.draft: expected [{"text":"rain"}]');
    expect(stderr).toContain('prompts.draft: expected ["about snow"]');
    expect(stderr).toContain("the input does not fit the workflow's schema");
    expect(stderr).toContain("0 passed, 5 failed");
    expect(code).toBe(1);
  });

  it("passes on the example of the repository", async () => {
    const { code, stderr } = await smithers(["test", path.join(repository, "examples/review")], project.dir);
    expect(stderr).toContain("2 passed, 0 failed");
    expect(code).toBe(0);
  });

  it("finds the files of a folder, names one that is wrong, chooses by name, gives JSON", async () => {
    const all = await smithers(["test", "--json"], project.dir);
    const lines = all.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toEqual({ type: "result", passed: 2, failed: 6 });
    expect(lines.find(({ file }) => file === "odd.test.json").problems[0]).toContain("cases[0]");
    const one = await smithers(["test", "-t", "ships"], project.dir);
    expect(one.stderr).toContain("1 passed");
    const none = await smithers(["test", "good.test.json", "-t", "sinks"], project.dir);
    expect(none.stderr).toContain('no case has "sinks" in its name');
    expect(none.code).toBe(2);
    expect((await smithers(["test", "nothing.test.json"], project.dir)).code).toBe(2);
  });
});
