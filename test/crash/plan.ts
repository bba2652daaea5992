/**
 * A workflow with some of everything that a crash could hurt, as an undisturbed run and a killed one must end alike:
 * no row depends on how often an attempt was made, or on what was ready first. A new kind of step is a part of its own
 * here, with a name in `boundaries.ts` for each place of it where a kill matters.
 */
import { seal } from "../../plan/index.ts";
import type { Module, Plan } from "../../plan/types.ts";
import type { Script } from "../../runtime/index.ts";
import { computed, planOf, type TestNode, value } from "../plans.ts";

/** A part of the plan; its keys are prefixed by nothing, so they differ among parts. */
type Nodes = { readonly [key: string]: TestNode };

/** Characters of one large output; above BLOB_THRESHOLD, so that it is kept in a file. */
export const LARGE = 2 << 20;
/** Characters of an output that stays in the database: a few fill the log up to a checkpoint. */
const MEDIUM = 60_000;

const agent = (prompt: string, more: object = {}): TestNode =>
  ({ kind: "task", agent: "a", output: "row", prompt: { $: prompt }, ...more }) as TestNode;

const compute = (module: string, n: string, more: object = {}): TestNode =>
  ({ kind: "task", output: "row", module, captures: { n: { $: n } }, ...more }) as TestNode;

const code = (...lines: readonly string[]): Module => ({
  code: lines,
  captures: ["n"],
  externals: {},
  digest: "",
  artifact: "",
});

const modules: { readonly [name: string]: Module } = {
  square: code("export default ({ n }) => ({ v: n * n });"),
  // Loud, and longer than events are gathered: its lines are on disk while it works. Tells by itself when it worked.
  slow: code(
    'import { appendFileSync } from "node:fs";',
    "export default async ({ n }) => {",
    "  for (let i = 0; i < 3; i++) {",
    "    console.log(`step ${i} of ${n}`);",
    "    appendFileSync('processes.log', `${process.pid}\\n`);",
    "    await new Promise((done) => setTimeout(done, 120));",
    "  }",
    "  return { v: n };",
    "};",
  ),
};

const large = (size: number): Module => code(`export default ({ n }) => ({ v: String(n).repeat(${size}) });`);

const sequence: Nodes = {
  first: value("start"),
  square: compute("square", "7"),
};

const fanOut: Nodes = {
  fan: { kind: "parallel", maxConcurrency: 3 },
  work: agent("`item ${x} after ${ctx.output('row', { nodeId: 'first' }).v}`", {
    parent: "fan",
    id: { $: "`work-${x}`" },
    each: { of: "[1, 2, 3, 4, 5, 6]", as: "x", key: "x" },
  }),
  skipped: value(0, { skipIf: "ctx.outputs.row.length > 3" }),
};

/** Fails twice before it answers, whatever attempts were lost between. */
const retries: Nodes = {
  flaky: agent("`flaky after ${ctx.output('row', { nodeId: 'square' }).v}`", {
    retryPolicy: { backoff: "exponential", initialDelayMs: 40, maxDelayMs: 1_000 },
  }),
};

const loops: Nodes = {
  rounds: { kind: "loop", until: "ctx.iterationCount('row', 'check') >= 3", maxIterations: 9 },
  draft: agent("`draft ${ctx.iteration} on ${ctx.latest('row', 'check')?.v ?? 'nothing'}`", {
    parent: "rounds",
  }),
  inner: { kind: "loop", parent: "rounds", maxIterations: 2 },
  polish: agent("`polish ${ctx.output('row', { nodeId: 'draft' }).v}`", { parent: "inner" }),
  check: computed("ctx.output('row', { nodeId: 'polish' }).v.length", { parent: "rounds" }),
  never: computed("'after the last check'", { parent: "rounds" }),
};

/** Side by side, since each is long: a slow agent, a slow process, large outputs, all that waits for the outside. */
const sideBySide: Nodes = {
  side: { kind: "parallel" },
  patience: agent("'take your time'", { parent: "side" }),
  slow: compute("slow", "5", { parent: "side" }),
  great: compute("large", "8", { parent: "side" }),
  long: agent("'a long answer'", { parent: "side" }),
  medium: agent("`medium ${x}`", {
    parent: "side",
    id: { $: "`medium-${x}`" },
    each: { of: "[1, 2, 3, 4]", as: "x", key: "x" },
  }),
  nap: { kind: "timer", duration: "250ms", parent: "side" } as TestNode,
  /** Decided by a script after a while. */
  asked: { kind: "approval", output: "decision", parent: "side" } as TestNode,
  /** Its decision lies in the inbox before the run begins. */
  decided: { kind: "approval", output: "decision", parent: "side" } as TestNode,
};

/** Two signals of one name for three turns: a signal that is taken twice would be seen in the third. */
const signals: Nodes = {
  turns: { kind: "loop", maxIterations: 3 },
  pay: { kind: "wait", event: "paid", output: "row", parent: "turns" } as TestNode,
  receipt: agent("`receipt of ${ctx.output('row', { nodeId: 'pay' }).v}`", { parent: "turns" }),
};

const UNDONE = "ctx.outputs.row.filter((row) => row.nodeId.startsWith('un')).length";

/** The third step fails for good: what was done is undone, the last first. */
const undoing: Nodes = {
  order: { kind: "saga" } as TestNode,
  ...Object.fromEntries(
    ["book", "charge", "ship"].flatMap((step): [string, TestNode][] => [
      [`${step}/do`, { kind: "sequence", parent: "order", role: "action", step } as TestNode],
      [step, agent(`'${step}'`, { parent: `${step}/do`, retries: 0 })],
      [`${step}/undo`, { kind: "sequence", parent: "order", role: "compensation", step } as TestNode],
      // Says how much was undone before it.
      [`un${step}`, agent(`\`un${step} after \${${UNDONE}}\``, { parent: `${step}/undo` })],
    ]),
  ),
};

/** An agent in conversation: a tool that may be called again, then one that a person has to agree to. */
const conversation: Nodes = {
  shop: { kind: "task", agent: "t", output: "row", prompt: "Shop." } as TestNode,
};

/** The first failure of a branch takes the others along; what it is for is done instead. */
const race: Nodes = {
  raced: { kind: "try" } as TestNode,
  "raced/try": { kind: "sequence", role: "try", parent: "raced" } as TestNode,
  lanes: { kind: "parallel", parent: "raced/try", failurePolicy: "fail-fast" } as TestNode,
  endless: agent("'endless'", { parent: "lanes" }),
  trips: agent("'trips'", { parent: "lanes", retries: 0 }),
  "raced/catch": { kind: "sequence", role: "catch", parent: "raced" } as TestNode,
  instead: agent("'instead'", { parent: "raced/catch" }),
};

/** A branch fails and the others go on; where the run ends it says so, and something is done all the same. */
const end: Nodes = {
  stage: { kind: "phase", name: "Stage" } as TestNode,
  tries: { kind: "parallel", parent: "stage", failurePolicy: "continue" } as TestNode,
  branch: { kind: "sequence", parent: "tries" } as TestNode,
  poor: agent("'poor'", { parent: "branch", retries: 0 }),
  behind: computed("'never'", { parent: "branch" }),
  rich: agent("'rich'", { parent: "tries", priority: 1 }),
  lengths: computed("ctx.outputs.row.reduce((sum, row) => sum + String(row.v).length, 0)"),
  guarded: { kind: "try" } as TestNode,
  "guarded/try": { kind: "sequence", role: "try", parent: "guarded" } as TestNode,
  over: {
    kind: "end",
    parent: "guarded/try",
    summary: { $: "ctx.outputs.row.length" },
  } as TestNode,
  beyond: computed("'after the end'", { parent: "guarded/try" }),
  "guarded/finally": { kind: "sequence", role: "finally", parent: "guarded" } as TestNode,
  closing: agent("'closing'", { parent: "guarded/finally" }),
};

/** `size`: characters of the large outputs. */
export function crashPlan(size = LARGE): Plan {
  return seal(
    planOf(
      {
        ...sequence,
        ...fanOut,
        ...retries,
        ...loops,
        ...sideBySide,
        ...signals,
        ...undoing,
        ...conversation,
        ...race,
        ...end,
      },
      {
        requires: [
          "agent-tools",
          "end",
          "failure-policy",
          "phases",
          "priority",
          "saga",
          "signals",
          "timer",
          "tool-approval",
          "try",
        ],
        agents: {
          a: { kind: "anthropic", options: {} },
          t: { kind: "tooled", options: { tools: ["reserve", "order"], approval: { order: "always" } } },
        },
        modules: { ...modules, large: large(size) },
        schemas: {
          row: "z.object({ v: z.union([z.string(), z.number()]) })",
          decision: "z.object({ approved: z.boolean(), note: z.string().nullable(), decidedBy: z.string() })",
        },
      },
    ),
  );
}

/** Milliseconds after which an agent answers that is never waited for. */
export const ENDLESS = 60_000;

const FAILING: ReadonlySet<string> = new Set(["poor", "ship", "trips"]);

/** What an agent says to a prompt, and after how many milliseconds; null: it fails, and may be asked again. */
export function answerTo(
  nodeId: string,
  attempt: number,
  prompt: string,
  size = LARGE,
): { readonly v: string; readonly ms: number } | null {
  if ((nodeId === "flaky" && attempt <= 2) || FAILING.has(nodeId)) return null;
  const v = `answer to ${prompt}`;
  // Later than what fails beside it.
  if (nodeId === "rich") return { v, ms: 60 };
  if (nodeId === "endless") return { v, ms: ENDLESS };
  if (nodeId === "patience") return { v, ms: 200 };
  if (nodeId === "long") return { v: v.repeat(Math.ceil(size / v.length)), ms: 50 };
  if (nodeId.startsWith("medium")) return { v: v.padEnd(MEDIUM, "."), ms: 20 };
  return { v, ms: 1 + (prompt.length % 12) };
}

/** What the processes of compute tasks give, for engines that have none. */
export function computeAnswer(module: string, n: number, size = LARGE): number | string {
  return module === "square" ? n * n : module === "large" ? String(n).repeat(size) : n;
}

/** What people and programs have put into the inbox before the run begins. */
export const ahead = {
  decisions: [{ nodeId: "decided", approved: true }],
  signals: [
    { name: "paid", payload: { v: "one" } },
    { name: "paid", payload: { v: "two" } },
    { name: "paid", payload: { v: "three" }, correlationId: "3" },
    { name: "paid", payload: { v: "three again" }, correlationId: "3" },
  ],
} as const;

/** Decided while the run goes on; later than its timer is due. */
export const script: Script = {
  answers: [
    {
      node: "shop",
      latencyMs: 10,
      tools: [
        { name: "reserve", input: { sku: "pear" } },
        { name: "order", input: { sku: "pear" } },
      ],
      reply: { v: "ordered" },
    },
  ],
  approvals: [
    { node: "asked", approved: true, note: null, latencyMs: 350 },
    { node: "shop", tool: "order", approved: true, note: null, latencyMs: 20 },
  ],
};

/** What the tools of the conversation say, and after how many milliseconds. */
export const toolAnswers = { reserve: "reserved", order: "ordered" } as const;
export const TOOL_MS = 40;
