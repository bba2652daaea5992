/** Workflows within workflows, with the built command: killed at any moment, answered under the child's name (SEMANTICS 33, 38). */
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonLines, type Scratch, scratch, smithers, start } from "./harness.ts";

const KILLS = Number(process.env.KILLS ?? 6);
const PER_RUN = 4;

let project: Scratch;

beforeAll(async () => {
  project = scratch();
  project.write(
    "step.tsx",
    `import { appendFileSync } from "node:fs";
    import { createSmithers } from "smithers";
    import { z } from "zod";
    const { Workflow, Task, smithers, outputs } = createSmithers({
      input: z.object({ name: z.string(), n: z.number() }),
      row: z.object({ n: z.number() }),
      output: z.object({ n: z.number() }),
    });
    export default smithers((ctx) => (
      <Workflow name="step">
        {[1, 2].map((part) => (
          <Task key={part} id={\`part-\${part}\`} output={outputs.row}>
            {async () => {
              await new Promise((resolve) => setTimeout(resolve, 80));
              appendFileSync(\`\${ctx.input.name}.txt\`, \`\${ctx.input.n} \${part}\\n\`);
              return { n: part };
            }}
          </Task>
        ))}
        <Task id="sum" output={outputs.output}>{{ n: ctx.input.n * 10 + ctx.outputs.row.length }}</Task>
      </Workflow>
    ));
    `,
  );
  project.write(
    "steps.tsx",
    `import { createSmithers } from "smithers";
    import { z } from "zod";
    import step from "./step";
    const { Workflow, Subflow, Parallel, Task, smithers, outputs } = createSmithers({
      input: z.object({ name: z.string() }),
      done: z.object({ n: z.number() }),
      last: z.object({ all: z.array(z.number()) }),
    });
    export default smithers((ctx) => (
      <Workflow name="steps">
        <Parallel>
          {[1, 2].map((n) => (
            <Subflow key={n} id={\`step-\${n}\`} workflow={step} input={{ name: ctx.input.name, n }} output={outputs.done} />
          ))}
        </Parallel>
        <Task id="last" output={outputs.last}>{{ all: ctx.outputs.done.map((row) => row.n).toSorted() }}</Task>
      </Workflow>
    ));
    `,
  );
  const built = await smithers(["build", "steps.tsx", "-o", "steps.json"], project.dir);
  expect(built.stderr).toContain("built");
});
afterAll(() => project.remove());

const args = (name: string) => [
  ...["run", "steps.json", "--input", JSON.stringify({ name })],
  ...["--run-id", name, "--json"],
];

describe("a run that holds others", () => {
  it(`is killed ${KILLS} times: everything is done, what finished is not done again`, async () => {
    const begun = Date.now();
    const calm = await smithers(args("calm"), project.dir);
    const length = Date.now() - begun;
    const expected = jsonLines(calm.stdout).at(-1)!;
    expect(expected).toMatchObject({ status: "finished", outputs: { last: [{ all: [12, 22] }] } });

    let kills = 0;
    for (let round = 0; kills < KILLS; round++) {
      const runId = `killed-${round}`;
      let command = args(runId);
      for (let life = 0; life < 20; life++) {
        const running = start(command, project.dir);
        const spare = life >= PER_RUN || kills >= KILLS;
        const timer = spare
          ? undefined
          : setTimeout(() => running.child.kill("SIGKILL"), 250 + Math.random() * length);
        const outcome = await running.done;
        clearTimeout(timer);
        if (outcome.signal === "SIGKILL") kills += 1;
        if (outcome.signal === null && outcome.code === 0) {
          expect(jsonLines(outcome.stdout).at(-1)).toMatchObject({ outputs: { last: [{ all: [12, 22] }] } });
          break;
        }
        const known = await smithers(["inspect", runId, "--json"], project.dir);
        command = known.code === 0 ? ["resume", runId, "--json"] : args(runId);
      }
      // Each child's journal has each of its rows once, whatever was tried again.
      for (const n of [1, 2]) {
        const inspected = await smithers(["inspect", `${runId}:step-${n}`, "--json"], project.dir);
        const { run, outputs } = JSON.parse(inspected.stdout) as {
          run: { status: string };
          outputs: { table: string; value: { n: number } }[];
        };
        expect(run.status).toBe("finished");
        const rows = outputs.filter(({ table }) => table === "row").map(({ value }) => value.n);
        expect(rows).toEqual([1, 2]);
      }
      const parts = readFileSync(path.join(project.dir, `${runId}.txt`), "utf8")
        .trim()
        .split("\n");
      expect([...new Set(parts)].toSorted()).toEqual(["1 1", "1 2", "2 1", "2 2"]);
    }
  }, 240_000);

  it("is answered under the name of the run that asks, and shows it where it is looked for", async () => {
    project.write(
      "child.tsx",
      `import { createSmithers } from "smithers";
      import { z } from "zod";
      const { Workflow, Approval, Task, smithers, outputs } = createSmithers({
        ok: z.object({ approved: z.boolean(), note: z.string().nullable(), decidedBy: z.string().nullable(), decidedAt: z.string().nullable() }),
        output: z.object({ said: z.boolean() }),
      });
      export default smithers((ctx) => (
        <Workflow name="child">
          <Approval id="ok" output={outputs.ok} request={{ title: "Ship it?" }} onDeny="continue" />
          <Task id="said" output={outputs.output}>{{ said: ctx.output(outputs.ok, { nodeId: "ok" }).approved }}</Task>
        </Workflow>
      ));
      `,
    );
    project.write(
      "asks.tsx",
      `import { createSmithers } from "smithers";
      import { z } from "zod";
      import child from "./child";
      const { Workflow, Subflow, smithers, outputs } = createSmithers({ row: z.object({ said: z.boolean() }) });
      export default smithers(() => (
        <Workflow name="asks">
          <Subflow id="ask it" workflow={child} output={outputs.row} />
        </Workflow>
      ));
      `,
    );
    const waits = await smithers(["run", "asks.tsx", "--run-id", "p"], project.dir);
    expect(waits.code).toBe(3);
    const [, name = ""] = /approve: smithers approve (p:\S+) ok/.exec(waits.stderr) ?? [];
    expect(name).toMatch(/^p:ask-it-[0-9a-f]{8}$/);
    expect((await smithers(["inbox"], project.dir)).stdout).toContain(`smithers approve ${name} ok`);
    const why = await smithers(["why", "p"], project.dir);
    expect(why.stdout).toContain(`run ${name} is waiting: waits for a decision on ok`);
    expect(why.stdout).toContain(`smithers approve ${name} ok`);
    // By the parent's name too: only one thing is asked.
    const denied = await smithers(["deny", "p", "ok", "--by", "me"], project.dir);
    expect(denied.stderr).toContain("go on with: smithers resume p");
    // Whoever goes on with the child by its own name leaves its node to the parent's next resume.
    expect((await smithers(["resume", name], project.dir)).code).toBe(0);
    const since = (await smithers(["why", "p"], project.dir)).stdout;
    expect(since).toContain(`run ${name} is finished by now`);
    expect(since).toContain("next: smithers resume p");
    const resumed = await smithers(["resume", "p", "--json"], project.dir);
    expect(jsonLines(resumed.stdout).at(-1)).toMatchObject({
      status: "finished",
      outputs: { row: [{ said: false }] },
    });
    for (const runId of ["p", name])
      expect((await smithers(["replay", runId], project.dir)).stdout).toContain("identical");
    expect((await smithers(["logs", name], project.dir)).stdout).toContain("denied by me");
    const frame = await smithers(["inspect", name, "--frame", "0"], project.dir);
    expect(frame.stdout).toMatch(/ok +approval/);
    expect((await smithers(["rewind", name, "--frame", "0"], project.dir)).code).toBe(0);
    expect((await smithers(["inspect", name], project.dir)).stdout).toContain("rewound to frame 0");
  });
});
