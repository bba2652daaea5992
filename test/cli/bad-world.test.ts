/**
 * Runs in a bad world, through the command: damaged, newer, missing and read-only files, a full disk, two at once
 * (SEMANTICS 31, 35, 37). Each refusal names the file and what can still be read, and overwrites nothing.
 */
import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seal } from "../../plan/index.ts";
import { computed, planOf, type TestNode, value } from "../plans.ts";
import { inProcess, jsonLines, type Scratch, scratch, start } from "./harness.ts";

let project: Scratch;

const agent = (id: string, more: object = {}): TestNode =>
  ({ kind: "task", agent: "a", output: "row", prompt: `do ${id}`, ...more }) as TestNode;

/** Twenty steps, one of them large, then a person, then one more. */
const plan = seal(
  planOf(
    {
      first: value("start"),
      large: computed("'large '.repeat(60_000)"),
      ...Object.fromEntries(Array.from({ length: 18 }, (_, n) => [`step-${n}`, agent(`step-${n}`)])),
      ship: { kind: "approval", output: "decision" } as TestNode,
      last: agent("last"),
    },
    {
      agents: { a: { kind: "anthropic", options: {} } },
      schemas: { row: "z.object({ v: z.string() })", decision: "z.object({ approved: z.boolean() })" },
    },
  ),
);
const script = {
  answers: [
    { node: "last", reply: { v: "done" }, latencyMs: 400 },
    { node: "*", reply: { v: "an answer ".repeat(400) } },
  ],
};

beforeAll(async () => {
  project = scratch();
  project.write("plan.json", JSON.stringify(plan));
  project.write("script.json", JSON.stringify(script));
  const outcome = await inProcess(...runArgs("model"));
  expect(outcome.code).toBe(3);
});
afterAll(() => project.remove());

const at = (): string[] => [
  "--root",
  project.dir,
  "--script",
  path.join(project.dir, "script.json"),
  "--json",
];
const runArgs = (id: string): string[] => [
  "run",
  path.join(project.dir, "plan.json"),
  "--run-id",
  id,
  ...at(),
];
const resumeArgs = (id: string): string[] => ["run", "--resume", id, ...at()];

const directoryOf = (id: string): string => path.join(project.dir, ".smithers", "runs", id);
const storeOf = (id: string, ...names: string[]): string => path.join(directoryOf(id), "store", ...names);

/** A run that waits for a decision, whose files nobody else has. */
function waiting(id: string): void {
  cpSync(directoryOf("model"), directoryOf(id), { recursive: true });
}

/** Content of every file of a run, but of locks, which every opening adds to. */
function kept(id: string): Map<string, string> {
  const names = readdirSync(directoryOf(id), { recursive: true, encoding: "utf8" });
  return new Map(
    names
      .filter((name) => !/lock\.|\.seq$/.test(name) && statSync(path.join(directoryOf(id), name)).isFile())
      .map((name) => [name, readFileSync(path.join(directoryOf(id), name), "latin1")]),
  );
}

/** The database without the bytes that say how it is opened, and its change counters. */
const content = (file: string): string =>
  `${file.slice(0, 18)}${file.slice(20, 24)}${file.slice(28, 92)}${file.slice(96)}`;

describe("a damaged run", () => {
  it.each<[string, string, (id: string) => void, RegExp]>([
    [
      "whose database is cut off",
      "store.db",
      (id) => truncateSync(storeOf(id, "store.db"), 4096 * 6),
      /is damaged.*No frame can be read/,
    ],
    [
      "with garbage in most pages",
      "store.db",
      (id) => {
        const bytes = readFileSync(storeOf(id, "store.db"));
        for (let byte = 4096; byte < bytes.length; byte++) bytes[byte] = (byte * 31) & 255;
        writeFileSync(storeOf(id, "store.db"), bytes);
      },
      /is damaged.*No frame can be read/,
    ],
    [
      "with one damaged page",
      "store.db",
      (id) => {
        const bytes = readFileSync(storeOf(id, "store.db"));
        const page = Math.floor(bytes.indexOf("an answer an answer") / 4096) * 4096;
        bytes.fill(255, page, page + 64);
        writeFileSync(storeOf(id, "store.db"), bytes);
      },
      /is damaged.*The last frame that can be read is 20/,
    ],
    [
      "whose database is another file",
      "store.db",
      (id) => writeFileSync(storeOf(id, "store.db"), "Dear diary,\n".repeat(900)),
      /not a store \(.*database\).*No frame can be read/,
    ],
    [
      "whose large output is gone",
      "sha256-",
      (id) => unlinkSync(storeOf(id, "blobs", readdirSync(storeOf(id, "blobs"))[0] ?? "")),
      /is missing.*The last frame that can be read is 20/,
    ],
    [
      "whose large output is another one",
      "sha256-",
      (id) => writeFileSync(storeOf(id, "blobs", readdirSync(storeOf(id, "blobs"))[0] ?? ""), "{}"),
      /is damaged.*The last frame that can be read is 20/,
    ],
    [
      "of a newer version",
      "store.db",
      (id) => {
        const bytes = readFileSync(storeOf(id, "store.db"));
        bytes.writeUInt32BE(99, 60);
        writeFileSync(storeOf(id, "store.db"), bytes);
      },
      /newer version \(format 99; this one knows \d+\): update smithers/,
    ],
  ])("%s is refused, and read by nobody; nothing is overwritten", async (name, file, damage, message) => {
    const id = name.replaceAll(" ", "-");
    waiting(id);
    damage(id);
    const before = kept(id);
    for (const args of [resumeArgs(id), ["inspect", id, "--root", project.dir]]) {
      const { code, stderr, stdout } = await inProcess(...args);
      expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
      expect(stderr).toContain(storeOf(id));
      expect(stderr).toContain(file);
      expect(stderr.replaceAll("\n", " ")).toMatch(message);
    }
    const after = kept(id);
    expect([...after.keys()]).toEqual([...before.keys()]);
    for (const [each, text] of after) expect(content(text)).toBe(content(before.get(each) ?? ""));
  });
});

/** What became of each task, of all events of the run: how often it finished. */
async function finished(id: string, root = project.dir): Promise<Map<string, number>> {
  const { stdout } = await inProcess("logs", id, "--root", root, "--json");
  const found = new Map<string, number>();
  for (const { type, data } of jsonLines(stdout) as { type: string; data: { nodeId: string } }[])
    if (type === "task.finished") found.set(data.nodeId, (found.get(data.nodeId) ?? 0) + 1);
  return found;
}

const once = (tasks: Map<string, number>): boolean => [...tasks.values()].every((times) => times === 1);

describe("a run that two take up at once", () => {
  it("is held by one; the other ends with 4, says by whom, and calls nobody", async () => {
    waiting("contended");
    expect((await inProcess("approve", "contended", "ship", "--root", project.dir)).code).toBe(0);
    const both = [start(resumeArgs("contended"), project.dir), start(resumeArgs("contended"), project.dir)];
    const outcomes = await Promise.all(both.map(({ done }) => done));
    expect(outcomes.map(({ code }) => code).toSorted()).toEqual([0, 4]);
    const [winner, loser] = outcomes.toSorted((a, b) => Number(a.code) - Number(b.code));
    expect(jsonLines(winner?.stdout ?? "").filter(({ type }) => type === "task.started")).toHaveLength(1);
    expect(loser?.stdout).toBe("");
    expect(loser?.stderr).toMatch(/is owned by process \d+ on .* since /);
    expect(once(await finished("contended"))).toBe(true);
  });
});

describe("a run whose owner was killed", () => {
  it("in mid-attempt goes on at once: no lease is waited for (SEMANTICS 31)", async () => {
    project.write(
      "slow.json",
      JSON.stringify({ answers: [{ ...script.answers[0], latencyMs: 60_000 }, script.answers[1]] }),
    );
    waiting("left");
    expect((await inProcess("approve", "left", "ship", "--root", project.dir)).code).toBe(0);
    const slow = ["--root", project.dir, "--script", path.join(project.dir, "slow.json"), "--json"];
    const first = start(["run", "--resume", "left", ...slow], project.dir);
    let said = "";
    await new Promise<void>((resolve) => {
      first.child.stdout?.on("data", (chunk: Buffer) => {
        said += chunk;
        if (/"type":"task.started".*"nodeId":"last"/.test(said)) resolve();
      });
    });
    first.child.kill("SIGKILL");
    expect((await first.done).signal).toBe("SIGKILL");
    const killed = Date.now();
    const { code, stdout } = await start(resumeArgs("left"), project.dir).done;
    expect(code).toBe(0);
    const again = jsonLines(stdout).find(({ type }) => type === "task.started") as {
      nodeId: string;
      at: number;
    };
    expect(again.nodeId).toBe("last");
    // A lease is good for 30 s, a heartbeat for longer than this.
    expect(again.at - killed).toBeLessThan(8_000);
  });
});

describe("a plan that is not for this version", () => {
  const sealed = (change: object): string => JSON.stringify(seal({ ...plan, ...change }));

  it.each([
    ["of a newer major version", sealed({ irVersion: "2.0" }), /2\.0/],
    ["that requires what nobody knows", sealed({ requires: ["time-travel"] }), /time-travel/],
    ["that was changed after it was sealed", JSON.stringify(plan).replace("do last", "do it"), /integrity/],
  ])("%s is refused with the reason, and no store is made (37)", async (name, text, reason) => {
    const id = name.replaceAll(" ", "-");
    project.write("other.json", text);
    const args = ["run", path.join(project.dir, "other.json"), "--run-id", id, ...at()];
    const { code, stdout, stderr } = await inProcess(...args);
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    expect(stderr).toMatch(reason);
    expect(existsSync(directoryOf(id))).toBe(false);
  });

  it("is not what a run goes on with: its own store stays as it was (SEMANTICS 37)", async () => {
    waiting("other-plan");
    const before = kept("other-plan");
    const other = project.write(
      "changed.json",
      sealed({
        workflow: { name: "other" },
        nodes: { ...plan.nodes, last: { ...plan.nodes.last, prompt: "do other" } },
      }),
    );
    const { code, stderr } = await inProcess(
      "run",
      other ?? path.join(project.dir, "changed.json"),
      "--resume",
      "other-plan",
      ...at(),
    );
    expect(code).toBe(4);
    expect(stderr).toMatch(/another plan/);
    const after = kept("other-plan");
    for (const [each, text] of after) expect(content(text)).toBe(content(before.get(each) ?? ""));
  });
});

/** A file system of its own for runs, where this machine lets us have one. */
function mounted(name: string, size: string, skip: (why: string) => void): string {
  const folder = path.join(project.dir, name);
  mkdirSync(folder);
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder]);
  if (status !== 0) skip("a tmpfs can't be mounted on this machine");
  return folder;
}

describe("a disk", () => {
  it("that is full: ends with 3, names the file and how to go on; with space again, nothing is repeated", async ({
    skip,
  }) => {
    const root = mounted("small", "900k", skip);
    try {
      const script = path.join(project.dir, "script.json");
      const plan = path.join(project.dir, "plan.json");
      const args = ["--root", root, "--script", script, "--json"];
      const full = await inProcess("run", plan, "--run-id", "r", ...args);
      expect(full.code).toBe(3);
      expect(full.stderr).toContain(path.join(root, ".smithers", "runs", "r", "store"));
      expect(full.stderr).toMatch(/no space left for .*nothing is lost/);
      expect(full.stderr).toContain(`resume: smithers resume r --root ${root}`);
      const before = await finished("r", root);
      expect(before.size).toBeGreaterThan(2);
      execFileSync("mount", ["-o", "remount,size=16m", root]);
      const again = await inProcess("run", "--resume", "r", ...args);
      expect(again.code).toBe(3);
      expect(jsonLines(again.stdout).at(-1)).toMatchObject({ type: "result", status: "waiting" });
      const after = await finished("r", root);
      expect(after.size).toBe(20);
      expect(once(after)).toBe(true);
    } finally {
      spawnSync("umount", [root]);
    }
  });

  it("that is read-only: ends with 2, names the place; the run can be looked at and goes on later", async ({
    skip,
  }) => {
    const root = mounted("sealed", "16m", skip);
    try {
      const runs = path.join(root, ".smithers", "runs");
      cpSync(directoryOf("model"), path.join(runs, "r"), { recursive: true });
      execFileSync("mount", ["-o", "remount,ro", root]);
      const script = path.join(project.dir, "script.json");
      const resume = ["run", "--resume", "r", "--root", root, "--script", script, "--json"];
      const refused = await inProcess(...resume);
      expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 2, stdout: "" });
      expect(refused.stderr).toContain(path.join(runs, "r"));
      expect(refused.stderr).toMatch(/EROFS|read-only/);
      const fresh = await inProcess(...["run", path.join(project.dir, "plan.json"), "--root", root]);
      expect(fresh.code).toBe(2);
      expect(fresh.stderr).toContain(runs);
      expect((await inProcess("inspect", "r", "--root", root)).stdout).toContain("waiting");
      execFileSync("mount", ["-o", "remount,rw", root]);
      expect((await inProcess("approve", "r", "ship", "--root", root)).code).toBe(0);
      expect((await inProcess(...resume)).code).toBe(0);
    } finally {
      spawnSync("umount", [root]);
    }
  });
});
