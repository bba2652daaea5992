/**
 * The comparison itself: plans damaged on purpose are caught. Every field of every node is damaged once; `DAMAGE` names
 * workflows, or is `all`. What survives is printed.
 */
import { readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Plan } from "../../../plan/types.ts";
import { compareBuilt, replay } from "./fidelity.ts";

const FOLDER = path.resolve(import.meta.dirname, "../../../fixtures/fidelity");
const wanted = process.env.DAMAGE ?? "review-rounds";
const names = wanted === "all" ? readdirSync(FOLDER) : wanted.split(",");

/** Not compared: cosmetic, or of no effect on a frame. */
const SILENT = new Set([
  "digests",
  "reads",
  "component",
  "parent",
  "kind",
  "args",
  "captures",
  "module",
  "key",
  "name",
  "heartbeatTimeoutMs",
]);

interface Damage {
  readonly what: string;
  readonly plan: Plan;
}

type Loose = Record<string, unknown>;

function* damages(plan: Plan): Iterable<Damage> {
  const nodes = plan.nodes as unknown as Record<string, Loose>;
  const withNode = (key: string, node: Loose): Plan =>
    ({ ...plan, nodes: { ...nodes, [key]: node } }) as unknown as Plan;
  for (const [key, node] of Object.entries(nodes)) {
    if (key !== plan.root && !Object.values(nodes).some(({ parent }) => parent === key)) {
      const { [key]: _, ...others } = nodes;
      yield { what: `${key} dropped`, plan: { ...plan, nodes: others } as unknown as Plan };
    }
    for (const [field, value] of Object.entries(node)) {
      if (SILENT.has(field) || field === "values" || field === "guards") continue;
      yield {
        what: `${key}.${field}`,
        plan: withNode(key, { ...node, [field]: damaged(field, value, plan) }),
      };
    }
    if (node.if !== undefined) {
      const { if: test, else: otherwise, ...others } = node;
      const swapped = { ...others, ...(otherwise === undefined ? {} : { if: otherwise }), else: test };
      yield { what: `${key} if/else swapped`, plan: withNode(key, swapped) };
    }
    for (const [name, named] of Object.entries((node.values ?? {}) as Record<string, Loose>)) {
      const values = { ...(node.values as Loose), [name]: { ...named, expr: "undefined" } };
      yield { what: `${key}.values.${name}`, plan: withNode(key, { ...node, values }) };
    }
  }
  const keys = Object.keys(nodes);
  for (const [n, key] of keys.entries()) {
    const next = keys.slice(n + 1).find((other) => nodes[other]!.parent === nodes[key]!.parent);
    if (next === undefined) continue;
    const order = keys.map((other) => (other === key ? next : other === next ? key : other));
    yield {
      what: `${key} and ${next} in the other order`,
      plan: { ...plan, nodes: Object.fromEntries(order.map((k) => [k, nodes[k]])) } as unknown as Plan,
    };
  }
}

/** Another value of the same form. */
function damaged(field: string, value: unknown, plan: Plan): unknown {
  if (field === "each") return { ...(value as Loose), of: `(${textOf((value as Loose).of)}).slice(1)` };
  if (["if", "else", "until", "skipIf"].includes(field)) return `!(${textOf(value)})`;
  if (field === "yields") return "null";
  if (field === "agent")
    return typeof value === "string" ? Object.keys(plan.agents).find((name) => name !== value) : undefined;
  if (field === "onDeny") return value === "skip" ? "fail" : "skip";
  if (field === "onMaxReached") return value === "fail" ? "return-last" : "fail";
  if (typeof value === "number") return value + 1;
  if (typeof value === "boolean") return !value;
  if (typeof value === "string") return `${value}x`;
  if (Array.isArray(value)) return [...value, "x"];
  const dynamic = (value as { $?: unknown }).$;
  if (dynamic === undefined) return {};
  if (field === "prompt" || field === "title" || field === "summary" || field === "id")
    return { $: `\`\${${textOf(dynamic)}}x\`` };
  return { $: `((v) => (typeof v === 'number' ? v + 1 : null))(${textOf(dynamic)})` };
}

const textOf = (text: unknown): string => (Array.isArray(text) ? text.join("\n") : String(text));

describe("damaged plans", () => {
  for (const name of names) {
    it(name, { timeout: 600_000 }, async () => {
      const { plan, cases, problem } = await compareBuilt(path.join(FOLDER, name, "workflow.tsx"), {
        seeds: 24,
      });
      expect(problem).toBeUndefined();
      expect(replay(plan!, cases)).toBeUndefined();
      const survivors: string[] = [];
      let count = 0;
      for (const { what, plan: mutant } of damages(plan!)) {
        count++;
        let caught: string | undefined;
        try {
          caught = replay(mutant, cases);
        } catch (error) {
          caught = String(error);
        }
        if (caught === undefined) survivors.push(what);
      }
      console.log(
        `${name}: ${count - survivors.length} of ${count} damages caught${survivors.length ? `; survived: ${survivors.join(", ")}` : ""}`,
      );
      expect(count).toBeGreaterThan(10);
      // Siblings that exclude one another have no order.
      expect(survivors.filter((what) => !/in the other order$/.test(what))).toEqual([]);
    });
  }
});
