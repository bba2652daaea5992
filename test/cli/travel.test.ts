/** Runs taken back and forked, from the command line and on disk. */
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inProcess, jsonLines, type Scratch, scratch, smithers, start } from "./harness.ts";

const WORKFLOW = `
import { createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, Approval, smithers, outputs } = createSmithers({
  input: z.object({}),
  row: z.object({ v: z.number() }),
});
export default smithers((ctx) => (
  <Workflow name="steps">
    <Task id="one" output={outputs.row}>{() => ({ v: Date.now() })}</Task>
    <Task id="two" output={outputs.row}>{{ v: ctx.output(outputs.row, { nodeId: "one" }).v + 1 }}</Task>
    <Task id="three" output={outputs.row}>{{ v: 3 }}</Task>
    <Approval id="ok" request={{ title: "Go on?" }} />
  </Workflow>
));
`;

let project: Scratch;
const tell = (...args: string[]) => inProcess(...args, "--root", project.dir);
const runDir = (run: string): string => path.join(project.dir, ".smithers/runs", run);

interface Shown {
  readonly run: { readonly status: string };
  readonly outputs: readonly { readonly nodeId: string; readonly value: { readonly v: number } }[];
  readonly attempts: readonly { readonly nodeId: string; readonly attempt: number }[];
  readonly origin: object | null;
}
const inspect = async (run: string): Promise<Shown> =>
  JSON.parse((await tell("inspect", run, "--json")).stdout);
const rowOf = ({ outputs }: Shown, node: string): number | undefined =>
  outputs.find(({ nodeId }) => nodeId === node)?.value.v;

beforeAll(async () => {
  project = scratch();
  project.write("workflow.tsx", WORKFLOW);
  expect((await smithers(["build", "workflow.tsx", "-o", "plan.json"], project.dir)).code).toBe(0);
  expect((await smithers(["run", "plan.json", "--run-id", "r"], project.dir)).code).toBe(3);
});
afterAll(() => project.remove());

describe("fork", () => {
  it("makes a paused run that goes on from the frame, and leaves the other one as it is", async () => {
    const before = await inspect("r");
    const { code, stderr } = await tell("fork", "r", "--frame", "1", "--run-id", "f");
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `forked  f\nfrom r, as it was after frame 1\nresume: smithers resume f --root ${project.dir}`,
    });
    expect((await tell("ps")).stdout).toMatch(/^f +steps +paused .*forked from r@1; it can be resumed$/m);
    expect((await tell("inspect", "f")).stdout).toContain("forked from r@1; it can be resumed\n");
    expect((await tell("why", "f")).stderr).toContain("has no frame of its own yet: it is forked from r@1");
    expect((await tell("resume", "f")).code).toBe(3);
    expect((await tell("ps")).stdout).toMatch(
      /^f +steps +waiting .*forked from r@1; waits for a decision on ok$/m,
    );
    expect((await tell("logs", "f")).stdout).toMatch(
      /^forked from r@1\nrun f {2}resumed\n… two {2}started\n/,
    );
    const after = await inspect("f");
    expect(rowOf(after, "one")).toBe(rowOf(before, "one"));
    expect(after.origin).toEqual({ how: "fork", runId: "r", store: 1, frame: 1, again: [] });
    expect((await tell("replay", "f")).stdout).toMatch(/^identical/);
    // What was before is shown as the frame of the other run that it is.
    expect((await tell("inspect", "f", "--frame", "0")).stdout).toContain("▸ one    running");
    expect(await inspect("r")).toEqual(before);
  });

  it("goes on at once where it is asked to, and prints JSON", async () => {
    const { code, stdout } = await tell("fork", "r", "--frame", "0", "--run-id", "g", "--resume", "--json");
    expect(code).toBe(3);
    const lines = jsonLines(stdout);
    expect(lines[0]).toEqual({ type: "run.forked", runId: "g", from: "r", frame: 0, repeats: [] });
    expect(lines.at(-1)).toMatchObject({ type: "result", runId: "g", status: "waiting" });
  });

  it.each([
    [["fork", "r", "--frame", "9"], 2, "run r has no frame 9: its frames are 0 to 3"],
    [["fork", "r", "--frame", "1", "--run-id", "f"], 4, "there is a run f already"],
    [["fork", "r", "--frame", "1", "--run-id", "../x"], 2, "can't name a run"],
    [["fork", "none", "--frame", "1"], 2, "there is no run none"],
    [["fork", "r"], 2, "Missing required argument: frame"],
    [["rewind", "r", "--frame", "x"], 2, "--frame takes a whole number from 0 up"],
    [["retry", "r", "ok"], 2, "ok has not ended"],
    [["retry", "r", "too"], 2, "the run has no node too: did you mean two?"],
  ])("%j is refused with %i and the reason", async (args, exit, reason) => {
    const { code, stderr } = await tell(...args);
    expect(stderr).toContain(reason);
    expect(code).toBe(exit);
  });
});

describe("retry", () => {
  it("does a node once more in the run itself, and keeps the journal that was", async () => {
    expect((await tell("fork", "r", "--frame", "3", "--run-id", "again", "--resume")).code).toBe(3);
    const before = await inspect("again");
    const { code, stderr } = await tell("retry", "again", "one");
    expect(code).toBe(3);
    expect(stderr).toContain("retried  again\nonce more: one\nwhat it was is kept in ");
    const after = await inspect("again");
    expect(rowOf(after, "one")).toBeGreaterThan(rowOf(before, "one")!);
    expect(rowOf(after, "two")).toBe(rowOf(before, "two"));
    expect(after.attempts.filter(({ nodeId }) => nodeId === "one").map(({ attempt }) => attempt)).toEqual([
      1, 2,
    ]);
    expect((await tell("replay", "again")).stdout).toMatch(/^identical/);
    // The reader is known from the store in which it read.
    const { stdout } = await tell("retry", "again", "one", "--with-dependents", "--no-resume", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ type: "run.retried", again: ["one", "two"], undone: [] });
    expect((await inspect("again")).run.status).toBe("paused");
    await tell("resume", "again");
    const last = await inspect("again");
    expect(rowOf(last, "two")).toBe(rowOf(last, "one")! + 1);
    expect((await tell("replay", "again")).stdout).toMatch(/^identical/);
  });
});

describe("rewind", () => {
  it("takes a run back, more than once, and forth again in its other store", async () => {
    expect((await tell("fork", "r", "--frame", "3", "--run-id", "back", "--resume")).code).toBe(3);
    for (const frame of ["2", "1"]) {
      const { code, stderr } = await tell("rewind", "back", "--frame", frame);
      expect(code).toBe(0);
      expect(stderr).toContain(`to what it was after frame ${frame}; what followed is kept in`);
    }
    const { outputs, run } = await inspect("back");
    expect([run.status, outputs.map(({ nodeId }) => nodeId)]).toEqual(["paused", ["one"]]);
    expect((await tell("resume", "back")).code).toBe(3);
    expect((await tell("replay", "back")).stdout).toMatch(/^identical/);
    expect(readdirSync(runDir("back")).filter((name) => name.startsWith("store"))).toEqual([
      "store",
      "store-2",
      "store-3",
    ]);
  });

  it("is refused while a process attends to the run", async () => {
    expect((await tell("fork", "r", "--frame", "3", "--run-id", "busy")).code).toBe(0);
    const running = start(["resume", "busy", "--wait"], project.dir);
    await new Promise<void>((resolve) => {
      running.child.stderr?.on("data", (chunk: Buffer) => {
        if (chunk.includes("resumed")) resolve();
      });
    });
    for (const args of [
      ["rewind", "busy", "--frame", "1"],
      ["retry", "busy", "one"],
    ]) {
      const { code, stderr } = await tell(...args);
      expect(code).toBe(4);
      expect(stderr).toContain("is owned by process");
    }
    running.child.kill("SIGKILL");
    await running.done;
    expect((await tell("rewind", "busy", "--frame", "1")).code).toBe(0);
  });

  it("that is killed leaves the run as it was, or taken back", async () => {
    const seen = new Set<string>();
    const kill = async (name: string, when: () => boolean | Promise<boolean>): Promise<void> => {
      expect((await tell("fork", "r", "--frame", "3", "--run-id", name, "--resume")).code).toBe(3);
      const rewinding = start(["rewind", name, "--frame", "1"], project.dir);
      let ended = false;
      void rewinding.done.then(() => {
        ended = true;
      });
      while (!ended && !(await when())) await setTimeout(1);
      rewinding.child.kill("SIGKILL");
      await rewinding.done;
      const { run, outputs } = await inspect(name);
      const rows = outputs.map(({ nodeId }) => nodeId).join();
      expect([
        ["waiting", "one,two,three"],
        ["paused", "one"],
      ]).toContainEqual([run.status, rows]);
      seen.add(run.status);
      expect((await tell("resume", name)).code).toBe(3);
      expect((await tell("replay", name)).stdout).toMatch(/^identical/);
      // Whatever was left behind is in nobody's way.
      expect((await tell("rewind", name, "--frame", "0")).code).toBe(0);
      expect(readdirSync(runDir(name)).filter((one) => one.startsWith("store.draft"))).toEqual([]);
    };
    const drafts = (name: string): string[] =>
      readdirSync(runDir(name)).filter((one) => one.startsWith("store.draft"));
    await kill("early", () => drafts("early").length > 0);
    await kill("amid", () =>
      drafts("amid").some((one) => existsSync(path.join(runDir("amid"), one, "store.db"))),
    );
    await kill("late", () => existsSync(path.join(runDir("late"), "store-2")));
    expect(seen).toEqual(new Set(["waiting", "paused"]));
  });
});
