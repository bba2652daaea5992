/** Compute tasks of a run that go wrong in every way: the run goes on, and nothing of them is left (SEMANTICS 49). */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { seal } from "../../../plan/index.ts";
import type { Module } from "../../../plan/types.ts";
import { computed, planOf, type TestNode } from "../../../test/plans.ts";
import { inspect, replay, run } from "../../index.ts";
import { createExecutors } from "../index.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), "smithers-compute-run-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const BAD: { readonly [name: string]: string } = {
  throws: "ctx.state.set('x', 1); ctx.vol.set('y', 2); throw new Error('half-way');",
  exits: "ctx.state.set('x', 1); process.exit(7);",
  loops: "ctx.state.set('x', 1); for (;;) {}",
  rejects: "ctx.state.set('x', 1); Promise.reject(new Error('unseen')); return { v: 1 };",
  grows: "const all = []; for (;;) all.push(new Array(1000).fill({}).map(() => ({ a: [1] })));",
};

const moduleOf = (body: string): Module => ({
  code: [`export default async (captures, ctx) => { ${body} };`],
  captures: [],
  externals: {},
  digest: "",
  artifact: "",
});

describe("49: compute tasks that throw, exit, loop, reject unseen and run out of memory", () => {
  it("fail each for itself, with none of their writes; what follows is done by the same engine", async () => {
    const names = Object.keys(BAD);
    const nodes: { [key: string]: TestNode } = {};
    for (const name of names)
      nodes[name] = {
        kind: "task",
        output: "row",
        module: name,
        captures: {},
        continueOnFail: true,
        ...(name === "loops" && { timeoutMs: 300 }),
      } as TestNode;
    nodes.good = {
      kind: "task",
      output: "row",
      module: "good",
      captures: {},
    } as TestNode;
    nodes.after = computed("[ctx.outputs.row.length, ctx.state.keys().join(), ctx.vol.keys().join()]");
    const modules = Object.fromEntries(
      [...Object.entries(BAD), ["good", "ctx.state.set('good', true); return { v: 'fine' };"] as const].map(
        ([name, body]) => [name, moduleOf(body)],
      ),
    );
    const plan = seal(planOf(nodes, { modules, schemas: { row: "z.object({ v: z.any() })" } }));
    const executors = createExecutors({ compute: { maxWorkers: 1, execArgv: ["--max-old-space-size=48"] } });
    try {
      const failures = new Map<unknown, unknown>();
      const result = await run(plan, {
        root,
        runId: "r",
        executors,
        onEvent: ({ type, data }) => {
          if (type === "task.failed") failures.set(data.nodeId, data.code);
        },
      });
      expect(result).toMatchObject({ status: "finished", reason: null });
      expect(Object.fromEntries(failures)).toEqual({
        throws: "THROWN",
        exits: "EXIT",
        loops: "TIMEOUT",
        rejects: "THROWN",
        grows: "EXIT",
      });
      expect(result.outputs.row?.map(({ nodeId, v }) => [nodeId, v])).toEqual([
        ["good", "fine"],
        ["after", [1, "good", ""]],
      ]);
      expect((await inspect("r", { root })).journal.state).toEqual({ good: true });
      expect(await replay("r", { root })).toMatchObject({ identical: true });
    } finally {
      await executors.close();
    }
  }, 60_000);
});
