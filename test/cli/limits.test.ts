/** How far a run may go, with the built command: killed on the way, taken up again, told wrong limits. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonLines, type Scratch, scratch, smithers, start } from "./harness.ts";

let project: Scratch;

beforeAll(async () => {
  project = scratch();
  project.write(
    "rounds.tsx",
    `import { createSmithers } from "smithers";
    import { z } from "zod";
    const { Workflow, Task, Loop, smithers, outputs } = createSmithers({ round: z.object({ n: z.number() }) });
    export default smithers((ctx) => (
      <Workflow name="rounds">
        <Loop id="rounds" until={ctx.outputs.round.length >= 6} maxIterations={9}>
          <Task id="round" output={outputs.round}>
            {async () => {
              await new Promise((resolve) => setTimeout(resolve, 150));
              return { n: ctx.outputs.round.length };
            }}
          </Task>
        </Loop>
      </Workflow>
    ));
    `,
  );
  const built = await smithers(["build", "rounds.tsx", "-o", "rounds.json"], project.dir);
  expect(built.stderr).toContain("built");
});
afterAll(() => project.remove());

describe("a run with --max-iterations", () => {
  it("keeps its limit over a SIGKILL, says how to go on, and goes on", async () => {
    const begun = start(
      ["run", "rounds.json", "--run-id", "r", "--max-iterations", "4", "--json"],
      project.dir,
    );
    begun.child.stdout?.on("data", (chunk: Buffer) => {
      if (String(chunk).includes('"task.finished"')) begun.child.kill("SIGKILL");
    });
    expect((await begun.done).signal).toBe("SIGKILL");

    const paused = await smithers(["resume", "r"], project.dir);
    expect(paused.code).toBe(3);
    expect(paused.stderr).toContain(
      "its loops have made 4 iterations of at most 4 (iterations, --max-iterations); it can be resumed with a higher limit",
    );
    expect(paused.stderr).toContain("resume: smithers resume r");
    const ps = jsonLines((await smithers(["ps", "--json"], project.dir)).stdout);
    expect(ps).toMatchObject([{ runId: "r", status: "paused" }]);

    const done = await smithers(["resume", "r", "--max-iterations", "20", "--json"], project.dir);
    expect(done.code).toBe(0);
    expect(jsonLines(done.stdout).at(-1)).toMatchObject({
      outputs: { round: [{ n: 0 }, { n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }, { n: 5 }] },
    });
    expect((await smithers(["replay", "r"], project.dir)).stdout).toContain("identical");
  });

  it("keeps it when it is rewound, retried and forked", async () => {
    const tell = (...args: readonly string[]) => smithers([...args], project.dir);
    expect((await tell("run", "rounds.json", "--run-id", "s", "--max-iterations", "2")).code).toBe(3);
    for (const [runId, ...back] of [
      ["s", "rewind", "s", "--frame", "1"],
      ["s", "retry", "s", "round@0", "--no-resume"],
      ["t", "fork", "s", "--frame", "1", "--run-id", "t"],
    ] as const) {
      expect((await tell(...back)).code).toBe(0);
      const { code, stderr } = await tell("resume", runId);
      expect([code, stderr]).toEqual([3, expect.stringContaining("of at most 2 (iterations")]);
    }
  });

  it("takes it from smithers.json as well, where the line names none", async () => {
    project.write("smithers.json", '{ "stopAt": { "iterations": 2, "wallClock": "1h" } }');
    const paused = await smithers(["run", "rounds.json", "--json"], project.dir);
    expect(paused.code).toBe(3);
    expect(jsonLines(paused.stdout)[0]).toMatchObject({
      type: "run.started",
      stopAt: { iterations: 2, wallClockMs: 3_600_000 },
    });
    const further = await smithers(["run", "rounds.json", "--max-iterations", "3", "--json"], project.dir);
    expect(jsonLines(further.stdout).at(-1)).toMatchObject({
      status: "paused",
      outputs: { round: [{ n: 0 }, { n: 1 }, { n: 2 }] },
    });
    project.write("smithers.json", '{ "stopAt": { "wallClock": "soon" } }');
    const wrong = await smithers(["run", "rounds.json"], project.dir);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("`stopAt.wallClock`: is no time such as 90s, 30m, 2h or 1d");
    project.write("smithers.json", "{}");
  });
});

describe("a limit that is none", () => {
  it.each([
    ["--max-frames", "0", "--max-frames 0 is no whole number above 0"],
    ["--max-tokens", "1e4", "--max-tokens 1e4 is no whole number above 0"],
    ["--max-tool-calls", "many", "--max-tool-calls many is no whole number above 0"],
    ["--max-iterations", "2.5", "--max-iterations 2.5 is no whole number above 0"],
    ["--max-wall-clock", "2", "--max-wall-clock 2 is no time such as 90s, 30m, 2h or 1d"],
    ["--max-cost", "0", "--max-cost 0 is no number of US dollars above 0 such as 5 or 0.25"],
    ["--max-cost", "$5", "--max-cost $5 is no number of US dollars above 0"],
    ["--max-cost", "1e3", "--max-cost 1e3 is no number of US dollars above 0"],
  ])("%s %s", async (option, value, message) => {
    const { code, stderr } = await smithers(["run", "rounds.json", option, value], project.dir);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
