/**
 * Budgets over all tasks inside an `aspects` (SEMANTICS 42): what their attempts have used, over the whole run. Once it is
 * used up, the next call is refused before it is made. Calls side by side reserve what they may use before they begin.
 */
import { CoreError } from "../../plan/core/values.ts";
import type { AspectsNode, Json } from "../../plan/types.ts";
import type { TaskRequest } from "../executors/executor.ts";
import { type Cell, type Graph, Source } from "../values/cell.ts";
import { Instance } from "./instance.ts";
import type { Leaf } from "./leaf.ts";
import type { PlanIndex } from "./plan-index.ts";
import type { Unit } from "./unit.ts";

/** What a budget is about, with the field that sets it. */
const BUDGETS = { tokens: "tokenBudget", milliseconds: "latencySlo" } as const;

type Measure = keyof typeof BUDGETS;

interface Budget {
  /** Key of the `aspects`. */
  readonly node: string;
  readonly measure: Measure;
  readonly max: number;
  readonly perTask: number | null;
  readonly onExceeded: "fail" | "warn" | "skip-remaining";
}

/** A budget that was used up by what has just ended. */
export interface Exceeded extends Budget {
  readonly used: number;
}

const MEASURES = Object.keys(BUDGETS) as readonly Measure[];

export class Budgets {
  readonly #index: PlanIndex;
  readonly #graph: Graph;
  /** Whether the plan has any. */
  readonly #any: boolean;
  readonly #used = new Map<string, Source<number>>();
  /** Reserved by calls under way: entry key → tokens. */
  readonly #reserved = new Map<string, number>();

  constructor(index: PlanIndex, graph: Graph) {
    this.#index = index;
    this.#graph = graph;
    this.#any = Object.values(index.plan.nodes).some(({ kind }) => kind === "aspects");
  }

  /** An attempt of a plan node has ended. Returns the budgets around it, as far as it is mounted, that this used up. */
  spend(node: string, usage: Json, milliseconds: number, leaf?: Leaf): readonly Exceeded[] {
    const spent: { readonly [measure in Measure]: number } = { tokens: tokensOf(usage), milliseconds };
    for (const aspects of this.#around(node))
      for (const measure of MEASURES) {
        const used = this.#of(aspects, measure);
        used.set(used.peek() + spent[measure]);
      }
    const exceeded: Exceeded[] = [];
    leaf?.ask((reader) => {
      for (const budget of budgetsAround(leaf, reader)) {
        const used = this.#of(budget.node, budget.measure).peek();
        const before = used - spent[budget.measure];
        if (before < budget.max && used >= budget.max) exceeded.push({ ...budget, used });
      }
      return null;
    });
    return exceeded;
  }

  /**
   * Whether what is left allows one more call; `skip` where the budget says that the rest is left out.
   * @throws CoreError BUDGET_EXCEEDED, Pending
   */
  check(leaf: Leaf, reader: Cell): "ok" | "skip" {
    for (const budget of budgetsAround(leaf, reader)) {
      const used = this.#of(budget.node, budget.measure).read(reader);
      if (used < budget.max || budget.onExceeded === "warn") continue;
      if (budget.onExceeded === "skip-remaining") return "skip";
      const { node, measure, max } = budget;
      throw new CoreError(
        "BUDGET_EXCEEDED",
        `${used} of ${max} ${measure} of ${node} are used: no more calls are made`,
      );
    }
    return "ok";
  }

  /** Whether the budgets around a task are used up, so that it is not tried again. */
  isUsedUp(leaf: Leaf): boolean {
    const outcome = leaf.ask((reader) => this.check(leaf, reader));
    return outcome.kind !== "value" || outcome.value !== "ok";
  }

  /** Whether what calls under way have reserved leaves enough for one more. */
  hasRoom(leaf: Leaf, isUnderWay: (entry: string) => boolean): boolean {
    if (this.#around(leaf.plan.key).length === 0) return true;
    for (const key of this.#reserved.keys()) if (!isUnderWay(key)) this.#reserved.delete(key);
    if (this.#reserved.size === 0) return true;
    let reserved = 0;
    for (const tokens of this.#reserved.values()) reserved += tokens;
    const outcome = leaf.ask((reader) =>
      budgetsAround(leaf, reader).every(
        ({ node, measure, max, onExceeded }) =>
          measure !== "tokens" || onExceeded === "warn" || this.#of(node, "tokens").peek() + reserved < max,
      ),
    );
    return outcome.kind === "value" && outcome.value === true;
  }

  /** A call begins. */
  reserve(leaf: Leaf, key: string, request: TaskRequest): void {
    if (request.kind === "agent" && this.#around(leaf.plan.key).length > 0)
      this.#reserved.set(key, this.#estimate(request));
  }

  /** Tokens that a call may use: what the task may, else its prompt and the longest answer. */
  #estimate(request: Extract<TaskRequest, { readonly kind: "agent" }>): number {
    if (request.maxTokens !== undefined) return request.maxTokens;
    const [name = ""] = request.agents;
    const options: { readonly [option: string]: Json } = this.#index.plan.agents[name]?.options ?? {};
    const longest = options.maxTokens ?? options.max_tokens ?? options.maxOutputTokens;
    return (
      Math.ceil(request.prompt.length / CHARACTERS_A_TOKEN) + (typeof longest === "number" ? longest : ANSWER)
    );
  }

  #of(node: string, measure: Measure): Source<number> {
    const key = `${node} ${measure}`;
    let source = this.#used.get(key);
    if (!source) {
      source = new Source(this.#graph, 0);
      this.#used.set(key, source);
    }
    return source;
  }

  /** Keys of the `aspects` around a plan node. */
  #around(key: string): readonly string[] {
    const { nodes } = this.#index.plan;
    if (!this.#any) return NONE;
    const found: string[] = [];
    for (let at = nodes[key]?.parent; at !== undefined; at = nodes[at]?.parent)
      if (nodes[at]?.kind === "aspects") found.push(at);
    return found;
  }
}

/** The least that a task may use of any budget around it; undefined without one. @throws Pending, CoreError */
export function perTaskOf(leaf: Leaf, reader: Cell): number | undefined {
  const caps = budgetsAround(leaf, reader).flatMap(({ measure, perTask, onExceeded }) =>
    measure === "tokens" && perTask !== null && onExceeded !== "warn" ? [perTask] : [],
  );
  return caps.length === 0 ? undefined : Math.min(...caps);
}

function budgetsAround(leaf: Leaf, reader: Cell): readonly Budget[] {
  const found: Budget[] = [];
  for (let unit: Unit | null = leaf.parent; unit; unit = unit.parent) {
    if (!(unit instanceof Instance) || unit.plan.node.kind !== "aspects") continue;
    for (const measure of MEASURES) {
      const budget = budgetOf(unit, unit.plan.node, measure, reader);
      if (budget) found.push(budget);
    }
  }
  return found;
}

function budgetOf(unit: Instance, node: AspectsNode, measure: Measure, reader: Cell): Budget | null {
  const value = unit.scope.field(node[BUDGETS[measure]], reader);
  if (typeof value !== "object" || value === null) return null;
  const given = value as { readonly [field: string]: unknown };
  const max = measure === "tokens" ? given.max : given.maxMs;
  if (typeof max !== "number" || Number.isNaN(max)) return null;
  const { perTask, onExceeded } = given;
  return {
    node: unit.plan.key,
    measure,
    max,
    perTask: typeof perTask === "number" ? perTask : null,
    onExceeded: onExceeded === "warn" || onExceeded === "skip-remaining" ? onExceeded : "fail",
  };
}

/** All that a provider was given and gave, whether cached or not. */
export function tokensOf(usage: Json): number {
  const given = (usage ?? {}) as { readonly [name: string]: Json };
  const names = ["inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens"];
  return names.reduce((sum, name) => sum + (typeof given[name] === "number" ? given[name] : 0), 0);
}

const NONE: readonly string[] = Object.freeze([]);
/** Of English text, roughly. */
const CHARACTERS_A_TOKEN = 4;
/** Tokens of an answer whose length nothing bounds. */
const ANSWER = 4_096;
