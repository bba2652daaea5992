/** A previewed frame as lines, one a mounted node, so that frames of two plans of one source can be compared. */
import { canonicalize } from "../../plan/canonical.ts";
import type { Json, Plan } from "../../plan/types.ts";
import type { PreviewFrame, PreviewNode, PreviewTask } from "../../runtime/index.ts";

export interface Line {
  /** Kind and id, for messages. */
  readonly node: string;
  readonly fields: { readonly [field: string]: Json };
}

export interface Difference {
  readonly node: string;
  /** Null where one side has no such node. */
  readonly field: string | null;
  readonly plan: Json;
  readonly twin: Json;
}

export function linesOf(plan: Plan, frame: PreviewFrame): Line[] {
  // Keys of nodes are the plan's own: only ids that the author gave are the same in both.
  const idOf = ({ id, node }: PreviewNode): string | null => (plan.nodes[node]?.id === undefined ? null : id);
  const walk = (nodes: readonly PreviewNode[], around: Around): Line[] =>
    nodes.flatMap((node) => {
      const id = idOf(node);
      const name = id === null ? node.kind : `${node.kind} "${id}"`;
      const own = { kind: node.kind, id, depth: around.depth };
      if (node.task !== null)
        return [{ node: name, fields: { ...own, ...taskFields(plan, frame.tasks[node.task]!, around) } }];
      const inside: Around = {
        depth: around.depth + 1,
        loop: node.kind === "loop" ? id : around.loop,
        parallel: node.kind === "parallel" ? id : around.parallel,
      };
      // What the author wrote before what follows from it: the first difference is the cause.
      const { iteration = null, phase = null, until, ...others } = node.loop ?? {};
      // None, never and not yet known are the same to a loop.
      const written = { maxConcurrency: node.maxConcurrency, until: until ?? false, ...others };
      const fields = { ...own, ...written, iteration, phase };
      return [{ node: name, fields }, ...walk(node.children, inside)];
    });
  return walk(frame.tree, { depth: 0, loop: null, parallel: null });
}

interface Around {
  readonly depth: number;
  readonly loop: string | null;
  readonly parallel: string | null;
}

/** What is said of a task but keys of the plan and texts that name them. */
function taskFields(plan: Plan, task: PreviewTask, around: Around): { readonly [field: string]: Json } {
  const { node: _, nodeId: __, waitsFor: ___, missing, agent, deps, request, ...same } = task;
  const outer = [...task.scope.matchAll(/=(\d+)/g)].map(([, iteration]) => Number(iteration));
  const names = agent === null ? [] : [agent].flat();
  return {
    ...same,
    scope: outer,
    loop: around.loop,
    parallel: around.parallel,
    agent: names.map((name) => agentOf(plan, name)),
    deps: { ...deps },
    request: request && { ...request },
    missing: Object.keys(missing).sort(),
  };
}

/** An agent is what it does; names of code and of agents may differ. */
function agentOf(plan: Plan, name: string): Json {
  const agent = plan.agents[name];
  return agent === undefined || agent.kind === "module" ? name : (agent as unknown as Json);
}

/** The first difference of two frames; null when there is none. */
export function firstDifference(plan: readonly Line[], twin: readonly Line[]): Difference | null {
  for (let n = 0; n < Math.max(plan.length, twin.length); n++) {
    const [a, b] = [plan[n], twin[n]];
    if (!a || !b) return { node: (a ?? b)!.node, field: null, plan: a?.node ?? null, twin: b?.node ?? null };
    for (const field of new Set([...Object.keys(a.fields), ...Object.keys(b.fields)])) {
      const [x, y] = [a.fields[field] ?? null, b.fields[field] ?? null];
      if (canonicalize(x) !== canonicalize(y)) return { node: a.node, field, plan: x, twin: y };
    }
  }
  return null;
}
