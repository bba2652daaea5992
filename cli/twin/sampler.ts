/**
 * Values made up from Zod schemas so that every decision is covered: booleans, enums, unions, presence and list lengths
 * are factors, whose pairs of levels all occur over the seeds; strings and numbers lean on literals of the source.
 */
import type { Json } from "../../plan/types.ts";
import type { Random } from "./random.ts";

/** Decides between `levels` ways at a place of a schema; places repeat for every row of a table. */
export type Decide = (place: string, levels: number) => number;

export interface Pool {
  /** Any short text of the source. */
  readonly words: readonly string[];
  /** What the source compares with. */
  readonly strings: readonly string[];
  readonly numbers: readonly number[];
}

interface Definition {
  readonly type: string;
  readonly [key: string]: unknown;
}

const definition = (schema: unknown): Definition | undefined =>
  (schema as { readonly _zod?: { readonly def: Definition } } | undefined)?._zod?.def;

/** A value that the schema should accept; undefined for an absent optional. */
export function sampleAt(
  schema: unknown,
  place: string,
  decide: Decide,
  next: Random,
  pool: Pool,
): Json | undefined {
  const def = definition(schema);
  if (!def) return null;
  const inner = (): Json | undefined => sampleAt(def.innerType, place, decide, next, pool);
  switch (def.type) {
    case "string":
      return textAt(def, place, decide, next, pool);
    case "number":
    case "int":
      return numberAt(def, next, pool);
    case "boolean":
      return decide(`${place}?`, 2) === 0;
    case "enum": {
      const values = Object.values(def.entries as Record<string, Json>);
      return values[decide(`${place}=`, values.length)];
    }
    case "literal": {
      const values = def.values as readonly Json[];
      return values[decide(`${place}=`, values.length)];
    }
    case "array": {
      // a schema of itself has to end
      const length = place.split("[]").length > 4 ? 0 : decide(`${place}#`, 4);
      // The last level is a longer list; members differ from one another.
      return Array.from({ length }, (_, n) => {
        const shifted: Decide = (at, levels) => (decide(at, levels) + n) % levels;
        return sampleAt(def.element, `${place}[]`, shifted, next, pool) ?? null;
      });
    }
    case "tuple":
      return (def.items as readonly unknown[]).map(
        (item, n) => sampleAt(item, `${place}.${n}`, decide, next, pool) ?? null,
      );
    case "object": {
      const entries = Object.entries(def.shape as Record<string, unknown>).map(
        ([key, value]) => [key, sampleAt(value, `${place}.${key}`, decide, next, pool)] as const,
      );
      return Object.fromEntries(
        entries.filter((entry): entry is readonly [string, Json] => entry[1] !== undefined),
      );
    }
    case "record":
      return Object.fromEntries(
        ["k0", "k1"]
          .slice(0, decide(`${place}#`, 3))
          .map((key) => [key, sampleAt(def.valueType, `${place}[]`, decide, next, pool) ?? null]),
      );
    case "optional":
    case "default":
    case "prefault":
      return decide(`${place}??`, 3) === 0 ? undefined : inner();
    case "nullable":
      return decide(`${place}!`, 3) === 0 ? null : inner();
    case "union": {
      const options = def.options as readonly unknown[];
      return sampleAt(options[decide(`${place}|`, options.length)], place, decide, next, pool);
    }
    case "pipe":
      return sampleAt(def.in, place, decide, next, pool);
    case "readonly":
    case "catch":
    case "nonoptional":
      return inner();
    default:
      return "any";
  }
}

const FORMATS: Record<string, string> = {
  datetime: "2026-01-02T03:04:05.000Z",
  date: "2026-01-02",
  email: "ada@example.com",
  url: "https://example.com/a?b=c",
  uuid: "2f1c9f7e-3b1a-4f6b-9a53-0d6f4c7a1b2c",
};

function textAt(def: Definition, place: string, decide: Decide, next: Random, pool: Pool): string {
  const format = FORMATS[String(def.format ?? formatOf(def))];
  if (format !== undefined) return format;
  const name = place.split(/[.[]/).at(-1) || "text";
  const way = decide(`${place}"`, 3);
  if (way === 0 && next() < 0.4 && pool.words.length > 0)
    return `${pool.words[Math.floor(next() * pool.words.length)]}${next() < 0.5 ? "" : "/x"}`;
  if (way === 1 && pool.strings.length > 0) return pool.strings[Math.floor(next() * pool.strings.length)]!;
  if (way === 2 && next() < 0.4) return "";
  const letter = "abc"[Math.floor(next() * 3)];
  // Names that become ids are plain; other text has what could be escaped or trimmed by mistake.
  return /(id|slug|name|key|path|url)$/i.test(name) || next() < 0.5
    ? `${letter}${Math.floor(next() * 90)}`
    : `${letter} <${name}> & "q" \`t\` \${x} é\n  next`;
}

function formatOf(def: Definition): string | undefined {
  const checks = (def.checks ?? []) as readonly {
    readonly _zod?: { readonly def?: { readonly format?: string } };
  }[];
  return checks.map((check) => check._zod?.def?.format).find((format) => format !== undefined);
}

function numberAt(def: Definition, next: Random, pool: Pool): number {
  const whole = def.type === "int" || (Array.isArray(def.checks) && def.checks.length > 0);
  const x = next();
  const near =
    pool.numbers.length > 0
      ? pool.numbers[Math.floor(next() * pool.numbers.length)]! + Math.floor(next() * 3) - 1
      : 1;
  const value = x < 0.15 ? 0 : x < 0.6 ? near : x < 0.85 ? Math.floor(x * 10) : next() * 2;
  return whole ? Math.floor(value) : value;
}

/** Literals of source files: what their comparisons are about. */
export function poolOf(sources: readonly string[]): Pool {
  const text = sources.join("\n");
  const strings = [...text.matchAll(/(?:===|!==|case|includes\(|startsWith\()\s*"([^"\n]{1,24})"/g)].map(
    ([, found]) => found!,
  );
  const words = [...text.matchAll(/"([a-z][\w-]{1,12})"/g)].map(([, found]) => found!);
  const numbers = [...text.matchAll(/(?:[<>]=?|===|!==)\s*(\d+(?:\.\d+)?)/g)].map(([, found]) =>
    Number(found),
  );
  return { strings: [...new Set(strings)], words: [...new Set(words)], numbers: [...new Set(numbers)] };
}

export type Levels = ReadonlyMap<string, number>;
export type Assignment = ReadonlyMap<string, number>;

/** Assignments in which every pair of levels of two factors occurs, as far as `limit` of them reach; greedy. */
export function pairwise(factors: Levels, limit: number, next: Random): Assignment[] {
  const names = [...factors.keys()];
  const open = new Set<string>();
  const pair = (i: number, a: number, j: number, b: number): string => `${i}:${a},${j}:${b}`;
  const each = (row: readonly number[], visit: (key: string) => void): void => {
    for (let i = 0; i < row.length; i++)
      for (let j = i + 1; j < row.length; j++) visit(pair(i, row[i]!, j, row[j]!));
  };
  for (let i = 0; i < names.length; i++)
    for (let j = i + 1; j < names.length; j++)
      for (let a = 0; a < factors.get(names[i]!)!; a++)
        for (let b = 0; b < factors.get(names[j]!)!; b++) open.add(pair(i, a, j, b));
  const rows: Assignment[] = [];
  while (rows.length < limit && (open.size > 0 || rows.length < 4)) {
    let best: number[] = [];
    let most = -1;
    for (let candidate = 0; candidate < 12; candidate++) {
      const row = names.map((name) => Math.floor(next() * factors.get(name)!));
      let found = 0;
      each(row, (key) => {
        if (open.has(key)) found++;
      });
      if (found > most) [best, most] = [row, found];
    }
    each(best, (key) => open.delete(key));
    rows.push(new Map(names.map((name, i) => [name, best[i]!])));
  }
  return rows;
}
