import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createExecutors, type Executors } from "../executors/index.ts";
import { testContext, testPlan } from "../executors/testing.ts";

let executors: Executors;
let cwd: string;
beforeAll(() => {
  executors = createExecutors({ compute: { maxWorkers: 1 } });
  cwd = mkdtempSync(path.join(tmpdir(), "smithers-agent-"));
});
afterAll(async () => {
  await executors.close();
  rmSync(cwd, { recursive: true, force: true });
});

async function ask(code: string, schema: string | null = "row") {
  const plan = testPlan({
    modules: { own: code },
    schemas: { row: "z.object({ n: z.number() })", text: "z.object({ text: z.string() })" },
    jsonSchemas: { row: { type: "object" } },
    agents: { own: { kind: "module", module: "own", options: { tone: "dry" } } },
  });
  const context = testContext(plan, { cwd });
  const request = { kind: "agent", agents: ["own"], prompt: "go", schema, maxSchemaRetries: 2 } as const;
  const result = await executors.get("agent").execute(request, context);
  return { result, pids: context.pids };
}

describe("an agent of the user's own", () => {
  it("runs in a compute process with prompt, schema and options", async () => {
    const { result, pids } = await ask(
      "export default ({ prompt, outputSchema, options }) => ({ n: prompt.length, outputSchema, options });",
    );
    expect(result).toMatchObject({
      ok: true,
      raw: { n: 2, outputSchema: { type: "object" }, options: { tone: "dry" } },
      value: { n: 2 },
    });
    expect(pids).toHaveLength(1);
  });

  it.each([
    ["JSON text", "'Sure: {\"n\": 3}'", "row", { n: 3 }],
    ["a result with text", "({ text: '{\"n\": 3}', usage: {} })", "row", { n: 3 }],
    ["a result with output", "({ text: '', output: { n: 3 } })", "row", { n: 3 }],
    ["a result with object", "({ object: { n: 3 }, usage: {} })", "row", { n: 3 }],
    ["a row with a field called text", "({ text: 'a' })", "text", { text: "a" }],
    ["text without a schema", "({ text: 'a', usage: {} })", null, "a"],
  ])("may give %s", async (_, value, schema, raw) => {
    expect((await ask(`export default async () => ${value};`, schema)).result).toMatchObject({
      ok: true,
      raw,
    });
  });

  it("is told what was wrong with its answer", async () => {
    const code = `export default ({ prompt, messages }) =>
      messages.length === 1 ? { n: "x" } : { n: /expected number/.test(prompt) ? messages.length : -1 };`;
    expect((await ask(code)).result).toMatchObject({ ok: true, raw: { n: 3 }, usage: { calls: 2 } });
  });

  it("fails as a task does", async () => {
    expect((await ask("export default () => { throw new Error('no'); };")).result).toMatchObject({
      ok: false,
      error: { code: "THROWN", message: "no" },
    });
    expect((await ask("export default () => process.exit(1);")).result).toMatchObject({
      error: { code: "EXIT" },
    });
  });
});
