/** Hand-written plans for the runtime's tests: nodes as they stand in a plan, the rest filled in. */
import type { Json, Node, Plan } from "../plan/types.ts";

type Digestless<N> = N extends Node ? Omit<N, "digests"> : never;

/** A plan node without its digests. */
export type TestNode = Digestless<Node>;

export interface PlanParts extends Partial<Omit<Plan, "nodes" | "schemas">> {
  /** Zod texts by name. */
  readonly schemas?: { readonly [name: string]: string };
}

/** A plan whose first node is `w`, a workflow; `nodes` without `parent` hang below it. */
export function planOf(nodes: { readonly [key: string]: TestNode }, parts: PlanParts = {}): Plan {
  const { schemas = {}, ...rest } = parts;
  const digests = { identity: ZERO, interface: ZERO, behaviour: ZERO, policy: ZERO };
  const all: { [key: string]: Node } = { w: { kind: "workflow", digests } };
  for (const [key, node] of Object.entries(nodes)) {
    const parent = key === "w" ? {} : { parent: node.parent ?? "w" };
    all[key] = { ...node, ...parent, digests } as Node;
  }
  return {
    kind: "smithers.plan",
    irVersion: "1.0",
    requires: [],
    digest: ZERO,
    integrity: ZERO,
    workflow: { name: "test" },
    input: null,
    schemas: Object.fromEntries(
      Object.entries(schemas).map(([name, zod]) => [
        name,
        { zod, jsonSchema: {}, physical: ZERO, semantic: ZERO },
      ]),
    ),
    constants: {},
    agents: {},
    prompts: {},
    functions: {},
    modules: {},
    root: "w",
    nodes: all,
    capabilities: { net: [], env: [], exec: [], fs: [], host: [] },
    toolchain: {},
    sources: {},
    spans: "",
    ...rest,
  };
}

/** A static task whose row is `{ v: payload }`, in table `row`. */
export function value(payload: Json, more: Partial<TestNode> = {}): TestNode {
  return { kind: "task", output: "row", payload: { v: payload }, ...more } as TestNode;
}

/** A static task whose row is `{ v: (expr) }`. */
export function computed(expr: string, more: Partial<TestNode> = {}): TestNode {
  return { kind: "task", output: "row", payload: { $: `({ v: ${expr} })` }, ...more } as TestNode;
}

const ZERO = `sha256:${"0".repeat(64)}`;
