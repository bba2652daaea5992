import { describe, expect, it } from "vitest";
import * as z from "zod";
import { cpuMs } from "../../test/cpu.ts";
import type { Constant, CoreText, Schema } from "../types.ts";
import { buildZod, PlanSchemas, parseWith, ZodBuildError } from "./index.ts";
import { CONSTRUCTORS, GETTERS, GROUPS, METHODS, REFUSED } from "./table.ts";

const built = (text: string) => buildZod(text);

describe("a schema from text", () => {
  it("parses as the author's does", () => {
    const schema = built("z.object({ id: z.string().min(1), n: z.number().default(1.5) }).strict()");
    expect(parseWith(schema, { id: "a" })).toEqual({ ok: true, value: { id: "a", n: 1.5 } });
    expect(parseWith(schema, { id: "", x: 1 })).toEqual({
      ok: false,
      issues: [
        { path: "id", message: "Too small: expected string to have >=1 characters" },
        { path: "", message: 'Unrecognized key: "x"' },
      ],
    });
  });

  it("may stand on several lines", () => {
    expect(parseWith(buildZod(["z.object({", "  id: z.string(),", "})"]), { id: "a" }).ok).toBe(true);
  });

  it("uses constants and functions of its plan, and other schemas by name", () => {
    const schema = (zod: CoreText): Schema => ({ zod, jsonSchema: {}, physical: "", semantic: "" });
    const constants: { [name: string]: Constant } = {
      LEVELS: { value: ["low", "high"] },
      LIMITS: { expr: "({ max: 2 + 1 })" },
    };
    const schemas = new PlanSchemas({
      schemas: {
        level: schema("z.enum(LEVELS)"),
        node: schema(
          "z.object({ level: schema('level'), tag: z.string().max(LIMITS.max).transform((t) => tidy(t)), kids: z.array(z.lazy(() => schema('node'))) })",
        ),
      },
      constants,
      functions: { tidy: "(text) => text.trim().toUpperCase()" },
    });
    expect(
      parseWith(schemas.get("node"), {
        level: "low",
        tag: " a",
        kids: [{ level: "high", tag: "b", kids: [] }],
      }),
    ).toEqual({ ok: true, value: { level: "low", tag: "A", kids: [{ level: "high", tag: "B", kids: [] }] } });
    expect(
      parseWith(schemas.get("node"), { level: "low", tag: "a", kids: [{ level: "mid" }] }),
    ).toMatchObject({
      issues: [{ path: "kids[0].level" }, { path: "kids[0].tag" }, { path: "kids[0].kids" }],
    });
    expect(() => schemas.get("toString")).toThrow(ZodBuildError);
  });

  it("starts anew at each build: no state is shared", () => {
    const text = "z.object({ list: z.array(z.string()).default([]) })";
    const one = parseWith(built(text), {});
    expect(one).toEqual(parseWith(built(text), {}));
  });
});

describe("nothing outside the whitelist can be reached", () => {
  it.each([
    "z",
    "z.string",
    "z.constructor",
    "z.constructor('return process')()",
    "z.toString()",
    "z.core.util.floatSafeRemainder(1, 2)",
    "z.config({ jitless: true })",
    "z.globalRegistry.clear()",
    "z.fromJSONSchema({})",
    "z.iso.constructor()",
    "z.coerce.__proto__.constructor()",
    "z.string().constructor()",
    "z.string()['constructor']('return 1')",
    "z.string().parse('a')",
    "z.string().safeParse('a')",
    "z.string()._zod.parse({}, {})",
    "z.string()._zod",
    "z.string().register(z.globalRegistry, {})",
    "z.object({}).shape.constructor",
    "z.object({}).shape.__proto__",
    "z.object({ a: z.string() }).shape.a.constructor('return 1')()",
    "z.object({ ['__pro' + 'to__']: z.string() })",
    "z.enum(['a']).enum.constructor",
    "z.enum(['a']).options.constructor",
    "z.string().default(globalThis)",
    "z.string().default(process.env)",
    "z.string().default(fetch('http://127.0.0.1'))",
    "z.lazy(() => { return z.string(); })",
    "z.lazy((x) => x)",
    "z.string().transform((v, ctx, more) => ctx)",
    "z.string().refine((v, ctx) => ctx)",
    "z.string().refine((v, ...all) => all)",
    "z.string().catch((ctx, more) => ctx)",
    "z.string().default((x) => x)",
    "z.instanceof(Error)",
    "z.function()",
    "z.string",
    "z.string().min",
    "'not a schema'",
    "({})",
    "[z.string()]",
    "z.object({ ...z })",
    "z.object({ ...z.object({}) })",
    "z.nonsense()",
    "schema('a')",
    "schema(z.string())",
    "z.string(",
    "import('fs')",
    "z.string() z.string()",
    "z.string?.()",
    "z?.string()",
  ])("%s", (text) => {
    expect(() => built(text)).toThrow(ZodBuildError);
  });

  it.each([
    "z.any().transform((v) => v.constructor.constructor('return process')())",
    "z.any().transform((v) => ({}).constructor)",
    "z.any().transform((v) => v['__proto__'])",
    "z.any().transform((v) => globalThis)",
    "z.any().refine((v) => { for (;;) {} })",
    "z.any().superRefine((v, ctx) => { ctx.issues[0].inst.constructor('return 1')(); })",
    "z.any().superRefine((v, ctx) => ctx.addIssue.constructor('return 1')())",
    "z.any().transform((v, ctx) => ctx.constructor.constructor('return 1')())",
    "z.any().transform((v) => { const f = (n) => f(n + 1); return f(0); })",
  ])("nor by a function, which fails the parse instead: %s", (text) => {
    const parsed = parseWith(built(text), { a: 1 });
    expect(parsed).toMatchObject({
      ok: false,
      issues: [{ path: "", message: expect.stringMatching(/failed/) }],
    });
  });

  it.each(["/^(a*)*b$/", "/^(a|a)*$/i", "new RegExp('^(a+)+$')"])("no text makes %s hang", (regex) => {
    const schema = built(`z.string().regex(${regex})`);
    const begin = cpuMs();
    expect(parseWith(schema, `${"a".repeat(50_000)}!`).ok).toBe(false);
    expect(cpuMs() - begin).toBeLessThan(30_000);
    expect(parseWith(schema, "c").ok).toBe(false);
    expect(parseWith(schema, regex.includes("b") ? "aab" : "aa").ok).toBe(true);
  });

  it("an error function sees the issue's plain fields, not the schema", () => {
    const schema = built("z.string({ error: (issue) => Object.keys(issue).sort().join(' ') })");
    expect(parseWith(schema, 1)).toMatchObject({ issues: [{ message: "code expected input" }] });
  });

  it("deep and long texts end with an error", () => {
    expect(() => built(`${"z.array(".repeat(5_000)}z.any()${")".repeat(5_000)}`)).toThrow(ZodBuildError);
    expect(() => built(`z.string()${".optional()".repeat(5_000)}`)).toThrow(ZodBuildError);
  });

  it.each([...REFUSED].map(([name, reason]) => [name, reason]))(
    "%s is refused with its reason",
    (name, reason) => {
      const text = ["ip", "cidr", "nonstrict", "apply"].includes(name) ? `z.any().${name}()` : `z.${name}()`;
      expect(() => built(text)).toThrow(reason);
    },
  );
});

describe("the whitelist", () => {
  it("names what this Zod has", () => {
    for (const [name, make] of CONSTRUCTORS) {
      expect(make, name).toBeTypeOf("function");
      expect(make, name).toBe(Reflect.get(z, name));
    }
    for (const [group, names] of GROUPS) {
      for (const [name, make] of names) {
        expect(make, name).toBeTypeOf("function");
        expect(make, name).toBe(Reflect.get(Reflect.get(z, group) as object, name));
      }
    }
    const some = [
      ...[z.string(), z.number(), z.date(), z.array(z.any()), z.object({}), z.enum(["a"])],
      ...[z.tuple([]), z.any().default(1), z.any().catch(1)],
    ];
    for (const name of METHODS)
      expect(
        some.some((schema) => name in schema),
        name,
      ).toBe(true);
    for (const name of GETTERS)
      expect(
        some.some((schema) => name in schema),
        name,
      ).toBe(true);
  });

  it("says where in the text it stopped", () => {
    const text = "z.object({ a: z.map() })";
    try {
      built(text);
      expect.unreachable();
    } catch (error) {
      const { span } = error as ZodBuildError;
      expect(text.slice(span?.start, span?.end)).toBe("z.map()");
    }
  });
});
