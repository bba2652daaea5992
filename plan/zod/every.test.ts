/** Every entry of the table at least once, against Zod itself on values of every kind. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { Json } from "../types.ts";
import { buildZod, jsonSchemaOf } from "./index.ts";
import { CONSTRUCTORS, GETTERS, GROUPS, METHODS } from "./table.ts";

const FORMATS = [
  ..."email url httpUrl uuid uuidv4 uuidv6 uuidv7 guid nanoid cuid cuid2 ulid xid ksuid emoji jwt base64".split(
    " ",
  ),
  ..."base64url hex hostname ipv4 ipv6 mac cidrv4 cidrv6 e164 iban creditCard currencyCode".split(" "),
];
const OBJECT = "z.object({ a: z.string(), b: z.number().optional() })";

const TEXTS: readonly string[] = [
  ...FORMATS.map((name) => `z.${name}()`),
  ...FORMATS.filter((name) => name in z.string()).map((name) => `z.string().${name}()`),
  ..."string number int int32 uint32 float32 float64 boolean any unknown never null undefined void json"
    .split(" ")
    .map((name) => `z.${name}()`),
  ..."date datetime time duration".split(" ").flatMap((name) => [`z.iso.${name}()`, `z.string().${name}()`]),
  ..."string number boolean date".split(" ").map((name) => `z.coerce.${name}()`),
  "z.hash('md5')",
  "z.stringFormat('even', (text) => text.length % 2 === 0)",
  "z.stringFormat('word', /^[a-z]+$/)",
  "z.date().min(0).max(1)",
  OBJECT,
  "z.strictObject({ a: z.string() })",
  "z.looseObject({ a: z.string() })",
  "z.array(z.string()).nonempty().element",
  "z.array(z.string()).min(1).max(2)",
  "z.enum(['a', 'ab']).extract(['a'])",
  "z.enum(['a', 'ab']).exclude(['a'])",
  "z.enum(z.enum(['a', 'b']).options)",
  "z.literal(z.enum(['a', 'b']).enum.a)",
  "z.nativeEnum({ A: 'a', B: 1 })",
  "z.literal(['a', 1, null])",
  "z.union([z.string().min(2), z.int()])",
  "z.xor([z.string(), z.literal('a')])",
  "z.discriminatedUnion('a', [z.object({ a: z.literal('a') }), z.object({ a: z.literal(1) })])",
  "z.intersection(z.looseObject({ a: z.string() }), z.looseObject({ b: z.number() }))",
  "z.tuple([z.string()]).rest(z.number())",
  "z.record(z.string(), z.number())",
  "z.partialRecord(z.enum(['a', 'b']), z.string())",
  "z.looseRecord(z.string().regex(/^a/), z.string())",
  "z.templateLiteral(['a', z.number()])",
  "z.stringbool()",
  "z.optional(z.string())",
  "z.exactOptional(z.string())",
  "z.object({ a: z.string().exactOptional() }).exactPartial()",
  "z.nullable(z.string())",
  "z.nullish(z.string())",
  "z.nonoptional(z.string().optional())",
  "z.readonly(z.array(z.number()))",
  `z.keyof(${OBJECT})`,
  `z.deepPartial(${OBJECT})`,
  "z.preprocess((value, ctx) => { if (value === '') ctx.addIssue('empty'); return String(value); }, z.string().max(3))",
  "z.pipe(z.string(), z.transform((text, ctx) => { if (text === 'a') ctx.addIssue({ code: 'custom', message: 'an a' }); return text.length; }))",
  "z.custom((value) => value !== 1, 'not one')",
  "z.lazy(() => z.string())",
  "z.number().check(z.gt(-9), z.gte(-8), z.lt(9), z.lte(8), z.multipleOf(0.5))",
  "z.number().check(z.positive(), z.nonnegative())",
  "z.number().check(z.negative(), z.nonpositive())",
  "z.string().check(z.minLength(1), z.maxLength(3), z.regex(/a/), z.lowercase(), z.includes('a'), z.startsWith('a'), z.endsWith('a'))",
  "z.string().check(z.length(1), z.uppercase())",
  "z.string().check(z.trim(), z.toLowerCase(), z.toUpperCase(), z.normalize(), z.slugify(), z.overwrite((text) => text + '!'))",
  "z.string().check(z.refine((text) => text !== 'a', 'no a'))",
  "z.string().check(z.superRefine((text, ctx) => { if (text === 'a') ctx.addIssue({ code: 'custom', path: ['x'], message: 'no a' }); }))",
  "z.string().check(z.check((ctx) => { if (ctx.value === 'a') ctx.issues.push({ code: 'custom', input: ctx.value, message: `no ${ctx.issues.length}` }); }))",
  "z.string().with((ctx) => { if (ctx.value === '') ctx.issues.push({ code: 'custom', input: '', message: 'empty' }); })",
  "z.string().superRefine((text, ctx) => { for (const c of text) ctx.addIssue({ code: 'custom', message: c, fatal: c === 'b' }); })",
  "z.string().refine((text) => text.length > 1, { error: (issue) => 'short: ' + issue.input, path: ['p', 0], abort: true }).refine((text) => text !== 'ab', 'no ab')",
  "z.string().optional().nullable().nullish().nonoptional().array().readonly().brand('b').describe('d').meta({ title: 't' })",
  "z.string().exactOptional().or(z.number()).and(z.any()).pipe(z.any()).transform((value) => [value])",
  "z.string().overwrite((text) => text.trim()).default('d').removeDefault().prefault('pre').catch((ctx) => ctx.input === 1 ? 'one' : 'c')",
  "z.number().catch(3).removeCatch()",
  "z.number().catch((ctx) => ctx.error.issues.length)",
  "z.string().regex(/a/).includes('a').startsWith('a').endsWith('a').min(1).max(5).length(1)",
  "z.string().nonempty().lowercase().uppercase()",
  "z.string().trim().normalize().toLowerCase().toUpperCase().slugify()",
  "z.number().gt(-9).gte(-8).lt(9).lte(8).int().safe().finite().multipleOf(1).step(1)",
  "z.number().positive().nonnegative()",
  "z.number().negative().nonpositive()",
  ...[
    "keyof()",
    "catchall(z.number())",
    "passthrough()",
    "loose()",
    "strict()",
    "strip()",
    "partial()",
    "required()",
  ].map((call) => `${OBJECT}.${call}`),
  ...[
    "extend({ c: z.null() })",
    "safeExtend({ a: z.string().max(1) })",
    "merge(z.object({ c: z.null() }))",
    "pick({ a: true })",
    "omit({ b: true })",
  ].map((call) => `${OBJECT}.${call}`),
  `${OBJECT}.shape.a.optional().unwrap()`,
];

const INPUTS: readonly Json[] = [
  ...[
    "",
    "a",
    "ab",
    "abc",
    "A",
    "a1",
    " a ",
    "true",
    "no",
    "2026-01-02",
    "2026-01-02T03:04:05Z",
    "10:00:00",
    "P1D",
    "x@y.io",
  ],
  ...[
    "https://a.io/b",
    "1.2.3.4",
    "::1",
    "1.2.3.0/24",
    "YQ==",
    "ff",
    "+491701234567",
    "😀",
    "a.b.c",
    "EUR",
    "4111111111111111",
  ],
  ...[
    "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "DE89370400440532013000",
    "00:1b:63:84:45:e6",
    "d41d8cd98f00b204e9800998ecf8427e",
  ],
  ...[0, 1, -1, 0.5, 3.7, 2 ** 31, 1e300, true, false, null],
  ...[
    [],
    ["a"],
    ["a", 1],
    [1, 2, 3],
    {},
    { a: "a" },
    { a: "a", b: 1 },
    { a: "a", b: "b" },
    { a: 1 },
    { a: "a", c: null, d: 1 },
    { b: 1, __proto__x: 1 },
  ],
];

function verdict(schema: z.ZodType, input: Json): unknown {
  try {
    const result = schema.safeParse(structuredClone(input));
    if (result.success) return { data: result.data };
    return { issues: result.error.issues.map(({ code, path, message }) => ({ code, path, message })) };
  } catch {
    return "threw";
  }
}

describe("every entry of the table", () => {
  it.each(TEXTS)("%s", (text) => {
    const theirs = new Function("z", `"use strict"; return ${text}`)(z) as z.ZodType;
    const ours = buildZod(text);
    for (const input of INPUTS)
      expect(verdict(ours, input), JSON.stringify(input)).toEqual(verdict(theirs, input));
    for (const side of ["input", "output", "asked"] as const)
      expect(jsonSchemaOf(ours, side)).toEqual(jsonSchemaOf(theirs, side));
  });

  it("is among them", () => {
    const all = TEXTS.join("\n");
    const missing = [
      ...[...CONSTRUCTORS.keys()].filter((name) => !all.includes(`z.${name}(`)),
      ...[...GROUPS]
        .flatMap(([group, names]) => [...names.keys()].map((name) => `${group}.${name}`))
        .filter((name) => !all.includes(`z.${name}(`)),
      ...[...METHODS].filter(
        (name) =>
          !all.includes(`).${name}(`) &&
          !new RegExp(`\\]\\.${name}\\(`).test(all) &&
          !all.includes(`.${name}(`),
      ),
      ...[...GETTERS].filter((name) => !new RegExp(`\\.${name}\\b(?!\\()`).test(all)),
    ];
    expect(missing).toEqual([]);
  });
});

describe("JSON Schema", () => {
  const plain = TEXTS.filter(
    (text) =>
      !/coerce|date|refine|check|with\(|catch|transform|preprocess|meta|custom|regex|startsWith|int|safe/.test(
        text,
      ),
  );
  it.each(plain)("is what Zod's own converter gives where nothing is amended: %s", (text) => {
    const schema = buildZod(text);
    let expected: Record<string, unknown>;
    try {
      ({ ...expected } = z.toJSONSchema(schema, { io: "output" }));
    } catch {
      return;
    }
    delete expected.$schema;
    expect(jsonSchemaOf(schema, "output")).toEqual(JSON.parse(JSON.stringify(expected)));
  });
});
