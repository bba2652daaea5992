/** What calls cost, with the built command against a server that speaks the Messages API: limits, budgets, and where it is shown. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answer, type MessagesServer, messagesServer } from "../../runtime/agents/testing.ts";
import { jsonLines, type Scratch, scratch, smithers } from "./harness.ts";

let project: Scratch;
let server: MessagesServer;

/** Each answer of the server is of 10 tokens read, 5 written and 2 of its cache: $0.021. */
const PRICE = { input: 1_000, output: 2_000, cacheRead: 500 };
const TWICE = { input: 2_000, output: 4_000, cacheRead: 1_000 };

const workflow = (name: string, tasks: string): string => `
  import { AnthropicAgent, createSmithers } from "smithers";
  import { z } from "zod";
  const { Workflow, Task, Aspects, smithers, outputs } = createSmithers({ row: z.object({ v: z.number() }) });
  const coder = new AnthropicAgent({ model: "claude-fast" });
  const judge = new AnthropicAgent({ model: "claude-wise" });
  export default smithers(() => <Workflow name="${name}">${tasks}</Workflow>);
`;
const task = (id: string, agent = "coder"): string =>
  `<Task id="${id}" output={outputs.row} agent={${agent}}>Go.</Task>`;

const command = (...args: string[]) =>
  smithers(args, project.dir, { ANTHROPIC_API_KEY: "k", ANTHROPIC_BASE_URL: server.url });
const configure = (config: object): void => void project.write("smithers.json", JSON.stringify(config));

beforeAll(async () => {
  project = scratch();
  server = await messagesServer([answer({ v: 1 })]);
  project.write("three.tsx", workflow("three", ["one", "two", "three"].map((id) => task(id)).join("")));
  project.write(
    "budget.tsx",
    workflow(
      "budget",
      `<Aspects costBudget={{ maxUsd: 0.03 }}>${["one", "two", "three"].map((id) => task(id)).join("")}</Aspects>`,
    ),
  );
  project.write("judged.tsx", workflow("judged", task("one") + task("two", "[coder, judge]")));
  const built = await command("build", "three.tsx", "budget.tsx", "judged.tsx");
  expect(built.code).toBe(0);
});
afterAll(async () => {
  await server.close();
  project.remove();
});

describe("a run with --max-cost", () => {
  it("is refused before anything is started where a model has no price", async () => {
    configure({ prices: { "claude-fast": PRICE } });
    const refused = await command("run", "judged.plan.json", "--max-cost", "5");
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain(
      "a limit of cost can't be kept: agent judge calls claude-wise, and nothing says what that costs. " +
        'Add it to smithers.json, in US dollars for a million tokens: "prices": { "claude-wise": { "input": …, "output": … } }',
    );
    expect(server.requests).toHaveLength(0);
    expect((await command("ps", "--json")).stdout).toBe("");
  });

  it("is paused when it has cost that much, and goes on with a higher limit and other prices", async () => {
    configure({ prices: { "claude-fast": PRICE } });
    const paused = await command("run", "three.plan.json", "--run-id", "r", "--max-cost", "0.03");
    expect(paused.code).toBe(3);
    expect(paused.stderr).toContain(
      "it has cost $0.042 of at most $0.03 (costUsd, --max-cost); it can be resumed with a higher limit",
    );
    expect(paused.stderr).toMatch(/24 tokens in, 10 out, 2 calls, \$0\.042\n/);
    // The limit is kept without being given again.
    expect((await command("resume", "r")).code).toBe(3);
    expect(server.requests).toHaveLength(2);

    configure({ prices: { "claude-fast": TWICE } });
    const done = await command("resume", "r", "--max-cost", "1", "--json");
    expect(done.code).toBe(0);
    expect(jsonLines(done.stdout).at(-1)).toMatchObject({
      totals: { calls: 3, costUsd: 0.084, pricedCalls: 3 },
    });
    expect((await command("replay", "r")).stdout).toContain("identical");
  });

  it("shows what runs have cost where runs are shown", async () => {
    const ps = await command("ps");
    expect(ps.stdout).toMatch(/RUN +WORKFLOW +STATUS +STARTED +CHANGED +COST +WHY/);
    expect(ps.stdout).toMatch(/^r +three +finished .* \$0\.084/m);
    expect(jsonLines((await command("ps", "--json")).stdout)).toMatchObject([
      { runId: "r", cost: { costUsd: 0.084, pricedCalls: 3, calls: 3 } },
    ]);
    expect((await command("inspect", "r")).stdout).toContain("\ncost $0.084\n");
    expect(JSON.parse((await command("inspect", "r", "--json")).stdout)).toMatchObject({
      costUsd: 0.084,
      attempts: [{ usage: { costUsd: 0.021 } }, { usage: { costUsd: 0.021 } }, { usage: { costUsd: 0.042 } }],
    });
    expect((await command("db", "r", "attempts")).stdout).toContain("10 in, 5 out, $0.021");
  });

  it("takes the limit from smithers.json as well", async () => {
    configure({ prices: { "claude-fast": PRICE }, stopAt: { cost: 0.02 } });
    const paused = await command("up", "three.tsx", "--json");
    expect(paused.code).toBe(3);
    expect(jsonLines(paused.stdout)[0]).toMatchObject({
      type: "run.started",
      stopAt: { costUsd: 0.02 },
      prices: { "claude-fast": PRICE },
    });
    expect(jsonLines(paused.stdout).at(-1)).toMatchObject({ totals: { costUsd: 0.021 } });
  });

  it("counts what a script says where one answers", async () => {
    configure({ prices: { "claude-fast": PRICE } });
    const usage = { inputTokens: 1_000, outputTokens: 0 };
    const answers = [
      { node: "one", reply: { v: 1 }, usage },
      { node: "*", reply: { v: 2 }, usage: { ...usage, costUsd: 0.5 } },
    ];
    project.write("script.json", JSON.stringify({ answers }));
    const before = server.requests.length;
    const paused = await command("run", "judged.plan.json", "--script", "script.json", "--max-cost", "1.2");
    expect(paused.code).toBe(0);
    expect(paused.stderr).toContain("2 calls, $1.50");
    expect(server.requests).toHaveLength(before);
  });
});

describe("a workflow with a costBudget", () => {
  it("is refused without prices, and else makes no call once it is used up", async () => {
    configure({});
    const refused = await command("run", "budget.plan.json");
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain(
      "a budget of cost (costBudget) can't be kept: agent coder calls claude-fast",
    );
    configure({ prices: { "claude-fast": PRICE } });
    const before = server.requests.length;
    const failed = await command("run", "budget.plan.json", "--run-id", "b");
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/! .* {2}its dollars are used up: \$0\.042 of \$0\.03/);
    expect(failed.stderr).toMatch(/three failed: BUDGET_EXCEEDED: \$0\.042 of \$0\.03 of .* are used/);
    expect(server.requests.length - before).toBe(2);
    expect((await command("why", "b", "three")).stdout).toContain("$0.042 of $0.03");
    expect((await command("replay", "b")).stdout).toContain("identical");
  });
});

describe("a run of which nobody knows what it cost", () => {
  it("says nothing of that; of one that is known in part it says of which", async () => {
    configure({});
    const none = await command("run", "three.plan.json", "--run-id", "n");
    expect(none.code).toBe(0);
    expect(none.stderr).not.toContain("$");
    expect((await command("inspect", "n")).stdout).not.toContain("cost");
    configure({ prices: { "claude-fast": PRICE } });
    project.write("mixed.tsx", workflow("mixed", task("one") + task("two", "judge")));
    const mixed = await command("up", "mixed.tsx");
    expect(mixed.code).toBe(0);
    expect(mixed.stderr).toContain("2 calls, $0.021 for 1 of 2 calls");
  });
});

describe("prices in smithers.json", () => {
  it.each([
    [{ m: { input: 1 } }, "`prices.m.output`"],
    [{ m: { input: -1, output: 1 } }, "`prices.m.input`"],
    [{ m: { input: 1, output: 1, cached: 1 } }, "there is no setting `cached`"],
  ])("%j are none", async (prices, message) => {
    configure({ prices });
    const wrong = await command("run", "three.plan.json");
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain(message);
  });
});
