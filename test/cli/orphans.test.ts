/**
 * kill -9 of the engine while a compute task works, and a resume at once: the task's process and what it started are gone
 * before its retry works, and when the run is over (DESIGN §6 "Crash anywhere").
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seal } from "../../plan/index.ts";
import { planOf, type TestNode, value } from "../plans.ts";
import { jsonLines, type Scratch, scratch, smithers, start } from "./harness.ts";

let project: Scratch;

/** Works for a second without ever listening, like the loop that a program hangs in; so does what it starts. */
const code = [
  'import { spawn } from "node:child_process";',
  'import { appendFileSync } from "node:fs";',
  "export default ({ file }) => {",
  '  const loop = \'while :; do echo "child $$" >> "$1"; sleep 0.01; done\';',
  "  spawn('sh', ['-c', loop, 'sh', file], { stdio: 'ignore' });",
  "  const end = Date.now() + 1000;",
  "  while (Date.now() < end) {",
  "    appendFileSync(file, `worker ${process.pid}\\n`);",
  "    const pause = Date.now() + 2;",
  "    while (Date.now() < pause);",
  "  }",
  "  return { v: 1 };",
  "};",
];

function planFor(file: string): string {
  return JSON.stringify(
    seal(
      planOf(
        {
          first: value(1),
          busy: {
            ...{ kind: "task", output: "row", module: "busy", captures: { file } },
          } as TestNode,
        },
        {
          modules: { busy: { code, captures: ["file"], externals: {}, digest: "", artifact: "" } },
          schemas: { row: "z.object({ v: z.number() })" },
        },
      ),
    ),
  );
}

beforeAll(() => {
  project = scratch();
});
afterAll(() => project.remove());

/** Who has written, in order: `worker 12`, `child 13`, … */
const beats = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];

describe("kill -9 while a process works, and a resume at once", () => {
  it.each([
    ["as it begins", 0, false],
    ["in the midst of it", 200, false],
    // It can't see that its engine is gone: only the resume can end it.
    ["while it is stopped", 50, true],
  ])("%s: it never works beside its retry", async (name, ms, stopped) => {
    const id = name.replaceAll(" ", "-");
    const file = path.join(project.dir, `beats-${id}`);
    project.write("plan.json", planFor(file));
    const first = start(["run", "plan.json", "--run-id", id, "--json"], project.dir);
    while (beats(file).length < 2) await sleep(5);
    await sleep(ms);
    const pid = Number(
      beats(file)
        .find((who) => who.startsWith("worker"))
        ?.split(" ")[1],
    );
    if (stopped) process.kill(pid, "SIGSTOP");
    first.child.kill("SIGKILL");
    const resumed = await smithers(["run", "--resume", id, "--json"], project.dir);
    expect(resumed.code).toBe(0);
    await first.done;

    const written = beats(file);
    const workers = [...new Set(written.filter((who) => who.startsWith("worker")))];
    const children = [...new Set(written.filter((who) => who.startsWith("child")))];
    expect(workers).toHaveLength(2);
    expect(children).toHaveLength(2);
    const retry = written.indexOf(workers[1] ?? "");
    const old = written.slice(retry).filter((who) => who === workers[0] || who === children[0]);
    expect(old).toEqual([]);
    const starts = jsonLines(resumed.stdout).filter(
      ({ type, nodeId }) => type === "task.started" && nodeId === "busy",
    );
    expect(starts.map(({ attempt }) => attempt)).toEqual([2]);
    await sleep(300);
    const processes = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
    expect(processes.split("\n").filter((line) => line.includes(file))).toEqual([]);
  });
});
