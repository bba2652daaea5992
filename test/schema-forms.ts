/** Schemas as people write them: module bodies that end by declaring `out`, and inputs for it. */
import type { Json } from "../plan/types.ts";

export interface SchemaForm {
  readonly name: string;
  /** JavaScript over `z`; declares `out`. */
  readonly source: string;
  readonly inputs: readonly Json[];
}

const form = (name: string, source: string, ...inputs: Json[]): SchemaForm => ({ name, source, inputs });

export const FORMS: readonly SchemaForm[] = [
  form(
    "every scalar",
    `const out = z.object({ s: z.string(), n: z.number(), i: z.int(), b: z.boolean(), a: z.any(), u: z.unknown(), x: z.null(), o: z.undefined(), v: z.void() });`,
    { s: "a", n: 1.5, i: 1, b: true, a: [1], u: {}, x: null },
    { s: 1, n: "1", i: 1.5, b: 0, x: 0, o: null, v: 1 },
    {},
    null,
  ),
  form(
    "defaults at every depth",
    `const out = z.object({
      title: z.string().default("untitled"),
      tags: z.array(z.string()).default([]),
      meta: z.object({ n: z.number().default(1), deep: z.object({ on: z.boolean().default(false) }).default({ on: true }) }).prefault({}),
      kept: z.string().optional().default("x"),
      late: z.array(z.object({ id: z.string().default("none") })).default(() => [{ id: "made" }]),
      none: z.string().nullable().default(null),
    });`,
    {},
    { tags: ["a"], meta: { deep: {} }, late: [{}] },
    { title: null, tags: "a", meta: 3 },
    { title: "none", none: "a" },
  ),
  form(
    "an enum of an array of names",
    `const LEVELS = ["low", "mid", "high"];
    const STATUS = Object.freeze({ Open: "open", Done: "done" });
    const TABLE = { billing: { team: "a" }, security: { team: "b" } };
    const out = z.object({
      level: z.enum(LEVELS), status: z.nativeEnum(STATUS), other: z.enum(STATUS),
      team: z.enum(Object.keys(TABLE)), both: z.enum([...LEVELS, "none"]), one: z.enum(Object.values(STATUS)),
      pair: z.union(LEVELS.map((level) => z.literal(level))), lit: z.literal(LEVELS), first: z.literal(LEVELS[0]),
    });`,
    {
      level: "low",
      status: "open",
      other: "done",
      team: "billing",
      both: "none",
      one: "open",
      pair: "mid",
      lit: "high",
      first: "low",
    },
    {
      level: "x",
      status: "Open",
      other: 1,
      team: "toString",
      both: "",
      one: "Open",
      pair: "x",
      lit: "x",
      first: "mid",
    },
  ),
  form(
    "shapes built by helpers and spread",
    `const base = { id: z.string(), at: z.iso.datetime() };
    const list = (item) => z.array(item).min(1);
    const withScore = (shape, max = 10) => z.object({ ...base, ...shape, score: z.number().min(0).max(max) });
    const nullableText = () => z.string().nullable().default(null);
    const fields = Object.fromEntries(["a", "b"].map((name) => [name, z.number().describe("count of " + name)]));
    const out = withScore({ items: list(z.object({ ...fields, note: nullableText() })) }, 5);`,
    { id: "a", at: "2026-01-02T03:04:05Z", score: 5, items: [{ a: 1, b: 2 }] },
    { id: 1, at: "yesterday", score: 6, items: [] },
    { id: "a", at: "2026-01-02T03:04:05Z", score: 1, items: [{ a: 1 }, { a: 1, b: 2, note: 3 }] },
  ),
  form(
    "object methods",
    `const Base = z.object({ a: z.string(), b: z.number().optional(), c: z.object({ d: z.string() }) });
    const out = z.object({
      extended: Base.extend({ e: z.boolean() }), picked: Base.pick({ a: true }), omitted: Base.omit({ c: true }),
      merged: Base.merge(z.object({ a: z.number() })), partial: Base.partial(), some: Base.partial({ a: true }),
      required: Base.required(), key: Base.keyof(), strict: Base.strict(), loose: Base.loose(), passed: Base.passthrough(),
      strip: Base.strict().strip(), caught: Base.catchall(z.number()), safe: Base.safeExtend({ a: z.string().min(2) }),
      field: Base.shape.c.shape.d, spread: z.object({ ...Base.shape, z: z.null() }),
      element: z.array(Base).element, unwrapped: Base.shape.b.unwrap(), options: z.union([z.string(), z.number()]).options[1],
      values: z.literal(z.enum(["x", "y"]).enum.x), opts: z.enum(z.enum(["x", "y"]).options),
    }).partial();`,
    {},
    {
      extended: { a: "a", c: { d: "d" }, e: true },
      picked: { a: "a", zz: 1 },
      omitted: { a: "b" },
      merged: { a: 1, c: { d: "" } },
    },
    {
      partial: {},
      some: { c: { d: "d" } },
      required: { a: "" },
      key: "a",
      strict: { a: "a", c: { d: "d" }, x: 1 },
    },
    {
      loose: { a: "a", c: { d: "d" }, x: 1 },
      passed: { a: "a", c: { d: "d" }, x: 1 },
      strip: { a: "a", c: { d: "d" }, x: 1 },
    },
    {
      caught: { a: "a", c: { d: "d" }, x: 1, y: "1" },
      safe: { a: "a", c: { d: "d" } },
      field: 1,
      spread: { a: "a", c: { d: "d" }, z: null },
    },
    { element: {}, unwrapped: "1", options: "1", values: 1, key: "d" },
  ),
  form(
    "refinements and transforms",
    `const isSlug = (text) => /^[a-z0-9-]+$/.test(text);
    const clean = (text) => text.trim().toLowerCase();
    const unique = (list) => new Set(list).size === list.length;
    const out = z.object({
      slug: z.string().transform(clean).refine(isSlug, "must be a slug"),
      n: z.preprocess((value) => (typeof value === "string" ? Number(value) : value), z.number().int()),
      tags: z.array(z.string()).refine(unique, { message: "tags repeat" }),
      when: z.string().pipe(z.iso.date()),
      len: z.string().transform((s) => s.length),
      upper: z.string().trim().toUpperCase(),
      from: z.number(), to: z.number(),
    }).refine((v) => v.from <= v.to, { message: "from is after to", path: ["to"] });`,
    { slug: " A-b ", n: "4", tags: ["a"], when: "2026-01-02", len: "four", upper: " x ", from: 1, to: 2 },
    { slug: "a b", n: "x", tags: ["a", "a"], when: "no", len: "", upper: "", from: 1, to: 2 },
    { slug: "a", n: 4, tags: [], when: "2026-01-02", len: "", upper: "", from: 3, to: 2 },
  ),
  form(
    "superRefine and check with a context",
    `const out = z.object({ kind: z.enum(["a", "b"]), a: z.string().optional(), list: z.array(z.number()) })
      .superRefine((value, ctx) => {
        if (value.kind === "a" && !value.a) ctx.addIssue({ code: "custom", message: "a needs a", path: ["a"] });
        value.list.forEach((n, i) => {
          if (n < 0) ctx.addIssue({ code: z.ZodIssueCode.custom, message: \`negative \${n}\`, path: ["list", i] });
        });
        if (value.list.length > 3) { ctx.addIssue("too many"); return; }
      });`,
    { kind: "a", list: [1, -1] },
    { kind: "b", list: [] },
    { kind: "a", a: "x", list: [1, 2, 3, 4] },
    { kind: "c", list: [] },
  ),
  form(
    "transform with a context",
    `const out = z.string().transform((text, ctx) => {
      const n = Number(text);
      if (Number.isNaN(n)) {
        ctx.addIssue({ code: "custom", message: "not a number" });
        return z.NEVER;
      }
      return n;
    });`,
    "1",
    "x",
    3,
  ),
  form(
    "check with a payload",
    `const out = z.array(z.string()).check((ctx) => {
      if (ctx.value.length > 2) ctx.issues.push({ code: "too_big", maximum: 2, origin: "array", inclusive: true, message: "at most two", input: ctx.value });
    });`,
    ["a"],
    ["a", "b", "c"],
  ),
  form(
    "unions",
    `const Shape = z.discriminatedUnion("type", [
      z.object({ type: z.literal("circle"), r: z.number().positive() }),
      z.object({ type: z.literal("rect"), w: z.number(), h: z.number().default(1) }),
    ]);
    const out = z.object({
      shape: Shape, either: z.union([z.string().regex(/^x/), z.number()]), or: z.string().or(z.null()),
      both: z.intersection(z.object({ a: z.string() }), z.object({ b: z.string() })), and: z.looseObject({ a: z.string() }).and(z.looseObject({ b: z.string() })),
      pair: z.tuple([z.string(), z.number()]), rest: z.tuple([z.string()], z.number()), rest2: z.tuple([z.string()]).rest(z.boolean()),
      rec: z.record(z.string(), z.number()), keys: z.record(z.enum(["a", "b"]), z.number()), partial: z.partialRecord(z.enum(["a", "b"]), z.number()),
      lit: z.literal(["a", 1, true, null]), map: z.record(z.string().min(2), z.unknown()),
    });`,
    {
      shape: { type: "circle", r: 1 },
      either: "x",
      or: null,
      both: { a: "", b: "" },
      and: { a: "", b: "", c: 1 },
      pair: ["a", 1],
      rest: ["a", 1, 2],
      rest2: ["a", true],
      rec: { k: 1 },
      keys: { a: 1, b: 2 },
      partial: { a: 1 },
      lit: null,
      map: { ab: 1 },
    },
    {
      shape: { type: "rect", w: 1 },
      either: 1,
      or: "x",
      both: { a: "" },
      and: { b: "" },
      pair: ["a"],
      rest: [1, "a"],
      rest2: ["a", 1],
      rec: { k: "1" },
      keys: { a: 1 },
      partial: { c: 1 },
      lit: "b",
      map: { a: 1 },
    },
    {
      shape: { type: "tri" },
      either: "a",
      or: 1,
      pair: ["a", 1, 2],
      rest: [],
      rec: [],
      keys: {},
      partial: { a: "x" },
      lit: "none",
      map: null,
    },
  ),
  form(
    "string formats",
    `const out = z.object({
      a: z.email(), b: z.string().email(), c: z.url(), d: z.string().url("bad url"), e: z.uuid(), f: z.iso.date(), g: z.iso.time(), h: z.iso.duration(),
      i: z.string().datetime({ offset: true }), j: z.ipv4(), k: z.string().ip ? z.string() : z.string(), l: z.cuid2(), m: z.string().startsWith("a").endsWith("z").includes("m"),
      n: z.string().length(3), o: z.string().nonempty(), p: z.base64(), q: z.string().regex(/^[A-Z]+-\\d+$/, { message: "a key such as AB-1" }),
    }).partial();`,
    {
      a: "a@b.io",
      b: "x",
      c: "https://a.b",
      d: "nope",
      e: "x",
      f: "2026-01-02",
      g: "10:00",
      h: "P1D",
      i: "2026-01-02T03:04:05+01:00",
      j: "1.2.3.4",
    },
    { a: "a", c: "b", j: "256.1.1.1", l: "", m: "amz", n: "ab", o: "", p: "?", q: "AB-1" },
    { m: "xyz", q: "ab", p: "YQ==", o: "a", n: "abc" },
  ),
  form(
    "wrappers",
    `const out = z.object({
      a: z.coerce.number(), b: z.coerce.boolean(), c: z.coerce.string(), d: z.number().catch(3), e: z.string().readonly(), f: z.string().brand("x"), g: z.string().brand(),
      h: z.string().nullish(), i: z.optional(z.nullable(z.string())), j: z.string().optional().nonoptional(), k: z.array(z.string()).nonempty().max(2).readonly(),
      l: z.number().int().positive().max(10).multipleOf(2), m: z.number().finite().safe().nonnegative(), n: z.string().describe("a name").meta({ title: "Name" }),
      o: z.string().catch(() => "caught"), p: z.array(z.number()).length(2),
    });`,
    {
      a: "3",
      b: "false",
      c: 1,
      d: "x",
      e: "e",
      f: "f",
      g: "g",
      j: "j",
      k: ["a"],
      l: 4,
      m: 0,
      n: "n",
      p: [1, 2],
    },
    {
      a: "x",
      b: null,
      c: null,
      d: 1,
      e: 1,
      f: 1,
      g: 1,
      h: null,
      i: null,
      k: [],
      l: 3,
      m: -1,
      n: 1,
      o: 3,
      p: [1],
    },
  ),
  form(
    "recursion by lazy",
    `const Node = z.object({ name: z.string(), children: z.lazy(() => z.array(Node)).default([]) });
    const out = z.object({ root: Node });`,
    { root: { name: "a" } },
    { root: { name: "a", children: [{ name: "b", children: [{ name: 1 }] }] } },
  ),
  form(
    "recursion by a getter",
    `const Category = z.object({ name: z.string(), get children() { return z.array(Category); } });
    const out = Category;`,
    { name: "a", children: [{ name: "b", children: [] }] },
    { name: "a", children: [{ name: "b" }] },
  ),
  form(
    "mutual recursion",
    `const Job = z.object({ title: z.string(), owner: z.lazy(() => User).optional() });
    const User = z.object({ name: z.string(), tasks: z.array(z.lazy(() => Job)) });
    const out = User;`,
    { name: "a", tasks: [{ title: "t", owner: { name: "b", tasks: [] } }] },
    { name: "a", tasks: [{ title: "t", owner: { name: "b" } }] },
  ),
  form(
    "messages",
    `const required = { error: (issue) => (issue.input === undefined ? "is required" : "is wrong") };
    const out = z.object({ a: z.string(required), b: z.string({ message: "text please" }), c: z.number({ error: "a number" }).min(1, "too few"), d: z.enum(["x"], { error: () => "only x" }) }, { error: "an object" });`,
    { a: 1, b: 1, c: "x", d: "y" },
    {},
    1,
    { a: "a", b: "b", c: 0, d: "x" },
  ),
  form(
    "a schema chosen by a constant",
    `const STRICT = true;
    const make = (strict) => { const base = { a: z.string() }; if (strict) return z.strictObject(base); return z.object(base); };
    const out = STRICT ? make(STRICT) : z.any();`,
    { a: "a" },
    { a: "a", b: 1 },
  ),
  form(
    "reduce over schemas",
    `const parts = [z.object({ a: z.string() }), z.object({ b: z.string() })];
    const out = parts.reduce((all, one) => all.extend(one.shape), z.object({}));`,
    { a: "", b: "" },
    { a: "" },
  ),
  form(
    "a regular expression under a name, and limits from a table",
    `const SHA = /^[0-9a-f]{7,40}$/i; const LIMITS = { title: { max: 3 } };
    const out = z.object({ sha: z.string().regex(SHA, "no sha"), title: z.string().max(LIMITS.title.max) });`,
    { sha: "ABCDEF0", title: "abc" },
    { sha: "x", title: "abcd" },
  ),
  form(
    "what a schema tells of itself",
    `const Level = z.enum(["low", "high"]); const Kind = z.literal("kind"); const Base = z.object({ a: z.string(), b: Level }).partial();
    const out = z.object({
      levels: z.record(z.enum(Level.options), z.number()), high: z.literal(Level.enum.high), kind: z.literal(Kind.value),
      names: z.enum(Object.keys(Base.shape)), back: z.object({ ...Base.shape, c: z.number() }), each: z.tuple(Object.values(Base.shape)),
      text: z.string().describe("one of " + Level.options.join(", ")),
    });`,
    {
      levels: { low: 1, high: 2 },
      high: "high",
      kind: "kind",
      names: "a",
      back: { c: 1 },
      each: ["a", "low"],
      text: "x",
    },
    { levels: { low: 1 }, high: "low", kind: "", names: "c", back: {}, each: [1, 2], text: 1 },
  ),
  form(
    "helpers that make schemas of schemas",
    `const paginated = (item, { max = 2 } = {}) => z.object({ items: z.array(item).max(max), next: z.string().nullable().default(null) });
    function withMeta(schema) { return schema.extend({ meta: z.object({ by: z.string() }).optional() }); }
    const All = { one: z.object({ a: z.string() }), two: z.object({ b: z.number() }) };
    const out = z.object({
      page: paginated(withMeta(All.one)), more: paginated(All.two, { max: 1 }),
      any: z.union(Object.values(All)), by: z.object(Object.fromEntries(Object.entries(All).map(([key, schema]) => [key, schema.optional()]))),
      keyed: z.object({ ["k_" + "1"]: z.string(), ...All.one.shape }), tags: ["x", "y"].map((t) => z.literal(t)).length === 2 ? z.enum(["x", "y"]) : z.any(),
    });`,
    {
      page: { items: [{ a: "a", meta: { by: "me" } }] },
      more: { items: [{ b: 1 }], next: "n" },
      any: { b: 1 },
      by: {},
      keyed: { k_1: "", a: "" },
      tags: "x",
    },
    {
      page: { items: [{}, {}, {}] },
      more: { items: [{ b: 1 }, { b: 2 }] },
      any: {},
      by: { one: 1 },
      keyed: {},
      tags: "z",
    },
  ),
  form(
    "functions of the language, and functions under names",
    `const rules = { clean: (s) => s.trim(), short: (s) => s.length < 4 };
    function toList(value) { return Array.isArray(value) ? value : [value]; }
    const out = z.object({
      n: z.string().transform(Number), b: z.unknown().refine(Boolean, "wanted"), s: z.string().transform(rules.clean).refine(rules.short, { error: "long", abort: true }),
      list: z.preprocess(toList, z.array(z.string())), caught: z.number().catch((ctx) => (typeof ctx.input === "string" ? ctx.input.length : -1)),
      when: z.string().refine((s) => s !== "x", { path: ["deep", 0], message: "no x", params: { why: 1 } }),
      piped: z.string().pipe(z.transform((s) => s.split(","))).pipe(z.array(z.string().min(1))),
      over: z.string().overwrite((s) => s + "!").check(z.minLength(2), z.refine((s) => s !== "no!", "not no")),
    });`,
    { n: "4", b: 1, s: " ab ", list: "a", caught: "abc", when: "y", piped: "a,b", over: "a" },
    { n: "x", b: 0, s: "abcdef", list: [1], caught: null, when: "x", piped: "a,", over: "no" },
  ),
  form(
    "registered metadata",
    `const out = z.object({ a: z.string().register(z.globalRegistry, { description: "the a" }), b: z.number().meta({ title: "B", examples: [1] }) }).describe("whole");`,
    { a: "a", b: 1 },
    {},
  ),
  form(
    "what Zod alone knows of a schema",
    `const A = z.object({ a: z.string().optional(), b: z.string().min(3) });
    const out = z.object({
      x: A.shape.a.isOptional() ? z.literal("optional") : z.literal("required"), y: A.shape.b.isNullable() ? z.number() : z.string(),
      kind: A.type === "object" ? z.string().max(A.shape.b.minLength) : z.number(), none: A.isNotThere ? z.string() : z.null(),
    });`,
    { x: "optional", y: "text", kind: "abc", none: null },
    { x: "required", y: 1, kind: 1, none: "a" },
  ),
  form(
    "makers of fields in a table, and tables that are put together",
    `const DEF = { name: "text", age: "count" };
    const make = { text: () => z.string().min(1), count: () => z.number().int() };
    const out = z.object({
      by: z.object(Object.fromEntries(Object.entries(DEF).map(([key, kind]) => [key, make[kind]().optional()]))),
      put: z.object(Object.assign({}, { a: z.string() }, { b: z.number().optional() })),
    });`,
    { by: { name: "a" }, put: { a: "", b: 1 } },
    { by: { name: "", age: 0.5 }, put: { b: "1" } },
  ),
  form(
    "functions that ask another schema what it holds",
    `const Level = z.enum(["low", "high"]);
    const out = z.object({
      a: z.string().refine((text) => Level.options.includes(text), "no level"),
      b: z.string().transform((text) => (Level.options.includes(text) ? text : Level.options[text.length] ?? "none")),
    });`,
    { a: "low", b: "high" },
    { a: "mid", b: "x" },
    { a: "high", b: "" },
  ),
  form(
    "all of an issue that a message can tell, and what a caught value was",
    `const out = z.object({
      u: z.union([z.string(), z.number()], { error: (issue) => issue.errors.map((branch) => branch[0].expected).join(" or ") }),
      s: z.string().startsWith("a", { error: (issue) => "prefix " + issue.prefix }).regex(/b/, { error: (issue) => issue.pattern }),
      r: z.record(z.string().min(2), z.number(), { error: (issue) => (issue.issues ? "key: " + issue.issues.length : undefined) }),
      d: z.discriminatedUnion("t", [z.object({ t: z.literal("x") })], { error: (issue) => issue.discriminator }).optional(),
      c: z.object({ b: z.number() }).catch((ctx) => ({ b: ctx.error.issues.length + ctx.issues.length })),
    });`,
    { u: 1, s: "ab", r: { ab: 1 }, d: { t: "x" }, c: { b: 1 } },
    { u: true, s: "x", r: { a: 1 }, d: { t: "y" }, c: {} },
    { u: null, s: "a", r: [], d: 1, c: { b: "1" } },
  ),
  form(
    "helpers that go on from what a schema was",
    `const text = ({ min = 1, max = 5, about } = {}) => { let s = z.string().min(min).max(max); if (about) s = s.describe(about); return s; };
    const one = (kind, loose) => { let s; switch (kind) { case "n": s = z.number(); break; default: s = z.string(); } if (loose) { s = s.nullable(); } return s; };
    const out = z.object({ a: text(), b: text({ min: 2, about: "bee" }), c: text({ max: 2 }).optional(), n: one("n"), t: one("t", true) });`,
    { a: "a", b: "bb", c: "c", n: 1, t: null },
    { a: "", b: "b", c: "ccc", n: null, t: 1 },
  ),
  form(
    "names from a set",
    `const TEAMS = [{ name: "core" }, { name: "web" }, { name: "core" }];
    const out = z.object({ team: z.enum([...new Set(TEAMS.map((team) => team.name))]) });`,
    { team: "core" },
    { team: "x" },
  ),
];
