/** `gc` removes what nobody needs and nothing else; `doctor` says what is wrong with a machine or a project. */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonLines, type Scratch, scratch, smithers, start } from "./harness.ts";

const WORKFLOW = (body: string) => `
import { createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, Approval, smithers, outputs } = createSmithers({
  input: z.object({}),
  row: z.object({ v: z.number() }),
  decision: z.object({ approved: z.boolean(), note: z.string().nullable(), decidedBy: z.string(), decidedAt: z.string() }),
});
export default smithers(() => <Workflow name="upkeep">${body}</Workflow>);
`;
let project: Scratch;
const tell = (...args: string[]) => smithers(args, project.dir);
const runs = () => readdirSync(path.join(project.dir, ".smithers/runs")).sort();

beforeAll(async () => {
  project = scratch();
  project.write("ends.tsx", WORKFLOW('<Task id="a" output={outputs.row}>{{ v: 1 }}</Task>'));
  project.write(
    "waits.tsx",
    WORKFLOW('<Approval id="ok" output={outputs.decision} request={{ title: "Go on?" }} />'),
  );
  for (const name of ["ends", "waits"])
    expect((await tell("build", `${name}.tsx`, "-o", `${name}.json`)).code).toBe(0);
  for (const runId of ["one", "two", "three"])
    expect((await tell("run", "ends.json", "--run-id", runId)).code).toBe(0);
  expect((await tell("run", "waits.json", "--run-id", "waiting")).code).toBe(3);
});
afterAll(() => project.remove());

describe("gc", () => {
  it("touches nothing that is young, and in a dry run nothing at all", async () => {
    const young = await tell("gc");
    expect(young).toMatchObject({ code: 0, stdout: "" });
    expect(young.stderr).toBe("removed 0 runs, 0 B\n");
    const dry = await tell("gc", "--older-than", "0d", "--dry-run");
    expect(dry.stdout).toMatch(/^RUN +STATUS +CHANGED +SIZE\nthree +finished .* KB\ntwo .*\none .*\n$/);
    expect(dry.stderr).toMatch(/^would remove 3 runs, .*; nothing was\n$/);
    expect(runs()).toEqual(["one", "three", "two", "waiting"]);
  });

  it("removes ended runs but those that are to be kept, and frees what it says", async () => {
    const { stdout } = await tell("gc", "--older-than", "0d", "--keep", "1", "--json");
    const removed = jsonLines(stdout);
    expect(removed.map(({ runId, removed: gone }) => [runId, gone])).toEqual([
      ["two", true],
      ["one", true],
    ]);
    for (const { bytes } of removed) expect(bytes).toBeGreaterThan(4_000);
    expect(runs()).toEqual(["three", "waiting"]);
  });

  it("removes a run that can go on only where its state is named, and never one that is attended to", async () => {
    const running = start(["run", "waits.json", "--run-id", "live", "--wait"], project.dir);
    await new Promise<void>((resolve) => {
      running.child.stderr?.on("data", (chunk: Buffer) => {
        if (chunk.includes("waits for a decision")) resolve();
      });
    });
    const all = ["gc", "--older-than", "0d", "--status", "finished,failed,waiting,running,paused"];
    expect((await tell(...all, "--json")).stdout).toMatch(/"runId":"waiting".*\n.*"runId":"three"/);
    expect(runs()).toEqual(["live"]);
    expect((await tell("approve", "live")).code).toBe(0);
    expect((await running.done).code).toBe(0);
    expect((await tell("replay", "live")).stdout).toMatch(/^identical/);
  });

  it.each([
    [["--older-than", "soon"], "no age such as"],
    [["--status", "done"], "there are finished, failed"],
    [["--keep", "-1"], "--keep takes a whole number from 0 up"],
  ])("refuses %j", async (args, message) => {
    const { code, stderr } = await tell("gc", ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe("doctor", () => {
  const verdicts = async (...args: string[]) =>
    jsonLines((await tell("doctor", "--json", ...args)).stdout) as {
      check: string;
      verdict: string;
      message: string;
      next: string | null;
    }[];

  it("finds a sound project in order and leaves nothing behind", async () => {
    const before = readdirSync(project.dir, { recursive: true }).length;
    const { stdout, code } = await smithers(["doctor"], project.dir, { ANTHROPIC_API_KEY: "sk-4f2b8c1d9e" });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok {4}node {7}Node \d+\./);
    expect(stdout).toMatch(/(?:ok|warn) +sync +fdatasync takes \d+\.\d\d ms \(median of 20/);
    expect(stdout).toMatch(/ok +store +the store reads back what it wrote/);
    expect(stdout).toMatch(/ok +keys +set: ANTHROPIC_API_KEY/);
    expect(stdout).not.toContain("4f2b8c1d9e");
    expect(readdirSync(project.dir, { recursive: true }).length).toBe(before);
  });

  it("names runs whose process is gone and runs that can't be read, with what to do", async () => {
    const running = start(["run", "waits.json", "--run-id", "killed", "--wait"], project.dir);
    await new Promise<void>((resolve) => {
      running.child.stderr?.on("data", (chunk: Buffer) => {
        if (chunk.includes("waits for a decision")) resolve();
      });
    });
    running.child.kill("SIGKILL");
    await running.done;
    const store = path.join(project.dir, ".smithers/runs/live/store/store.db");
    expect(existsSync(store)).toBe(true);
    writeFileSync(store, "no store at all");
    const found = (await verdicts()).filter(({ check }) => check === "runs");
    expect(found).toEqual([
      expect.objectContaining({
        verdict: "warn",
        message: "run killed: its process is gone",
        next: "smithers resume killed",
      }),
      expect.objectContaining({
        verdict: "warn",
        message: expect.stringContaining("run live can't be read"),
      }),
    ]);
  });

  it("fails where no run can be kept", async () => {
    const { code, stdout } = await tell("doctor", "--root", path.join(project.dir, "package.json"));
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail {2}directory .*package\.json can't be written/m);
  });
});
