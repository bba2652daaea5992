/** Generated texts of Zod constructions, and inputs that often satisfy them. */
import fc from "fast-check";
import type { Json } from "../types.ts";

export interface Generated {
  readonly text: string;
  /** Values that satisfy the type, though not always the checks. */
  readonly near: fc.Arbitrary<Json>;
}

type Gen = fc.Arbitrary<Generated>;

const names = ["id", "name", "n", "items", "kind", "a-b", "approved", "ok"] as const;
const word = fc.constantFrom(
  "a",
  "ab",
  " Abc ",
  "draft",
  "",
  "x-1",
  "2024-02-30",
  "2024-02-29",
  "me@x.io",
  "ÄÖ",
  "😀",
);
const anyJson = fc.jsonValue({ maxDepth: 2, noUnicodeString: false }).map((value) => value as Json);
const str = (value: unknown): string => JSON.stringify(value);

const leaf = (text: string, near: fc.Arbitrary<Json>): Generated => ({ text, near });

/** `base` followed by some of the `calls`. */
function chained(base: string, calls: readonly string[], near: fc.Arbitrary<Json>): Gen {
  return fc
    .array(fc.constantFrom(...calls), { maxLength: 3 })
    .map((chain) => leaf(base + chain.join(""), near));
}

const text: Gen = chained(
  "z.string()",
  [
    ".min(1)",
    ".min(2, 'too short')",
    ".max(4)",
    ".max(3, { error: 'too long' })",
    ".max(3, { error: (issue) => 'is ' + issue.input.length })",
    ".length(2)",
    ".nonempty()",
    ".regex(/^[a-z]+$/i)",
    ".regex(/\\d/, { message: 'needs a digit' })",
    ".startsWith('a')",
    ".endsWith('c')",
    ".includes('b')",
    ".trim()",
    ".toLowerCase()",
    ".toUpperCase()",
    ".normalize()",
    ".email()",
    ".url()",
    ".uuid()",
    ".datetime()",
    ".date()",
  ],
  word,
);

const format: Gen = fc
  .constantFrom(
    ..."email url uuid guid cuid2 ulid emoji base64 ipv4 ipv6 e164 jwt hostname hex".split(" "),
    ..."iso.date iso.time iso.datetime iso.duration".split(" "),
  )
  .map((name) => leaf(`z.${name}()`, fc.oneof(word, fc.emailAddress(), fc.webUrl(), fc.uuid(), fc.ipV4())));

const number: Gen = fc
  .constantFrom("z.number()", "z.int()", "z.int32()", "z.float64()")
  .chain((base) =>
    chained(
      base,
      [
        ".min(0)",
        ".max(10, 'too big')",
        ".int()",
        ".positive()",
        ".nonnegative()",
        ".negative()",
        ".nonpositive()",
        ".multipleOf(0.5)",
        ".gt(-1)",
        ".gte(1)",
        ".lt(5)",
        ".lte(5)",
        ".finite()",
      ],
      fc.oneof(fc.integer({ min: -3, max: 12 }), fc.constantFrom(-0, 0.5, 1e21)),
    ),
  );

const simple: Gen = fc.constantFrom(
  leaf("z.boolean()", fc.boolean()),
  leaf("z.null()", fc.constant(null)),
  leaf("z.any()", anyJson),
  leaf("z.unknown()", anyJson),
  leaf("z.json()", anyJson),
  leaf("z.never()", anyJson),
  leaf("z.undefined()", anyJson),
  leaf("z.enum(['draft', 'x-1'])", word),
  leaf("z.enum(['draft', 'x-1', 'ab']).exclude(['ab'])", word),
  leaf("z.enum({ A: 'ab', B: 1 })", fc.oneof(word, fc.constant(1))),
  leaf("z.literal('draft')", word),
  leaf("z.literal([1, 'ab', null, true])", fc.constantFrom<Json>(1, "ab", null, true)),
  leaf("z.stringbool()", fc.constantFrom("true", "no", "maybe", "1")),
  leaf("z.templateLiteral(['v', z.int()])", fc.constantFrom("v1", "v", "vx")),
  leaf("z.coerce.number()", fc.oneof(word, fc.integer())),
  leaf("z.coerce.string()", anyJson),
  leaf("z.coerce.boolean().optional()", anyJson),
  leaf("z.coerce.date().transform((d) => d.toISOString())", fc.constantFrom("2024-02-29", "no", 5)),
  leaf("z.custom((v) => typeof v === 'string', 'not text')", word),
  leaf("z.lazy(() => z.string().min(2))", word),
);

const data = fc.oneof(
  word,
  fc.integer({ min: -5, max: 5 }),
  fc.boolean(),
  fc.constant(null),
  fc.constant([1, "a"]),
);

/** Functions of authors, that any value can be given to. */
const transforms = fc.constantFrom(
  "(v) => v",
  "(v) => ({ was: v })",
  "(v) => String(v).length",
  "(v) => typeof v === 'string' ? v.trim().split('-') : v",
  "(v) => Array.isArray(v) ? [...v].reverse() : v ?? 'none'",
  "(v) => { if (v === null) throw new Error('null!'); let n = 0; for (const c of String(v)) n += c.length; return n; }",
  "(v) => { const { id = 'none', ...rest } = v !== null && typeof v === 'object' ? v : {}; return { id, rest }; }",
  "() => -0",
);
const tests = fc.constantFrom(
  "(v) => v !== null, 'not null, please'",
  "(v) => String(v).length > 2, { message: 'longer', path: ['here'] }",
  "(v) => !!v",
  "(v) => v === null || typeof v !== 'object' || Object.keys(v).length < 2, { error: 'too many', abort: true }",
);

function wrapped(inner: Gen): Gen {
  return inner.chain(({ text, near }) =>
    fc.oneof(
      fc
        .constantFrom(
          ".optional()",
          ".nullable()",
          ".nullish()",
          ".readonly()",
          ".describe('what it is')",
          ".meta({ title: 'T', id: 'same' })",
          ".brand('b')",
          ".array()",
          ".array().min(1).max(2)",
          ".or(z.number())",
          ".and(z.any())",
          ".pipe(z.any())",
          ".optional().nonoptional()",
        )
        .map((call) =>
          leaf(
            text + call,
            call.startsWith(".array") ? fc.array(near, { maxLength: 3 }) : fc.option(near, { nil: null }),
          ),
        ),
      data.map((value) => leaf(`${text}.default(${str(value)})`, near)),
      data.map((value) => leaf(`${text}.default(() => (${str(value)}))`, near)),
      data.map((value) => leaf(`${text}.prefault(${str(value)})`, near)),
      data.map((value) => leaf(`${text}.catch(${str(value)})`, near)),
      transforms.map((fn) => leaf(`${text}.transform(${fn})`, near)),
      transforms.map((fn) => leaf(`z.preprocess(${fn}, ${text})`, near)),
      tests.map((fn) => leaf(`${text}.refine(${fn})`, near)),
      fc.constant(
        leaf(
          `${text}.superRefine((v, ctx) => { if (typeof v === 'string' && v.length > 1) ctx.addIssue({ code: 'custom', path: ['p'], message: 'long ' + v }); })`,
          near,
        ),
      ),
      fc.constant(
        leaf(`${text}.transform((v, ctx) => { if (v === 1) ctx.addIssue('one'); return [v]; })`, near),
      ),
      fc.constant(leaf(`${text}.catch((ctx) => [ctx.input, ctx.error.issues.length])`, near)),
      fc.constant(leaf(`${text}.check(z.overwrite((v) => v), z.refine((v) => v !== 'ab'))`, near)),
      fc.constant(leaf(`z.pipe(${text}, z.transform((v) => [v]))`, near)),
    ),
  );
}

function object(inner: Gen): Gen {
  const fields = fc.uniqueArray(fc.tuple(fc.constantFrom(...names), inner), {
    maxLength: 4,
    selector: ([name]) => name,
  });
  const base = fc.constantFrom("z.object", "z.strictObject", "z.looseObject");
  const after = fc.constantFrom(
    ...[
      "",
      "",
      "",
      ".strict()",
      ".loose()",
      ".passthrough()",
      ".strip()",
      ".catchall(z.number())",
      ".partial()",
    ],
    ...[".required()", ".extend({ extra: z.string().optional() })", ".merge(z.object({ n: z.boolean() }))"],
    ...[".pick({ id: true })", ".omit({ name: true })", ".partial({ n: true })", ".keyof()", ".shape.id"],
  );
  return fc.tuple(fields, base, after).map(([list, make, chosen]) => {
    // A field that is not there is undefined in JavaScript; we refuse the text.
    const call = chosen === ".shape.id" && !list.some(([name]) => name === "id") ? "" : chosen;
    const shape = list
      .map(([name, { text }]) => `${name.includes("-") ? str(name) : name}: ${text}`)
      .join(", ");
    const near = fc.record(Object.fromEntries(list.map(([name, { near }]) => [name, near])), {
      requiredKeys: [],
    });
    const full = fc.record(Object.fromEntries(list.map(([name, { near }]) => [name, near])));
    const extra = full.map((value): Json => ({ ...value, extra: "x", more: 1 }));
    return leaf(`${make}({ ${shape} })${call}`, fc.oneof(full, full, extra, near) as fc.Arbitrary<Json>);
  });
}

function composite(inner: Gen): Gen {
  const pair = fc.tuple(inner, inner);
  return fc.oneof(
    object(inner),
    object(inner),
    inner.map(({ text, near }) => leaf(`z.array(${text})`, fc.array(near, { maxLength: 3 }))),
    pair.map(([a, b]) => leaf(`z.tuple([${a.text}, ${b.text}])`, fc.tuple(a.near, b.near))),
    pair.map(([a, b]) => leaf(`z.tuple([${a.text}], ${b.text})`, fc.tuple(a.near, b.near, b.near))),
    pair.map(([a, b]) => leaf(`z.union([${a.text}, ${b.text}])`, fc.oneof(a.near, b.near))),
    pair.map(([a, b]) => leaf(`z.intersection(${a.text}, ${b.text})`, fc.oneof(a.near, b.near))),
    inner.map(({ text, near }) =>
      leaf(`z.record(z.string().max(2), ${text})`, fc.dictionary(fc.constantFrom("a", "bc", "def"), near)),
    ),
    inner.map(({ text, near }) =>
      leaf(`z.partialRecord(z.enum(['a', 'bc']), ${text})`, fc.dictionary(fc.constantFrom("a", "bc"), near)),
    ),
    pair.map(([a, b]) =>
      leaf(
        `z.discriminatedUnion('kind', [z.object({ kind: z.literal('a'), v: ${a.text} }), z.object({ kind: z.literal('b'), v: ${b.text} })])`,
        fc.oneof(
          a.near.map((v): Json => ({ kind: "a", v })),
          b.near.map((v): Json => ({ kind: "b", v })),
          fc.constant({ kind: "c" }),
        ),
      ),
    ),
  );
}

const leaves: Gen = fc.oneof(text, text, format, number, simple);

/** Schemas up to three levels deep. */
export const schemaText: Gen = (() => {
  const one = fc.oneof(leaves, wrapped(leaves));
  const two = fc.oneof(one, composite(one), composite(one));
  const three = fc.oneof(two, wrapped(two), composite(two));
  return fc.oneof(one, three, three, three);
})();

/** Inputs for a schema: mostly near it, sometimes anything. */
export function inputs({ near }: Generated): fc.Arbitrary<Json> {
  return fc.oneof({ weight: 4, arbitrary: near }, { weight: 1, arbitrary: anyJson });
}
