/** Tools of an agent: the library's by name, the author's with their code, those that a task may use. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { seal } from "../../plan/index.ts";
import type { Agent, Json, Module } from "../../plan/types.ts";
import { planOf, type TestNode } from "../../test/plans.ts";
import type { ComputeExecutor } from "../executors/compute/index.ts";
import { type EventRecord, events, parseScript, run } from "../index.ts";
import { builtinTools } from "./builtin/index.ts";
import { ToolRegistry } from "./registry.ts";
import { toolboxOf } from "./toolbox.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), "smithers-toolbox-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const code = (text: string): Module => ({
  code: [text],
  captures: [],
  externals: {},
  digest: "",
  artifact: "",
});

/** A tool with code, as the compiler writes one. */
const own = (name: string, more: { readonly [field: string]: Json } = {}): Json => ({
  tool: "tool",
  name,
  description: `does ${name}`,
  inputSchema: { zod: "z.object({ n: z.number().default(1) })" },
  module: `claude.tools.${name}`,
  ...more,
});

const modules = {
  "claude.tools.twice": code("export default ({ n }) => ({ twice: n * 2 })"),
  "claude.tools.told": code("export default (_, ctx, task) => ({ ...task.call, runId: ctx.runId })"),
  "claude.tools.throws": code("export default () => { throw new Error('no luck') }"),
  "claude.tools.exits": code("export default () => process.exit(7)"),
  "claude.tools.hangs": code("export default () => { for (;;); }"),
};
const tools = {
  twice: own("twice"),
  told: own("told"),
  throws: own("throws"),
  exits: own("exits"),
  hangs: own("hangs", { timeoutMs: 300 }),
};

const planWith = (options: { readonly [name: string]: Json }, node: object = {}) =>
  seal(
    planOf(
      { ask: { kind: "task", output: "row", agent: "claude", prompt: "Go.", ...node } as TestNode },
      {
        schemas: { row: "z.object({ v: z.number() })" },
        agents: { claude: { kind: "anthropic", options } },
        modules,
      },
    ),
  );

/** What came of each call: `name ok output`. */
async function calling(plan: ReturnType<typeof planWith>, calls: readonly { name: string; input?: Json }[]) {
  const script = parseScript({ answers: [{ node: "ask", tools: [...calls], reply: { v: 1 } }] });
  const result = await run(plan, { root, runId: "r", script });
  const found: EventRecord["data"][] = [];
  for await (const { type, data } of events("r", { root })) if (type === "tool.finished") found.push(data);
  return { result, told: found.map(({ name, ok, output }) => ({ name, ok, output })) };
}

describe("a tool with code of the author's", () => {
  it("is given its input as the schema makes it, and what stops at the schema never runs", async () => {
    const { told } = await calling(planWith({ tools }), [
      { name: "twice", input: { n: 4 } },
      { name: "twice" },
      { name: "twice", input: { n: "x" } },
    ]);
    expect(told).toEqual([
      { name: "twice", ok: true, output: { twice: 8 } },
      { name: "twice", ok: true, output: { twice: 2 } },
      {
        name: "twice",
        ok: false,
        output: expect.stringMatching(/^The input of twice is not right:\n.*n.*number/s),
      },
    ]);
  });

  it("that throws, exits or never returns harms its own call alone", async () => {
    const names = ["throws", "exits", "hangs", "twice"];
    const { result, told } = await calling(
      planWith({ tools }),
      names.map((name) => ({ name })),
    );
    expect(told).toEqual([
      { name: "throws", ok: false, output: "no luck" },
      { name: "exits", ok: false, output: expect.stringContaining("exit code 7") },
      { name: "hangs", ok: false, output: "No end after 300 ms: it was ended." },
      { name: "twice", ok: true, output: { twice: 2 } },
    ]);
    expect(result).toMatchObject({ status: "finished", totals: { attempts: 1, toolCalls: 4 } });
  });

  it("is told of its call", async () => {
    const { told } = await calling(planWith({ tools }), [{ name: "told" }]);
    expect(told[0]?.output).toEqual({
      toolCallId: "1.1",
      idempotencyKey: expect.stringMatching(/^[0-9a-f]{64}$/),
      runId: "r",
    });
  });
});

describe("the tools that a task may use", () => {
  it("are those it allows: another is none", async () => {
    const plan = planWith({ tools }, { allowTools: ["told"] });
    const { told } = await calling(plan, [{ name: "twice" }]);
    expect(told).toEqual([{ name: "twice", ok: false, output: "There is no tool named twice" }]);
  });

  it("have to be the agent's", async () => {
    const plan = planWith({ tools }, { allowTools: ["tice"] });
    const { result } = await calling(plan, [{ name: "twice" }]);
    expect(result.reason).toMatch(/AGENT_OPTIONS: Agent claude: it has no tool: tice \(known: twice, told/);
  });
});

describe("a toolbox", () => {
  const registry = new ToolRegistry(builtinTools({ allowNetwork: false }));
  const compute = {} as ComputeExecutor;
  const box = (options: { readonly [name: string]: Json }) =>
    toolboxOf({ kind: "anthropic", options } as Agent, planWith({}), { registry, compute }, undefined);
  const shown = (options: { readonly [name: string]: Json }) => {
    const made = box(options);
    return made.ok ? made.tools.map(({ name, approval }) => (approval ? `${name}!` : name)) : made.message;
  };

  it("names tools as the model knows them: by their key, their own name, or as they are", () => {
    expect(shown({ tools: ["grep", { tool: "read" }] })).toEqual(["grep", "read"]);
    expect(shown({ tools: { look: { tool: "grep" }, own: own("twice") } })).toEqual(["look", "twice"]);
    expect(shown({})).toEqual([]);
  });

  it("knows which of them people have to agree to", () => {
    const asking = { tools: { bash: { tool: "bash" }, twice: own("twice", { approval: "always" }) } };
    expect(shown(asking)).toEqual(["bash", "twice!"]);
    expect(shown({ ...asking, approval: { bash: "always", twice: "never" } })).toEqual(["bash!", "twice"]);
  });

  it("refuses what it can't serve", () => {
    expect(shown({ tools: ["rm"] })).toBe(
      "it names a tool that does not exist: rm (known: read, write, edit, grep, bash)",
    );
    expect(shown({ tools: { bash: { tool: "bash" } }, approval: { sh: "always" } })).toBe(
      "it has no tool: sh (known: bash)",
    );
    expect(shown({ tools: [1] })).toMatch(/^options\.tools/);
    expect(shown({ tools: [own("twice", { inputSchema: { zod: "z.nonsense()" } })] })).toMatch(
      /^the input of its tool twice can't be checked/,
    );
  });
});
