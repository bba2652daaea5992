import { describe, expect, it } from "vitest";
import type { SourceModule, Stmt } from "../../surface.ts";
import { parseModule } from "./parse.ts";

function parse(text: string, path = "a.tsx"): SourceModule {
  const { module, problems } = parseModule({ file: 0, path, text });
  expect(problems).toEqual([]);
  return module!;
}

/** The tree without spans, so that a test names only what it is about. */
function bare(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, v) => (key === "span" ? undefined : v)));
}

function body(text: string): unknown {
  return bare(parse(text).body);
}

function firstInit(text: string): { type: string; span?: { start: number; end: number } } {
  const [statement] = parse(text).body as [Stmt & { type: "Declare" }];
  return statement.decls[0]!.init!;
}

const name = (n: string) => ({ type: "Name", name: n });
const literal = (value: unknown) => ({ type: "Literal", value });

describe("erasure", () => {
  it("leaves nothing of types", () => {
    expect(
      body(
        `
        import type { A } from "./a";
        interface I { x: number }
        type T = I | null;
        declare const g: number;
        declare function h(): void;
        function f(this: I, x?: number): number;
        const a = (<T>b)!.c as unknown satisfies T;
      `.replace("<T>b", "b as T"),
      ),
    ).toEqual([
      {
        type: "Declare",
        kind: "const",
        decls: [{ target: name("a"), init: { type: "Member", object: name("b"), property: "c" } }],
      },
    ]);
  });

  it("drops imports that are used only as types, and keeps side-effect imports", () => {
    const { imports } = parse(`
      import { Shape, make } from "./shape";
      import { Only } from "./only-types";
      import "./effect";
      const s: Shape = make();
      let o: Only;
    `);
    expect(imports.map((i) => [i.from, i.names.map((n) => n.local)])).toEqual([
      ["./shape", ["make"]],
      ["./effect", []],
    ]);
  });
});

describe("optional chains", () => {
  it("stand in one Chain to their end, through `!`, and end at parentheses", () => {
    expect(body("a?.b!.c(1); (a?.b).c;")).toEqual([
      {
        type: "ExprStmt",
        expr: {
          type: "Chain",
          expr: {
            type: "Call",
            callee: {
              type: "Member",
              object: { type: "Member", object: name("a"), property: "b", optional: true },
              property: "c",
            },
            args: [literal(1)],
          },
        },
      },
      {
        type: "ExprStmt",
        expr: {
          type: "Member",
          object: {
            type: "Chain",
            expr: { type: "Member", object: name("a"), property: "b", optional: true },
          },
          property: "c",
        },
      },
    ]);
  });
});

describe("functions", () => {
  it("hoists declarations as constants before the other statements", () => {
    const statements = parse("g(); function g() { return 1; }").body;
    expect(bare(statements)).toEqual([
      {
        type: "Declare",
        kind: "const",
        decls: [
          {
            target: name("g"),
            init: {
              type: "Arrow",
              params: [],
              body: literal(1),
            },
          },
        ],
      },
      { type: "ExprStmt", expr: { type: "Call", callee: name("g"), args: [] } },
    ]);
  });

  it("makes a declaration that is reassigned a `let`", () => {
    expect(parse("function f() {} f = null;").body[0]).toMatchObject({ kind: "let" });
  });

  it.each([
    ["const f = async () => await x(y);", ["x", "y"]],
    ["const f = function () { return this.a + b; };", ["b"]],
    ["const f = function* () { yield c; };", ["c"]],
    ["const f = function () { return arguments.length + d; };", ["d"]],
  ])("keeps %s as host code with its free names", (text, free) => {
    expect(firstInit(text)).toMatchObject({ type: "Func", free });
  });

  it("keeps `this` of an arrow's outer function apart from its own arrows", () => {
    expect(firstInit("const f = () => function () { return this; };")).toMatchObject({
      type: "Arrow",
      body: { type: "Func" },
    });
  });

  it("lets a named function expression call itself", () => {
    expect(firstInit("const f = function g(n) { return n && g(n - 1); };")).toMatchObject({
      type: "Call",
      args: [],
      callee: { type: "Arrow", body: { body: [{ type: "Declare", decls: [{ target: name("g") }] }, {}] } },
    });
  });
});

describe("free names", () => {
  const free = (text: string) =>
    (firstInit(`const f = async () => { ${text} };`) as { free?: string[] }).free;

  it("leaves out parameters, locals of every kind, keys, members, labels and types", () => {
    expect(
      free(`
        const { a, k: [b = outer1], ...c } = obj;
        for (const d of list) { let e = d; e.m; }
        try { x; } catch ({ message }) { message; }
        out: for (;;) { break out; }
        class K extends Base { static [key] = 1; m() { return K; } }
        function g(p) { return p + q + h; } var h;
        const o = { a, prop: v, [comp]: 1, meth() { return arguments; } };
        let t: TypeName<typeof a> = 1 as Other;
      `),
    ).toEqual(["Base", "comp", "key", "list", "obj", "outer1", "q", "v", "x"]);
  });

  it("counts component tags and not host tags", () => {
    expect(free("return <div a={b}><Card.Big {...rest}>{kid}</Card.Big></div>;")).toEqual([
      "Card",
      "b",
      "kid",
      "rest",
    ]);
  });
});

describe("var", () => {
  it("is `let` in place when that is the same", () => {
    expect(parse("var a = 1; a;").body[0]).toMatchObject({ type: "Declare", kind: "let" });
  });

  it("is hoisted with assignments when it is used before, declared twice or stands in a block", () => {
    expect(body("f(a); var a = 1; if (f) { var b = 2; var c; }")).toEqual([
      {
        type: "Declare",
        kind: "let",
        decls: [{ target: name("a") }, { target: name("b") }, { target: name("c") }],
      },
      { type: "ExprStmt", expr: { type: "Call", callee: name("f"), args: [name("a")] } },
      { type: "ExprStmt", expr: { type: "Assign", op: "=", target: name("a"), value: literal(1) } },
      {
        type: "If",
        test: name("f"),
        then: {
          type: "Block",
          body: [
            { type: "ExprStmt", expr: { type: "Assign", op: "=", target: name("b"), value: literal(2) } },
          ],
        },
      },
    ]);
  });

  it("writes the parameter of the same name", () => {
    expect(firstInit("const f = (a) => { var a = 2; return a; };")).toMatchObject({
      body: { body: [{ type: "ExprStmt", expr: { type: "Assign", target: name("a") } }, { type: "Return" }] },
    });
  });
});

describe("forms that become others", () => {
  it("lowers for-in to the keys, and takes a declared target", () => {
    expect(body("for (const k in o) f(k);")).toEqual([
      {
        type: "ForOf",
        kind: "const",
        target: name("k"),
        of: {
          type: "Call",
          callee: { type: "Member", object: name("Object"), property: "keys" },
          args: [{ type: "Logical", op: "??", left: name("o"), right: { type: "Object", props: [] } }],
        },
        body: { type: "ExprStmt", expr: { type: "Call", callee: name("f"), args: [name("k")] } },
      },
    ]);
  });

  it("makes an enum of constants an object with its reverse entries", () => {
    expect(firstInit('enum E { A, B = 5, C, S = "s" }')).toMatchObject({
      type: "Object",
      props: [
        { key: "A", value: literal(0) },
        { key: "0", value: literal("A") },
        { key: "B", value: literal(5) },
        { key: "5", value: literal("B") },
        { key: "C", value: literal(6) },
        { key: "6", value: literal("C") },
        { key: "S", value: literal("s") },
      ],
    });
  });

  it.each([
    ["const a = 10n;", "a bigint"],
    ["const a = tag`\\n`;", "a tagged template with escapes"],
    ["const a = { set b(x) { c = x; } };", "a getter or setter"],
    ["const a = { __proto__: b };", "an object literal that sets `__proto__`"],
    ["const a = import('x');", "`import()`"],
    ["const a = this;", "`this`"],
    ["namespace N { export const a = 1; }", "a namespace"],
  ])("keeps %s as a foreign form", (text, what) => {
    expect(firstInit(text)).toMatchObject({ type: "Foreign", what });
  });

  it("reads a tagged template as a call of its tag", () => {
    expect(bare(firstInit("const a = tag`x${1}y`;"))).toEqual(
      bare(firstInit('const a = tag(["x", "y"], 1);')),
    );
  });

  it("reads numbers, escapes, raw templates and patterns as the engine does", () => {
    expect(
      bare(
        firstInit("const a = [0x1F, 1_000, .5, '\\u{1F600}', String.raw`\\n$" + "{b}`, /a\\/b/gi, 1e999];"),
      ),
    ).toEqual({
      type: "Array",
      elements: [
        literal(31),
        literal(1000),
        literal(0.5),
        literal("😀"),
        { type: "Template", quasis: ["\\n", ""], exprs: [name("b")] },
        { type: "Regex", pattern: "a\\/b", flags: "gi" },
        name("Infinity"),
      ],
    });
  });
});

describe("exports", () => {
  it("unwraps every form", () => {
    const { exports, stars } = parse(`
      export const a = 1, { b, c: [d] } = q;
      export function e() {}
      export default class {}
      export { a as f };
      export { g, default as h } from "./g";
      export * from "./s";
      export * as ns from "./n";
      export type T = string;
      interface I {} export { I };
    `);
    expect([...exports]).toEqual([
      ["a", { local: "a" }],
      ["b", { local: "b" }],
      ["d", { local: "d" }],
      ["e", { local: "e" }],
      ["default", { local: "*default*" }],
      ["f", { local: "a" }],
      ["g", { from: "./g", name: "g" }],
      ["h", { from: "./g", name: "default" }],
      ["ns", { from: "./n", name: "*" }],
    ]);
    expect(stars).toEqual(["./s"]);
  });
});

describe("spans", () => {
  it("cover the source text of the node, without the trivia before it", () => {
    const text = "/* x */ const a =  /* y */ f( b );";
    const { span } = firstInit(text);
    expect(text.slice(span!.start, span!.end)).toBe("f( b )");
  });

  it("point at JSX text without the white space around it", () => {
    const text = "const a = <A>\n  some text\n</A>;";
    const element = firstInit(text) as unknown as { children: { span: { start: number; end: number } }[] };
    const { start, end } = element.children[0]!.span;
    expect(text.slice(start, end)).toBe("some text");
  });
});

describe("bad input", () => {
  const codes = (text: string, path = "a.tsx") =>
    parseModule({ file: 0, path, text }).problems.map((p) => p.code);

  it("reports every syntax error of a file", () => {
    expect(codes("const a = ;\nconst b = (1;\nconst c = [1, 2;\n")).toHaveLength(3);
  });

  it.each([
    ["let a = 1; const a = 2;", "declared twice"],
    ["1 = 2;", "assigned"],
    ["const a;", "needs a value"],
    ["f()++;", "assigned"],
  ])("reports %s, which the TypeScript parser lets pass", (text, message) => {
    const { problems } = parseModule({ file: 0, path: "a.tsx", text });
    expect(problems.map((p) => p.code)).toContain("SM110");
    expect(problems.map((p) => p.message).join("\n")).toContain(message);
  });

  it.each([
    ["parentheses", "(", "1", ")"],
    ["arrays", "[", "", "]"],
    ["calls", "f(", "", ")"],
    ["elements", "<A>", "", "</A>"],
    ["unary operators", "!", "1", ""],
  ])("bounds 10,000 nested %s", (_, open, middle, close) => {
    const text = `const a = ${open.repeat(10_000)}${middle}${close.repeat(10_000)};`;
    expect(codes(text)).toEqual(["SM112"]);
  });

  it("bounds a chain that the TypeScript parser reads without recursion", () => {
    expect(codes(`const a = 1${" + 1".repeat(10_000)};`)).toEqual(["SM112"]);
  });
});
