/** Where a run is, where it pauses and how it ended, as people and programs see it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { liveLines } from "../../cli/render/live/lines.ts";
import { LiveTree } from "../../cli/render/live/tree.ts";
import { loadPlan } from "../../plan/index.ts";
import type { EventRecord } from "../../runtime/index.ts";
import { jsonLines, paint, type Scratch, scratch, smithers } from "./harness.ts";

const WORKFLOW = `
import { createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, Phase, Step, Stop, End, Switch, Case, Default, Parallel, smithers, outputs } = createSmithers({
  input: z.object({ how: z.string() }),
  row: z.object({ v: z.number() }),
});
export default smithers((ctx) => (
  <Workflow name="controlled">
    <Phase name="Plan" id="plan">
      <Task id="outline" output={outputs.row}>{{ v: 1 }}</Task>
    </Phase>
    <Phase name={\`Implement \${ctx.input.how}\`} id="implement">
      <Step name="Draft"><Task id="draft" output={outputs.row}>{{ v: 2 }}</Task></Step>
      <Step name="Look">
        <Stop id="look" reason="look at the draft" />
        <Parallel id="tries" failurePolicy="continue">
          <Task id="risky" output={outputs.row}>{() => { throw new Error("no"); }}</Task>
        </Parallel>
      </Step>
    </Phase>
    <Phase name="Judge" skipIf={ctx.input.how === "fast"}>
      <Switch on={ctx.input.how}>
        <Case when="slow"><End id="enough" status="failed" summary={{ rows: ctx.outputs.row.length }} /></Case>
        <Default><Task id="judge" output={outputs.row}>{{ v: 3 }}</Task></Default>
      </Switch>
    </Phase>
    <End id="done" summary="all of it" />
  </Workflow>
));
`;
let project: Scratch;
const tell = (...args: string[]) => smithers(args, project.dir);
beforeAll(async () => {
  project = scratch();
  project.write("workflow.tsx", WORKFLOW);
  expect((await tell("build", "workflow.tsx", "-o", "plan.json")).code).toBe(0);
});
afterAll(() => project.remove());

describe("a run with phases, a stop and an end", () => {
  it("tells where it is as it runs, pauses with exit code 3 and says how to go on", async () => {
    const { code, stderr } = await tell("run", "plan.json", "--run-id", "a", "--input", '{"how":"fast"}');
    expect(code).toBe(3);
    expect(stderr).toContain("▸ phase Plan (1 of 3)");
    expect(stderr).toContain("▪ phase Plan (1 of 3)");
    expect(stderr).toContain("▸ phase Implement fast (2 of 3)");
    expect(stderr).toContain("▸ step Look (2 of 2)");
    expect(stderr).toContain("! look  pauses the run: look at the draft");
    expect(stderr).toMatch(/^paused {2}a/m);
    expect(stderr).toContain("resume: smithers resume a");
    const now = "phase Implement fast (2 of 3), step Look (2 of 2)";
    expect((await tell("ps")).stdout).toMatch(
      new RegExp(`paused.*${now.replaceAll(/[()]/g, "\\$&")}; look at the draft`),
    );
    expect(jsonLines((await tell("ps", "--json")).stdout)).toMatchObject([{ runId: "a", stage: now }]);
    const shown = (await tell("inspect", "a")).stdout;
    expect(shown).toContain(`at ${now}`);
    expect(shown).toMatch(/plan +phase +finished +Plan \(1 of 3\)/);
  });

  it("says of a node in which phase it is, and of a phase what is open in it", async () => {
    expect((await tell("why", "a", "risky")).stdout).toContain("in step Look (2 of 2)");
    const phase = (await tell("why", "a", "implement")).stdout;
    expect(phase).toContain("implement  running");
    expect(phase).toContain("phase Implement fast (2 of 3)");
    expect(phase).toContain("open in it: risky");
    expect((await tell("why", "a", "plan")).stdout).toContain("plan  finished");
  });

  it("goes on after the stop, and ends with the author's summary", async () => {
    const { code, stdout, stderr } = await tell("resume", "a");
    expect(code).toBe(0);
    expect(stderr).toContain("▪ phase Implement fast (2 of 3)");
    expect(stderr).toMatch(/- phase Judge {2}skipped/);
    expect(stderr).toContain("■ done  ends the run as finished");
    expect(stdout).toContain('summary "all of it"');
    const { stdout: text } = await tell("inspect", "a", "--json");
    expect(JSON.parse(text)).toMatchObject({ summary: "all of it", run: { status: "finished" } });
    expect((await tell("inspect", "a")).stdout).toContain('summary "all of it"');
  });

  it("fails where the end says so, with the summary in the last line of --json", async () => {
    expect((await tell("run", "plan.json", "--run-id", "b", "--input", '{"how":"slow"}')).code).toBe(3);
    const { code, stdout } = await tell("run", "--resume", "b", "--json");
    expect(code).toBe(1);
    expect(jsonLines(stdout).at(-1)).toMatchObject({
      type: "result",
      status: "failed",
      summary: { rows: 2 },
    });
    const again = await tell("run", "--resume", "b");
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("enough ended the run as failed");
    expect(again.stderr).not.toContain("resume:");
  });

  it("stands in the live tree with its phases", async () => {
    const plan = loadPlan(
      JSON.stringify(JSON.parse((await tell("build", "workflow.tsx", "-o", "-")).stdout)),
    );
    if (!plan.ok) throw new Error("no plan");
    const tree = new LiveTree(plan.plan);
    const lines = (): string =>
      liveLines(tree.root, { now: 0, columns: 80, rows: 50, tick: 0, paint, ended: false }).join("\n");
    expect(lines()).toContain("phase Plan");
    for (const { data, ...event } of jsonLines((await tell("events", "a", "--json")).stdout)) {
      tree.event({ ...event, data } as unknown as EventRecord);
      if (event.type === "stop.reached") {
        expect(lines()).toContain("✓ phase Plan (1 of 3)");
        expect(lines()).toContain("▸ phase Implement fast (2 of 3)");
        expect(lines()).toContain("? look  pauses the run: look at the draft");
      }
    }
    expect(lines()).toContain("✓ step Look (2 of 2)");
    expect(lines()).toContain("- phase Judge");
  });

  it("shows phases in the tree of a frame and of the plan", async () => {
    const { stdout } = await tell("inspect", "a", "--frame", "0");
    expect(stdout).toMatch(/phase plan +Plan, (running|finished)/);
    expect((await tell("graph", "workflow.tsx")).stdout).toContain("Plan");
  });
});
