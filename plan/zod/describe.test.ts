import { describe, expect, it } from "vitest";
import * as z from "zod";
import { fieldsOf, formatIssues, jsonSchemaOf, parseWith } from "./index.ts";

describe("JSON Schema", () => {
  it.each([
    ["a Date", z.coerce.date(), { type: "string", format: "date-time" }, {}],
    ["a transform", z.string().transform(Number), {}, { type: "string" }],
    [
      "a piped transform",
      z.string().transform(Number).pipe(z.int()),
      { type: "integer" },
      { type: "string" },
    ],
    ["preprocess", z.preprocess(Number, z.int()), { type: "integer" }, { type: "integer" }],
    [
      "a coerced number",
      z.coerce.number().describe("how many"),
      { type: "number", description: "how many" },
      { description: "how many" },
    ],
    [
      "a refinement",
      z.string().refine((v) => v !== "", "not empty"),
      { type: "string", $comment: "not empty" },
      { type: "string", $comment: "not empty" },
    ],
    [
      "a refinement without message",
      z.string().refine(Boolean),
      { type: "string", $comment: "checked further by the parser" },
      { type: "string", $comment: "checked further by the parser" },
    ],
    [
      "a pattern with flags",
      z.string().regex(/^a/i),
      { type: "string", $comment: "must match /^a/i" },
      { type: "string", $comment: "must match /^a/i" },
    ],
    [
      "a pattern without",
      z.string().regex(/^a/),
      { type: "string", pattern: "^a" },
      { type: "string", pattern: "^a" },
    ],
    [
      "an id",
      z.string().meta({ id: "x", title: "T" }),
      { type: "string", title: "T" },
      { type: "string", title: "T" },
    ],
    ["a custom check", z.custom<string>(), {}, {}],
    ["bigint", z.bigint(), {}, {}],
  ])("of %s", (_, schema, output, input) => {
    expect(jsonSchemaOf(schema, "output")).toEqual(output);
    expect(jsonSchemaOf(schema, "input")).toEqual(input);
  });

  it("tells input from output", () => {
    const schema = z.object({ n: z.number().default(1), s: z.string().optional() });
    expect(jsonSchemaOf(schema, "output")).toEqual({
      type: "object",
      properties: { n: { default: 1, type: "number" }, s: { type: "string" } },
      required: ["n"],
      additionalProperties: false,
    });
    expect(jsonSchemaOf(schema, "input")).toEqual({
      type: "object",
      properties: { n: { default: 1, type: "number" }, s: { type: "string" } },
    });
  });

  it("two schemas with one id do not clash", () => {
    const one = z.object({ a: z.string().meta({ id: "same" }), b: z.number().meta({ id: "same" }) });
    expect(jsonSchemaOf(one, "output")).toMatchObject({
      properties: { a: { type: "string" }, b: { type: "number" } },
    });
  });
});

describe("fields", () => {
  const show = (schema: z.ZodType) => {
    const found = fieldsOf(schema);
    if (found === null) return null;
    const fields = [...found.fields].map(([name, { types, optional }]) =>
      [name + (optional ? "?" : ""), ...types].join(" "),
    );
    return [...fields, ...(found.open ? ["…"] : [])];
  };

  it.each([
    [
      "an object",
      z.object({ a: z.string(), b: z.int().optional(), c: z.any() }),
      ["a string", "b? integer", "c"],
    ],
    ["a loose object", z.looseObject({ a: z.boolean().nullable() }), ["a boolean null", "…"]],
    ["a record", z.record(z.string(), z.number()), ["…"]],
    ["a transformed one", z.object({ a: z.string() }).transform((v) => v), ["…"]],
    [
      "a union",
      z.union([z.object({ k: z.literal("a"), x: z.string() }), z.object({ k: z.literal(1), y: z.null() })]),
      ["k string number", "x? string", "y? null"],
    ],
    [
      "an intersection",
      z.object({ a: z.string() }).and(z.object({ b: z.string() })),
      ["a string", "b string"],
    ],
    ["a default", z.object({ a: z.array(z.string()).default([]) }), ["a array"]],
    [
      "an enum",
      z.object({ a: z.enum(["x"]), b: z.union([z.string(), z.array(z.int())]) }),
      ["a string", "b string array"],
    ],
    ["no object", z.array(z.string()), null],
    ["text", z.string(), null],
  ])("of %s", (_, schema, expected) => {
    expect(show(schema)).toEqual(expected);
  });

  it("of one that refers to itself", () => {
    const tree: z.ZodType = z.object({ name: z.string(), kids: z.array(z.lazy(() => tree)) });
    expect(show(tree)).toEqual(["name string", "kids array"]);
  });
});

describe("parsing", () => {
  const issues = (schema: z.ZodType, value: Parameters<typeof parseWith>[1]) => {
    const parsed = parseWith(schema, value);
    return parsed.ok ? [] : formatIssues(parsed.issues).split("\n");
  };

  it("names path and expectation", () => {
    const schema = z.object({ items: z.array(z.object({ id: z.string(), "a-b": z.int() })) });
    expect(issues(schema, { items: [{ id: 1, "a-b": 1.5 }] })).toEqual([
      "items[0].id: Invalid input: expected string, received number",
      'items[0]["a-b"]: Invalid input: expected int, received number',
    ]);
  });

  it("says what each member of a union expected", () => {
    expect(issues(z.object({ a: z.union([z.string(), z.number()]) }), { a: true })).toEqual([
      "a: Invalid input: expected string, received boolean, or: Invalid input: expected number, received boolean",
    ]);
    const shapes = z.union([z.object({ x: z.object({ y: z.string() }) }), z.array(z.any())]);
    expect(issues(shapes, { x: { y: 1 } })).toEqual(["x.y: Invalid input: expected string, received number"]);
  });

  it("gives JSON: what a run sees now is what it reads back later", () => {
    const schema = z.object({
      a: z.string().optional(),
      z: z.number(),
      m: z.string().transform((): unknown => undefined),
    });
    expect(parseWith(schema, { z: -0, m: "" })).toEqual({ ok: true, value: { z: 0 } });
    const parsed = parseWith(schema, { z: -0, m: "" });
    expect(parsed.ok && Object.is((parsed.value as { z: number }).z, 0)).toBe(true);
  });

  it.each([
    [
      "a Date",
      z.object({ at: z.coerce.date() }),
      { at: 0 },
      "at: The schema gives a Date, which has no JSON form",
    ],
    [
      "NaN",
      z.array(z.string().transform(Number)),
      ["x"],
      "[0]: The schema gives NaN, which has no JSON form",
    ],
    ["a Map", z.any().transform(() => new Map()), 1, "The schema gives a Map, which has no JSON form"],
    [
      "undefined",
      z.any().transform(() => undefined),
      1,
      "The schema gives undefined, which has no JSON form",
    ],
  ])("refuses %s as a result", (_, schema, value, expected) => {
    expect(issues(schema, value)).toEqual([expected]);
  });

  it("a function that throws is an issue, not a crash", () => {
    const schema = z.string().transform(() => {
      throw new Error("oh");
    });
    expect(issues(schema, "a")).toEqual(["A function of the schema failed: oh"]);
  });

  it("keeps hostile keys as data", () => {
    const value = JSON.parse('{"__proto__": {"polluted": 1}, "a": 1}');
    const parsed = parseWith(z.json(), value);
    expect(JSON.stringify(parsed)).toBe('{"ok":true,"value":{"a":1}}');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});
