/** Agents under test call tools of the plan: for real, and people decide as in a run. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCase } from "./cases.ts";
import { loadWorkflow, type TestWorkflow } from "./index.ts";

const WORKFLOW = `
import { AnthropicAgent, createSmithers } from "smithers";
import { read, tool, write } from "smithers/tools";
import { z } from "zod";
const { Workflow, Task, smithers, outputs } = createSmithers({ note: z.object({ text: z.string() }) });
const twice = tool({
  description: "Twice as much",
  inputSchema: z.object({ n: z.number() }),
  idempotent: true,
  execute: ({ n }) => ({ twice: 2 * n }),
});
const clerk = new AnthropicAgent({
  model: "claude-sonnet-4-5",
  tools: { read, write, twice },
  approval: { write: "always" },
});
export default smithers(() => (
  <Workflow name="w">
    <Task id="note" output={outputs.note} agent={clerk} timeoutMs={60_000}>Note it down.</Task>
  </Workflow>
));
`;

const VERSION: string = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, "../node_modules/zod/package.json"), "utf8"),
).version;

let folder: string;
let flow: TestWorkflow;
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "testing-tools-"));
  symlinkSync(path.resolve(import.meta.dirname, "../node_modules"), path.join(folder, "node_modules"));
  writeFileSync(path.join(folder, "package.json"), "{}");
  const lock = { lockfileVersion: 3, packages: { "node_modules/zod": { version: VERSION } } };
  writeFileSync(path.join(folder, "package-lock.json"), JSON.stringify(lock));
  writeFileSync(path.join(folder, "workflow.tsx"), WORKFLOW);
  flow = await loadWorkflow(path.join(folder, "workflow.tsx"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const answers = { note: { text: "noted" } };
const writing = { name: "write", input: { path: "note.txt", content: "noted" } };

describe("an agent under test", () => {
  it("calls tools before it answers", async () => {
    const tools = {
      note: [
        { name: "twice", input: { n: 21 } },
        { name: "read", input: { path: "/etc/passwd" } },
      ],
    };
    const run = await flow.run({ answers, tools });
    expect(run.status).toBe("finished");
    expect(run.tools("note")).toEqual([
      { name: "twice", ok: true, output: { twice: 42 } },
      { name: "read", ok: false, output: '"/etc/passwd" is outside of the project' },
    ]);
  });

  it("waits for people where a tool asks them, and goes on when they have said", async () => {
    const run = await flow.run({ answers, tools: { note: [{ name: "twice", input: { n: 1 } }, writing] } });
    expect(run).toMatchObject({ status: "waiting", waitingFor: [{ nodeId: "note", asks: "tool" }] });
    const after = await run.resume({ people: { note: true } });
    expect(after.status).toBe("finished");
    expect(after.tools("note").map(({ name }) => name)).toEqual(["twice", "write"]);
    expect(readFileSync(path.join(folder, "note.txt"), "utf8")).toBe("noted");
  });

  it("says so as data too", async () => {
    const about = { name: "a", answers, people: { note: { approved: false, note: "not now" } } };
    const denied = { ...about, tools: { note: [writing] }, expect: { tools: { note: ["not now"] } } };
    expect(await runCase(flow, denied)).toEqual([]);
    expect(await runCase(flow, { ...denied, expect: { tools: { note: ["ok", "ok"] } } })).toEqual([
      expect.stringMatching(/^tools\.note: expected \["ok","ok"\], got \["Denied by script: not now/),
    ]);
  });
});
