/** Readers of what the command prints that go away: `smithers run … | head -1`. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seal } from "../../plan/index.ts";
import { planOf, type TestNode } from "../plans.ts";
import { jsonLines, type Scratch, scratch, smithers, start } from "./harness.ts";

let project: Scratch;
beforeAll(() => {
  project = scratch();
  const task = (id: string): TestNode =>
    ({ kind: "task", agent: "a", output: "row", prompt: id }) as TestNode;
  const plan = planOf(
    { a: task("a"), b: task("b"), c: task("c") },
    {
      schemas: { row: "z.object({ v: z.number() })" },
      agents: { a: { kind: "anthropic", model: "m", options: {} } },
    },
  );
  project.write("plan.json", JSON.stringify(seal(plan)));
  project.write("script.json", JSON.stringify({ answers: [{ node: "*", reply: { v: 1 }, latencyMs: 200 }] }));
});
afterAll(() => project.remove());

describe("a run whose reader goes away", () => {
  it.each(["stdout", "stderr"] as const)(
    "on %s goes on to its end, and says how it ended",
    async (stream) => {
      const args = ["run", "plan.json", "--script", "script.json", "--run-id", stream];
      const { child, done } = start(stream === "stdout" ? [...args, "--json"] : args, project.dir);
      child[stream]?.once("data", () => child[stream]?.destroy());
      expect(await done).toMatchObject({ code: 0 });
      const inspected = await smithers(["inspect", stream, "--json"], project.dir);
      expect(JSON.parse(inspected.stdout)).toMatchObject({ run: { status: "finished" } });
    },
  );

  it("is no error of a command that only prints", async () => {
    const { child, done } = start(["events", "stdout", "--json"], project.dir);
    child.stdout?.destroy();
    expect(await done).toMatchObject({ code: 0, stderr: "" });
    expect(jsonLines((await smithers(["ps", "--json"], project.dir)).stdout)).toHaveLength(2);
  });
});
