import { describe, expect, it } from "vitest";
import { draftOf, promptDraft } from "../test/drafts.ts";
import type { DraftNode, PlanDraft } from "./draft.ts";
import { integrityOf, seal } from "./seal.ts";
import type { Json } from "./types.ts";
import { loadPlan, loadRecordedPlan, validatePlan } from "./validate.ts";
import { formatPlan } from "./write.ts";

type Table = { [key: string]: Json };
type Edit = (plan: { [key: string]: Table & Json }) => void;

const root: DraftNode = { kind: "workflow" };
const task = (rest: Partial<DraftNode> = {}): DraftNode =>
  ({
    kind: "task",
    parent: "root",
    id: "a",
    output: "out",
    agent: "writer",
    prompt: "p",
    ...rest,
  }) as DraftNode;

const good = draftOf(
  {
    root: { ...root, values: { v: { expr: "twice(ctx.input.n)", reads: ["input.n"] } } },
    a: task({
      each: { of: "LIST", as: "x", index: "i" },
      id: { $: "`a-${x}-${i}`" },
      prompt: { $: "prompt('p', { v, x })" },
    } as Partial<DraftNode>),
    b: { kind: "block", parent: "root", yields: "LIST.map((x) => site('s', { t: x }))" },
    s: task({
      parent: "b",
      args: ["t"],
      id: { $: "t" },
      prompt: undefined,
      agent: undefined,
      module: "m",
      captures: { c: { $: "t" } },
    } as unknown as Partial<DraftNode>),
  },
  {
    constants: { LIST: { value: ["a", "b"] } },
    functions: { twice: "(n) => n * 2 + half(n)", half: "(n) => (n > 1 ? twice(n - 1) : n)" },
    prompts: { p: { source: "p.md", template: "`Do ${props.v} with ${props.x}`" } },
    modules: { m: { code: ["export default (c) => c;"], captures: ["c"], externals: {} } },
  },
);
// A field given as undefined is no JSON; tests write it to take the default away.
const clean = (draft: PlanDraft): PlanDraft => JSON.parse(JSON.stringify(draft));

/** The problems of the good plan after an edit by hand and a new seal over the bytes. */
function problemsAfter(edit: Edit): string[] {
  const plan = JSON.parse(JSON.stringify(seal(clean(good))));
  edit(plan);
  const result = validatePlan(plan);
  if (result.ok) return [];
  return result.problems
    .filter(({ rule }) => rule !== "integrity")
    .map(({ path, rule }) => `${rule} ${path}`);
}

describe("validatePlan", () => {
  it("accepts a plan that seal made, as text and as JSON", () => {
    const plan = seal(clean(good));
    expect(loadPlan(formatPlan(plan))).toEqual({ ok: true, plan });
    expect(loadPlan(`\ufeff${formatPlan(plan)}`).ok).toBe(true);
  });

  it("leaves unknown fields of a newer minor version alone", () => {
    expect(problemsAfter((plan) => Object.assign(plan, { irVersion: "1.7", news: { a: 1 } }))).toEqual([]);
  });

  it.each<[string, Edit, string[]]>([
    ["kind", (plan) => Object.assign(plan, { kind: "other" }), ["not-a-plan kind"]],
    [
      "a newer major version",
      (plan) => Object.assign(plan, { irVersion: "2.0", nodes: 1 }),
      ["version irVersion"],
    ],
    ["a version that is none", (plan) => Object.assign(plan, { irVersion: "new" }), ["not-a-plan irVersion"]],
    [
      "an unknown requirement",
      (plan) => Object.assign(plan, { requires: ["time-travel"] }),
      ["requires requires"],
    ],
    ["a missing table", (plan) => delete plan.agents, ["missing agents"]],
    ["a table of another type", (plan) => Object.assign(plan, { nodes: [] }), ["type nodes"]],
    [
      "an unknown kind",
      (plan) => Object.assign(plan.nodes!.a!, { kind: "quantum" }),
      ["unknown-kind nodes.a.kind"],
    ],
    [
      "a field of another kind",
      (plan) => Object.assign(plan.nodes!.a!, { until: "true" }),
      ["misplaced nodes.a.until"],
    ],
    [
      "a number below zero",
      (plan) => Object.assign(plan.nodes!.a!, { retries: -1 }),
      ["type nodes.a.retries"],
    ],
    [
      "a task with two ways to run",
      (plan) => Object.assign(plan.nodes!.a!, { payload: 1 }),
      ["conflict nodes.a"],
    ],
    [
      "an agent without a prompt",
      (plan) => delete (plan.nodes!.a as Table).prompt,
      ["missing nodes.a.prompt"],
    ],
    [
      "a parent that is missing",
      (plan) => Object.assign(plan.nodes!.a!, { parent: "rot" }),
      ["reference nodes.a.parent"],
    ],
    [
      "a parent that is itself",
      (plan) => Object.assign(plan.nodes!.a!, { parent: "a" }),
      ["order nodes.a.parent"],
    ],
    [
      "parents in a circle",
      (plan) => {
        Object.assign(plan.nodes!.b!, { parent: "s" });
      },
      ["order nodes.b.parent"],
    ],
    [
      "a task as parent",
      (plan) => Object.assign(plan.nodes!.b!, { parent: "a" }),
      ["reference nodes.b.parent"],
    ],
    [
      "a node out of document order",
      (plan) => {
        const { a, ...rest } = plan.nodes as Table;
        plan.nodes = { ...rest, a: { ...(a as Table), parent: "root" }, z: { ...(a as Table), parent: "b" } };
      },
      ["order nodes.z.parent"],
    ],
    ["a root that is not the first", (plan) => Object.assign(plan, { root: "a" }), ["reference root"]],
    [
      "an agent that is missing",
      (plan) => Object.assign(plan.nodes!.a!, { agent: "reviewer" }),
      ["reference nodes.a.agent"],
    ],
    [
      "a schema that is missing",
      (plan) => Object.assign(plan.nodes!.a!, { output: "toString" }),
      ["reference nodes.a.output"],
    ],
    [
      "a module that is missing",
      (plan) => Object.assign(plan.nodes!.s!, { module: "constructor" }),
      ["reference nodes.s.module"],
    ],
    [
      "a capture that is missing",
      (plan) => Object.assign(plan.nodes!.s!, { captures: {} }),
      ["reference nodes.s.captures"],
    ],
    [
      "a prompt that is missing",
      (plan) => Object.assign(plan.nodes!.a!, { prompt: { $: "prompt('q')" } }),
      ["reference nodes.a.prompt.$"],
    ],
    [
      "a site that is missing",
      (plan) => Object.assign(plan.nodes!.b!, { yields: "site('t', {})" }),
      ["reference nodes.b.yields"],
    ],
    [
      "a site outside any block",
      (plan) => Object.assign(plan.nodes!.b!, { yields: "site('a', {})" }),
      ["reference nodes.b.yields"],
    ],
    [
      "Core text that does not parse",
      (plan) => Object.assign(plan.nodes!.a!, { if: "a +" }),
      ["core-syntax nodes.a.if"],
    ],
    [
      "Core text in a forbidden form",
      (plan) => Object.assign(plan.nodes!.a!, { if: "ctx.input.constructor" }),
      ["core-form nodes.a.if"],
    ],
    [
      "a name that is nowhere",
      (plan) => Object.assign(plan.nodes!.a!, { if: "vv > 1" }),
      ["unknown-name nodes.a.if"],
    ],
    [
      "an item outside its each",
      (plan) => Object.assign(plan.nodes!.a!, { if: "x" }),
      ["unknown-name nodes.a.if"],
    ],
    [
      "an argument outside its site",
      (plan) => Object.assign(plan.nodes!.a!, { skipIf: "t" }),
      ["unknown-name nodes.a.skipIf"],
    ],
    [
      "a value that needs itself",
      (plan) =>
        Object.assign(plan.nodes!.root!, {
          values: { v: { expr: "w", reads: [] }, w: { expr: "[v]", reads: [] } },
        }),
      ["cycle nodes.root.values.v.expr"],
    ],
    [
      "a function that is none",
      (plan) => Object.assign(plan.functions!, { half: "1" }),
      ["core-form functions.half"],
    ],
    [
      "a reserved name",
      (plan) => Object.assign(plan.constants!, { ctx: { value: 1 } }),
      ["name constants.ctx"],
    ],
    [
      "a key that is a number",
      (plan) => Object.assign(plan.nodes!, { 7: task() }),
      ["name nodes.7", "missing nodes.7.digests"],
    ],
    [
      "a __proto__ key",
      (plan) => Object.defineProperty(plan.nodes, "__proto__", { value: task(), enumerable: true }),
      ["name nodes.__proto__"],
    ],
  ])("names path and rule of %s", (_, edit, expected) => {
    expect(problemsAfter(edit)).toEqual(expected);
  });

  it("allows functions, and values that are functions, to call one another", () => {
    const values = {
      f: { expr: "(n) => n > 0 && g(n - 1)", reads: [] },
      g: { expr: "(n) => f(n)", reads: [] },
    };
    expect(
      problemsAfter((plan) =>
        Object.assign(plan.nodes!.root!, { values: { ...values, v: { expr: "f(1)", reads: [] } } }),
      ),
    ).toEqual([]);
  });

  it("allows functions to read ctx, and nothing that belongs to nodes", () => {
    const half =
      (text: string): Edit =>
      (plan) =>
        Object.assign(plan.functions!, { half: text });
    expect(problemsAfter(half("(n) => ctx.input.n"))).toEqual([]);
    expect(problemsAfter(half("(n) => v"))).toEqual(["unknown-name functions.half"]);
    expect(problemsAfter(half("(n) => deps.a"))).toEqual(["unknown-name functions.half"]);
  });

  it("says that a plan was edited, beside what else is wrong with it", () => {
    const plan = JSON.parse(JSON.stringify(seal(promptDraft("'p'"))));
    plan.nodes.a.agent = "writre";
    const result = validatePlan(plan);
    if (result.ok) throw new Error("accepted");
    expect(result.problems.map(({ rule }) => rule)).toEqual(["integrity", "reference"]);
    expect(result.problems[1]!.message).toContain('did you mean "writer"?');
  });
});

describe("loadPlan", () => {
  it.each([
    ['{ "kind": "smithers.plan",, }', "json-syntax", "line 1, column 27"],
    ['{\n  "kind": "smithers.plan",\n  "kind": 1\n}', "json-duplicate-key", "line 3, column 3"],
    ["[]", "not-a-plan", "an array"],
    ['{ "tickets": 1 }', "not-a-plan", "smithers build"],
  ])("refuses %j", (text, rule, message) => {
    const result = loadPlan(text);
    if (result.ok) throw new Error("accepted");
    expect(result.problems).toHaveLength(1);
    expect(result.problems[0]!.rule).toBe(rule);
    expect(result.problems[0]!.message).toContain(message);
  });
});

describe("loadRecordedPlan", () => {
  const sealed = seal(clean(good));
  const text = JSON.stringify(sealed);
  const resealed = (edit: Edit): string => {
    const plan = JSON.parse(text);
    edit(plan);
    return JSON.stringify({ ...plan, integrity: integrityOf(plan) });
  };

  it("gives the plan that `loadPlan` gives", () => {
    expect(loadRecordedPlan(text)).toEqual({ ok: true, plan: sealed });
    expect(loadRecordedPlan(text)).toEqual(loadPlan(text));
  });

  it("finds any change of it, with all that `loadPlan` says", () => {
    for (const [was, is] of [
      ["twice(ctx", "twicf(ctx"],
      ['"parent":"root"', '"parent":"rot"'],
      ['"requires":[]', '"requires":["x"]'],
      ["n * 2", "n * 3"],
    ] as const) {
      const damaged = text.replace(was, is);
      const found = loadRecordedPlan(damaged);
      expect(found.ok, is).toBe(false);
      expect(found).toEqual(loadPlan(damaged));
    }
    expect(loadRecordedPlan(text.slice(0, -1))).toEqual(loadPlan(text.slice(0, -1)));
  });

  it("looks through one of another version, whatever its seal", () => {
    const other = resealed((plan) => {
      (plan as Table).irVersion = "1.9";
      plan.nodes!.a = { ...(plan.nodes!.a as Table), parent: "nowhere" };
    });
    const found = loadRecordedPlan(other);
    expect(found.ok).toBe(false);
    expect(found).toEqual(loadPlan(other));
  });
});
