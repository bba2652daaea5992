/**
 * Budgets over all tasks inside an `aspects` (SEMANTICS 42): what their attempts have used, over the whole run. Once it is
 * used up, the next call is refused before it is made. Calls side by side reserve what they may use before they begin.
 */
import { CoreError, type Outcome } from "../../plan/core/values.ts";
import type { AspectsNode, Json } from "../../plan/types.ts";
import type { TaskRequest } from "../executors/executor.ts";
import { addUsd, usdText } from "../usage/money.ts";
import { type Price, spentUsd, usdOf } from "../usage/prices.ts";
import { type Cell, type Graph, Source } from "../values/cell.ts";
import { Instance } from "./instance.ts";
import type { Leaf } from "./leaf.ts";
import type { PlanIndex } from "./plan-index.ts";
import type { Unit } from "./unit.ts";

/** What a budget is about, with the field that sets it. */
const BUDGETS = { tokens: "tokenBudget", milliseconds: "latencySlo", usd: "costBudget" } as const;

/** Which member of that says how much. */
const MAXIMA = { tokens: "max", milliseconds: "maxMs", usd: "maxUsd" } as const;

type Measure = keyof typeof BUDGETS;

interface Budget {
  /** Key of the `aspects`. */
  readonly node: string;
  readonly measure: Measure;
  readonly max: number;
  readonly perTask: number | null;
  readonly onExceeded: "fail" | "warn" | "skip-remaining";
}

/** What a call under way may use. */
interface Reserved {
  readonly tokens: number;
  readonly usd: number;
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
  /** Reserved by calls under way, by entry key. */
  readonly #reserved = new Map<string, Reserved>();
  readonly #priceOf: (agent: string) => Price | undefined;

  /** @param priceOf what the model of an agent costs, by the agent's name in the plan */
  constructor(index: PlanIndex, graph: Graph, priceOf: (agent: string) => Price | undefined) {
    this.#index = index;
    this.#graph = graph;
    this.#priceOf = priceOf;
    this.#any = Object.values(index.plan.nodes).some(({ kind }) => kind === "aspects");
  }

  /** An attempt of a plan node has ended. Returns the budgets around it, as far as it is mounted, that this used up. */
  spend(node: string, usage: Json, milliseconds: number, leaf?: Leaf): readonly Exceeded[] {
    const spent = { tokens: tokensOf(usage), milliseconds, usd: spentUsd(usage) };
    for (const aspects of this.#around(node))
      for (const measure of MEASURES) {
        const used = this.#of(aspects, measure);
        used.set(plus(measure, used.peek(), spent[measure]));
      }
    const exceeded: Exceeded[] = [];
    leaf?.ask((reader) => {
      for (const budget of budgetsAround(leaf, reader)) {
        const used = this.#of(budget.node, budget.measure).peek();
        const before = plus(budget.measure, used, -spent[budget.measure]);
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
        `${amountOf(measure, used, max)} of ${node} are used: no more calls are made`,
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
    const full = this.#full(leaf, isUnderWay);
    return full.kind === "value" && full.value === null;
  }

  /** Key of the nearest `aspects` of whose budget calls under way have reserved all that is left; null where none is. */
  fullAround(leaf: Leaf, isUnderWay: (entry: string) => boolean): string | null {
    const full = this.#full(leaf, isUnderWay);
    return full.kind === "value" ? (full.value as string | null) : null;
  }

  #full(leaf: Leaf, isUnderWay: (entry: string) => boolean): Outcome {
    for (const key of this.#reserved.keys()) if (!isUnderWay(key)) this.#reserved.delete(key);
    if (this.#reserved.size === 0) return { kind: "value", value: null };
    const calls = [...this.#reserved.values()];
    const isFull = ({ node, measure, max, onExceeded }: Budget): boolean => {
      if (measure === "milliseconds" || onExceeded === "warn") return false;
      return plus(measure, this.#of(node, measure).peek(), ...calls.map((call) => call[measure])) >= max;
    };
    return leaf.ask((reader) => budgetsAround(leaf, reader).find(isFull)?.node ?? null);
  }

  /** A call begins. */
  reserve(leaf: Leaf, key: string, request: TaskRequest): void {
    if (request.kind === "agent" && this.#around(leaf.plan.key).length > 0)
      this.#reserved.set(key, this.#estimate(request));
  }

  /**
   * What a call may use: what the task may, else its prompt and the longest answer. Where the task's tokens are bounded, each
   * may be the dearer one; where the price is not known (what a script answers), nothing is reserved of dollars.
   */
  #estimate({
    agents: [name = ""],
    prompt,
    maxTokens,
  }: Extract<TaskRequest, { readonly kind: "agent" }>): Reserved {
    const price = this.#priceOf(name);
    if (maxTokens !== undefined) return { tokens: maxTokens, usd: price ? dearest(price, maxTokens) : 0 };
    const options: { readonly [option: string]: Json } = this.#index.plan.agents[name]?.options ?? {};
    const longest = options.maxTokens ?? options.max_tokens ?? options.maxOutputTokens;
    const inputTokens = Math.ceil(prompt.length / CHARACTERS_A_TOKEN);
    const outputTokens = typeof longest === "number" ? longest : ANSWER;
    return {
      tokens: inputTokens + outputTokens,
      usd: price ? usdOf(price, { ...NO_TOKENS, inputTokens, outputTokens }) : 0,
    };
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
  const max = given[MAXIMA[measure]];
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

const plus = (measure: Measure, ...amounts: readonly number[]): number =>
  measure === "usd" ? addUsd(...amounts) : amounts.reduce((sum, amount) => sum + amount, 0);

/** `120 of 100 tokens`, `$0.30 of $0.25`. */
const amountOf = (measure: Measure, used: number, max: number): string =>
  measure === "usd" ? `${usdText(used)} of ${usdText(max)}` : `${used} of ${max} ${measure}`;

const dearest = (price: Price, tokens: number): number =>
  Math.max(
    usdOf(price, { ...NO_TOKENS, inputTokens: tokens }),
    usdOf(price, { ...NO_TOKENS, outputTokens: tokens }),
  );

const NO_TOKENS = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
const NONE: readonly string[] = Object.freeze([]);
/** Of English text, roughly. */
const CHARACTERS_A_TOKEN = 4;
/** Tokens of an answer whose length nothing bounds. */
const ANSWER = 4_096;
