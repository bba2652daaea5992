/**
 * Values that may be changed while files are loaded, by a call that can't be told: SM105 for the workflow that reads them,
 * and never a plan with the old value. What calls nothing that changes anything builds.
 */
import { describe, expect, it } from "vitest";
import { buildText } from "./sources.ts";

const build = (text: string) =>
  buildText(`import { createSmithers } from "smithers";
import { z } from "zod";
${text}
const { Workflow, Task, smithers, outputs } = createSmithers({
  input: z.object({ goal: z.string() }),
  row: z.object({ text: z.string() }),
});
export default smithers((ctx) => (
  <Workflow name="w">
    <Task id="a" output={outputs.row}>{{ text: \`\${LIST} \${ctx.input.goal}\` }}</Task>
  </Workflow>
));
`);

const CLASSES = [
  `const LIST = ["a"];
      class R { put(x: string[]) { x.push("b"); } }
      new R().put(LIST);`,
  `const LIST = ["a"];
      class R { put(x: string[]) { x.push("b"); } }
      const r = new R();
      r.put(LIST);`,
  `const LIST = ["a"];
      class R { list = LIST; }
      const r = new R();
      r.list.push("b");`,
  `const LIST = ["a"];
      class R { static { LIST.push("b"); } }`,
  `const LIST = ["a"];
      class R { static n = LIST.push("b"); }`,
  `const LIST = ["a"];
      class R { n = LIST.push("b"); }
      new R();`,
  `const LIST = ["a"];
      class R { constructor(x: string[]) { x.push("b"); } }
      const r = new R(LIST);`,
  `const LIST = ["a"];
      class R { #l: string[]; constructor(x: string[]) { this.#l = x; } add() { this.#l.push("b"); } }
      const r = new R(LIST);
      r.add();`,
  `const LIST = ["a"];
      class B { constructor(x: string[]) { x.push("b"); } }
      class R extends B { constructor() { super(LIST); } }
      new R();`,
  `const LIST = ["a"];
      class R { static put(x: string[]) { x.push("b"); } }
      R.put(LIST);`,
  `const LIST = ["a"];
      const r = new (class { put = (x: string[]) => { x.push("b"); }; })();
      r.put(LIST);`,
  `const LIST = ["a"];
      function R(this: any, x: string[]) { x.push("b"); }
      new (R as any)(LIST);`,
  `const LIST = ["a"];
      class R { #put(x: string[]) { x.push("b"); } go() { this.#put(LIST); } }
      new R().go();`,
  `const LIST = ["a"];
      class R { constructor(readonly list: string[]) {} add() { this.list.push("b"); } }
      class S extends R { more() { super.add(); } }
      const s = new S(LIST);
      s.more();`,
  `const LIST = ["a"];
      class Q { kept: string[][] = []; take(x: string[]) { this.kept.push(x); } flush() { this.kept[0]!.push("b"); } }
      const q = new Q();
      q.take(LIST);
      q.flush();`,
  `const LIST = ["a"];
      const make = () => new (class { constructor() { LIST.push("b"); } })();
      make();`,
  `const LIST = ["a"];
      class R { static make() { return new R(); } put(x: string[]) { x.push("b"); } }
      R.make().put(LIST);`,
  `const LIST = ["a"];
      class R { [["put"][0]!](x: string[]) { x.push("b"); } }
      (new R() as any).put(LIST);`,
  `const LIST = ["a"];
      const setup = () => { class R { static { LIST.push("b"); } } return R; };
      setup();`,
];

const KEPT = [
  `const LIST = ["a"];
      const register = (x: string[]) => { x.push("b"); };
      [register][0]!(LIST);`,
  `const LIST = ["a"];
      const map = new Map([["f", (x: string[]) => { x.push("b"); }]]);
      map.get("f")!(LIST);`,
  `const LIST = ["a"];
      const fns = [(x: string[]) => { x.push("b"); }];
      for (const f of fns) f(LIST);`,
  `const LIST = ["a"];
      const fns = [(x: string[]) => { x.push("b"); }];
      fns.forEach((f) => f(LIST));`,
  `const LIST = ["a"];
      const TABLE: any = { put: (x: string[]) => { x.push("b"); } };
      const k = ["put"][0]!;
      TABLE[k](LIST);`,
  `const LIST = ["a"];
      const make = () => (x: string[]) => { x.push("b"); };
      make()(LIST);`,
  `const LIST = ["a"];
      function register(x: string[]) { x.push("b"); }
      const g = register.bind(null);
      g(LIST);`,
  `const LIST = ["a"];
      const fns = [() => { LIST.push("b"); }];
      fns[0]!();`,
  `const LIST = ["a"];
      const { put } = { put: (x: string[]) => { x.push("b"); } };
      put(LIST);`,
  `const LIST = ["a"];
      const T = { async put(x: string[]) { x.push("b"); } };
      T.put(LIST);`,
  `const LIST = ["a"];
      async function put(x: string[]) { x.push("b"); }
      put(LIST);`,
  `const LIST = ["a"];
      const fns: any[] = [];
      fns.push((x: string[]) => { x.push("b"); });
      const n = fns.map((f) => f(LIST)).length;`,
  `const LIST = ["a"];
      const apply = (f: any, x: any) => f(x);
      const put = (x: string[]) => { x.push("b"); };
      const fs = [put];
      apply(fs[0], LIST);`,
  `const LIST = ["a"];
      const put = (x: string[]) => { x.push("b"); };
      const o: any = {};
      o.go = put;
      o.go(LIST);`,
  `const LIST = ["a"];
      const collect = (l: string[]) => () => { l.push("b"); };
      const go = collect(LIST);
      go();`,
  `const LIST = ["a"];
      setTimeout(() => LIST.push("b"), 0);`,
  `const LIST = ["a"];
      const p = new Promise((done: any) => { LIST.push("b"); done(1); });`,
  `const LIST = ["a"];
      (process.argv.length > 0 ? (x: string[]) => { x.push("b"); } : String)(LIST as any);`,
  `const LIST = ["a"];
      const api = { n: 1, go() { this.n++; LIST.push("b"); } };
      api.go();`,
  `const LIST = ["a"];
      const setup = () => { for (const f of [(x: string[]) => { x.push("b"); }]) f(LIST); };
      setup();`,
  `const LIST = ["a"];
      const box = { list: LIST };
      const fns = [(x: any) => { x.list.push("b"); }];
      fns[0]!(box);`,
  `const LIST = ["a"];
      const o = { m: (x: string[]) => { x.push("b"); } };
      const { m: go } = o;
      const later = () => go(LIST);
      later();`,
  `const LIST = ["a"];
      const fns = [(x: string[]) => { x.push("b"); }];
      Array.from([LIST], fns[0]!);`,
  `const LIST = ["a"];
      const put = (x: string[]) => { x.push("b"); };
      const both = [put, LIST] as const;
      const [f, l] = both;
      f(l);`,
  `const LIST = ["a"];
      let f = (x: string[]) => {};
      f = (x) => { x.push("b"); };
      f(LIST);`,
  `const LIST = ["a"];
      const id = <T,>(x: T): T => x;
      id((x: string[]) => { x.push("b"); })(LIST);`,
  `const LIST = ["a"];
      const put = (x: string[]) => { x.push("b"); };
      const run = (f: typeof put) => { const inner = () => f(LIST); inner(); };
      run(put);`,
  `const LIST = ["a"];
      Promise.resolve().then(() => { LIST.push("b"); });`,
  `const LIST = ["a"];
      const put = (x: string[]) => { x.push("b"); };
      [LIST].forEach([put][0]!);`,
  `const LIST = ["a"];
      const T: any = Object.fromEntries([["put", (x: string[]) => { x.push("b"); }]]);
      T.put(LIST);`,
  `const LIST = ["a"];
      const put = (x: string[]) => { x.push("b"); };
      put.call(null, LIST);`,
  `const LIST = ["a"];
      const S = z.string().transform((x) => { LIST.push(x); return x; });
      const n = S.parse("b");`,
  `import { each } from "lodash";
      const LIST = ["a"];
      each([1], () => { LIST.push("b"); });`,
  `const LIST = ["a"];
      const fns = [function (x: string[]) { x.push("b"); }];
      const n = fns.map((f) => f(LIST));`,
];

const HIDDEN = [
  `const LIST = ["a"];
      const o = { valueOf() { LIST.push("b"); return 1; } };
      const n = +(o as any);`,
  `const LIST = ["a"];
      const o = { toString: () => { LIST.push("b"); return ""; } };
      const n = \`\${o}\`;`,
  `const LIST = ["a"];
      const o = { *[Symbol.iterator]() { LIST.push("b"); yield 1; } };
      for (const x of o) {}`,
  `const LIST = ["a"];
      const o = { get x() { LIST.push("b"); return 1; } };
      const n = o.x;`,
  `const LIST = ["a"];
      const tag = (t: any, x: string[]) => { x.push("b"); return ""; };
      const n = tag\`x\${LIST}\`;`,
  `const LIST = ["a"];
      const dec = (c: any, _: any) => { LIST.push("b"); };
      @dec class R {}`,
  `const LIST = ["a"];
      const dec = (l: string[]) => (c: any, _: any) => { l.push("b"); };
      @dec(LIST) class R {}`,
  `const LIST = ["a"];
      const o = { set x(v: number) { LIST.push("b"); } };
      o.x = 1;`,
  `const LIST = ["a"];
      namespace N { LIST.push("b"); }`,
  `const LIST = ["a"];
      class R { toString() { LIST.push("b"); return ""; } }
      const n = \`\${new R()}\`;`,
  `const LIST = ["a"];
      const p = new Proxy(LIST, {});
      p.push("b");`,
  `const LIST = ["a"];
      const p: any = new Proxy({}, { get() { LIST.push("b"); return 1; } });
      const n = p.x;`,
  `const LIST = ["a"];
      const tag = (t: any, x: string[]) => { x.push("b"); return ""; };
      const n = tag\`x\\n\${LIST}\`;`,
  `const LIST = ["a"];
      class R { static get x() { LIST.push("b"); return 1; } }
      const n = R.x;`,
  `const LIST = ["a"];
      const el = <div title={String(LIST.push("b"))} />;`,
  `const LIST = ["a"];
      function* gen() { LIST.push("b"); yield 1; }
      const n = [...gen()];`,
  `const LIST = ["a"];
      class R { @dec m() {} }
      function dec(m: any, _: any) { LIST.push("b"); }`,
  `const LIST = ["a"];
      class R { set x(v: number) { LIST.push("b"); } }
      const r = new R();
      r.x = 1;`,
  `const LIST = ["a"];
      const o = { then(done: any) { LIST.push("b"); done(1); } };
      const n = await o;`,
  `const LIST = ["a"];
      class R { list = LIST; [Symbol.toPrimitive]() { this.list.push("b"); return 1; } }
      const n = +(new R() as any);`,
  `const LIST = ["a"];
      const n = Object.defineProperty({}, "x", { get: () => { LIST.push("b"); return 1; } }) as any;
      const m = n.x;`,
  `const LIST = ["a"];
      const m = JSON.stringify({}, () => { LIST.push("b"); });`,
];

const GOOD = [
  `const LIST = ["a"];
      const n = Object.entries({ LIST }).map(([k]) => k);
      const s = new Set(LIST);
      const c = structuredClone(LIST);
      console.log(LIST);
      JSON.stringify(LIST);`,
  `import { AnthropicAgent } from "smithers";
      const LIST = ["a"];
      const agent = new AnthropicAgent({ model: "m", tools: {}, env: { LIST: LIST.join() } } as any);`,
  `import { createOpenAI } from "@ai-sdk/openai";
      import path from "node:path";
      const LIST = ["a"];
      const cfg = { LIST };
      const openai = createOpenAI(cfg as any);
      const m = openai("gpt");
      const p = path.join(...LIST);`,
  `const LIST = ["a"];
      const trim = (x: string) => x.trim();
      const steps = [trim];
      const out = steps.map((f) => f(LIST[0]!));
      const t = (x: string[]) => x.map((y) => y + "!");
      const u = [t][0]!(LIST);`,
  `const LIST = ["a"];
      class Reg { items: string[] = []; constructor(readonly names: string[]) {} all() { return this.names.concat(this.items); } }
      const reg = new Reg(LIST);
      const n = reg.all().length;`,
  `import { tool } from "ai";
      const LIST = ["a"];
      const LOG: string[] = [];
      const t = tool({ description: "x", execute: async (x: any) => { LOG.push(x); return LIST.length; } } as any);
      const tools = { t };`,
  `const LIST = ["a"];
      const SHAPE = { a: z.string() };
      const S = z.object(SHAPE).refine((x) => x.a !== LIST[0]);`,
  `const LIST = ["a"];
      const out: string[] = [];
      for (const x of LIST) out.push(x + "!");
      const byName = new Map(LIST.map((x) => [x, 1] as const));
      const v = byName.get("a");`,
  `const TEAM = ["a"];
      const LIST = ["a"];
      class Queue { items: string[] = []; add(x: string) { this.items.push(x); } }
      const queue = new Queue();
      for (const x of LIST) queue.add(x);`,
  `const LIST = ["a"];
      const memo = <T,>(f: () => T) => { let v: T | undefined; return () => (v ??= f()); };
      const total = memo(() => LIST.length);
      const n = total();`,
  `import { defineTool } from "smithers-orchestrator";
      const LIST = ["a"];
      const SEEN: string[] = [];
      const t = (defineTool as any)({ name: "x", async execute(x: any) { SEEN.push(x); return LIST; } });`,
  `const LIST = ["a"];
      const upper = (x: readonly string[]) => x.map((y) => y.toUpperCase());
      const pipeline = [upper];
      const out = pipeline.reduce((list, f) => f(list), LIST);`,
  `const LIST = ["a"];
      class Named { constructor(readonly name: string) {} toString() { return this.name; } }
      const n = \`\${new Named(LIST[0]!)}\`;`,
];

const titleOf = (text: string): string => text.replace(/^.*const LIST.*\n\s*/, "").replaceAll(/\s+/g, " ");

for (const [what, forms] of Object.entries({ CLASSES, KEPT, HIDDEN }))
  describe(`a list that may be changed while files are loaded: ${what.toLowerCase()}`, () => {
    for (const text of forms)
      it(titleOf(text), async () => {
        const { plan, diagnostics } = await build(text);
        expect(plan).toBeNull();
        expect(diagnostics.filter(({ severity }) => severity === "error").map(({ code }) => code)).toEqual([
          "SM105",
        ]);
      });
  });

describe("a list that nothing changes while files are loaded", () => {
  for (const text of GOOD)
    it(titleOf(text), async () => {
      const { plan, diagnostics } = await build(text);
      expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
      expect(plan).not.toBeNull();
    });
});
