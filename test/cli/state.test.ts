/** State at the command line: what a frame held, runs that are stalled, limits of one's own. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Scratch, scratch, smithers } from "./harness.ts";

const WORKFLOW = `
import { createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, Effect, smithers, outputs } = createSmithers({
  input: z.object({ to: z.number() }),
  row: z.object({ v: z.number() }),
});
export default smithers((ctx) => (
  <Workflow name="counts">
    <Task id="a" output={outputs.row} onFinished={(row, { state }) => state.set("phase", \`after \${row.v}\`)}>{{ v: 1 }}</Task>
    <Effect
      id="count"
      deps={[ctx.state.get("n", 0)]}
      run={([n], { state }) => { if (n < ctx.input.to) state.set("n", n + 1); }}
    />
  </Workflow>
));
`;
let project: Scratch;
beforeAll(async () => {
  project = scratch();
  project.write("workflow.tsx", WORKFLOW);
  expect((await smithers(["build", "workflow.tsx", "-o", "plan.json"], project.dir)).code).toBe(0);
});
afterAll(() => project.remove());

const cli = (...args: string[]) => smithers(args, project.dir);

describe("a run that goes round by itself", () => {
  it("is stalled with exit code 3, and goes on with other limits", async () => {
    const first = await cli("run", "plan.json", "--run-id", "round", "--input", '{"to":25}');
    expect(first.code).toBe(3);
    expect(first.stderr).toContain("stalled  round");
    expect(first.stderr).toContain("loop_detected: effects alone made 11 frames within a second");
    expect(first.stderr).toContain("resume: smithers resume round");
    const listed = await cli("ps");
    expect(listed.stdout).toMatch(/round +counts +stalled/);
    const again = await cli("resume", "round", "--storm", "framesPerSecond=100, repeats=9");
    expect(again.code).toBe(0);
    expect((await cli("replay", "round")).stdout).toContain("identical");
  });

  it("has the limits of smithers.json, unless the command line has others", async () => {
    project.write("smithers.json", '{ "storm": { "framesPerSecond": 3 } }');
    const { code, stderr } = await cli("run", "plan.json", "--run-id", "few", "--input", '{"to":5}');
    expect(code).toBe(3);
    expect(stderr).toContain("made 4 frames within a second; the limit is 3");
    expect((await cli("resume", "few", "--storm", "framesPerSecond=50")).code).toBe(0);
    project.write("smithers.json", "{}");
  });

  it.each(["frames=3", "repeats=0", "repeats", "repeats=a", ""])(
    "a limit that is none is refused: %s",
    async (text) => {
      const { code, stderr } = await cli("run", "plan.json", "--input", '{"to":1}', "--storm", text);
      expect(code).toBe(2);
      expect(stderr).toContain("is no limit");
      expect(stderr).toContain("framesPerSecond");
    },
  );
});

describe("what state holds", () => {
  it("is shown of a frame, and of a preview", async () => {
    expect((await cli("run", "plan.json", "--run-id", "held", "--input", '{"to":2}')).code).toBe(0);
    const first = await cli("inspect", "held", "--frame", "0");
    expect(first.stdout).not.toContain("ctx.state");
    const { stdout } = await cli("inspect", "held", "--json");
    const { state, lastFrame } = JSON.parse(stdout);
    expect(state).toEqual({ n: 2, phase: "after 1" });
    const last = await cli("inspect", "held", "--frame", String(lastFrame.frame));
    expect(last.stdout).toContain('ctx.state\n  │ n = 2\n  │ phase = "after 1"');
    expect((await cli("db", "held", "state")).stdout).toMatch(/phase +"after 1"/);
    const changes = (await cli("db", "held", "transitions", "--json")).stdout.trim().split("\n");
    expect(changes.map((line) => JSON.parse(line).key)).toEqual(expect.arrayContaining(["phase", "n", "n"]));
    const rows = '[{"table":"row","nodeId":"a","row":{"v":7}}]';
    const preview = await cli("preview", "plan.json", "--input", '{"to":1}', "--outputs", rows, "--json");
    expect(JSON.parse(preview.stdout).state).toEqual({ n: 1, phase: "after 7" });
  });
});
