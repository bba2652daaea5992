/** When a task may start, and with what: skipIf, dependsOn, deps, prompt, payload, captures (SEMANTICS 24, DESIGN §3 table). */
import { CoreError, Handle, Pending, type Value } from "../../plan/core/values.ts";
import type { Json, LeafNode, Plan, SubflowNode, TaskNode } from "../../plan/types.ts";
import type { TaskRequest } from "../executors/executor.ts";
import type { Cell } from "../values/cell.ts";
import { isDynamic } from "../values/core.ts";
import { output, tableOf } from "../values/ctx.ts";
import { toJson } from "../values/json.ts";
import { addressAt, commonLoops } from "../values/place.ts";
import { perTaskOf } from "./budgets.ts";
import { type CachePolicy, cachePolicyOf } from "./caching.ts";
import { childName } from "./children.ts";
import { stateFor } from "./continuing.ts";
import type { Leaf } from "./leaf.ts";
import { type Ask, askOf, needsAgreement, patienceOf } from "./people.ts";
import { captureValues } from "./snapshot.ts";
import type { TaskEntry } from "./states.ts";
import type { LeafKind } from "./stepper.ts";
import { dueOf } from "./timers.ts";

/** What a task does when its turn has come. */
export type Gate =
  | { readonly kind: "skip" }
  /** The run is to go on as a new one, which begins with this. */
  | { readonly kind: "continue"; readonly state: Json }
  /** A timer, due at this time. */
  | { readonly kind: "wait"; readonly until: number; readonly since: number | null }
  /** The run pauses. */
  | { readonly kind: "stop"; readonly reason: string }
  /** The run ends. */
  | { readonly kind: "end"; readonly status: "finished" | "failed"; readonly summary: Json }
  /** A node that waits for a signal, until a time where it has one. */
  | {
      readonly kind: "listen";
      readonly table: string | null;
      readonly event: string;
      readonly correlationId: string | null;
      readonly until: number | null;
    }
  | {
      readonly kind: "start";
      readonly table: string | null;
      readonly request: TaskRequest;
      readonly cache: CachePolicy | null;
      readonly priority: number;
    }
  | { readonly kind: "ask"; readonly table: string | null; readonly ask: Ask; readonly until: number | null };

export function kindOf(node: LeafNode): LeafKind {
  if (node.kind !== "task") return node.kind;
  if (node.agent !== undefined) return "agent";
  return node.module === undefined ? "static" : "compute";
}

/** Throws Pending while something is missing, CoreError when the task can't start. */
export function gateOf(leaf: Leaf, reader: Cell): Gate {
  const { node, scope } = leaf;
  waitForNodes(leaf, reader);
  const upstream = waitForDeps(leaf, reader);
  if (node.skipIf !== undefined && scope.evaluate(node.skipIf, reader)) return { kind: "skip" };
  if (upstream) throw upstream;
  const table = tableFor(leaf, reader);
  if (node.kind === "approval" || node.kind === "human")
    return { kind: "ask", table, ask: askOf(leaf, reader), until: patienceOf(leaf, reader) };
  if (needsAgreement(leaf, node, reader))
    return { kind: "ask", table, ask: askOf(leaf, reader), until: null };
  if (node.kind === "timer") return { kind: "wait", ...dueOf(leaf, node, leaf.world.now(), reader) };
  if (node.kind === "stop") return { kind: "stop", reason: promptText(leaf, node.reason, reader) };
  if (node.kind === "end") {
    const summary = toJson(scope.field(node.summary, reader) ?? null, `summary of ${leaf.plan.key}`);
    return { kind: "end", status: node.status ?? "finished", summary };
  }
  if (node.kind === "wait")
    return {
      kind: "listen",
      table,
      event: String(scope.field(node.event, reader)),
      correlationId: textOrNull(scope.field(node.correlationId, reader)),
      until: patienceOf(leaf, reader),
    };
  if (node.kind === "continue-as-new") return { kind: "continue", state: stateFor(leaf, node, reader) };
  if (callsModels(leaf, node) && leaf.world.budgets.check(leaf, reader) === "skip") return { kind: "skip" };
  if (node.kind === "subflow") return subflowGate(leaf, node, table, reader);
  const request = requestOf(leaf, node, table, reader);
  const cache = cachePolicyOf(leaf, node, reader);
  return { kind: "start", table, request, cache, priority: priorityOf(leaf, node, reader) };
}

/** What it hangs on and is not there yet keeps no task from starting. */
function priorityOf(leaf: Leaf, node: TaskNode, reader: Cell): number {
  if (node.priority === undefined) return 0;
  try {
    return numberOf(leaf, "priority", 0, reader);
  } catch (thrown) {
    if (thrown instanceof Pending) return 0;
    throw thrown;
  }
}

/** Whether a node can use up what a budget around it is about; a child run can where its plan has agents, at any depth. */
function callsModels({ world }: Leaf, node: TaskNode | SubflowNode): boolean {
  if (node.kind === "task") return node.agent !== undefined;
  const hasAgents = ({ agents, subflows = {} }: Plan): boolean =>
    Object.keys(agents).length > 0 || Object.values(subflows).some(hasAgents);
  const child = world.index.plan.subflows?.[node.workflow];
  return child !== undefined && hasAgents(child);
}

function subflowGate(leaf: Leaf, node: SubflowNode, table: string | null, reader: Cell): Gate {
  const { workflow, result } = node;
  const input = childInput(leaf, node, reader);
  const child = childName(leaf.entry as TaskEntry);
  return {
    kind: "start",
    table,
    request: { kind: "subflow", workflow, input, result, child, schema: schemaOf(leaf, table) },
    cache: cachePolicyOf(leaf, node, reader),
    priority: 0,
  };
}

/** With what the run of a Subflow begins. */
export function childInput(leaf: Leaf, node: SubflowNode, reader: Cell): Json {
  const given = leaf.scope.field(node.input, reader);
  return given === undefined ? {} : toJson(given, `input of ${leaf.plan.key}`);
}

const schemaOf = ({ world }: Leaf, table: string | null): string | null =>
  table !== null && Object.hasOwn(world.index.plan.schemas, table) ? table : null;

const textOrNull = (value: Value): string | null =>
  value === undefined || value === null ? null : String(value);

/** The output table; null without one. */
export function tableFor(leaf: Leaf, reader: Cell): string | null {
  const value = leaf.scope.field(leaf.node.output, reader);
  return value === undefined || value === null ? null : tableOf(value);
}

/** `deps` of a task: local name → row, and of optional ones those that are there. Throws as the reads do. */
export function depsOf(leaf: Leaf, reader: Cell): { readonly [name: string]: Value } {
  const deps: { [name: string]: Value } = {};
  const optional = areOptional(leaf, reader);
  for (const [name, read] of readsOfDeps(leaf, reader)) {
    try {
      deps[name] = read();
    } catch (thrown) {
      if (!optional || !(thrown instanceof Pending || isWithoutOutput(thrown))) throw thrown;
    }
  }
  return deps;
}

const areOptional = ({ node, scope }: Leaf, reader: Cell): boolean =>
  node.kind === "task" && Boolean(scope.field(node.depsOptional, reader));

/** What was asked for will never come. */
const isWithoutOutput = (thrown: unknown): thrown is CoreError =>
  thrown instanceof CoreError && thrown.code === "UPSTREAM_NO_OUTPUT";

/** Node ids of `dependsOn`. */
export function dependenciesOf(leaf: Leaf, reader: Cell): readonly string[] {
  const value = leaf.scope.field(leaf.node.dependsOn, reader);
  if (value === undefined || value === null) return [];
  if (Array.isArray(value))
    return value.filter((id) => id !== null && id !== undefined && id !== false).map(String);
  if (typeof value === "string") return [value];
  throw new CoreError("FORBIDDEN", `dependsOn of ${leaf.plan.key} must be an array of node ids`);
}

/** A Core value as prompt text: strings as they are, prompts rendered, the rest as `text` of Core prints it. */
export function promptText(leaf: Leaf, field: unknown, reader: Cell): string {
  const value = leaf.scope.field(field, reader);
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (value === undefined || value === null || typeof value === "boolean") return "";
  const scope = leaf.scope.child();
  scope.define("value", { read: () => value });
  return String(scope.evaluate("text(value)", reader));
}

/** Agent names in the order of preference. */
export function agentsOf(leaf: Leaf, node: TaskNode, reader: Cell): readonly string[] {
  const value = leaf.scope.field(node.agent, reader);
  // Names stand for agents in the plan; a text that the run works out is none.
  const isNamed = !isDynamic(node.agent);
  // A list may stand in front of the agent that follows it.
  const list = [value].flat(2) as readonly Value[];
  const names = list.flatMap((agent) => {
    if (!agent) return [];
    if (typeof agent === "string" && isNamed) return [agent];
    if (agent instanceof Handle && agent.kind === "agent") return [agent.id];
    throw new CoreError("HANDLE", `agent of ${leaf.plan.key} is not an agent`);
  });
  if (names.length > 0) return names;
  throw new CoreError("HANDLE", `${leaf.plan.key} has no agent: the expression found none`);
}

function requestOf(leaf: Leaf, node: TaskNode, table: string | null, reader: Cell): TaskRequest {
  const schema = schemaOf(leaf, table);
  if (node.agent !== undefined) {
    const agents = agentsOf(leaf, node, reader);
    const prompt = promptText(leaf, node.prompt, reader);
    const maxSchemaRetries = numberOf(leaf, "maxSchemaRetries", 3, reader);
    const maxTokens = perTaskOf(leaf, reader);
    return {
      kind: "agent",
      agents,
      prompt,
      schema,
      maxSchemaRetries,
      ...(maxTokens !== undefined && { maxTokens }),
      ...toolPolicy(leaf, node, reader),
    };
  }
  if (node.module !== undefined) {
    const captures = captureValues(leaf, node, reader);
    return { kind: "compute", module: node.module, captures, ctx: null, schema };
  }
  return { kind: "static", payload: payloadOf(leaf, node, reader), schema };
}

/** Which tools the agent may use, and what becomes of a conversation that was broken off. */
function toolPolicy(
  { scope }: Leaf,
  { allowTools, onResume }: TaskNode,
  reader: Cell,
): Pick<Extract<TaskRequest, { readonly kind: "agent" }>, "allowTools" | "onResume"> {
  const allowed = scope.field(allowTools, reader);
  return {
    ...(Array.isArray(allowed) && { allowTools: allowed.map(String) }),
    ...(onResume !== undefined && onResume !== "continue" && { onResume }),
  };
}

/** The payload as JSON. */
export function payloadOf(leaf: Leaf, node: TaskNode, reader: Cell): Json {
  if (node.payload === undefined) return null;
  if (!isDynamic(node.payload)) return node.payload as Json;
  const value = leaf.scope.evaluate(node.payload.$, reader);
  return value instanceof Handle && value.kind === "prompt"
    ? promptText(leaf, node.payload, reader)
    : toJson(value, `payload of ${leaf.plan.key}`);
}

/** A numeric policy field of a node, or its default. */
export function numberOf(leaf: Leaf, field: string, fallback: number, reader: Cell): number {
  const value = leaf.scope.field(
    (leaf.node as unknown as { readonly [name: string]: unknown })[field],
    reader,
  );
  return typeof value === "number" && !Number.isNaN(value) ? value : fallback;
}

function waitForNodes(leaf: Leaf, reader: Cell): void {
  const { world } = leaf;
  const here = leaf.scope.place;
  for (const nodeId of dependenciesOf(leaf, reader)) {
    const loops = world.facts.loopsAround(nodeId, reader);
    const common = commonLoops(loops, here.loops);
    const place = { loops: here.loops.slice(0, common), at: here.at.slice(0, common) };
    const ended =
      common < loops.length
        ? world.facts.loopClosed(loops[common] as string, place, reader)
        : world.facts.stateOf(addressAt(nodeId, place), reader) === "settled";
    if (!ended) throw new Pending(`node ${nodeId}`);
  }
}

/** Waits for all `deps`; an upstream without output is returned, since skipIf may still say that nothing is needed. */
function waitForDeps(leaf: Leaf, reader: Cell): CoreError | null {
  let failed: CoreError | null = null;
  for (const [, read] of readsOfDeps(leaf, reader)) {
    try {
      read();
    } catch (thrown) {
      if (!isWithoutOutput(thrown)) throw thrown;
      failed ??= thrown;
    }
  }
  return areOptional(leaf, reader) ? null : failed;
}

function* readsOfDeps(leaf: Leaf, reader: Cell): Iterable<readonly [string, () => Value]> {
  const { scope, world } = leaf;
  for (const [name, { table, nodeId }] of depsAsked(leaf, reader))
    yield [name, () => output(world.facts, scope.place, table, { nodeId }, reader)];
}

/** What `deps` and `needs` ask for: local name, table, node id. */
export function* depsAsked(
  leaf: Leaf,
  reader: Cell,
): Iterable<readonly [string, { readonly table: string; readonly nodeId: string }]> {
  const { node, scope } = leaf;
  if (node.kind !== "task" || node.deps === undefined) return;
  const tables = Object.entries((scope.field(node.deps, reader) ?? {}) as { readonly [name: string]: Value });
  const needs = (scope.field(node.needs, reader) ?? {}) as { readonly [name: string]: Value };
  for (const [name, table] of tables) {
    const nodeId = Object.hasOwn(needs, name) ? String(needs[name]) : name;
    yield [name, { table: tableOf(table), nodeId }];
  }
}
