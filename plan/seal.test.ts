import { describe, expect, it } from "vitest";
import { draftOf, promptDraft, TEXT_SCHEMA } from "../test/drafts.ts";
import type { DraftNode, PlanDraft } from "./draft.ts";
import { integrityOf, seal } from "./seal.ts";
import type { NodeDigests, Plan } from "./types.ts";

const digestOf = (draft: PlanDraft): string => seal(draft).digest;
const behaviour = (draft: PlanDraft, key = "a"): string => seal(draft).nodes[key]!.digests.behaviour;

/** A task `a` below whatever stands above it. */
function taskUnder(
  above: { readonly [key: string]: DraftNode },
  task: Partial<DraftNode>,
  rest: Partial<PlanDraft> = {},
): PlanDraft {
  const parent = Object.keys(above).at(-1)!;
  const a = {
    kind: "task",
    parent,
    id: "a",
    output: "out",
    agent: "writer",
    prompt: "p",
    ...task,
  } as DraftNode;
  return draftOf({ ...above, a }, rest);
}
const root: DraftNode = { kind: "workflow" };

describe("digests are blind to", () => {
  const pairs: readonly (readonly [string, PlanDraft, PlanDraft])[] = [
    [
      "the names of parameters",
      promptDraft("ctx.input.xs.map((x) => x + 1)"),
      promptDraft("ctx.input.xs.map((y) => y + 1)"),
    ],
    [
      "the names of locals, patterns, catch and loop bindings",
      promptDraft(
        "(() => { const { a, b: [c] } = ctx.input; try { for (const d of a) { let e = d + c; e++; } } catch (f) { return f.message; } return c; })()",
      ),
      promptDraft(
        "(() => { const { a: z, b: [y] } = ctx.input; try { for (const x of z) { let w = x + y; w++; } } catch (v) { return v.message; } return y; })()",
      ),
    ],
    [
      "naming a value that is used once",
      promptDraft("`Fix ${ctx.input.xs.filter((x) => x.ok).length}`"),
      taskUnder(
        { root: { ...root, values: { ok: { expr: "ctx.input.xs.filter((i) => i.ok)", reads: [] } } } },
        { prompt: { $: "`Fix ${ok.length}`" } },
      ),
    ],
    [
      "the names and the order of values",
      taskUnder(
        {
          root: {
            ...root,
            values: { p: { expr: "ctx.input.p", reads: [] }, q: { expr: "p + 1", reads: [] } },
          },
        },
        { prompt: { $: "p + q" } },
      ),
      taskUnder(
        {
          root: {
            ...root,
            values: { two: { expr: "one + 1", reads: [] }, one: { expr: "ctx.input.p", reads: [] } },
          },
        },
        { prompt: { $: "one + two" } },
      ),
    ],
    [
      "the names and the order of functions, recursive ones included",
      promptDraft("even(ctx.input.n)", {
        functions: { even: "(n) => n === 0 || odd(n - 1)", odd: "(n) => n !== 0 && even(n - 1)" },
      }),
      promptDraft("g(ctx.input.n)", {
        functions: { h: "(m) => m !== 0 && g(m - 1)", g: "(k) => k === 0 || h(k - 1)" },
      }),
    ],
    [
      "naming a constant, and its name",
      promptDraft("ctx.input.x + LIMIT.max", {
        constants: { LIMIT: { value: { max: -3, of: ["a", null] } } },
      }),
      promptDraft("ctx.input.x + { max: -3, of: ['a', null] }.max"),
    ],
    [
      "a constant that nothing uses",
      promptDraft("'p'"),
      promptDraft("'p'", { constants: { UNUSED: { value: 1 } } }),
    ],
    ["whether a plain string is JSON or Core text", promptDraft("'p'"), taskUnder({ root }, { prompt: "p" })],
    [
      "the names of agents and whether they are handles",
      promptDraft("'p'", {}, { agent: { $: "agent('writer')" } } as Partial<DraftNode>),
      promptDraft(
        "'p'",
        { agents: { scribe: { kind: "anthropic", model: "claude-sonnet-4-5", options: {} } } },
        { agent: "scribe" } as Partial<DraftNode>,
      ),
    ],
    [
      "the names of an each's bindings",
      taskUnder({ root }, {
        each: { of: "ctx.input.xs", as: "x", index: "i", all: "xs" },
        id: { $: "`a-${x.id}`" },
        prompt: { $: "x.text + i + xs.length" },
      } as Partial<DraftNode>),
      taskUnder({ root }, {
        each: { of: "ctx.input.xs", as: "t", index: "n", all: "ts" },
        id: { $: "`a-${t.id}`" },
        prompt: { $: "t.text + n + ts.length" },
      } as Partial<DraftNode>),
    ],
    [
      "the names of a site's arguments and the keys of sites",
      draftOf({
        root,
        b: {
          kind: "block",
          parent: "root",
          yields: "ctx.input.xs.map((x) => site('a', { title: x.t, body: x.b }))",
        },
        a: {
          kind: "task",
          parent: "b",
          args: ["title", "body"],
          id: { $: "title" },
          output: "out",
          agent: "writer",
          prompt: { $: "body" },
        },
      }),
      draftOf({
        root,
        block: {
          kind: "block",
          parent: "root",
          yields: "ctx.input.xs.map((x) => site('z', { q: x.b, p: x.t }))",
        },
        z: {
          kind: "task",
          parent: "block",
          args: ["p", "q"],
          id: { $: "p" },
          output: "out",
          agent: "writer",
          prompt: { $: "q" },
        },
      }),
    ],
    [
      "the names of captures",
      draftOf(
        {
          root,
          a: {
            kind: "task",
            parent: "root",
            id: "a",
            output: "out",
            module: "m",
            captures: { p: { $: "ctx.input.x" } },
          },
        },
        {
          modules: {
            m: { code: ["export default () => 1;"], captures: ["p"], externals: {}, digest: "sha256:m" },
          },
        },
      ),
      draftOf(
        {
          root,
          a: {
            kind: "task",
            parent: "root",
            id: "a",
            output: "out",
            module: "n",
            captures: { q: { $: "ctx.input.x" } },
          },
        },
        {
          modules: {
            n: { code: ["export default () => 1;"], captures: ["q"], externals: {}, digest: "sha256:m" },
          },
        },
      ),
    ],
    [
      "component names, keys of containers, groups that only hold values",
      taskUnder({ root, "seq-1": { kind: "sequence", parent: "root", component: "Triage" } }, {}),
      taskUnder(
        {
          root,
          "seq-1": { kind: "group", parent: "root", values: {} },
          x: { kind: "sequence", parent: "seq-1" },
        },
        {},
      ),
    ],
    [
      "files, spans, tool versions and recorded reads",
      promptDraft("'p'"),
      promptDraft(
        "'p'",
        { toolchain: { smithers: "9.9.9" }, sources: { "moved/b.tsx": "sha256:1" }, spans: "AACC~x" },
        { reads: ["input.x"] },
      ),
    ],
    [
      "naming `latest` outside a single loop",
      taskUnder(
        { root, loop: { kind: "loop", parent: "root", id: "l" } },
        { prompt: { $: "ctx.latest('out', 'a')?.text" } },
      ),
      taskUnder(
        {
          root: { ...root, values: { last: { expr: "ctx.latest('out', 'a')", reads: [] } } },
          loop: { kind: "loop", parent: "root", id: "l" },
        },
        { prompt: { $: "ctx.latest('out', 'a')?.text" } },
      ),
    ],
    [
      "a prompt file's name",
      promptDraft("prompt('fix', { x: ctx.input.x })", {
        prompts: { fix: { source: "a/fix.md", template: "`Do ${props.x}`" } },
      }),
      promptDraft("prompt('mend', { x: ctx.input.x })", {
        prompts: { mend: { source: "b/mend.md", template: "`Do ${props.x}`" } },
      }),
    ],
  ];
  it.each(pairs)("%s", (_, one, other) => {
    expect(digestOf(other)).toBe(digestOf(one));
  });
});

describe("what changes which digest", () => {
  const base = taskUnder({ root }, { retries: 1 });
  const facets = (draft: PlanDraft): NodeDigests => seal(draft).nodes.a!.digests;
  const changed = (draft: PlanDraft): string[] => {
    const [before, after] = [facets(base), facets(draft)];
    return (Object.keys(before) as (keyof NodeDigests)[]).filter((facet) => before[facet] !== after[facet]);
  };
  const other = { ...TEXT_SCHEMA, zod: "z.object({ text: z.string().min(1) })" };
  it.each<[string, PlanDraft, string[]]>([
    ["the id", taskUnder({ root }, { retries: 1, id: "b" }), ["identity"]],
    [
      "an enclosing loop",
      taskUnder({ root, l: { kind: "loop", parent: "root", id: "l" } }, { retries: 1 }),
      ["identity"],
    ],
    [
      "its own each, source apart",
      taskUnder({ root }, { retries: 1, each: { of: "ctx.input.xs", as: "x" } }),
      ["identity"],
    ],
    [
      "an enclosing sequence",
      taskUnder({ root, s: { kind: "sequence", parent: "root" } }, { retries: 1 }),
      [],
    ],
    [
      "a bound in the output schema",
      taskUnder({ root }, { retries: 1 }, { schemas: { out: other } }),
      ["interface"],
    ],
    ["the prompt", taskUnder({ root }, { retries: 1, prompt: "q" }), ["behaviour"]],
    ["the condition", taskUnder({ root }, { retries: 1, if: "ctx.input.x" }), ["behaviour"]],
    [
      "the agent's model",
      taskUnder(
        { root },
        { retries: 1 },
        { agents: { writer: { kind: "anthropic", model: "other", options: {} } } },
      ),
      ["behaviour"],
    ],
    ["the retries", taskUnder({ root }, { retries: 2 }), ["policy"]],
  ])("%s", (_, draft, expected) => {
    expect(changed(draft)).toEqual(expected);
    expect(digestOf(draft)).not.toBe(digestOf(base));
  });

  it("a changed each source leaves the item alone and changes the plan (COMPILER 24)", () => {
    const each = (of: string): PlanDraft =>
      taskUnder({ root }, {
        each: { of, as: "x" },
        id: { $: "x.id" },
        prompt: { $: "x.text" },
      } as Partial<DraftNode>);
    const [one, two] = [seal(each("ctx.input.xs")), seal(each("ctx.input.ys"))];
    expect(two.nodes.a!.digests).toEqual(one.nodes.a!.digests);
    expect(two.digest).not.toBe(one.digest);
  });

  it.each([["ctx.iteration"], ["ctx.output('out', { nodeId: 'a' }).text"]])(
    "%s named outside a loop is not the one inside it (COMPILER 18)",
    (read) => {
      const loop: DraftNode = { kind: "loop", parent: "root", id: "l" };
      const inside = taskUnder({ root, l: loop }, { prompt: { $: read } });
      const outside = taskUnder(
        { root: { ...root, values: { v: { expr: read, reads: [] } } }, l: loop },
        { prompt: { $: "v" } },
      );
      expect(behaviour(outside)).not.toBe(behaviour(inside));
    },
  );

  it.each([
    ["(x) => (y) => x", "(x) => (y) => y"],
    ["`a${ctx.input.x}`", "`a${ctx.input.y}`"],
    ["'a b'", "['a', 'b']"],
    ["f(1)", "g(1)"],
    ["ctx.input?.x", "ctx.input.x"],
    ["-1", "1"],
    ["{ a: 1, b: 2 }", "{ b: 2, a: 1 }"],
  ])("%s is not %s", (one, other) => {
    const functions = { f: "(n) => n + 1", g: "(n) => n + 2" };
    expect(behaviour(promptDraft(`(${one})`, { functions }))).not.toBe(
      behaviour(promptDraft(`(${other})`, { functions })),
    );
  });

  it("swapping the two tasks that a block yields under a condition shows", () => {
    const block = (yields: string): PlanDraft =>
      draftOf({
        root,
        b: { kind: "block", parent: "root", yields },
        x: { kind: "task", parent: "b", id: "same", output: "out", agent: "writer", prompt: "x" },
        y: { kind: "task", parent: "b", id: "same", output: "out", agent: "writer", prompt: "y" },
      });
    expect(digestOf(block("ctx.input.c ? site('x', {}) : site('y', {})"))).not.toBe(
      digestOf(block("ctx.input.c ? site('y', {}) : site('x', {})")),
    );
  });

  it("the order of siblings and the nesting show", () => {
    const t = (id: string, parent: string): DraftNode => ({
      kind: "task",
      parent,
      id,
      output: "out",
      agent: "writer",
      prompt: "p",
    });
    const flat = digestOf(
      draftOf({ root, s: { kind: "sequence", parent: "root" }, a: t("a", "s"), b: t("b", "s") }),
    );
    const swapped = digestOf(
      draftOf({ root, s: { kind: "sequence", parent: "root" }, b: t("b", "s"), a: t("a", "s") }),
    );
    const out = digestOf(
      draftOf({ root, s: { kind: "sequence", parent: "root" }, a: t("a", "s"), b: t("b", "root") }),
    );
    expect(new Set([flat, swapped, out]).size).toBe(3);
  });
});

describe("seal", () => {
  it("gives an integrity that covers everything else, and seals a sealed plan to itself", () => {
    const plan = seal(promptDraft("'p'"));
    expect(integrityOf(JSON.parse(JSON.stringify(plan)))).toBe(plan.integrity);
    expect(seal(plan)).toEqual(plan);
    const edited = { ...plan, toolchain: { smithers: "0.2.0" } };
    expect(integrityOf(edited)).not.toBe(plan.integrity);
  });

  it("drops the compiler's module digest once the code was edited", () => {
    const sealed = seal(
      draftOf(
        { root },
        { modules: { m: { code: ["a"], captures: [], externals: {}, digest: "sha256:given" } } },
      ),
    );
    expect(sealed.modules.m!.digest).toBe("sha256:given");
    const edited: Plan = { ...sealed, modules: { m: { ...sealed.modules.m!, code: ["b"] } } };
    expect(seal(edited).modules.m!.digest).not.toBe("sha256:given");
  });

  it("keeps the physical digest of a schema whose bounds alone changed", () => {
    const bounded = {
      zod: "z.object({ text: z.string().min(1) })",
      jsonSchema: { ...TEXT_SCHEMA.jsonSchema, properties: { text: { type: "string", minLength: 1 } } },
    };
    const [one, two] = [seal(draftOf({ root })), seal(draftOf({ root }, { schemas: { out: bounded } }))];
    expect(two.schemas.out!.physical).toBe(one.schemas.out!.physical);
    expect(two.schemas.out!.semantic).not.toBe(one.schemas.out!.semantic);
  });

  it("covers the input schema, whatever kind the root is", () => {
    const other = { ...TEXT_SCHEMA, zod: "z.object({ text: z.string().min(1) })" };
    const draft = (schema: typeof TEXT_SCHEMA): PlanDraft =>
      draftOf(
        { root: { kind: "group", if: "ctx.input.x" } },
        { input: { schema: "in" }, schemas: { in: schema } },
      );
    expect(digestOf(draft(other))).not.toBe(digestOf(draft(TEXT_SCHEMA)));
  });

  it("takes linear time in nodes and in the length of a chain of values", () => {
    const draft = (count: number): PlanDraft => {
      const nodes: { [key: string]: DraftNode } = { root: { ...root, values: {} } };
      const values: { [name: string]: { expr: string; reads: string[] } } = {};
      for (let i = 0; i < count; i++)
        values[`v${i}`] = { expr: i === 0 ? "ctx.input.x" : `v${i - 1} + ${i}`, reads: [] };
      nodes.root = { ...root, values };
      for (let i = 0; i < count; i++)
        nodes[`t${i}`] = {
          kind: "task",
          parent: "root",
          id: `t${i}`,
          output: "out",
          agent: "writer",
          if: `v${i} !== undefined`,
          prompt: {
            $: [
              `\`Do ${i} of this:`,
              `\${ctx.latest('out', 't${i - 1}')?.text ?? 'nothing'} and \${v${i}}\``,
            ],
          },
        };
      return draftOf(nodes);
    };
    // Processor time: other tests run beside this one.
    const time = (count: number): number => {
      const input = draft(count);
      const started = process.cpuUsage();
      seal(input);
      const { user, system } = process.cpuUsage(started);
      return (user + system) / 1_000;
    };
    time(500);
    const small = Math.min(time(1_000), time(1_000));
    const large = Math.min(time(5_000), time(5_000));
    console.log(
      `seal: 1,000 nodes ${small.toFixed(0)} ms, 5,000 nodes ${large.toFixed(0)} ms of processor time`,
    );
    expect(large / small).toBeLessThan(12);
  });
});
