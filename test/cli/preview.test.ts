/** `smithers preview` as people and harnesses use it. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Scratch, scratch, smithers } from "./harness.ts";

const WORKFLOW = `import { ClaudeCodeAgent, createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, Loop, Parallel, Approval, smithers, outputs } = createSmithers({
  input: z.object({ goal: z.string() }),
  draft: z.object({ text: z.string() }),
  verdict: z.object({ ok: z.boolean(), note: z.string() }),
  decision: z.object({ approved: z.boolean() }),
});
const writer = new ClaudeCodeAgent({ model: "m" });
const critic = new ClaudeCodeAgent({ model: "n" });
export default smithers((ctx) => {
  const last = ctx.latest("verdict", "check");
  return (
    <Workflow name="article">
      <Loop id="rounds" until={last?.ok === true} maxIterations={4}>
        <Task id="write" output={outputs.draft} agent={[writer, critic]} retries={1} timeoutMs={60000}>
          {\`Round \${ctx.iteration}: \${ctx.input.goal}. \${last?.note ?? ""}\`}
        </Task>
        <Parallel id="checks">
          <Task id="check" output={outputs.verdict} agent={critic} deps={{ write: outputs.draft }}>
            {(deps) => \`Check \${deps.write.text}\`}
          </Task>
          <Task id="count" output={outputs.draft} dependsOn={["write"]}>{{ text: ctx.input.goal }}</Task>
        </Parallel>
      </Loop>
      <Approval id="ship" output={outputs.decision} request={{ title: "Ship?", summary: ctx.input.goal }} onDeny="fail" />
    </Workflow>
  );
});
`;

let project: Scratch;
beforeAll(async () => {
  project = scratch();
  project.write("article.tsx", WORKFLOW);
  await smithers(["build", "article.tsx", "-o", "article.plan.json"], project.dir);
});
afterAll(() => project.remove());

const INPUT = '{"goal":"tea"}';
const row = (table: string, nodeId: string, value: unknown, iteration = 0) => ({
  table,
  nodeId,
  iteration,
  row: value,
});
const round = (n: number, ok: boolean) => [
  row("draft", "write", { text: `t${n}` }, n),
  row("verdict", "check", { ok, note: `n${n}` }, n),
  row("draft", "count", { text: "tea" }, n),
];

async function frameOf(rows: unknown) {
  project.write("rows.json", JSON.stringify(rows));
  const { code, stdout, stderr } = await smithers(
    ["preview", "article.plan.json", "--input", INPUT, "--outputs", "rows.json", "--json"],
    project.dir,
  );
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

describe("preview --json", () => {
  it("gives every field of every mounted task, in document order", async () => {
    const { tasks } = await frameOf([]);
    expect(tasks).toMatchObject([
      {
        nodeId: "write",
        iteration: 0,
        kind: "agent",
        state: "ready",
        output: "draft",
        prompt: "Round 0: tea. ",
        payload: null,
        agent: ["writer", "critic"],
        dependsOn: [],
        skipIf: false,
        retries: 1,
        timeoutMs: 60000,
        loop: "rounds",
        parallel: null,
      },
      {
        nodeId: "check",
        state: "pending",
        prompt: null,
        agent: "critic",
        retries: 3,
        timeoutMs: null,
        parallel: "checks",
        deps: { write: { table: "draft", nodeId: "write" } },
        missing: { prompt: "outputs.draft@write" },
      },
      { nodeId: "count", kind: "static", payload: { text: "tea" }, dependsOn: ["write"], agent: null },
      { nodeId: "ship", kind: "approval", loop: null, request: { title: "Ship?", summary: "tea" } },
    ]);
  });

  it("goes on to the next iteration, and closes with the last", async () => {
    const second = await frameOf(round(0, false));
    expect(second.tasks[0]).toMatchObject({ iteration: 1, state: "ready", prompt: "Round 1: tea. n0" });
    const closed = await frameOf([...round(0, false), ...round(1, true)]);
    expect(closed.tasks.map((task: { state: string }) => task.state)).toEqual([
      "finished",
      "finished",
      "finished",
      "waiting",
    ]);
    expect(closed.tasks[1]).toMatchObject({ iteration: 1, prompt: "Check t1" });
    expect(closed.tasks[3]).toMatchObject({ waitsFor: "a decision" });
  });

  it("takes a row of a later iteration as proof that the loop came there", async () => {
    const { tasks } = await frameOf([row("draft", "write", { text: "x" }, 2)]);
    expect(tasks[1]).toMatchObject({ nodeId: "check", iteration: 2, state: "ready", prompt: "Check x" });
  });

  it("ends with a denied approval", async () => {
    const { fatal } = await frameOf([...round(0, true), row("decision", "ship", { approved: false })]);
    expect(fatal).toMatchObject({ node: "ship", message: "ship failed: denied" });
  });
});

describe("preview for people", () => {
  it("shows the tree, then every task in full", async () => {
    const args = [
      "preview",
      "article.tsx",
      "--input",
      INPUT,
      "--outputs",
      JSON.stringify(round(0, false).slice(0, 1)),
    ];
    const { stdout, code } = await smithers(args, project.dir);
    expect(code).toBe(0);
    expect(stdout).toBe(`article  frame after 1 recorded row: 1 finished, 2 ready, 1 pending

workflow
├─ loop rounds         iteration 0 of at most 4
│  ├─ ✓ write          finished
│  └─ parallel checks
│     ├─ ▶ check       ready
│     └─ ▶ count       ready
└─ · ship              pending

write  agent writer, else critic → draft  finished
  prompt
  │ Round 0: tea.
  loop rounds · retries 1 · timeout 1 min 0 s

check  agent critic → verdict  ready
  prompt
  │ Check t0
  loop rounds · parallel checks · needs write · retries 3

count  static → draft  ready
  payload
  │ {
  │   "text": "tea"
  │ }
  loop rounds · parallel checks · after write · retries 0

ship  approval → decision  pending
  asks
  │ Ship?
  │ tea
`);
  });
});

describe("a row that does not fit its table", () => {
  const rows = [row("draft", "write", { text: 3 }), row("draft", "count", { txt: "tea" })];

  it("is taken as it is, and said once", async () => {
    const args = ["preview", "article.plan.json", "--input", INPUT, "--outputs", JSON.stringify(rows)];
    const { code, stderr, stdout } = await smithers(args, project.dir);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: row 0: .*does not fit the schema "draft":\ntext: .*expected string/);
    expect(stderr.match(/warning/g)).toHaveLength(1);
    expect(stderr).toContain("(and 1 more: --json lists them)");
    expect(stdout).toContain("Check 3");
  });

  it("is listed in JSON", async () => {
    const args = [
      "preview",
      "article.plan.json",
      "--input",
      INPUT,
      "--json",
      "--outputs",
      JSON.stringify(rows),
    ];
    const { code, stdout } = await smithers(args, project.dir);
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as { warnings: string[] }).warnings).toEqual([
      expect.stringContaining("row 0:"),
      expect.stringContaining("row 1:"),
    ]);
  });
});

describe("a plan that reads files", () => {
  const FLOW = `import { AnthropicAgent, createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, smithers, outputs } = createSmithers({ input: z.object({}), note: z.object({ text: z.string() }) });
const agent = new AnthropicAgent({ model: "m" });
const notes = (context, folder) =>
  context.fs.exists(folder) ? context.fs.readDir(folder).map((name) => context.fs.readFile(folder + "/" + name)) : [];
export default smithers((ctx) => (
  <Workflow name="files">
    {notes(ctx, "notes").map((text) => <Task key={text} id={text} output={outputs.note} agent={agent}>{text}</Task>)}
  </Workflow>
));
`;

  it("shows what they hold now, and lists that it reads them though a helper does", async () => {
    project.write("files.tsx", FLOW);
    project.write("notes/a.md", "tea");
    await smithers(["build", "files.tsx"], project.dir);
    const plan = JSON.parse(readFileSync(path.join(project.dir, "files.plan.json"), "utf8"));
    expect(plan.capabilities.fs).toEqual(["."]);
    const { stdout } = await smithers(["preview", "files.plan.json", "--input", "{}", "--json"], project.dir);
    expect(JSON.parse(stdout).tasks).toMatchObject([{ nodeId: "tea", state: "ready", prompt: "tea" }]);
  });
});

describe("what preview refuses", () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    [
      "an unknown node",
      '[{"table":"draft","nodeId":"wirte","row":{"text":""}}]',
      /row 0: .*"wirte". Did you mean "write"\?/,
    ],
    [
      "an unknown table",
      '[{"table":"drft","nodeId":"write","row":{"text":""}}]',
      /no table "drft". Did you mean "draft"\?/,
    ],
    [
      "another task's table",
      '[{"table":"verdict","nodeId":"write","row":{"ok":true,"note":""}}]',
      /"write" records in "draft", not in "verdict"/,
    ],
    [
      "a broken iteration",
      '[{"table":"draft","nodeId":"write","iteration":-1,"row":{"text":""}}]',
      /row 0: "iteration"/,
    ],
    ["an unknown field", '[{"tabel":"draft"}]', /row 0: has a field "tabel"/],
    ["broken JSON", "[{", /--outputs is not JSON/],
    ["no array", "{}", /--outputs must be an array/],
    ["a missing file", "@none.json", /--outputs file not found: none.json/],
  ];
  for (const [what, rows, message] of cases) {
    it(what, async () => {
      const { code, stderr, stdout } = await smithers(
        ["preview", "article.plan.json", "--input", INPUT, "--outputs", rows],
        project.dir,
      );
      expect(stderr).toMatch(message);
      expect(stderr).not.toContain("    at ");
      expect(stdout).toBe("");
      expect(code).toBe(2);
    });
  }
  it("input that does not fit", async () => {
    const { code, stderr } = await smithers(["preview", "article.plan.json"], project.dir);
    expect(stderr).toMatch(/goal: .*expected string/);
    expect(code).toBe(2);
  });
});
