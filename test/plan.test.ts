import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { FIELD_NAMES, FIELDS, NODE_KINDS } from "../plan/fields.ts";
import { formatPlan, loadPlan, type Problem, renderTree, seal } from "../plan/index.ts";
import { fixtures } from "./fixtures.ts";

const schemaText = readFileSync(path.join(import.meta.dirname, "../plan/plan.schema.json"), "utf8");
const published = z.fromJSONSchema(JSON.parse(schemaText));

/** Rules about shape alone, which the published JSON Schema has to see too. */
const SHAPE: ReadonlySet<string> = new Set(["not-a-plan", "version", "type", "missing", "unknown-kind"]);

// `bad-…` hold plans that are refused; all others are sealed, and with `UPDATE=1` sealed again.
fixtures("plan", (fixture) => {
  const bad = fixture.name.startsWith("bad-");
  if (!bad && process.env.UPDATE === "1")
    fixture.matches("plan.json", formatPlan(seal(JSON.parse(fixture.read("plan.json")))));
  const text = fixture.read("plan.json");
  const loaded = loadPlan(text);
  if (bad) {
    if (loaded.ok) throw new Error("a bad plan was accepted");
    fixture.matches("problems.txt", loaded.problems.map(line).join(""));
    if (loaded.problems[0]!.rule.startsWith("json-")) return;
    expect(published.safeParse(JSON.parse(text)).success).toBe(
      !loaded.problems.some(({ rule }) => SHAPE.has(rule)),
    );
    return;
  }
  if (!loaded.ok) throw new Error(loaded.problems.map(line).join(""));
  expect(formatPlan(loaded.plan)).toBe(text);
  expect(seal(loaded.plan)).toEqual(loaded.plan);
  expect(published.safeParse(JSON.parse(text)).success).toBe(true);
  fixture.matches("tree.txt", `${renderTree(loaded.plan)}\n`);
});

function line({ path, rule, message }: Problem): string {
  return `${path === "" ? "(plan)" : path}: ${message} [${rule}]\n`;
}

describe("plan.schema.json", () => {
  it("has exactly the fields of the table for every kind of node", () => {
    const { $defs } = JSON.parse(schemaText);
    const of = (name: string): string[] => Object.keys($defs[name]?.properties ?? {});
    for (const kind of NODE_KINDS) {
      const parts: { readonly $ref?: string; readonly properties?: object }[] = $defs[kind].allOf ?? [];
      const own = [
        ...of(kind),
        ...parts.flatMap(({ $ref, properties }) =>
          $ref === undefined ? Object.keys(properties ?? {}) : of($ref.replace("#/$defs/", "")),
        ),
      ];
      const fields = [...of("nodeBase"), ...own].filter(
        (name) =>
          !["kind", "parent", "component", "each", "values", "guards", "args", "reads", "digests"].includes(
            name,
          ),
      );
      const expected = FIELD_NAMES.filter(
        (name) => !name.startsWith("each.") && (FIELDS[name].kinds as readonly string[]).includes(kind),
      );
      expect(fields.sort(), kind).toEqual([...expected].sort());
    }
  });
});
