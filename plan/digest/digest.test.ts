import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { draftOf } from "../../test/drafts.ts";
import { diffPlans } from "../diff/diff.ts";
import type { DraftNode, PlanDraft } from "../draft.ts";
import { seal } from "../seal.ts";
import type { CoreText } from "../types.ts";
import { components } from "./components.ts";

const RUNS = Number(process.env.RUNS ?? 50);

/** Small and deterministic; fast-check gives the seed. */
class Random {
  private state: number;
  constructor(seed: number) {
    this.state = seed | 1;
  }
  below(limit: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) | 0;
    return ((this.state >>> 8) % 65_536) % limit;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

/** Text with holes for the names of locals, so that one program can be written with any names. */
type Program = (name: (local: number) => string) => string;

/** A random expression over `locals` and the free texts given; draws on every binding form of Core. */
function program(random: Random, free: readonly string[], depth = 4): Program {
  let next = 0;
  const expr = (locals: readonly number[], left: number): Program => {
    const sub = (): Program => expr(locals, left - 1);
    const bound = (...ids: number[]): Program => expr([...locals, ...ids], left - 1);
    if (left === 0 || random.below(6) === 0) {
      const leaf = random.below(3);
      if (leaf === 0 && locals.length > 0) {
        const local = random.pick(locals);
        return (n) => n(local);
      }
      const text =
        leaf === 1 ? random.pick(free) : random.pick(["1", "'s'", "null", "true", "undefined", "-2.5"]);
      return () => text;
    }
    const [a, b] = [next++, next++];
    switch (random.below(10)) {
      case 0: {
        const [x, y, op] = [sub(), sub(), random.pick(["+", "===", "<", "&&", "??", "%"])];
        return (n) =>
          op === "??" || op === "&&" ? `((${x(n)}) ${op} (${y(n)}))` : `(${x(n)} ${op} ${y(n)})`;
      }
      case 1: {
        const [list, body] = [sub(), bound(a, b)];
        return (n) => `[${list(n)}].map((${n(a)}, ${n(b)}) => (${body(n)}))`;
      }
      case 2: {
        const [source, body] = [sub(), bound(a, b)];
        return (n) => `(({ p: ${n(a)} = 1, q: [${n(b)}] }) => (${body(n)}))({ p: ${source(n)}, q: [2] })`;
      }
      case 3: {
        const [x, y] = [sub(), sub()];
        return (n) => `\`<\${${x(n)}}-\${${y(n)}}>\``;
      }
      case 4: {
        const [c, x, y] = [sub(), sub(), sub()];
        return (n) => `(${c(n)} ? ${x(n)} : ${y(n)})`;
      }
      case 5: {
        const [x, y] = [sub(), sub()];
        return (n) => `({ x: ${x(n)}, ['k' + 1]: ${y(n)} })?.x`;
      }
      case 6: {
        const [init, step, rest] = [sub(), bound(a), bound(a, b)];
        return (n) =>
          `(() => { let ${n(a)} = ${init(n)}; for (const ${n(b)} of [1, 2]) { ${n(a)} = [${step(n)}, ${n(b)}]; } const ${n(b)} = ${n(a)}; return ${rest(n)}; })()`;
      }
      case 7: {
        const [x, y] = [sub(), bound(a)];
        return (n) => `(() => { try { return ${x(n)}; } catch (${n(a)}) { return ${y(n)}; } })()`;
      }
      case 8: {
        const [x, y] = [bound(a), bound(a)];
        return (n) =>
          `(() => { const ${n(a)} = (k) => (k > 0 ? ${n(a)}(k - 1) : 0); if (${x(n)}) return 1; return ${y(n)}; })()`;
      }
      default: {
        const [x, y] = [sub(), sub()];
        return (n) => `[${x(n)}, ...[${y(n)}]]`;
      }
    }
  };
  return expr([], depth);
}

const short = (local: number): string => `v${local}`;
const long = (local: number): string => `${"xyz"[local % 3]}_${local * 7 + 3}`;
const seeds = fc.nat({ max: 2 ** 31 - 1 });

function promptOf(text: CoreText): PlanDraft {
  return draftOf({
    root: { kind: "workflow" },
    a: { kind: "task", parent: "root", id: "a", output: "out", agent: "writer", prompt: { $: text } },
  });
}

describe("digests, by property", () => {
  it("do not see the names of locals, and see every other difference of the text", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const [one, other] = [
          program(new Random(seed), ["ctx.input.a"]),
          program(new Random(seed), ["ctx.input.b"]),
        ];
        const plan = seal(promptOf(one(short)));
        expect(seal(promptOf(one(long))).digest).toBe(plan.digest);
        if (other(short) !== one(short)) expect(seal(promptOf(other(short))).digest).not.toBe(plan.digest);
      }),
      { numRuns: RUNS },
    );
  });

  it("do not see where an expression is named", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = new Random(seed);
        const inner = program(random, ["ctx.input.a", "ctx.latest('out', 'a')"], 3)(short);
        const [free, rest] = ["HOLE", program(random, ["HOLE", "ctx.input.b"], 3)(long)];
        const named = promptOf(`(${rest}) + ${free}`.replaceAll("HOLE", "hole"));
        const root: DraftNode = { kind: "workflow", values: { hole: { expr: inner, reads: [] } } };
        const inlined = promptOf(`(${rest}) + ${free}`.replaceAll("HOLE", `(${inner})`));
        expect(seal({ ...named, nodes: { ...named.nodes, root } }).digest).toBe(seal(inlined).digest);
      }),
      { numRuns: RUNS },
    );
  });

  it("do not see names and order of functions, constants, values, agents, prompts, nor keys", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const plan = seal(tangle(seed, (name) => name, false));
        const other = seal(tangle(seed, (name) => `renamed_${name}`, true));
        expect(other.digest).toBe(plan.digest);
        expect(Object.values(other.nodes).map(({ digests }) => digests)).toEqual(
          Object.values(plan.nodes).map(({ digests }) => digests),
        );
        expect(diffPlans(plan, other)).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  it("an edited prompt changes the behaviour of that node, the plan, and nothing else", () => {
    fc.assert(
      fc.property(seeds, fc.nat({ max: 3 }), (seed, which) => {
        const draft = tangle(seed, (name) => name, false);
        const key = `t${which}`;
        const task = draft.nodes[key] as Extract<DraftNode, { kind: "task" }>;
        const text = (task.prompt as { $: string }).$;
        const edited = { ...task, prompt: { $: `(${text}) + ' and a test'` } };
        const [before, after] = [seal(draft), seal({ ...draft, nodes: { ...draft.nodes, [key]: edited } })];
        expect(after.digest).not.toBe(before.digest);
        for (const name of Object.keys(draft.nodes)) {
          const { behaviour, ...others } = after.nodes[name]!.digests;
          const { behaviour: old, ...oldOthers } = before.nodes[name]!.digests;
          expect(others).toEqual(oldOthers);
          expect(behaviour === old).toBe(name !== key);
        }
        expect(diffPlans(before, after).map(({ code, node }) => [code, node])).toEqual([
          ["prompt-changed", key],
        ]);
      }),
      { numRuns: RUNS },
    );
  });
});

/** A plan whose functions, constants and values refer to one another at random, recursion of functions included. */
function tangle(seed: number, rename: (name: string) => string, reverse: boolean): PlanDraft {
  const random = new Random(seed);
  const local = reverse ? long : short;
  const names = (kind: string, count: number): string[] =>
    Array.from({ length: count }, (_, i) => rename(`${kind}${i}`));
  const [functions, constants, values] = [names("f", 4), names("c", 3), names("n", 4)];
  const text = (free: readonly string[]): string => program(random, free, 3)(local);
  const calls = functions.map((name) => `${name}(1)`);
  // Constants and values refer to earlier ones, functions to all functions.
  const earlier = (list: readonly string[], i: number): string[] => [...list.slice(0, i), "0"];
  const table = <T>(keys: readonly string[], make: (i: number) => T): { [name: string]: T } => {
    const entries = keys.map((key, i) => [key, make(i)] as const);
    return Object.fromEntries(reverse ? entries.reverse() : entries);
  };
  const functionTexts = table(functions, () => `(p) => [p, ${text([...calls, ...constants])}]`);
  const constantTexts = table(constants, (i) => ({ expr: text([...earlier(constants, i), "[1]"]) }));
  const [writer, prompt] = [rename("writer"), rename("prompt")];
  const valueTexts = table(values, (i) => ({
    expr: text([...earlier(values, i), ...calls, ...constants, "ctx.input.a"]),
    reads: [],
  }));
  const nodes: { [key: string]: DraftNode } = { root: { kind: "workflow", values: valueTexts } };
  const item = rename("item");
  nodes[rename("group")] = {
    kind: "group",
    parent: "root",
    each: { of: values[0]!, as: item, key: `${item}.id` },
  };
  for (let i = 0; i < 4; i++)
    nodes[`t${i}`] = {
      kind: "task",
      parent: i % 2 === 0 ? "root" : rename("group"),
      id: i % 2 === 0 ? `t${i}` : { $: `\`t${i}-\${${item}.id}\`` },
      output: "out",
      agent: writer,
      prompt: {
        $: text([...values, ...calls, ...(i % 2 === 0 ? [`prompt('${prompt}', { a: 1 })`] : [item])]),
      },
    };
  // Document order: children of the group stand together.
  const ordered = Object.fromEntries(
    Object.entries(nodes).sort(
      ([, x], [, y]) => Number(x.parent === rename("group")) - Number(y.parent === rename("group")),
    ),
  );
  const { root, [rename("group")]: group, ...tasks } = ordered as { [key: string]: DraftNode };
  const even = Object.entries(tasks).filter(([, { parent }]) => parent === "root");
  const odd = Object.entries(tasks).filter(([, { parent }]) => parent !== "root");
  return draftOf(
    { root: root!, ...Object.fromEntries(even), [rename("group")]: group!, ...Object.fromEntries(odd) },
    {
      functions: functionTexts,
      constants: constantTexts,
      agents: { [writer]: { kind: "anthropic", model: "m", options: {} } },
      prompts: {
        [prompt]: { source: `${prompt}.md`, template: `\`Do \${props.a} \${${functions[0]}(2)}\`` },
      },
    },
  );
}

describe("components", () => {
  it("gives groups that reach one another, each behind what it refers to, also for long chains", () => {
    const to: { readonly [key: string]: readonly string[] } = {
      a: ["b"],
      b: ["c", "d"],
      c: ["b"],
      d: [],
      e: ["e", "a"],
    };
    const groups = components(Object.keys(to), (key) => to[key]!);
    expect(groups.map((group) => [...group].sort())).toEqual([["d"], ["b", "c"], ["a"], ["e"]]);
    const chain = components(["0"], (key) => (key === "99999" ? [] : [String(Number(key) + 1)]));
    expect(chain).toHaveLength(100_000);
  });
});
