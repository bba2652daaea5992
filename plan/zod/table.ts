/**
 * The whitelist: everything of Zod that the text of a plan can reach (SEMANTICS 32, DESIGN §3 "Safety").
 * A name that does not stand here is refused; what stands in `REFUSED` is refused with its reason.
 *
 * Members are named one by one, so that nothing is ever looked up in Zod by a name from a plan, and so that a bundle
 * holds only these: Zod's languages alone are a third of a megabyte to read at every start.
 */
import * as z from "zod";

/** `z.NAME(…)`. */
export const CONSTRUCTORS: ReadonlyMap<string, unknown> = new Map<string, unknown>(
  Object.entries({
    // types
    string: z.string,
    number: z.number,
    int: z.int,
    int32: z.int32,
    uint32: z.uint32,
    float32: z.float32,
    float64: z.float64,
    boolean: z.boolean,
    date: z.date,
    any: z.any,
    unknown: z.unknown,
    never: z.never,
    null: z.null,
    undefined: z.undefined,
    void: z.void,
    object: z.object,
    strictObject: z.strictObject,
    looseObject: z.looseObject,
    array: z.array,
    enum: z.enum,
    nativeEnum: z.nativeEnum,
    literal: z.literal,
    union: z.union,
    xor: z.xor,
    discriminatedUnion: z.discriminatedUnion,
    intersection: z.intersection,
    tuple: z.tuple,
    record: z.record,
    partialRecord: z.partialRecord,
    looseRecord: z.looseRecord,
    templateLiteral: z.templateLiteral,
    stringbool: z.stringbool,
    json: z.json,
    // string formats
    email: z.email,
    url: z.url,
    httpUrl: z.httpUrl,
    uuid: z.uuid,
    uuidv4: z.uuidv4,
    uuidv6: z.uuidv6,
    uuidv7: z.uuidv7,
    guid: z.guid,
    nanoid: z.nanoid,
    cuid: z.cuid,
    cuid2: z.cuid2,
    ulid: z.ulid,
    xid: z.xid,
    ksuid: z.ksuid,
    emoji: z.emoji,
    jwt: z.jwt,
    base64: z.base64,
    base64url: z.base64url,
    hex: z.hex,
    hash: z.hash,
    hostname: z.hostname,
    ipv4: z.ipv4,
    ipv6: z.ipv6,
    mac: z.mac,
    cidrv4: z.cidrv4,
    cidrv6: z.cidrv6,
    e164: z.e164,
    iban: z.iban,
    creditCard: z.creditCard,
    currencyCode: z.currencyCode,
    stringFormat: z.stringFormat,
    // wrappers in function form
    optional: z.optional,
    exactOptional: z.exactOptional,
    nullable: z.nullable,
    nullish: z.nullish,
    nonoptional: z.nonoptional,
    readonly: z.readonly,
    keyof: z.keyof,
    deepPartial: z.deepPartial,
    // functions of the author
    preprocess: z.preprocess,
    transform: z.transform,
    pipe: z.pipe,
    custom: z.custom,
    lazy: z.lazy,
    // checks, for `.check(…)`
    gt: z.gt,
    gte: z.gte,
    lt: z.lt,
    lte: z.lte,
    positive: z.positive,
    negative: z.negative,
    nonpositive: z.nonpositive,
    nonnegative: z.nonnegative,
    multipleOf: z.multipleOf,
    minLength: z.minLength,
    maxLength: z.maxLength,
    length: z.length,
    regex: z.regex,
    lowercase: z.lowercase,
    uppercase: z.uppercase,
    includes: z.includes,
    startsWith: z.startsWith,
    endsWith: z.endsWith,
    trim: z.trim,
    toLowerCase: z.toLowerCase,
    toUpperCase: z.toUpperCase,
    normalize: z.normalize,
    slugify: z.slugify,
    refine: z.refine,
    superRefine: z.superRefine,
    check: z.check,
    overwrite: z.overwrite,
  }),
);

/** `z.GROUP.NAME(…)`. */
export const GROUPS: ReadonlyMap<string, ReadonlyMap<string, unknown>> = new Map([
  [
    "iso",
    new Map<string, unknown>(
      Object.entries({
        date: z.iso.date,
        datetime: z.iso.datetime,
        time: z.iso.time,
        duration: z.iso.duration,
      }),
    ),
  ],
  [
    "coerce",
    new Map<string, unknown>(
      Object.entries({
        string: z.coerce.string,
        number: z.coerce.number,
        boolean: z.coerce.boolean,
        date: z.coerce.date,
      }),
    ),
  ],
]);

/** `schema.NAME(…)`. */
export const METHODS: ReadonlySet<string> = new Set([
  ..."optional exactOptional nullable nullish nonoptional array or and pipe readonly brand".split(" "),
  ..."transform refine superRefine overwrite default prefault catch describe meta check with".split(" "),
  // strings, numbers, arrays, dates
  ..."regex includes startsWith endsWith min max length nonempty lowercase uppercase trim normalize".split(
    " ",
  ),
  ..."toLowerCase toUpperCase slugify email url jwt emoji guid uuid uuidv4 uuidv6 uuidv7 nanoid cuid".split(
    " ",
  ),
  ..."cuid2 ulid base64 base64url xid ksuid ipv4 ipv6 cidrv4 cidrv6 e164 datetime date time duration".split(
    " ",
  ),
  ..."gt gte lt lte int safe positive nonnegative negative nonpositive multipleOf step finite".split(" "),
  // objects, enums, tuples, wrappers
  ..."keyof catchall passthrough loose strict strip extend safeExtend merge pick omit partial".split(" "),
  ..."exactPartial required extract exclude rest unwrap removeDefault removeCatch".split(" "),
]);

/** `schema.NAME` without a call. */
export const GETTERS: ReadonlySet<string> = new Set(["shape", "element", "options", "enum"]);

const NOT_JSON = "its values have no JSON form, and rows are JSON";

/** Names an author may well write, with why they can't be honoured and what to write instead. */
export const REFUSED: ReadonlyMap<string, string> = new Map([
  ["map", `${NOT_JSON}; use z.record(z.string(), …)`],
  ["set", `${NOT_JSON}; use z.array(…)`],
  ["bigint", `${NOT_JSON}; use z.int(), or z.string() for whole numbers beyond 2^53`],
  ["int64", `${NOT_JSON}; use z.int(), or z.string() for whole numbers beyond 2^53`],
  ["uint64", `${NOT_JSON}; use z.int().min(0), or z.string() for whole numbers beyond 2^53`],
  ["symbol", `${NOT_JSON}; use z.enum([…]) or z.literal(…)`],
  ["nan", `${NOT_JSON}; use z.number().nullable()`],
  ["file", `${NOT_JSON}; use z.string() for a path, or for its bytes as base64`],
  ["function", `${NOT_JSON}; keep functions in compute tasks`],
  ["promise", `${NOT_JSON}; use the schema of what it gives`],
  ["instanceof", `${NOT_JSON}; use z.object({ … }) with the fields that are needed`],
  ["codec", "it runs in both directions; use .transform(…)"],
  ["success", "it hides why a value failed; use .catch(…)"],
  ["ip", "Zod 4 has no such method; use z.union([z.ipv4(), z.ipv6()])"],
  ["cidr", "Zod 4 has no such method; use z.union([z.cidrv4(), z.cidrv6()])"],
  ["nonstrict", "Zod 4 has no such method; use .loose()"],
  ["apply", "its function is called while the schema is made; write what it gives"],
]);
