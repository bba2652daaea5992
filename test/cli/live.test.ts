/** The tree on a terminal: what it tells, how high it gets, and what it leaves on the screen. */
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { liveLines } from "../../cli/render/live/lines.ts";
import { LiveTree } from "../../cli/render/live/tree.ts";
import type { EventRecord } from "../../runtime/index.ts";
import { planOf, type TestNode } from "../plans.ts";
import { cli, jsonLines, paint, type Scratch, scratch, smithers } from "./harness.ts";

const task = (more: object): TestNode => ({ kind: "task", agent: "x", prompt: "?", ...more }) as TestNode;
const plan = planOf({
  first: task({}),
  all: { kind: "parallel" } as TestNode,
  "part-{}": task({ parent: "all", id: { $: "`part-${i}`" }, each: { of: "x", as: "i", key: "i" } }),
  rounds: { kind: "loop", id: "rounds" } as TestNode,
  draft: task({ parent: "rounds", id: "draft" }),
  gate: { kind: "approval", id: "gate", title: "Ship?" } as TestNode,
});

function treeAfter(
  ...events: readonly (readonly [at: number, type: string, data: EventRecord["data"]])[]
): LiveTree {
  const tree = new LiveTree(plan);
  for (const [n, [at, type, data]] of events.entries())
    tree.event({ seq: n + 1, at, type, data: { iteration: 0, ...data } });
  return tree;
}

const options = { now: 10_000, columns: 60, rows: 40, tick: 0, paint, ended: false };
const parts = Array.from(
  { length: 12 },
  (_, n) => [0, "task.started", { nodeId: `part-${n}`, node: "part-{}", attempt: 1 }] as const,
);

describe("the tree", () => {
  it("tells states, durations, attempts, tokens, dollars and what is waited for", () => {
    const tree = treeAfter(
      [0, "task.started", { nodeId: "first", node: "first", attempt: 1 }],
      [500, "task.retrying", { nodeId: "first", code: "PROVIDER", message: "overloaded\nlater" }],
      [1_000, "task.started", { nodeId: "first", node: "first", attempt: 2 }],
      [1_400, "agent.usage", { nodeId: "first", inputTokens: 1_000, outputTokens: 30, costUsd: 0.1 }],
      [1_500, "agent.usage", { nodeId: "first", inputTokens: 200, outputTokens: 4, costUsd: 0.2 }],
      [2_000, "task.finished", { nodeId: "first" }],
      [2_000, "task.started", { nodeId: "part-a", node: "part-{}", attempt: 1 }],
      [2_000, "task.started", { nodeId: "draft", node: "draft", attempt: 1 }],
      [2_500, "agent.usage", { nodeId: "part-a", inputTokens: 100, outputTokens: 0 }],
      [3_000, "task.failed", { nodeId: "draft", code: "THROWN", message: "no" }],
      [3_000, "task.started", { nodeId: "draft", node: "draft", attempt: 1, iteration: 1 }],
      [9_000, "approval.requested", { nodeId: "gate", title: "Ship?" }],
    );
    expect(liveLines(tree.root, options)).toEqual([
      "workflow",
      "├─ ✓ first  1.5 s · attempt 2 · 1,234 tokens · $0.30",
      "├─ parallel",
      "│  └─ ⠋ part-a  8.0 s · 100 tokens",
      "├─ loop  rounds",
      "│  └─ ⠋ draft@1  7.0 s",
      "└─ ? gate  for a decision: Ship?",
    ]);
  });

  it("is never higher or wider than there is room, and shows what is urgent first", () => {
    const done = parts.slice(1).map(([, , { nodeId }]) => [1_000, "task.finished", { nodeId }] as const);
    const tree = treeAfter(...parts, ...done, [
      2_000,
      "approval.requested",
      { nodeId: "gate", title: "Ship?" },
    ]);
    const lines = liveLines(tree.root, { ...options, rows: 7, columns: 24 });
    expect(lines).toEqual([
      "workflow",
      "├─ parallel",
      "│  ├─ ⠋ part-0  10.0 s",
      "│  ├─ ✓ part-1  1.0 s",
      "│  ├─ ✓ part-2  1.0 s",
      "└─ ? gate  for a decisi…",
      "  … 11 more: 9 finished…",
    ]);
    for (let rows = 1; rows < 20; rows++)
      expect(liveLines(tree.root, { ...options, rows }).length).toBeLessThanOrEqual(rows);
  });

  it("of a run that has ended leaves out what never began; names can't move the cursor", () => {
    const tree = treeAfter([0, "task.started", { nodeId: "part-\u001b[2J", node: "part-{}", attempt: 1 }]);
    expect(liveLines(tree.root, { ...options, ended: true })).toEqual([
      "workflow",
      "└─ parallel",
      "   └─ ⠋ part-\\u001b[2J  10.0 s",
    ]);
  });
});

const hasScript = spawnSync("script", ["--version"]).status === 0;

const WORKFLOW = `
import { AnthropicAgent, createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, Parallel, Approval, smithers, outputs } = createSmithers({
  input: z.object({}),
  row: z.object({ v: z.number() }),
  decision: z.object({ approved: z.boolean(), note: z.string().nullable(), decidedBy: z.string(), decidedAt: z.string() }),
});
const model = new AnthropicAgent({ model: "claude-sonnet-4-5" });
const names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
export default smithers(() => (
  <Workflow name="live">
    <Task id="first" output={outputs.row}>{() => { console.log("a line of its own"); return { v: 1 }; }}</Task>
    <Parallel>
      {names.map((name) => <Task key={name} id={"part-" + name} output={outputs.row} agent={model}>{"Do " + name}</Task>)}
    </Parallel>
    <Approval id="ship" output={outputs.decision} request={{ title: "Ship it?" }} />
  </Workflow>
));
`;
const SCRIPT = {
  answers: [
    { node: "part-b", attempt: 1, error: { message: "overloaded", status: 529 } },
    { node: "part-*", reply: { v: 2 }, latencyMs: 300, usage: { inputTokens: 100, outputTokens: 10 } },
  ],
};

/** What a terminal shows in the end, as far as our output goes; the highest it was drawn from is `tallest`. */
function screenOf(output: string): { readonly lines: readonly string[]; readonly tallest: number } {
  const lines: string[] = [""];
  let row = 0;
  let column = 0;
  let tallest = 0;
  for (const [, command, argument, letter, text] of output.matchAll(
    /(\u001b\[(\??[\d;]*)([A-Za-z]))|([\s\S])/g,
  )) {
    if (command !== undefined) {
      if (letter === "A") {
        tallest = Math.max(tallest, Number(argument));
        row = Math.max(0, row - Number(argument));
      } else if (letter === "K") lines[row] = (lines[row] ?? "").slice(0, column);
      else if (letter === "J") {
        lines[row] = (lines[row] ?? "").slice(0, column);
        lines.length = row + 1;
      } else if (letter !== "m" && !argument?.startsWith("?2026"))
        throw new Error(`unexpected ${JSON.stringify(command)}`);
    } else if (text === "\r") column = 0;
    else if (text === "\n") {
      row++;
      lines[row] ??= "";
    } else {
      const line = (lines[row] ?? "").padEnd(column);
      lines[row] = line.slice(0, column) + text + line.slice(column + 1);
      column++;
    }
  }
  return { lines, tallest };
}

describe("a run on a terminal", () => {
  let project: Scratch;
  beforeAll(async () => {
    project = scratch();
    project.write("workflow.tsx", WORKFLOW);
    project.write("script.json", JSON.stringify(SCRIPT));
    expect((await smithers(["build", "workflow.tsx", "-o", "plan.json"], project.dir)).code).toBe(0);
  });
  afterAll(() => project.remove());

  it.skipIf(!hasScript)("is drawn within the terminal's height and leaves one tree and its lines", () => {
    const command = `stty cols 70 rows 12; ${process.execPath} ${cli} run plan.json --run-id r --script script.json`;
    const { stdout: output } = spawnSync("script", ["-qec", command, "/dev/null"], {
      cwd: project.dir,
      encoding: "utf8",
      input: "",
      env: { ...process.env, TERM: "xterm", NO_COLOR: "1" },
    });
    const { lines, tallest } = screenOf(output);
    expect(tallest).toBeGreaterThan(3);
    expect(tallest).toBeLessThanOrEqual(10);
    const text = lines.join("\n");
    expect(text.match(/a line of its own/g)).toHaveLength(1);
    expect(text.match(/^workflow$/gm)).toHaveLength(1);
    expect(text).toMatch(/^├─ ✓ first {2}\d+ ms$/m);
    expect(text).toMatch(
      /^└─ \? ship {2}for a decision: Ship it\?\n {2}… \d+ more: \d+ finished\nwaiting {2}r /m,
    );
    expect(text).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
  });

  it("tells in text and in JSON what it took, over all its processes", async () => {
    const run = await smithers(
      ["run", "plan.json", "--run-id", "told", "--script", "script.json"],
      project.dir,
    );
    expect(run.stderr).toMatch(
      /waiting {2}told .*\n14 attempts \(1 retry\), .* of work, 1,200 tokens in, 120 out, 13 calls\n/,
    );
    expect((await smithers(["approve", "told"], project.dir)).code).toBe(0);
    const { stdout } = await smithers(["resume", "told", "--json", "--script", "script.json"], project.dir);
    expect(jsonLines(stdout).at(-1)).toMatchObject({
      type: "result",
      totals: {
        attempts: 14,
        retries: 1,
        tokens: { input: 1_200, output: 120, cacheRead: 0, cacheWrite: 0 },
        calls: 13,
        toolCalls: 0,
      },
    });
  });
});
