/** The frame a plan gives when exactly these rows have been recorded. Nothing is run, nothing is stored. */
import type { Json, Plan } from "../plan/types.ts";
import { memoryFiles } from "./files.ts";
import { parseInput } from "./input.ts";
import { Parallel } from "./interpreter/kinds.ts";
import { Leaf } from "./interpreter/leaf.ts";
import { inClosingLoop } from "./interpreter/loop.ts";
import {
  agentsOf,
  dependenciesOf,
  numberOf,
  payloadOf,
  promptText,
  tableFor,
} from "./interpreter/request.ts";
import type { Hold, Unit } from "./interpreter/unit.ts";
import { World } from "./interpreter/world.ts";
import type { Address } from "./store/store.ts";
import type { Cell } from "./values/cell.ts";
import { type FileSource, ProjectFiles } from "./values/files.ts";
import { addressAt } from "./values/place.ts";

/** A row as it was recorded. `nodeId` may name the enclosing loops too: `work@@outer=0`. */
export interface PreviewRow {
  readonly table: string;
  readonly nodeId: string;
  readonly iteration: number;
  readonly row: Json;
}

export interface PreviewTask {
  readonly nodeId: string;
  /** Enclosing loops but the innermost, as `outer=0`; "" outside nested loops. */
  readonly scope: string;
  readonly iteration: number;
  /** Key of the plan node. */
  readonly node: string;
  readonly kind: "agent" | "compute" | "static" | "approval";
  /** `pending`: its turn has not come; `waiting`: it has, but something is missing (`waitsFor`); `blocked`: in error. */
  readonly state:
    | "pending"
    | "ready"
    | "waiting"
    | "blocked"
    | "finished"
    | "failed"
    | "skipped"
    | "cancelled";
  /** The cell a waiting task waits for, or why a blocked or failed one is; null otherwise. */
  readonly waitsFor: string | null;
  readonly output: string | null;
  readonly prompt: string | null;
  readonly payload: Json;
  /** Names of agents in the order of preference; [] without. */
  readonly agent: readonly string[];
  readonly dependsOn: readonly string[];
  readonly skipIf: boolean | null;
  readonly retries: number;
  readonly timeoutMs: number | null;
  /** Id of the innermost loop. */
  readonly loop: string | null;
  /** Id, else plan key, of the nearest Parallel; null where a sequence is nearer. */
  readonly parallel: string | null;
  /** Fields above that have no value here: field → what they wait for, or the error. */
  readonly missing: { readonly [field: string]: string };
}

export interface PreviewFrame {
  /** Mounted tasks in document order. */
  readonly tasks: readonly PreviewTask[];
  /** Conditions, `each` sources, loops that wait or are in error. */
  readonly held: readonly { readonly where: string; readonly waitsFor: string; readonly error: boolean }[];
  /** What would fail the run: a guard, two nodes at one address; null when nothing does. */
  readonly fatal: { readonly code: string; readonly message: string; readonly node: string } | null;
  readonly finished: boolean;
}

export interface PreviewOptions {
  readonly runId?: string;
  /** What `ctx.now()` gives; 0 by default, so that a preview depends on nothing else. */
  readonly now?: number;
  /** Host values by name, as `process.cwd` and `env.HOME`; none by default, so that a preview asks no machine. */
  readonly host?: { readonly [name: string]: Json };
  /** What `ctx.fs` reads: content by path, as the plan asks for it; or a source of files. None by default. */
  readonly files?: { readonly [path: string]: string } | FileSource;
}

/**
 * Evaluates the frame from scratch; the rows are applied in their order, as results of a run would be.
 * @throws InputError when the input does not fit the plan's schema.
 */
export function previewFrame(
  plan: Plan,
  input: Json,
  rows: readonly PreviewRow[],
  { runId = "preview", now = 0, host = {}, files = {} }: PreviewOptions = {},
): PreviewFrame {
  const world = new World(plan, {
    runId,
    input: parseInput(plan, input),
    now,
    host,
    files: filesOf(files),
    showClosed: true,
  });
  const moving = () => true;
  world.begin();
  world.evaluate(moving);
  for (const { table, nodeId, iteration, row } of rows) {
    const address = resolve(world, nodeId, iteration);
    world.rows.add(table, address, row);
    world.setState(world.states.at(address, "", "static"), "finished", null, true);
    world.evaluate(moving);
  }
  const tasks: PreviewTask[] = [];
  const held: { where: string; waitsFor: string; error: boolean }[] = [];
  walk(world.root, (unit) => {
    if (unit.hold)
      held.push({ where: unit.hold.where, waitsFor: reasonOf(unit.hold), error: unit.hold.kind === "error" });
    if (unit instanceof Leaf && unit.mounted) tasks.push(describe(unit));
  });
  return { tasks, held, fatal: world.fatal, finished: world.finished };
}

const filesOf = (files: NonNullable<PreviewOptions["files"]>): ProjectFiles =>
  new ProjectFiles(typeof files === "function" ? files : memoryFiles(files));

/** All mounted units in document order. */
export function walk(unit: Unit, visit: (unit: Unit) => void): void {
  visit(unit);
  for (const child of unit.children) walk(child, visit);
}

function describe(leaf: Leaf): PreviewTask {
  const { node, entry } = leaf;
  const missing: { [field: string]: string } = {};
  const get = <T>(field: string, fallback: T, question: (reader: Cell) => T): T => {
    const outcome = leaf.ask(question);
    if (outcome.kind === "value") return outcome.value as T;
    missing[field] = outcome.kind === "pending" ? outcome.cell : outcome.error.message;
    return fallback;
  };
  const address =
    entry?.address ?? get("nodeId", unnamed(leaf), (reader) => addressAt(leaf.id(reader), leaf.scope.place));
  const task = node.kind === "task" ? node : null;
  const skip = node.skipIf;
  const timeout = get("timeoutMs", Number.NaN, (reader) => numberOf(leaf, "timeoutMs", Number.NaN, reader));
  return {
    ...address,
    node: leaf.plan.key,
    kind: leaf.kind === "loop" ? "static" : leaf.kind,
    ...stateOf(leaf),
    output: get("output", null, (reader) => tableFor(leaf, reader)),
    prompt:
      task?.prompt === undefined
        ? null
        : get("prompt", null, (reader) => promptText(leaf, task.prompt, reader)),
    payload:
      task?.payload === undefined
        ? null
        : get<Json>("payload", null, (reader) => payloadOf(leaf, task, reader)),
    agent:
      task?.agent === undefined
        ? []
        : get<readonly string[]>("agent", [], (reader) => agentsOf(leaf, task, reader)),
    dependsOn: get<readonly string[]>("dependsOn", [], (reader) => dependenciesOf(leaf, reader)),
    skipIf:
      skip === undefined ? null : get("skipIf", null, (reader) => Boolean(leaf.scope.evaluate(skip, reader))),
    retries: get("retries", 0, (reader) => numberOf(leaf, "retries", leaf.kind === "agent" ? 3 : 0, reader)),
    timeoutMs: Number.isNaN(timeout) ? null : timeout,
    loop: leaf.scope.place.loops.at(-1) ?? null,
    parallel: parallelOf(leaf),
    missing,
  };
}

function stateOf(leaf: Leaf): { readonly state: PreviewTask["state"]; readonly waitsFor: string | null } {
  const { entry } = leaf;
  if (leaf.hold)
    return { state: leaf.hold.kind === "pending" ? "waiting" : "blocked", waitsFor: reasonOf(leaf.hold) };
  switch (entry?.state) {
    case "finished":
    case "skipped":
    case "cancelled":
      return { state: entry.state, waitsFor: null };
    case "failed":
      return { state: "failed", waitsFor: failureOf(entry.reason) };
    case "waiting":
    case "running":
      return { state: "waiting", waitsFor: leaf.kind === "approval" ? "a decision" : null };
    default:
  }
  if (leaf.ready) return { state: "ready", waitsFor: null };
  if (leaf.blocked) return { state: "waiting", waitsFor: reasonOf(leaf.blocked) };
  // A task of a loop that was closed before its turn came never starts.
  if (inClosingLoop(leaf)) return { state: "skipped", waitsFor: null };
  return { state: "pending", waitsFor: null };
}

function parallelOf(leaf: Leaf): string | null {
  if (leaf.parent?.mode !== "parallel") return null;
  for (let unit: Unit | null = leaf.parent; unit; unit = unit.parent)
    if (unit instanceof Parallel) {
      const { id } = unit.plan.node;
      return typeof id === "string" ? id : unit.plan.key;
    }
  return null;
}

function reasonOf(hold: Hold): string {
  return hold.kind === "pending" ? hold.cell : hold.error.message;
}

function failureOf(reason: Json): string {
  const { message } = (reason ?? {}) as { readonly message?: Json };
  return typeof message === "string" ? message : "";
}

const unnamed = (leaf: Leaf): Address => addressAt(leaf.plan.key, leaf.scope.place);

/** The address a row means: as given, else that of the mounted node, else in the first iteration of the outer loops. */
function resolve(world: World, nodeId: string, iteration: number): Address {
  const at = nodeId.indexOf("@@");
  if (at >= 0) return { nodeId: nodeId.slice(0, at), scope: nodeId.slice(at + 2), iteration };
  const loops = world.loopsOf(nodeId);
  if (loops.length < 2) return { nodeId, scope: "", iteration };
  for (const entry of world.states.entries.values())
    if (
      entry.address.nodeId === nodeId &&
      entry.address.iteration === iteration &&
      entry.leaves.length > 0 &&
      !entry.settled
    )
      return entry.address;
  return addressAt(nodeId, { loops, at: [...loops.slice(1).map(() => 0), iteration] });
}
