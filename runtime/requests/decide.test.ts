import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seal } from "../../plan/index.ts";
import { computed, planOf, type TestNode } from "../../test/plans.ts";
import {
  DecidedError,
  decide,
  inspect,
  listRuns,
  NotWaitingError,
  resume,
  run,
  UnknownRunError,
} from "../index.ts";

const schemas = {
  approvals:
    "z.object({ approved: z.boolean(), note: z.string().nullable(), decidedBy: z.string(), decidedAt: z.string() })",
  row: "z.object({ v: z.boolean() })",
};
const plan = seal(
  planOf(
    {
      ok: { kind: "approval", output: "approvals", title: "Ship?" } as TestNode,
      after: computed("ctx.output('approvals', { nodeId: 'ok' }).approved"),
    },
    { schemas },
  ),
);
let root: string;

beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), "smithers-decide-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const yes = { approved: true, note: "go", decidedBy: "ann" };

describe("a decision on a run on disk (SEMANTICS 38)", () => {
  it("is kept until the run is resumed; a second one is refused, before and after", async () => {
    const { runId, status } = await run(plan, { root });
    expect(status).toBe("waiting");
    expect(await decide(runId, "ok", { root, ...yes })).toEqual({ nodeId: "ok", scope: "", iteration: 0 });
    await expect(decide(runId, "ok", { root, ...yes, approved: false })).rejects.toThrow(DecidedError);
    const result = await resume(runId, { root });
    expect(result).toMatchObject({
      status: "finished",
      outputs: { approvals: [{ approved: true, note: "go", decidedBy: "ann" }], row: [{ v: true }] },
    });
    await expect(decide(runId, "ok", { root, ...yes })).rejects.toThrow(DecidedError);
    expect(readdirSync(path.join(root, ".smithers/runs", runId, "inbox"))).toEqual([]);
    // Nothing is done again.
    expect(await resume(runId, { root })).toEqual(result);
    expect((await inspect(runId, { root })).journal.decisions).toHaveLength(1);
  });

  it("reaches a run that stays", async () => {
    let runId = "";
    const running = run(plan, {
      root,
      wait: true,
      onEvent: ({ type, data }) => {
        if (type === "run.started") runId = String(data.runId);
        if (type === "approval.requested")
          void decide(runId, "ok", { root, ...yes, approved: false, note: null });
      },
    });
    expect(await running).toMatchObject({ status: "failed", reason: "ok failed: DENIED: denied by ann" });
  });

  it("on what does not wait, or is no run, is an error that says what waits", async () => {
    const { runId } = await run(plan, { root });
    await expect(decide(runId, "nope", { root, ...yes })).rejects.toThrow(NotWaitingError);
    await expect(decide(runId, "nope", { root, ...yes })).rejects.toThrow(/what waits: ok/);
    await expect(decide("../x", "ok", { root, ...yes })).rejects.toThrow(UnknownRunError);
    expect(existsSync(path.join(root, ".smithers/x"))).toBe(false);
    const runs = await listRuns(root);
    expect(runs.map(({ run: record }) => record?.status)).toEqual(["finished", "failed", "waiting"]);
  });
});
