import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { draftOf } from "../test/drafts.ts";
import { seal } from "./seal.ts";
import type { Plan } from "./types.ts";
import { formatPlan } from "./write.ts";

const plan = seal(
  draftOf(
    {
      triage: {
        kind: "workflow",
        values: {
          tickets: { expr: "ctx.outputMaybe('out', { nodeId: 'collect' })", reads: ["outputs.out@collect"] },
        },
      },
      "score-{}": {
        kind: "task",
        parent: "triage",
        if: "tickets !== undefined",
        each: { of: "tickets.items", as: "t", key: "t.id" },
        id: { $: "`score-${t.id}`" },
        output: "out",
        agent: "writer",
        prompt: { $: ["`Score this ticket:", "${t.title}`"] },
      },
    },
    { input: { schema: "out" } },
  ),
);

describe("formatPlan", () => {
  it("lays a node out for reading: one field a line, short objects on one, code one line a line", () => {
    const text = formatPlan(plan);
    const lines = text.slice(text.indexOf('    "score-{}"')).split("\n").slice(0, 15);
    expect(lines.join("\n").replaceAll(/[0-9a-f]{64}/g, "…")).toBe(`    "score-{}": {
      "kind": "task",
      "parent": "triage",
      "if": "tickets !== undefined",
      "each": { "of": "tickets.items", "as": "t", "key": "t.id" },
      "id": { "$": "\`score-\${t.id}\`" },
      "output": "out",
      "agent": "writer",
      "prompt": {
        "$": [
          "\`Score this ticket:",
          "\${t.title}\`"
        ]
      },
      "digests": { "identity": "sha256:…", "interface": "sha256:…", "behaviour": "sha256:…", "policy": "sha256:…" }`);
  });

  it("parses back to the plan and ends with a newline", () => {
    expect(JSON.parse(formatPlan(plan))).toEqual(plan);
    expect(formatPlan(plan).endsWith("}\n")).toBe(true);
  });

  it("gives the same bytes whatever order the fields were built in", () => {
    const reversed = (value: unknown): unknown =>
      value && typeof value === "object" && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value;
    const nodes = Object.fromEntries(Object.entries(plan.nodes).map(([key, node]) => [key, reversed(node)]));
    expect(formatPlan(reversed({ ...plan, nodes }) as Plan)).toBe(formatPlan(plan));
  });

  it("keeps any JSON whatever its shape, within its width where it can be", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.jsonValue(), (payload, odd) => {
        const changed = { ...plan, constants: { T: { value: payload } }, unknown: odd } as unknown as Plan;
        const text = formatPlan(changed);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(changed)));
        for (const line of text.split("\n"))
          if (!line.includes('"digests": ') && /^ *("[^"\\]*": )?[[{] ?.+/.test(line))
            expect(line.length).toBeLessThanOrEqual(101);
      }),
    );
  });
});
