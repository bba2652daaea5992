/** Chains of runs, with the built command: killed at any moment, taken up by the name of the first (SEMANTICS 33, 39). */
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonLines, type Scratch, scratch, smithers, start } from "./harness.ts";

const KILLS = Number(process.env.KILLS ?? 8);
const PER_RUN = 4;

let project: Scratch;

beforeAll(async () => {
  project = scratch();
  project.write(
    "pages.tsx",
    `import { appendFileSync } from "node:fs";
    import { createSmithers } from "smithers";
    import { z } from "zod";
    const { Workflow, Task, Loop, ContinueAsNew, Sequence, smithers, outputs } = createSmithers({
      input: z.object({ name: z.string() }),
      page: z.object({ page: z.number(), items: z.array(z.string()) }),
      round: z.object({ n: z.number() }),
    });
    export default smithers((ctx) => {
      const page: number = ctx.input.__smithersContinuation?.payload.page ?? 0;
      return (
        <Workflow name="pages">
          <Task id="fetch" output={outputs.page}>
            {async () => {
              await new Promise((resolve) => setTimeout(resolve, 60));
              appendFileSync(\`\${ctx.input.name}.txt\`, \`page \${page}\\n\`);
              return { page, items: [\`a\${page}\`, \`b\${page}\`] };
            }}
          </Task>
          <Loop id="rounds" until={ctx.iteration >= 4} maxIterations={9} continueAsNewEvery={2}>
            <Task id="round" output={outputs.round}>{{ n: ctx.outputs.round.length }}</Task>
          </Loop>
          {page < 2 ? <ContinueAsNew state={{ page: page + 1 }} /> : null}
        </Workflow>
      );
    });
    `,
  );
  const built = await smithers(["build", "pages.tsx", "-o", "pages.json"], project.dir);
  expect(built.stderr).toContain("built");
});
afterAll(() => project.remove());

const args = (name: string) => [
  "run",
  "pages.json",
  "--input",
  JSON.stringify({ name }),
  "--run-id",
  name,
  "--json",
];

describe("a chain of runs", () => {
  it(`is killed ${KILLS} times: everything is done, what finished is not done again`, async () => {
    const begun = Date.now();
    const calm = await smithers(args("calm"), project.dir);
    const length = Date.now() - begun;
    const expected = jsonLines(calm.stdout).at(-1)!;
    // Three pages of four rounds, two rounds a run.
    expect(expected).toMatchObject({ runId: "calm.6", status: "finished" });
    expect(expected.outputs).toMatchObject({ page: [{ page: 2 }], round: [{}, {}, {}, { n: 3 }] });

    let kills = 0;
    for (let round = 0; kills < KILLS; round++) {
      const runId = `killed-${round}`;
      const finished: string[] = [];
      let command = args(runId);
      for (let life = 0; life < 20; life++) {
        const running = start(command, project.dir);
        const spare = life >= PER_RUN || kills >= KILLS;
        const timer = spare
          ? undefined
          : setTimeout(() => running.child.kill("SIGKILL"), 250 + Math.random() * length);
        const outcome = await running.done;
        clearTimeout(timer);
        const lines = jsonLines(outcome.stdout.slice(0, outcome.stdout.lastIndexOf("\n") + 1));
        let run = "";
        for (const event of lines) {
          if (typeof event.runId === "string") run = event.runId;
          if (event.type === "task.finished") finished.push(`${run} ${event.nodeId}@${event.iteration}`);
        }
        if (outcome.signal === "SIGKILL") kills += 1;
        if (outcome.signal === null && outcome.code === 0) {
          expect({ ...lines.at(-1), runId: 0, totals: 0 }).toEqual({ ...expected, runId: 0, totals: 0 });
          break;
        }
        const known = await smithers(["inspect", runId, "--json"], project.dir);
        command = known.code === 0 ? ["resume", runId, "--json"] : args(runId);
      }
      expect(finished).toEqual([...new Set(finished)]);
      const pages = readFileSync(path.join(project.dir, `${runId}.txt`), "utf8")
        .trim()
        .split("\n");
      expect([...new Set(pages)]).toEqual(["page 0", "page 1", "page 2"]);
    }
  }, 240_000);

  it("shows each run, and replays it", async () => {
    const ps = jsonLines((await smithers(["ps", "--json"], project.dir)).stdout);
    const [second] = ps.filter(({ runId }) => runId === "calm.2");
    expect(second).toMatchObject({
      status: "finished",
      reason: "continued as calm.3",
      origin: { how: "continue", runId: "calm" },
    });
    for (const runId of ["calm", "calm.2", "calm.4", "calm.6"])
      expect((await smithers(["replay", runId], project.dir)).stdout).toContain("identical");
    // A frame of the loop's earlier iterations is that of the run in which it was.
    const frame = await smithers(["inspect", "calm.3", "--frame", "1"], project.dir);
    expect(frame.stdout).toContain("frame 1 of calm");
  });

  it("is reached by a signal to its first name, and is gone on with by it", async () => {
    project.write(
      "waits.tsx",
      `import { createSmithers } from "smithers";
      import { z } from "zod";
      const { Workflow, Task, WaitForEvent, ContinueAsNew, smithers, outputs } = createSmithers({
        go: z.object({ n: z.number() }),
        row: z.object({ n: z.number() }),
      });
      export default smithers((ctx) => {
        const first = ctx.input.__smithersContinuation === undefined;
        return (
          <Workflow name="waits">
            <Task id="begin" output={outputs.row}>{{ n: 1 }}</Task>
            {first ? <ContinueAsNew /> : <WaitForEvent id="go" event="go" output={outputs.go} />}
          </Workflow>
        );
      });
      `,
    );
    const waits = await smithers(["run", "waits.tsx", "--run-id", "w", "--json"], project.dir);
    expect(waits.code).toBe(3);
    const sent = await smithers(["signal", "w", "go", "--payload", '{"n":7}'], project.dir);
    expect(sent.stderr + sent.stdout).not.toContain("error");
    const resumed = await smithers(["resume", "w", "--json"], project.dir);
    expect(jsonLines(resumed.stdout).at(-1)).toMatchObject({
      runId: "w.2",
      status: "finished",
      outputs: { go: [{ n: 7 }] },
    });
  });
});
