import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalize } from "../canonical.ts";
import { diffPlans } from "../diff/diff.ts";
import { renderTree } from "../render/tree.ts";
import { integrityOf, seal } from "../seal.ts";
import type { Plan } from "../types.ts";
import { loadPlan, type Validated, validatePlan } from "../validate.ts";
import { formatPlan } from "../write.ts";

const RUNS = Number(process.env.RUNS ?? 250);

const FOLDER = path.resolve(import.meta.dirname, "../../fixtures/plan");
const plans = readdirSync(FOLDER)
  .filter((name) => !name.startsWith("bad-"))
  .map((name) => readFileSync(path.join(FOLDER, name, "plan.json"), "utf8"));

type Table = { [key: string]: unknown };
type Spot = readonly [Table, string];

/** Every place of a JSON value that can be replaced. */
function spots(value: unknown, found: Spot[] = []): Spot[] {
  if (typeof value === "object" && value !== null)
    for (const key of Object.keys(value)) {
      found.push([value as Table, key]);
      spots((value as Table)[key], found);
    }
  return found;
}

const NASTY: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  "",
  "__proto__",
  "constructor",
  "toString",
  "a.b",
  "\ud800",
  "ctx",
  "ctx.input.x",
  "x => x",
  "site('work-{}', {})",
  "agent('scorer')",
  "(".repeat(50_000),
  "a?.b.c[0]`",
  [],
  {},
  [[]],
  { $: "ctx" },
  { $: [] },
  { $: 1 },
  "sha256:0",
  ["`", "`"],
  "last",
  "tickets",
  "root",
  "triage",
  "rounds",
  "report",
];

/** One act of damage, told by four numbers so that fast-check can repeat it. */
function damage(plan: Table, [act, where, what, other]: readonly [number, number, number, number]): void {
  const all = spots(plan);
  const [table, key] = all[where % all.length]!;
  const [from, name] = all[other % all.length]!;
  switch (act) {
    case 0:
      table[key] = structuredClone(NASTY[what % NASTY.length]);
      return;
    case 1:
      delete table[key];
      return;
    case 2:
      table[key] = structuredClone(from[name]);
      return;
    case 3:
      if (Array.isArray(table)) return;
      Object.defineProperty(table, String(NASTY[what % NASTY.length]), {
        value: structuredClone(from[name]),
        enumerable: true,
        configurable: true,
        writable: true,
      });
      return;
    case 4:
      if (typeof table[key] === "string")
        table[key] = (table[key] as string).slice(0, what % 40) + String(name);
      return;
    default:
      [table[key], from[name]] = [structuredClone(from[name]), structuredClone(table[key])];
  }
}

const act = fc.tuple(fc.nat({ max: 5 }), fc.nat(), fc.nat(), fc.nat());

// Compared as canonical text: an assertion library stumbles over own keys such as `constructor`.
function expectAccepted(result: Validated, plan: Plan): void {
  expect(result.ok ? canonicalize(result.plan) : result.problems).toBe(canonicalize(plan));
}

/** What every accepted plan must be good for. */
function expectSound(plan: Plan, original: Plan): void {
  const keys = Object.keys(plan.nodes);
  keys.forEach((key, i) => {
    const { parent } = plan.nodes[key]!;
    expect(parent === undefined ? i : keys.indexOf(parent)).toBeLessThanOrEqual(
      parent === undefined ? 0 : i - 1,
    );
  });
  expectAccepted(loadPlan(formatPlan(plan)), plan);
  const sealed = seal(plan);
  expectAccepted(validatePlan(JSON.parse(JSON.stringify(sealed))), sealed);
  expect(renderTree(plan).length).toBeGreaterThan(0);
  const changes = diffPlans(original, plan);
  expect(changes.length > 0).toBe(sealed.digest !== original.digest);
  expect(changes.map(({ code }) => code)).not.toContain("meaning-changed");
}

describe("validatePlan on hostile JSON", () => {
  it("never throws, and what it accepts is sound", () => {
    let accepted = 0;
    fc.assert(
      fc.property(
        fc.nat({ max: plans.length - 1 }),
        fc.array(act, { minLength: 1, maxLength: 4 }),
        (which, acts) => {
          const original: Plan = JSON.parse(plans[which]!);
          const plan: Table = JSON.parse(plans[which]!);
          for (const one of acts) damage(plan, one);
          try {
            plan.integrity = integrityOf(plan);
          } catch {
            // A value without canonical form: the validator has to say so itself.
          }
          const result: Validated = validatePlan(plan);
          if (result.ok) {
            accepted++;
            expectSound(result.plan, original);
          } else expect(result.problems.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: RUNS },
    );
    // Damage that nothing checks would make the soundness of accepted plans an empty claim.
    expect(accepted).toBeGreaterThan(RUNS / 50);
  });

  it("never throws on JSON that is no plan at all", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(validatePlan(value).ok).toBe(false);
        expect(validatePlan({ ...(JSON.parse(plans[0]!) as object), nodes: value }).ok).toBe(false);
      }),
      { numRuns: Math.ceil(RUNS / 4) },
    );
  });

  const good: Plan = JSON.parse(plans[0]!);
  const many = (count: number, make: (i: number) => unknown): object =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, make(i)]));
  const task = Object.values(good.nodes).find(({ kind }) => kind === "task")!;
  const root = good.nodes[good.root]!;
  it.each<[string, () => unknown]>([
    [
      "Core text in an agent that is no text",
      () => ({ ...good, agents: { a: { kind: "model", class: "X", options: { x: { $: { y: 1 } } } } } }),
    ],
    [
      "nesting without end",
      () =>
        JSON.parse(
          `{"kind":"smithers.plan","irVersion":"1.0","requires":[],"x":${"[".repeat(200_000)}${"]".repeat(200_000)}}`,
        ),
    ],
    ["100,000 keys", () => ({ ...good, constants: many(100_000, () => 1) })],
    [
      "a chain of 10,000 parents",
      () => ({
        ...good,
        root: "n0",
        nodes: many(10_000, (i) => (i === 0 ? root : { ...root, kind: "sequence", parent: `n${i - 1}` })),
      }),
    ],
    [
      "10,000 wrong parents",
      () => ({
        ...good,
        nodes: { [good.root]: root, ...many(10_000, () => ({ ...task, parent: `x${"y".repeat(30)}` })) },
      }),
    ],
    [
      "10,000 names that are nowhere",
      () => ({ ...good, functions: many(10_000, (i) => `(x) => unknown${i}(x)`) }),
    ],
    [
      "values that need one another in a circle of 20,000",
      () => ({
        ...good,
        nodes: {
          ...good.nodes,
          [good.root]: {
            ...root,
            values: many(20_000, (i) => ({ expr: `n${(i + 1) % 20_000}`, reads: [] })),
          },
        },
      }),
    ],
    ["one text of two million brackets", () => ({ ...good, functions: { f: "[".repeat(2_000_000) } })],
  ])("refuses %s, and soon", (_, make) => {
    const plan = make();
    const started = process.cpuUsage();
    const result = validatePlan(plan);
    const { user, system } = process.cpuUsage(started);
    expect(result.ok).toBe(false);
    if (!result.ok) expect(result.problems.length).toBeLessThan(110);
    // Microseconds of processor time; what is quadratic takes minutes.
    expect(user + system).toBeLessThan(8_000_000);
  });
});
