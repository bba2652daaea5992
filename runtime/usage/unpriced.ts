/** Agents whose calls nobody can count in dollars, where a limit or a budget asks for it. */
import type { Node, Plan } from "../../plan/types.ts";
import { type HostSource, hostValues } from "../host.ts";
import { Prepared } from "../interpreter/prepared.ts";
import { World } from "../interpreter/world.ts";
import { isDynamic } from "../values/core.ts";
import { type Prices, priceOf } from "./prices.ts";

export interface Unpriced {
  /** Name of the agent; `coder of the workflow child` within a Subflow. */
  readonly agent: string;
  /** null of code of the workflow's own, which calls whatever it likes, and where no model is named. */
  readonly model: string | null;
  readonly isCode: boolean;
}

/**
 * Agents without a price, in the order of the plan.
 * @param of all agents (`run`), or those of tasks inside budgets of cost, at any depth (`budgets`)
 */
export function unpricedAgents(
  plan: Plan,
  prices: Prices,
  host: HostSource,
  of: "run" | "budgets",
): readonly Unpriced[] {
  const { agents, subflows } = of === "run" ? everything(plan) : budgeted(plan);
  const models = modelsOf(plan, agents, host);
  const own = [...agents].flatMap((agent): readonly Unpriced[] => {
    const model = models(agent);
    if (priceOf(prices, model) !== undefined) return [];
    return [{ agent, model, isCode: plan.agents[agent]?.kind === "module" }];
  });
  const within = Object.entries(plan.subflows ?? {}).flatMap(([name, subflow]) =>
    unpricedAgents(subflow, prices, host, subflows.has(name) ? "run" : "budgets").map((found) => ({
      ...found,
      agent: `${found.agent} of the workflow ${name}`,
    })),
  );
  return [...own, ...within];
}

interface Counted {
  readonly agents: ReadonlySet<string>;
  readonly subflows: ReadonlySet<string>;
}

const everything = ({ agents, subflows = {} }: Plan): Counted => ({
  agents: new Set(Object.keys(agents)),
  subflows: new Set(Object.keys(subflows)),
});

/** What stands inside an `aspects` with a budget of cost. */
function budgeted(plan: Plan): Counted {
  const agents = new Set<string>();
  const subflows = new Set<string>();
  const nodes = Object.values(plan.nodes);
  if (!nodes.some(hasBudget)) return { agents, subflows };
  for (const node of nodes) {
    if (!isBudgeted(plan, node)) continue;
    if (node.kind === "task" && node.agent !== undefined) {
      // Which agent an expression gives is known when it is evaluated.
      const named = isDynamic(node.agent) ? Object.keys(plan.agents) : [node.agent].flat();
      for (const name of named) agents.add(name);
    } else if (node.kind === "subflow") subflows.add(node.workflow);
  }
  return { agents, subflows };
}

function isBudgeted({ nodes }: Plan, node: Node): boolean {
  for (let at = node.parent; at !== undefined; at = nodes[at]?.parent) {
    const around = nodes[at];
    if (around && hasBudget(around)) return true;
  }
  return false;
}

const hasBudget = (node: Node): boolean => node.kind === "aspects" && node.costBudget !== undefined;

/** The models that agents ask for on this host. */
function modelsOf(
  plan: Plan,
  names: ReadonlySet<string>,
  host: HostSource,
): (agent: string) => string | null {
  if (names.size === 0) return () => null;
  const world = new World(
    plan,
    { runId: "", input: null, now: 0, host: hostValues(plan, host) },
    new Prepared(plan),
  );
  return (agent) => world.modelOf(plan.agents[agent]);
}
