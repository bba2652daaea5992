/**
 * The README's promise: killed with SIGKILL at any moment, the resume command completes the run without repeating a
 * finished task (SEMANTICS 33). `KILLS=` sets how many runs are killed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonLines, repository, type Scratch, scratch, smithers, start } from "./harness.ts";

const KILLS = Number(process.env.KILLS ?? 12);
/** Kills of one run before it is left to finish. */
const PER_RUN = 4;

let project: Scratch;

beforeAll(async () => {
  project = scratch("review");
  const script = JSON.parse(readFileSync(path.join(project.dir, "script.json"), "utf8"));
  for (const answer of [...script.answers, ...script.approvals])
    answer.latencyMs = Math.ceil(answer.latencyMs / 8);
  writeFileSync(path.join(project.dir, "script.json"), JSON.stringify(script));
  for (const name of ["one", "two", "three"])
    project.write(`src/${name}.ts`, `export const ${name} = "${name}";\n`.repeat(9));
  const built = await smithers(["build", "workflow.tsx", "-o", "plan.json"], project.dir);
  expect(built.stderr).toContain("built");
});
afterAll(() => project.remove());

const args = (runId: string) => [
  ...["run", "plan.json", "--input", '{"folder":"src","limit":3}', "--script", "script.json"],
  ...["--run-id", runId, "--json"],
];

type Outputs = Record<string, { nodeId: string; iteration: number }[]>;

/** The outputs without what names a moment. */
function settled(outputs: Outputs) {
  return Object.fromEntries(
    Object.entries(outputs).map(([table, rows]) => [
      table,
      rows
        .map((row) => ({ ...row, decidedAt: 0 }))
        .toSorted((a, b) => a.nodeId.localeCompare(b.nodeId) || a.iteration - b.iteration),
    ]),
  );
}

describe("SIGKILL anywhere", () => {
  it(`${KILLS} kills: every result once, the same outputs as an undisturbed run`, async () => {
    const begun = Date.now();
    const calm = await smithers(args("calm"), project.dir);
    const length = Date.now() - begun;
    expect(calm.code).toBe(0);
    const expected = settled(jsonLines(calm.stdout).at(-1)!.outputs as Outputs);

    let kills = 0;
    for (let round = 0; kills < KILLS; round++) {
      const runId = `killed-${round}`;
      const finished = new Map<string, number>();
      let command = args(runId);
      for (let life = 0; ; life++) {
        const running = start(command, project.dir);
        const spare = life >= PER_RUN || kills >= KILLS;
        const timer = spare
          ? undefined
          : setTimeout(() => running.child.kill("SIGKILL"), Math.random() * length);
        const outcome = await running.done;
        clearTimeout(timer);
        for (const event of jsonLines(outcome.stdout.slice(0, outcome.stdout.lastIndexOf("\n") + 1))) {
          if (event.type !== "task.finished") continue;
          const address = `${event.nodeId}@${event.iteration}`;
          finished.set(address, (finished.get(address) ?? 0) + 1);
        }
        if (outcome.signal === "SIGKILL") kills += 1;
        if (outcome.signal === null && outcome.code === 0) {
          const result = jsonLines(outcome.stdout).at(-1)!;
          expect(result.status).toBe("finished");
          expect(settled(result.outputs as Outputs)).toEqual(expected);
          break;
        }
        // Killed before the run was on disk: then the same command starts it.
        const known = await smithers(["inspect", runId, "--json"], project.dir);
        command =
          known.code === 0 ? ["run", "--resume", runId, "--script", "script.json", "--json"] : args(runId);
        if (life > 20)
          throw new Error(`can't go on: ${command.join(" ")}: ${outcome.code} ${outcome.stderr}`);
      }
      for (const [address, times] of finished) expect([address, times]).toEqual([address, 1]);
    }
  }, 240_000);

  it("leaves no process behind", async () => {
    const running = start(args("orphans"), project.dir);
    await new Promise<void>((resolve) => running.child.stdout?.once("data", () => resolve()));
    running.child.kill("SIGKILL");
    await running.done;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const { execFileSync } = await import("node:child_process");
    const processes = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
    expect(processes.split("\n").filter((line) => line.includes(project.dir))).toEqual([]);
    expect(repository).not.toBe(project.dir);
  });
});
