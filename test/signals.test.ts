/** `<Signal>` with a child: the child is there once what was sent in its own iteration is. */
import { describe, expect, it } from "vitest";
import { testWorkflow } from "../testing/index.ts";
import { buildText } from "./sources.ts";

const flowOf = async (tree: string, body = "") => {
  const { plan, diagnostics } = await buildText(`import { createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, Loop, Parallel, Sequence, Signal, smithers, outputs } = createSmithers({
  input: z.object({ names: z.array(z.string()) }),
  paid: z.object({ amount: z.number() }),
  ship: z.object({ text: z.string() }),
});
export default smithers((ctx) => {
  ${body}
  return <Workflow name="w">${tree}</Workflow>;
});
`);
  expect(diagnostics.filter(({ code }) => code !== "SM109")).toEqual([]);
  return testWorkflow(plan!);
};

const shipped = async (tree: string, amounts: readonly number[], body = "") => {
  const flow = await flowOf(tree, body);
  let run = await flow.run({
    input: { names: ["a"] },
    signals: amounts.flatMap((amount) => ["paid", "paid-a"].map((name) => ({ name, payload: { amount } }))),
  });
  // Each time until one is waited for no longer.
  for (let tries = 0; run.status === "waiting" && tries < 5; tries++)
    run = await run.resume({ afterMs: 2_000 });
  return {
    status: run.status,
    texts: (run.outputs.ship ?? []).map((row) => (row as unknown as { text: string }).text),
  };
};

const SIGNAL = `<Signal id="paid" schema={outputs.paid} timeoutMs={1000} onTimeout="continue">
  {(paid) => <Task id="ship" output={outputs.ship}>{{ text: "for " + paid.amount }}</Task>}
</Signal>`;

describe("a signal in a loop", () => {
  it("shows nothing of an iteration in which nothing was sent", async () => {
    const tree = `<Loop id="l" until={ctx.iteration >= 3} maxIterations={5}>${SIGNAL}</Loop>`;
    expect(await shipped(tree, [5])).toEqual({ status: "finished", texts: ["for 5"] });
  });

  it("is not taken for that of the iteration before while it is waited for", async () => {
    const tree = `<Loop id="l" until={ctx.iteration >= 3} maxIterations={5}><Parallel>${SIGNAL}</Parallel></Loop>`;
    expect(await shipped(tree, [5])).toEqual({ status: "finished", texts: ["for 5"] });
  });

  it("is that of its own iteration in a part of which only the run knows the shape", async () => {
    const signal = SIGNAL.replace('"paid"', "{`paid-${name}`}").replace('"ship"', "{`ship-${name}`}");
    const body = `
  const parts = [];
  for (const name of ctx.input.names) {
    parts.push(
      <Loop key={name} id={name} until={ctx.iteration >= 2} maxIterations={5}>
        <Loop id={"in-" + name} until={ctx.iteration >= 2} maxIterations={5}><Parallel>${signal}</Parallel></Loop>
      </Loop>,
    );
  }`;
    const run = await shipped("<Sequence>{parts}</Sequence>", [5], body);
    expect(run).toEqual({ status: "finished", texts: ["for 5"] });
  });

  it("is that of its own iteration in a loop that stands in its child", async () => {
    const tree = `<Loop id="l" until={ctx.iteration >= 2} maxIterations={5}>
      <Signal id="paid" schema={outputs.paid}>
        {(paid) => (
          <Loop id="parts" until={ctx.iteration >= 2} maxIterations={5}>
            <Task id="ship" output={outputs.ship}>{{ text: paid.amount + "/" + ctx.iteration }}</Task>
          </Loop>
        )}
      </Signal>
    </Loop>`;
    expect(await shipped(tree, [5, 6])).toEqual({ status: "finished", texts: ["5/0", "5/1", "6/0", "6/1"] });
  });
});
