/**
 * The whitelist: everything of Zod that the text of a plan can reach (SEMANTICS 32, DESIGN §3 "Safety").
 * A name that does not stand here is refused; what stands in `REFUSED` is refused with its reason.
 */

/** `z.NAME(…)`. */
export const CONSTRUCTORS: ReadonlySet<string> = new Set([
  // types
  ..."string number int int32 uint32 float32 float64 boolean date any unknown never null undefined void".split(
    " ",
  ),
  ..."object strictObject looseObject array enum nativeEnum literal union xor discriminatedUnion".split(" "),
  ..."intersection tuple record partialRecord looseRecord templateLiteral stringbool json".split(" "),
  // string formats
  ..."email url httpUrl uuid uuidv4 uuidv6 uuidv7 guid nanoid cuid cuid2 ulid xid ksuid emoji jwt".split(" "),
  ..."base64 base64url hex hash hostname ipv4 ipv6 mac cidrv4 cidrv6 e164 iban creditCard".split(" "),
  ..."currencyCode stringFormat".split(" "),
  // wrappers in function form
  ..."optional exactOptional nullable nullish nonoptional readonly keyof deepPartial".split(" "),
  // functions of the author
  ..."preprocess transform pipe custom lazy".split(" "),
  // checks, for `.check(…)`
  ..."gt gte lt lte positive negative nonpositive nonnegative multipleOf minLength maxLength length".split(
    " ",
  ),
  ..."regex lowercase uppercase includes startsWith endsWith trim toLowerCase toUpperCase normalize".split(
    " ",
  ),
  ..."slugify refine overwrite".split(" "),
]);

/** `z.GROUP.NAME(…)`. */
export const GROUPS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["iso", new Set(["date", "datetime", "time", "duration"])],
  ["coerce", new Set(["string", "number", "boolean", "date"])],
]);

/** `schema.NAME(…)`. */
export const METHODS: ReadonlySet<string> = new Set([
  ..."optional exactOptional nullable nullish nonoptional array or and pipe readonly brand".split(" "),
  ..."transform refine overwrite default prefault catch describe meta check with".split(" "),
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

const NOT_JSON = "its values have no JSON form, and task results are JSON";

/** Names an author may well write, with why they can't be honoured and what to write instead. */
export const REFUSED: ReadonlyMap<string, string> = new Map([
  ["map", `${NOT_JSON}; use z.record(…)`],
  ["set", `${NOT_JSON}; use z.array(…)`],
  ["bigint", `${NOT_JSON}; use z.int() or z.string()`],
  ["int64", `${NOT_JSON}; use z.int() or z.string()`],
  ["uint64", `${NOT_JSON}; use z.int() or z.string()`],
  ["symbol", NOT_JSON],
  ["nan", NOT_JSON],
  ["file", NOT_JSON],
  ["function", NOT_JSON],
  ["promise", NOT_JSON],
  ["instanceof", NOT_JSON],
  ["superRefine", "it reports through a context object that a plan can't give; use several .refine(…)"],
  ["codec", "it runs in both directions; use .transform(…)"],
  ["success", "it hides why a value failed; use .catch(…)"],
]);
