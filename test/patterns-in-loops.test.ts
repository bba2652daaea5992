/** Patterns in loops: a task that gave nothing in this iteration is not taken for what it gave in the one before. */
import { describe, expect, it } from "vitest";
import { TaskFailure, type TestOptions, testWorkflow } from "../testing/index.ts";
import { buildText } from "./sources.ts";

const runOf = async (tree: string, answers: TestOptions["answers"]) => {
  const { plan, diagnostics } = await buildText(`import { AnthropicAgent, createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Loop, CheckSuite, EscalationChain, Panel, Supervisor, smithers, outputs } = createSmithers({
  input: z.object({}),
  answer: z.object({ text: z.string(), sure: z.boolean() }),
  escalation: z.looseObject({}),
  verdict: z.looseObject({ passed: z.boolean() }),
  review: z.object({ allDone: z.boolean() }),
});
const agent = new AnthropicAgent({ model: "m" });
export default smithers((ctx) => <Workflow name="w">
  <Loop id="rounds" until={ctx.iteration >= 2} maxIterations={3}>${tree}</Loop>
</Workflow>);
`);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return (await testWorkflow(plan!)).run({ answers: answers ?? {} });
};

const fails = () => {
  throw new TaskFailure("PROVIDER", "no answer");
};

describe("a pattern in a loop", () => {
  it("goes on to the next level where this time the level failed", async () => {
    const run = await runOf(
      `<EscalationChain id="help" levels={[
        { agent, output: outputs.answer, escalateIf: (row) => !row.sure },
        { agent, output: outputs.answer },
      ]} escalationOutput={outputs.escalation}>Help.</EscalationChain>`,
      {
        "help-level-0@0": { text: "a", sure: true },
        "help-level-0@1": fails,
        "help-level-1": { text: "b", sure: true },
      },
    );
    expect(run.outputs.answer).toMatchObject([
      { nodeId: "help-level-0", iteration: 0 },
      { nodeId: "help-level-1", iteration: 1 },
    ]);
  });

  it("counts no check as passed that gave nothing this time", async () => {
    const run = await runOf(
      `<CheckSuite id="ci" checks={[{ id: "lint", agent }]} verdictOutput={outputs.verdict} continueOnFail />`,
      { "ci-lint@0": { passed: true }, "ci-lint@1": fails },
    );
    const verdicts = (run.outputs.verdict ?? []).filter(({ nodeId }) => nodeId === "ci-verdict");
    expect(verdicts).toMatchObject([{ passed: true }, { passed: false }]);
  });

  it("names who said nothing this time", async () => {
    const run = await runOf(
      `<Panel id="panel" panelists={[{ agent, role: "one" }]} moderator={agent} panelistOutput={outputs.answer}
        moderatorOutput={outputs.review} panelistTaskProps={{ continueOnFail: true }}>Judge.</Panel>`,
      { "panel-moderator": { allDone: true }, "*@0": { text: "first", sure: true }, "*@1": fails },
    );
    const [first, second] = run.prompts("panel-moderator");
    expect(first).toContain('"first"');
    expect(second).toContain("(failed, no answer)");
  });
});

describe("a supervisor", () => {
  it("is told in a later round that a worker failed, and not what it gave before", async () => {
    const run = await runOf(
      `<Supervisor id="team" boss={agent} workers={{ code: agent }} planOutput={outputs.answer} workerOutput={outputs.answer}
        reviewOutput={outputs.review} finalOutput={outputs.answer} maxIterations={2}>Do it.</Supervisor>`,
      {
        "team-review@0": { allDone: false },
        "team-review": { allDone: true },
        "team-worker-code@1": fails,
        "*": { text: "done", sure: true },
      },
    );
    expect(run.prompts("team-review")[1]).toContain("(failed, no result)");
  });
});
