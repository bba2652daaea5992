/** A frame as lines, from both sides: one a mounted node, with everything that both can know of it. */
import type { Agent, Json, Plan } from "../../../plan/types.ts";
import type { PreviewFrame, PreviewNode, PreviewTask } from "../../../runtime/frame.ts";
import { canonical, type Mounted } from "../tree.ts";
import { filledIn } from "./options.ts";

export interface Line {
  /** Id for messages. */
  readonly name: string;
  readonly fields: { readonly [field: string]: unknown };
}

/** Agents whose options only their own code understands: direct execution's text → the plan's, one to one. */
export type Bound = Map<string, string>;

/** The first difference of two frames; undefined when there is none. */
export function firstDifference(
  direct: readonly Line[],
  preview: readonly Line[],
  bound: Bound,
): string | undefined {
  for (let n = 0; n < Math.max(direct.length, preview.length); n++) {
    const [a, b] = [direct[n], preview[n]];
    if (!a || !b) return `node ${n}: direct ${a?.name ?? "(nothing)"}, preview ${b?.name ?? "(nothing)"}`;
    for (const field of Object.keys(a.fields)) {
      if (field === "agent" && sameAgents(a.fields.agent, b.fields.agent, bound)) continue;
      const [x, y] = [canonical(a.fields[field]), canonical(b.fields[field])];
      if (x !== y) return `${a.name}, ${field}:\n  direct  ${x}\n  preview ${y}`;
    }
  }
  return undefined;
}

function sameAgents(direct: unknown, preview: unknown, bound: Bound): boolean {
  if (direct === null || preview === null) return direct === preview;
  const [a, b] = [[direct].flat().map(String), [preview].flat().map(String)];
  return a.length === b.length && a.every((text, i) => sameAgent(text, b[i]!, bound));
}

function sameAgent(direct: string, preview: string, bound: Bound): boolean {
  const [, name, options] = /^(\w+) (.*)$/s.exec(direct) ?? [];
  if (name !== undefined && Object.values(CLASSES).includes(name) && !direct.includes("(external)"))
    return `${name} ${canonical(optionsOf(options!))}` === preview;
  if (direct === "a plain agent") return preview === direct;
  const known = bound.get(direct);
  if (known !== undefined) return known === preview;
  if ([...bound.values()].includes(preview)) return false;
  bound.set(direct, preview);
  return true;
}

/** Options as the plan has them: what a CLI agent calls its system prompt are its instructions. */
function optionsOf(text: string): unknown {
  if (text === "undefined") return {};
  const { systemPrompt, ...others } = JSON.parse(text) as Record<string, unknown>;
  return { ...(systemPrompt === undefined ? {} : { instructions: systemPrompt }), ...others };
}

interface Around {
  readonly depth: number;
  readonly loop: { readonly id: string; readonly iteration: number } | null;
  readonly parallel: string | null;
}

/** Ids of loops and parallels that the author gave none are known to the plan only. */
const UNNAMED = "(unnamed)";

export function linesOfDirect(
  tree: readonly Mounted[],
  iterationOf: (loop: Mounted) => number,
  around: Around = { depth: 0, loop: null, parallel: null },
): Line[] {
  return tree.flatMap((node) => {
    const { kind, id, props, children } = node;
    if (kind === "task" || kind === "approval") return [taskOfDirect(node, around)];
    const iteration = kind === "loop" ? iterationOf(node) : 0;
    const inside: Around = {
      depth: around.depth + 1,
      loop: kind === "loop" ? { id: id ?? UNNAMED, iteration } : around.loop,
      parallel: kind === "parallel" ? (id ?? UNNAMED) : around.parallel,
    };
    const own =
      kind === "loop"
        ? {
            iteration,
            until: props.until,
            maxIterations: numberOr(props.maxIterations, null),
            onMaxReached: props.onMaxReached ?? "return-last",
          }
        : kind === "parallel"
          ? { maxConcurrency: numberOr(props.maxConcurrency, null) }
          : {};
    return [
      { name: `${kind} ${id ?? ""}`, fields: { kind, depth: around.depth, id: id ?? UNNAMED, ...own } },
      ...linesOfDirect(children, iterationOf, inside),
    ];
  });
}

function taskOfDirect({ kind, id, props }: Mounted, around: Around): Line {
  const agent = props.agent !== undefined;
  const what = kind === "approval" ? "approval" : props.compute ? "compute" : agent ? "agent" : "static";
  const blocked = props.blocked === true;
  const needs = (props.needs ?? {}) as Record<string, string>;
  const fields = {
    kind: what,
    depth: around.depth,
    id: id ?? UNNAMED,
    iteration: around.loop?.iteration ?? 0,
    output: props.output ?? null,
    prompt: what === "agent" ? (blocked ? "(waits)" : (props.prompt ?? "")) : null,
    payload: what === "static" ? (blocked ? "(waits)" : (props.payload ?? null)) : null,
    agent: props.agent ?? null,
    dependsOn: idsOf(props.dependsOn),
    deps: Object.fromEntries(
      Object.entries((props.deps ?? {}) as Record<string, string>).map(([name, table]) => [
        name,
        { table, nodeId: needs[name] ?? name },
      ]),
    ),
    skipIf: Boolean(props.skipIf),
    retries: numberOr(props.retries, what === "agent" ? 3 : 0),
    timeoutMs: numberOr(props.timeoutMs, null),
    loop: around.loop?.id ?? null,
    parallel: around.parallel,
    label: props.label ?? null,
    meta: props.meta ?? null,
    continueOnFail: Boolean(props.continueOnFail),
    heartbeatTimeoutMs: numberOr(props.heartbeatTimeoutMs, null),
    retryPolicy: props.retryPolicy ?? null,
    onDeny: kind === "approval" ? (props.onDeny ?? "fail") : null,
    request: kind === "approval" ? { title: props.title ?? "", summary: props.summary ?? "" } : null,
  };
  return { name: `task ${id ?? ""}`, fields };
}

const numberOr = (value: unknown, otherwise: number | null): number | null =>
  typeof value === "number" && !Number.isNaN(value) ? value : otherwise;

function idsOf(value: unknown): string[] {
  if (Array.isArray(value))
    return value.filter((x) => x !== null && x !== undefined && x !== false).map(String);
  return typeof value === "string" ? [value] : [];
}

/** `named` says whether the author gave the node an id. */
export function linesOfPreview(plan: Plan, frame: PreviewFrame): Line[] {
  const isNamed = (key: string): boolean => plan.nodes[key]?.id !== undefined;
  const walk = (nodes: readonly PreviewNode[], around: Around): Line[] =>
    nodes.flatMap((node) => {
      const id = isNamed(node.node) ? node.id : null;
      if (node.task !== null) return [taskOfPreview(plan, frame.tasks[node.task]!, id, around)];
      const iteration = node.loop?.iteration ?? 0;
      const inside: Around = {
        depth: around.depth + 1,
        loop: node.kind === "loop" ? { id: id ?? UNNAMED, iteration } : around.loop,
        parallel: node.kind === "parallel" ? (id ?? UNNAMED) : around.parallel,
      };
      const own = node.loop
        ? {
            iteration,
            until: node.loop.until ?? false,
            maxIterations: node.loop.maxIterations,
            onMaxReached: node.loop.onMaxReached,
          }
        : node.kind === "parallel"
          ? { maxConcurrency: node.maxConcurrency }
          : {};
      const fields = { kind: node.kind, depth: around.depth, id: id ?? UNNAMED, ...own };
      return [{ name: `${node.kind} ${id ?? ""}`, fields }, ...walk(node.children, inside)];
    });
  return walk(frame.tree, { depth: 0, loop: null, parallel: null });
}

function taskOfPreview(plan: Plan, task: PreviewTask, id: string | null, around: Around): Line {
  const { missing } = task;
  const named = (given: string | null, walked: string | null): string | null =>
    walked === UNNAMED ? (given === null ? null : UNNAMED) : given;
  const fields = {
    ...task,
    depth: around.depth,
    id: id ?? UNNAMED,
    prompt: task.kind === "agent" ? ("prompt" in missing ? "(waits)" : (task.prompt ?? "")) : task.prompt,
    payload: "payload" in missing ? "(waits)" : task.payload,
    agent: task.agent === null ? null : agentText(plan, task.agent),
    loop: named(task.loop, around.loop?.id ?? null),
    parallel: named(task.parallel, around.parallel),
  };
  return { name: `task ${task.nodeId}`, fields };
}

function agentText(plan: Plan, names: string | readonly string[]): unknown {
  return typeof names === "string"
    ? textOfAgent(plan, plan.agents[names])
    : names.map((name) => textOfAgent(plan, plan.agents[name]));
}

const CLASSES: Record<string, string> = {
  anthropic: "AnthropicAgent",
  "cli:claude-code": "ClaudeCodeAgent",
  "cli:codex": "CodexAgent",
  "cli:gemini": "GeminiAgent",
};

function textOfAgent(plan: Plan, agent: Agent | undefined): unknown {
  if (!agent) return "no such agent";
  if (agent.kind === "module") return "a plain agent";
  const { kind, options, model, instructions } = agent as Exclude<Agent, { readonly kind: "module" }>;
  const all: Record<string, Json> = {
    ...(model === undefined ? {} : { model }),
    ...(instructions === undefined ? {} : { instructions }),
    ...options,
  };
  return `${CLASSES[kind] ?? kind} ${canonical(filledIn(plan, all))}`;
}
