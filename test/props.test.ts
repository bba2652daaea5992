/**
 * No prop is lost: every prop of every component, used where the tree is known at build time and inside a block, is
 * carried by the plan or named in a diagnostic. The props come from the compiler's own table, so a new one is tried too.
 */
import { describe, expect, it } from "vitest";
import { build, memoryHost } from "../compiler/index.ts";
import { fieldName, KINDS, type Kind, SPECIAL } from "../compiler/phases/4-lower/kinds.ts";
import { FIELDS, type FieldName } from "../plan/fields.ts";
import type { Plan } from "../plan/types.ts";

const HEADER = `import { AnthropicAgent, createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Sequence, Parallel, MergeQueue, Worktree, Aspects, Loop, Ralph, While, Task, Approval, Timer,
  WaitForEvent, Signal, HumanTask, Subflow, ContinueAsNew, Effect, Branch, If, Each, TryCatchFinally, Saga, Phase, Step,
  Stop, End, Switch, Case, Default, smithers, outputs } =
  createSmithers({ input: z.object({ n: z.number(), text: z.string() }), row: z.object({ text: z.string() }),
    decision: z.looseObject({}) });
import child from "./child";
const ada = new AnthropicAgent({ model: "claude-sonnet-4-5" });
const bob = new AnthropicAgent({ model: "claude-haiku-4-5" });
`;

/** What a <Subflow> runs. */
const CHILD = `import { createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, smithers, outputs } = createSmithers({ output: z.object({ text: z.string() }) });
export default smithers(() => <Workflow name="c"><Task id="o" output={outputs.output}>{{ text: "c" }}</Task></Workflow>);
`;

const WORK = '<Task id="work" output={outputs.row} agent={ada}>Work.</Task>';

/** What props of others name. */
const BEFORE = '<Task id="seven" output={outputs.row} agent={ada}>Seven.</Task>';

const structural = (jsx: string): string =>
  `${HEADER}export default smithers((ctx) => <Workflow name="w">${BEFORE}${jsx}</Workflow>);\n`;
/** The loop's number of turns is known at run time only: all of it is a block. */
const block = (jsx: string): string =>
  `${HEADER}export default smithers((ctx) => {
  const all = [];
  let n = ctx.input.n;
  while (n > 0) { all.push(${jsx}); n = n - 1; }
  return <Workflow name="w">${BEFORE}{all}</Workflow>;
});\n`;

/** What each element can't be without, by prop. */
const BASE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Workflow: { name: '"w"', children: WORK },
  Worktree: { path: '"tree"', children: WORK },
  Task: { id: '"it"', output: "outputs.row", agent: "ada", children: "{'Do it.'}" },
  Approval: { id: '"it"', output: "outputs.decision", request: '{ title: "Go?", summary: "Now." }' },
  Timer: { id: '"it"', duration: '"3s"' },
  WaitForEvent: { id: '"it"', event: '"done"', output: "outputs.row" },
  Signal: { id: '"it"', schema: "outputs.row" },
  HumanTask: { id: '"it"', output: "outputs.row", prompt: '"What?"' },
  Effect: { id: '"it"', run: "() => ctx.vol.set('it', 1)" },
  Subflow: { id: '"it"', workflow: "child", output: "outputs.row" },
  Phase: { name: '"w"', children: WORK },
  Step: { name: '"w"', children: WORK },
  Stop: { id: '"it"', reason: '"w"' },
  End: { id: '"it"' },
  Switch: { on: "ctx.input.text", children: `<Case when="a">${WORK}</Case>` },
  ContinueAsNew: {},
};

/** A value of a prop that can be told from its absence. */
const VALUES: Readonly<Record<string, string>> = {
  id: '"it"',
  name: '"w"',
  agent: "bob",
  fallbackAgent: "bob",
  output: "outputs.row",
  schema: "outputs.row",
  outputSchema: "outputs.row",
  skipIf: "ctx.input.n > 7",
  until: "ctx.input.n > 7",
  deps: "{ seven: outputs.row }",
  request: '{ title: "Sure?", summary: "Now.", metadata: { risk: 7 } }',
  retryPolicy: '{ backoff: "fixed", initialDelayMs: 7 }',
  noRetry: "true",
  sideEffect: "{ idempotent: true }",
  duration: '"7s"',
  baseBranch: '"seven"',
  onMaxReached: '"fail"',
  failurePolicy: '"finish"',
  every: '"7s"',
  status: '"failed"',
  onUnmount: '"cancel"',
  onResume: '"restart"',
  allowTools: "[]",
  onTimeout: '"skip"',
  onDeny: '"skip"',
  onHijackExit: '"reopen"',
  mode: '"select"',
  cache: "{ by: (ctx) => ({ n: ctx.input.n }) }",
  autoApprove: "{ after: 7 }",
  onFinished: "(row, { state }) => state.set('seven', row)",
  onError: "(error, { state }) => state.set('seven', error.code)",
  onProgress: "(said, { state }) => state.set('seven', said.type)",
  run: "([n], { state }) => state.set('seven', n)",
  cleanup: "(deps, { state }) => state.delete('seven')",
  children: WORK,
};

function sampleOf(kind: Kind, prop: string): string {
  if (kind.kind === "task" && prop === "children") return "{'Do it.'}";
  if (kind.kind === "timer" && prop === "until") return '"2026-01-31T08:00:00Z"';
  if ((kind.kind === "phase" || kind.kind === "step") && prop === "name") return '"seven"';
  if (kind.kind === "effect" && prop === "deps") return "[7]";
  if (kind.kind === "subflow" && prop === "mode") return '"childRun"';
  if (kind.kind === "subflow" && prop === "workflow") return "child";
  if (kind.kind === "approval" && prop.startsWith("output")) return "outputs.decision";
  const given = VALUES[prop];
  if (given) return given;
  const field = FIELDS[fieldName(kind, prop) as FieldName] as { readonly plain?: unknown };
  switch (field.plain) {
    case "string":
      return '"seven"';
    case "number":
    case "signed":
      return "7";
    case "boolean":
      return "true";
    case "strings":
      return '["seven"]';
    case "table":
      return '{ seven: "seven" }';
    default:
      return '[{ key: "seven" }]';
  }
}

function element(name: string, props: Readonly<Record<string, string>>): string {
  const { children, ...others } = props;
  const text = Object.entries(others).map(([prop, value]) => ` ${prop}={${value}}`);
  return children === undefined
    ? `<${name}${text.join("")} />`
    : `<${name}${text.join("")}>${children}</${name}>`;
}

async function compiled(source: string): Promise<{ plan: Plan | null; said: string; codes: string[] }> {
  const host = memoryHost({ "/p/workflow.tsx": source, "/p/child.tsx": CHILD });
  const { plan, diagnostics } = await build("/p/workflow.tsx", { root: "/p", host });
  return {
    plan,
    said: diagnostics.map((d) => d.message).join("\n"),
    codes: diagnostics.filter((d) => d.severity === "error").map((d) => d.code),
  };
}

/** What a plan says beyond names and places: two that say the same carry the same. */
function meaning(plan: Plan | null): string {
  if (!plan) return "none";
  const { nodes, requires } = plan as unknown as { nodes: object; requires?: object };
  return JSON.stringify([nodes, requires], (key, value) => (key === "digests" ? undefined : value));
}

/** Props that say what the node has anyway. */
const SAYS_NOTHING = new Set(["outputSchema", "sideEffect"]);
const cases = Object.entries(KINDS).flatMap(([name, kind]) =>
  [...Object.keys(kind.props), ...Object.keys(kind.refused ?? {})].map((prop) => ({ name, kind, prop })),
);

describe.each([
  ["in a known tree", structural],
  ["inside a block", block],
] as const)("%s", (where, around) => {
  it.each(cases)("<$name $prop>", async ({ name, kind, prop }) => {
    const base = BASE[name] ?? { children: WORK };
    const { [prop]: _, ...without } = base;
    if (name === "Timer" && (prop === "until" || prop === "every"))
      delete (without as Record<string, string>).duration;
    // It names what is behind `deps`, and is refused where there are none (SM310).
    if (prop === "needs" && kind.kind === "task") Object.assign(without, { deps: VALUES.deps });
    const asIs = name === "Workflow" && where === "in a known tree";
    const wrap = asIs ? (jsx: string) => `${HEADER}export default smithers((ctx) => ${jsx});\n` : around;
    const value = kind.refused?.[prop] && !VALUES[prop] ? "[1]" : sampleOf(kind, prop);
    const withIt = await compiled(wrap(element(name, { ...without, [prop]: value })));
    const bare = await compiled(wrap(element(name, without)));
    if (withIt.plan === null) {
      expect(withIt.codes.length).toBeGreaterThan(0);
      if (kind.refused?.[prop]) expect(withIt.said).toContain(`'${prop}'`);
      else if (prop === "needs" && kind.kind !== "task") expect(withIt.codes).toEqual(["SM310"]);
      else expect(withIt.said, "a prop that the component knows").toBe("");
      return;
    }
    expect(kind.refused?.[prop], "a refused prop").toBeUndefined();
    const saysMore = !SAYS_NOTHING.has(prop) && !(name === "Subflow" && prop === "mode");
    if (saysMore) expect(meaning(withIt.plan)).not.toBe(meaning(bare.plan));
    else expect(meaning(withIt.plan)).toBe(meaning(bare.plan));
  });

  it.each([...Object.keys(KINDS), ...Object.keys(SPECIAL)])(
    "<%s> names a prop that it does not know",
    async (name) => {
      const { said, codes } = await compiled(around(element(name, { ...BASE[name], unknown: "7" })));
      expect(codes).toContain("SM117");
      expect(said).toContain("'unknown'");
    },
  );
});

describe("what isn't a prop of its own", () => {
  const saga = (steps: string): string => `<Saga id="s" steps={[${steps}]} />`;
  const action = '<Task id="do" output={outputs.row} agent={ada}>Do.</Task>';
  const undo = '<Task id="undo" output={outputs.row} agent={ada}>Undo.</Task>';
  const refused: readonly (readonly [jsx: string, said: string])[] = [
    [
      '<Approval id="a" output={outputs.decision} request={{ title: "Go?", urgency: 7 }} />',
      "'request.urgency'",
    ],
    [`<Saga id="s" onFailure="panic" steps={[]} />`, "'onFailure'"],
    [`<TryCatchFinally id="t" finally={${action}} />`, "needs 'try'"],
    [`<Branch then={${action}} />`, "needs 'if'"],
    [`<Switch><Case when="a">${action}</Case></Switch>`, "needs 'on'"],
    [`<Switch on={ctx.input.text}><Case when={ctx.input.n}>${action}</Case></Switch>`, "known at build time"],
    [
      `<Switch on={ctx.input.text}><Case when="a">${action}</Case><Case when={["b", "a"]}>${undo}</Case></Switch>`,
      'for "a" already',
    ],
    [`<Switch on={ctx.input.text}><Case when="a" then={7}>${action}</Case></Switch>`, "'then'"],
    [`<Switch on={ctx.input.text}>${action}</Switch>`, "cases and at most one default"],
    [`<Case when="a">${action}</Case>`, "outside a <Switch>"],
    [`<If then={${action}} />`, "needs 'test'"],
    [saga(`{ id: "x", action: ${action}, compensation: ${undo}, undo: 7 }`), "'steps.undo'"],
    [`<Saga id="s"><Saga.Step id="x" undo={7} compensation={${undo}}>${action}</Saga.Step></Saga>`, "'undo'"],
    ['<Task id="a" output={outputs.row} agent={ada} meta={{ f: () => 7 }}>Do.</Task>', "'meta'"],
    ['<Task id="a" output={outputs.row} agent={{ model: "m" }}>Do.</Task>', "no agent"],
    ['<Approval id="a" output={outputs.decision} request={{ title: "Go?" }}>Go</Approval>', "'children'"],
    ['<Timer id="a" duration="3s">Wait</Timer>', "'children'"],
    ['<Task id="a" output={outputs.row} agent={ada} {...{ scorers: [7] }}>Do.</Task>', "'scorers'"],
    ['<Task id="a" output={outputs.row} agent={ada} autoApprove={7}>Do.</Task>', "'autoApprove'"],
  ];
  const carried: readonly (readonly [jsx: string, text: string])[] = [
    [
      '<Approval id="a" output={outputs.decision} request={ctx.input.n > 3 ? { title: "Go?", metadata: { risk: 7 } } : { title: "Slow?" }} />',
      "risk",
    ],
    [saga(`{ id: "x", label: "Reserve", action: ${action}, compensation: ${undo} }`), "Reserve"],
    ['<Workflow name="inner" cache={{ by: (ctx) => ctx.input.text }} />', ".input.text"],
  ];
  for (const [where, around] of [
    ["in a known tree", structural],
    ["inside a block", block],
  ] as const) {
    it.each(refused)(`${where} %s`, async (jsx, said) => {
      const made = await compiled(around(jsx));
      expect(made.plan).toBeNull();
      expect(made.said).toContain(said);
    });
    it.each(carried)(`${where} %s is carried`, async (jsx, text) => {
      const made = await compiled(around(jsx));
      expect(made.plan, made.said).not.toBeNull();
      expect(meaning(made.plan)).toContain(text);
    });
  }

  it("inside a block the alternatives of a branch are its children", async () => {
    const { plan } = await compiled(block(`<Branch if={n > 2} then={${action}} />`));
    const nodes = Object.entries((plan as Plan).nodes);
    const branch = nodes.find(([, node]) => node.kind === "branch")?.[0];
    expect(nodes.find(([key]) => key === "do")?.[1].parent).toBe(branch);
  });

  it("inside a block an element without children has those of a spread", async () => {
    const { plan, said } = await compiled(
      block('<Task {...{ id: "it", output: outputs.row, agent: ada, children: "Spread out." }} />'),
    );
    expect(meaning(plan), said).toContain("Spread out.");
  });
});
