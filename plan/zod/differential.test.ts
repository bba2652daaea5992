/** The same text built by us and run as JavaScript: both parsers must say the same about every input. */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { Json } from "../types.ts";
import { buildZod, jsonSchemaOf } from "./index.ts";
import { inputs, schemaText } from "./testing.ts";

const numRuns = Number(process.env.RUNS ?? 400);

/** What `new Function` makes of the text: the author's own parser. */
function reference(text: string): z.ZodType {
  return new Function("z", `"use strict"; return ${text}`)(z) as z.ZodType;
}

function attempt(make: () => z.ZodType): z.ZodType | null {
  try {
    return make();
  } catch {
    return null;
  }
}

function verdict(schema: z.ZodType, input: Json): unknown {
  try {
    const result = schema.safeParse(input);
    return result.success
      ? { data: result.data }
      : { issues: result.error.issues.map(({ code, path, message }) => ({ code, path, message })) };
  } catch {
    return "threw";
  }
}

describe("buildZod against Zod itself", () => {
  it("agrees on generated schemas and inputs", () => {
    const seen = { built: 0, accepted: 0, refused: 0, threw: 0 };
    fc.assert(
      fc.property(
        schemaText.chain((schema) =>
          fc.tuple(fc.constant(schema.text), fc.array(inputs(schema), { maxLength: 8 })),
        ),
        ([text, values]) => {
          const theirs = attempt(() => reference(text));
          const ours = attempt(() => buildZod(text));
          expect(ours === null, text).toBe(theirs === null);
          if (ours === null || theirs === null) return;
          seen.built++;
          for (const side of ["input", "output"] as const) {
            expect(jsonSchemaOf(ours, side), text).toEqual(jsonSchemaOf(theirs, side));
          }
          for (const value of values) {
            const expected = verdict(theirs, structuredClone(value));
            const actual = verdict(ours, structuredClone(value));
            if (!isDeepStrictEqual(actual, expected)) {
              expect(actual, `${text}\n on ${JSON.stringify(value)}`).toEqual(expected);
              throw new Error(`${text} on ${JSON.stringify(value)}: equal but for signs or kinds`);
            }
            if (expected === "threw") seen.threw++;
            else if (typeof expected === "object" && expected !== null && "data" in expected) seen.accepted++;
            else seen.refused++;
          }
        },
      ),
      { numRuns },
    );
    // A test that never builds, never accepts or never refuses would prove nothing.
    expect(seen.built).toBeGreaterThan(numRuns * 0.9);
    expect(seen.accepted).toBeGreaterThan(numRuns * 0.5);
    expect(seen.refused).toBeGreaterThan(numRuns * 0.5);
  });
});
