/** Agents whose calls nobody can count in dollars, where a limit asks for it. */
import type { Plan } from "../plan/types.ts";
import { type HostSource, hostValues } from "./host.ts";
import { Prepared } from "./interpreter/prepared.ts";
import { World } from "./interpreter/world.ts";
import { type Prices, priceOf } from "./prices.ts";

export interface Unpriced {
  /** Name of the agent; `coder of the workflow child` within a Subflow. */
  readonly agent: string;
  /** null of code of the workflow's own, which calls whatever it likes, and where no model is named. */
  readonly model: string | null;
  readonly isCode: boolean;
}

/** Agents without a price, in the order of the plan, those of workflows within it last. */
export function unpricedAgents(plan: Plan, prices: Prices, host: HostSource): readonly Unpriced[] {
  const models = modelsOf(plan, host);
  const own = Object.entries(plan.agents).flatMap(([agent, { kind }]): readonly Unpriced[] => {
    const model = models(agent);
    if (priceOf(prices, model) !== undefined) return [];
    return [{ agent, model, isCode: kind === "module" }];
  });
  const within = Object.entries(plan.subflows ?? {}).flatMap(([name, subflow]) =>
    unpricedAgents(subflow, prices, host).map((found) => ({
      ...found,
      agent: `${found.agent} of the workflow ${name}`,
    })),
  );
  return [...own, ...within];
}

/** The models that agents ask for on this host. */
function modelsOf(plan: Plan, host: HostSource): (agent: string) => string | null {
  const options = { runId: "", input: null, now: 0, host: hostValues(plan, host) };
  const world = new World(plan, options, new Prepared(plan));
  return (agent) => world.modelOf(plan.agents[agent]);
}
