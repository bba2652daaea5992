/** Inputs and results made up for a workflow from its schemas and from what its source compares with. */
import type { z } from "zod";
import type { Json } from "../../plan/types.ts";
import type { Random } from "./random.ts";
import { type Assignment, type Decide, type Pool, pairwise, poolOf, sampleAt } from "./sampler.ts";

export interface Row {
  readonly [field: string]: Json;
}

/** Tries at a value that passes refinements, too. */
const TRIES = 30;

export class MadeUp {
  readonly #schemas: { readonly [table: string]: unknown };
  readonly #pool: Pool;
  /** What an input without schema is asked for. */
  readonly #inputs: readonly string[];

  /** `schemas`: Zod schemas by table, that of the input as `input`. */
  constructor(schemas: { readonly [table: string]: unknown }, sources: readonly string[]) {
    this.#schemas = schemas;
    this.#pool = poolOf(sources);
    this.#inputs = [
      ...new Set(sources.flatMap((text) => [...text.matchAll(/input\??\.(\w+)/g)].map(([, name]) => name!))),
    ];
  }

  /** Ways to decide everything that a schema leaves open; at most `limit`. */
  assignments(limit: number, next: Random): readonly Assignment[] {
    return pairwise(this.#factors(), limit, next);
  }

  /** Every decision that values of the input and of the tables ask for. */
  #factors(): ReadonlyMap<string, number> {
    const factors = new Map<string, number>();
    // Nothing is absent or empty in a probe, so that every place is reached.
    const probe: Decide = (place, levels) => {
      factors.set(place, levels);
      return levels - 1;
    };
    // The same each time: what a probe gives is not used.
    const next: Random = () => 0.5;
    for (const [table, schema] of Object.entries(this.#schemas))
      sampleAt(schema, table, probe, next, this.#pool);
    // Of a union, each way.
    for (let way = 0; way < 4; way++) {
      const other: Decide = (place, levels) => {
        factors.set(place, levels);
        return place.endsWith("|") ? way % levels : levels - 1;
      };
      for (const [table, schema] of Object.entries(this.#schemas))
        sampleAt(schema, table, other, next, this.#pool);
    }
    if (!("input" in this.#schemas))
      for (const name of this.#inputs) factors.set(`input.${name}~`, KINDS.length);
    return factors;
  }

  /** As given, and as the schema makes it; undefined where no try passes the schema. */
  input(assignment: Assignment, next: Random): { readonly raw: Json; readonly parsed: unknown } | undefined {
    const schema = this.#schemas.input as z.ZodType | undefined;
    if (schema === undefined) {
      const raw = Object.fromEntries(
        this.#inputs.flatMap((name) => {
          const value = KINDS[assignment.get(`input.${name}~`) ?? 0]!(name, next, this.#pool);
          return value === undefined ? [] : [[name, value]];
        }),
      );
      return { raw, parsed: raw };
    }
    for (let tries = 0; tries < TRIES; tries++) {
      const raw = sampleAt(schema, "input", (place) => assignment.get(place) ?? 0, next, this.#pool);
      const parsed = accepted(schema, raw);
      if (parsed) return { raw: raw ?? null, parsed: parsed.data };
    }
    return undefined;
  }

  /** A result of a task of the run `seed`. `iteration`: the sum of those of all loops around it. */
  row(
    { table, kind }: { readonly table: string; readonly kind: string },
    assignment: Assignment,
    { seed, iteration }: { readonly seed: number; readonly iteration: number },
    next: Random,
  ): Row | undefined {
    const schema = this.#schemas[table] as z.ZodType | undefined;
    if (!schema) return undefined;
    // In half of the runs results change from round to round, in the others they stay.
    const decide: Decide = (at, levels) => ((assignment.get(at) ?? 0) + (seed % 2 ? iteration : 0)) % levels;
    for (let tries = 0; tries < TRIES; tries++) {
      const parsed = accepted(schema, sampleAt(schema, table, decide, next, this.#pool));
      if (!parsed || typeof parsed.data !== "object" || parsed.data === null) continue;
      const row = JSON.parse(JSON.stringify(parsed.data)) as Row;
      // A denial may end the run; what comes after an approval is what is compared.
      return kind === "approval" ? { ...row, approved: true } : row;
    }
    return undefined;
  }
}

/** A function of the author's that throws, or is async, accepts nothing. */
function accepted(schema: z.ZodType, value: unknown): { readonly data: unknown } | null {
  try {
    const parsed = schema.safeParse(value);
    return parsed.success ? parsed : null;
  } catch {
    return null;
  }
}

type Maker = (name: string, next: Random, pool: Pool) => Json | undefined;

/** What an input without schema may hold. */
const KINDS: readonly Maker[] = [
  () => undefined,
  (name, next, pool) =>
    pool.strings.length > 0 && next() < 0.6
      ? pool.strings[Math.floor(next() * pool.strings.length)]!
      : `a ${name}`,
  () => true,
  (_, next) => Math.floor(next() * 10),
  (name) => [`${name}-1`, `${name}-2`],
];
