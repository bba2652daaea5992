/** What is said before anything is started: plans that this runner does not do, other packages, limits that can't be kept. */
import path from "node:path";
import { requirementsOf } from "../plan/features.ts";
import type { Plan } from "../plan/types.ts";
import { RefusedError } from "./engine.ts";
import type { HostSource } from "./host.ts";
import { wrongLimit } from "./interpreter/limits.ts";
import type { CommonOptions } from "./options.ts";
import { packagesMessage, wrongPackages } from "./packages.ts";
import { wrongPrice } from "./usage/prices.ts";
import { type Unpriced, unpricedAgents } from "./usage/unpriced.ts";

/** What plans may require and this runner does. */
const DONE: ReadonlySet<string> = new Set([
  "agent-tools",
  "allow-tools",
  "approval-mode",
  "approval-users",
  "async-wait",
  "budgets",
  "cache",
  "continue-as-new",
  "cost-budgets",
  "end",
  "failure-policy",
  "heartbeat",
  "human-task",
  "phases",
  "priority",
  "resume-modes",
  "saga",
  "side-effects",
  "signals",
  "state",
  "stop",
  "subflow",
  "task-approval",
  "timer",
  "timer-every",
  "tool-approval",
  "try",
]);

/** SEMANTICS 37: what a plan requires and this runner does not do is said before anything is started. */
export function refuseUnsupported(plan: Plan): void {
  const [first, ...more] = plan.requires.filter((feature) => !DONE.has(feature));
  if (first === undefined) return;
  const asked = requirementsOf(plan);
  const named = [first, ...more].map((feature) => {
    const by = asked.get(feature);
    return by === undefined ? `"${feature}"` : `"${feature}" (${by})`;
  });
  throw new RefusedError(
    `this smithers does not run what the plan requires: ${named.join(", ")}. ` +
      "Nothing was started; `smithers graph` and `smithers diff` read such plans",
  );
}

/** Another version of a package is other code: said before anything is paid for. Executors of the caller's own have theirs. */
export function refusePackages(plan: Plan, options: CommonOptions): void {
  const { root, executors } = options;
  if (executors) return;
  for (const subflow of Object.values(plan.subflows ?? {})) refusePackages(subflow, options);
  const message = packagesMessage(wrongPackages(plan, path.resolve(root)));
  if (message !== null) throw new RefusedError(message);
}

/** What can't be counted can't be limited. @throws RangeError, RefusedError */
export function refuseLimits(plan: Plan, { stopAt, script, executors }: CommonOptions): void {
  if (!stopAt) return;
  const wrong = wrongLimit(stopAt);
  if (wrong !== null) throw new RangeError(wrong);
  if (script || executors) return;
  const silent = agentOfCode(plan);
  const limit = stopAt.tokens !== undefined ? "tokens" : stopAt.toolCalls !== undefined ? "tool calls" : null;
  if (silent !== null && limit !== null)
    throw new RefusedError(
      `a limit of ${limit} can't be kept: agent ${silent} is code of the workflow's own and does not report what it uses. ` +
        INSTEAD,
    );
}

/** An agent that is code of the workflow's own, in the plan or in those of its Subflows; null where there is none. */
function agentOfCode({ agents, subflows = {} }: Plan): string | null {
  const [own] = Object.entries(agents).find(([, { kind }]) => kind === "module") ?? [];
  if (own !== undefined) return own;
  for (const [name, subflow] of Object.entries(subflows)) {
    const within = agentOfCode(subflow);
    if (within !== null) return `${within} of the workflow ${name}`;
  }
  return null;
}

const INSTEAD = "Limit the run by frames, wall clock or iterations";

/**
 * What has no price can't be counted in dollars: where a limit or a budget asks for it, that is said before anything is paid
 * for. What a script or executors of the caller's own answer costs what they say.
 * @throws RangeError, RefusedError
 */
export function refuseUnpriced(plan: Plan, options: CommonOptions, host: HostSource): void {
  const { stopAt, prices = {}, script, executors } = options;
  const wrong = wrongPrice(prices);
  if (wrong !== null) throw new RangeError(wrong);
  if (script || executors) return;
  const isLimited = stopAt?.costUsd !== undefined;
  const found = unpricedAgents(plan, prices, host, isLimited ? "run" : "budgets");
  if (found.length > 0)
    throw new RefusedError(
      isLimited
        ? unpricedMessage("a limit of cost", found, `. ${INSTEAD}`)
        : unpricedMessage("a budget of cost (costBudget)", found, ""),
    );
}

function unpricedMessage(what: string, found: readonly Unpriced[], instead: string): string {
  const code = found.find(({ isCode }) => isCode);
  if (code)
    return `${what} can't be kept: agent ${code.agent} is code of the workflow's own and does not report what it uses${instead}`;
  const nameless = found.find(({ model }) => model === null);
  if (nameless)
    return `${what} can't be kept: agent ${nameless.agent} names no model that a price could be for`;
  const models = [...new Set(found.map(({ model }) => model as string))];
  const agents = found.map(({ agent, model }) => `agent ${agent} calls ${model}`).join(", ");
  const entries = models.map((model) => `${JSON.stringify(model)}: { "input": …, "output": … }`);
  return (
    `${what} can't be kept: ${agents}, and nothing says what that costs. ` +
    `Add it to smithers.json, in US dollars for a million tokens: "prices": { ${entries.join(", ")} }`
  );
}
