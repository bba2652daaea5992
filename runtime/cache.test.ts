/** Results of equal tasks, taken from earlier runs. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { requirementsOf } from "../plan/features.ts";
import { seal } from "../plan/index.ts";
import type { Json, Plan } from "../plan/types.ts";
import { planOf, type TestNode } from "../test/plans.ts";
import { parseScript, type RunResult, replay, resume, retry, run } from "./index.ts";

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});
function project(): string {
  const root = mkdtempSync(path.join(os.tmpdir(), "cache-"));
  roots.push(root);
  return root;
}

const ask = (cache: Json | { readonly $: string }, more: object = {}): TestNode =>
  ({
    kind: "task",
    agent: "a",
    prompt: { $: "`about ${ctx.input.topic}`" },
    output: "row",
    cache,
    ...more,
  }) as TestNode;
function planWith(node: TestNode, more: object = {}): Plan {
  const parts = {
    schemas: { row: "z.object({ v: z.number() })" },
    agents: { a: { kind: "x", options: {} } },
    ...more,
  };
  const plan = planOf({ ask: node }, parts);
  return seal({ ...plan, requires: [...requirementsOf(plan).keys()] });
}

/** Runs a plan whose agent answers `v`; gives the row and where it came from. */
async function value(root: string, plan: Plan, v: number, input: Json = { topic: "t" }) {
  const cached: Json[] = [];
  const result: RunResult = await run(plan, {
    root,
    input,
    script: parseScript({ answers: [{ node: "*", reply: { v } }] }),
    onEvent: ({ type, data }) => {
      if (type === "task.cached") cached.push(data.from as Json);
    },
  });
  expect((await replay(result.runId, { root })).identical).toBe(true);
  return { v: (result.outputs.row?.[0] as { v?: number } | undefined)?.v, cached, status: result.status };
}

describe("a task with a cache", () => {
  it("that is done once more is done, whatever was kept of it", async () => {
    const root = project();
    const plan = planWith(ask({}));
    const answering = (v: number) => parseScript({ answers: [{ node: "*", reply: { v } }] });
    const { runId } = await run(plan, { root, input: { topic: "t" }, script: answering(1) });
    expect(await retry(runId, "ask", { root })).toMatchObject({ runId, again: ["ask"], undone: [] });
    const { outputs } = await resume(runId, { root, script: answering(2) });
    expect(outputs.row).toEqual([{ v: 2, nodeId: "ask", iteration: 0 }]);
    expect((await replay(runId, { root })).identical).toBe(true);
    expect(await value(root, plan, 3)).toMatchObject({ v: 2 });
  });

  it("takes the result of an equal one of an earlier run, and is done anew for another prompt", async () => {
    const root = project();
    const plan = planWith(ask({}));
    expect(await value(root, plan, 1)).toMatchObject({ v: 1, cached: [] });
    const second = await value(root, plan, 2);
    expect(second).toMatchObject({ v: 1, cached: [{ nodeId: "ask" }] });
    expect((await value(root, plan, 3, { topic: "other" })).v).toBe(3);
  });

  it("hangs on what `by` says alone, and on the version", async () => {
    const root = project();
    const by = (version: string) => planWith(ask({ $: `({ by: [ctx.input.key], version: '${version}' })` }));
    expect((await value(root, by("1"), 1, { topic: "a", key: 1 })).v).toBe(1);
    expect((await value(root, by("1"), 2, { topic: "b", key: 1 })).v).toBe(1);
    expect((await value(root, by("1"), 3, { topic: "a", key: 2 })).v).toBe(3);
    expect((await value(root, by("2"), 4, { topic: "a", key: 1 })).v).toBe(4);
  });

  it("is shared as far as its scope says", async () => {
    const root = project();
    const scoped = (scope: string, name: string) =>
      planWith(ask({ key: "k", scope }), { workflow: { name } });
    expect((await value(root, scoped("run", "one"), 1)).v).toBe(1);
    expect((await value(root, scoped("run", "one"), 2)).v).toBe(2);
    expect((await value(root, scoped("workflow", "one"), 3)).v).toBe(3);
    expect((await value(root, scoped("workflow", "two"), 4)).v).toBe(4);
    expect((await value(root, scoped("global", "one"), 5)).v).toBe(5);
    expect((await value(root, scoped("global", "two"), 6)).v).toBe(5);
  });

  it("is done anew when the result is too old, does not fit any more or can't be read", async () => {
    const root = project();
    expect((await value(root, planWith(ask({ key: "k", ttlMs: 0 })), 1)).v).toBe(1);
    expect((await value(root, planWith(ask({ key: "k", ttlMs: 0 })), 2)).v).toBe(2);
    const stricter = { schemas: { row: "z.object({ v: z.number().min(3) })" } };
    expect((await value(root, planWith(ask({ key: "k" }), stricter), 4)).v).toBe(4);
    const directory = path.join(root, ".smithers", "cache");
    for (const name of readdirSync(directory)) writeFileSync(path.join(directory, name), "{");
    expect((await value(root, planWith(ask({ key: "k" })), 5)).v).toBe(5);
  });

  it("that acts on the world never is", async () => {
    const root = project();
    const once = planWith(ask({ key: "k" }, { sideEffect: "once" }));
    expect((await value(root, once, 1)).v).toBe(1);
    expect((await value(root, once, 2)).v).toBe(2);
  });

  it("fails where what it depends on can't be worked out", async () => {
    const bad = planWith(ask({ $: "({ by: ctx.input.none.deeper })" }));
    expect((await value(project(), bad, 1)).status).toBe("failed");
  });
});
