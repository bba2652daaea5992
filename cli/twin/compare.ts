/**
 * A plan against its plain twin (COMPILER.md): the same source with the workflow function left as one block. Both give
 * frames for the same made-up runs; a run goes on by results of the tasks whose turn it is.
 */
import type { Json, Plan } from "../../plan/types.ts";
import { PlanSchemas } from "../../plan/zod/index.ts";
import {
  type PreviewFrame,
  type PreviewOptions,
  type PreviewRow,
  PreviewRowError,
  previewFrame,
} from "../../runtime/index.ts";
import { type Difference, firstDifference, linesOf } from "./lines.ts";
import { MadeUp } from "./made-up.ts";
import { hash, type Random, random } from "./random.ts";
import type { Assignment } from "./sampler.ts";

export interface TwinOptions extends PreviewOptions {
  /** Runs at most. */
  readonly runs: number;
  /** Frames of a run at most. */
  readonly frames: number;
  /** Texts of the source files: what they compare with is what values are made of. */
  readonly sources: readonly string[];
  /** An error in a value that nothing uses is seen by the twin only; the compiler has said so (SM406). */
  readonly lenient: boolean;
}

export interface TwinComparison {
  /** Frames that were equal. */
  readonly frames: number;
  /** Mounted nodes in them. */
  readonly nodes: number;
  readonly runs: number;
  /** Frames that say nothing: a condition waits, and in the twin all that stands behind it. */
  readonly waiting: number;
  readonly difference: FrameDifference | null;
}

export interface FrameDifference extends Difference {
  readonly input: Json;
  readonly rows: readonly PreviewRow[];
}

export function compareTwin(plan: Plan, twin: Plan, options: TwinOptions): TwinComparison {
  const count = { frames: 0, nodes: 0, runs: 0, waiting: 0 };
  const seed = hash(plan.workflow.name);
  const madeUp = new MadeUp(schemasOf(plan), options.sources);
  for (const [n, assignment] of madeUp.assignments(options.runs, random(seed)).entries()) {
    const next = random(seed + n * 7919);
    const input = madeUp.input(assignment, next);
    if (!input) continue;
    count.runs++;
    const rows: PreviewRow[] = [];
    for (let frame = 0; frame < options.frames; frame++) {
      const found = compareFrame(plan, twin, input.raw, rows, options);
      if (found.difference)
        return { ...count, difference: { ...found.difference, input: input.raw, rows: [...rows] } };
      if (found.lines === null) count.waiting++;
      else {
        count.frames++;
        count.nodes += found.lines;
      }
      if (!advance(found.frame, rows, { madeUp, assignment, seed: n, next })) break;
    }
  }
  return { ...count, difference: null };
}

interface Found {
  readonly frame: PreviewFrame;
  /** Equal lines; null where nothing was compared. */
  readonly lines: number | null;
  readonly difference: Difference | null;
}

function compareFrame(
  plan: Plan,
  twin: Plan,
  input: Json,
  rows: readonly PreviewRow[],
  options: TwinOptions,
): Found {
  const frame = previewFrame(plan, input, rows, options);
  const other = framed(twin, input, rows, options);
  // The plan had the row's task mounted.
  if (typeof other === "string")
    return { frame, lines: null, difference: { node: "rows", field: null, plan: null, twin: other } };
  const [error, otherError] = [errorOf(frame), errorOf(other)];
  const none: Found = { frame, lines: null, difference: null };
  if (waits(frame) || waits(other)) return none;
  if (error !== null || otherError !== null) {
    if (error !== null && otherError !== null) return { ...none, lines: 0 };
    if (otherError !== null && options.lenient) return none;
    const node = `workflow "${plan.workflow.name}"`;
    return { ...none, difference: { node, field: "error", plan: error, twin: otherError } };
  }
  const lines = linesOf(plan, frame);
  return { frame, lines: lines.length, difference: firstDifference(lines, linesOf(twin, other)) };
}

function framed(
  plan: Plan,
  input: Json,
  rows: readonly PreviewRow[],
  options: TwinOptions,
): PreviewFrame | string {
  try {
    return previewFrame(plan, input, rows, options);
  } catch (error) {
    if (error instanceof PreviewRowError) return error.message;
    throw error;
  }
}

/** Where a condition waits, what stands behind it is not mounted: in the twin that is more. */
const waits = ({ held }: PreviewFrame): boolean => held.some(({ error }) => !error);

function errorOf({ fatal, held, tasks }: PreviewFrame): string | null {
  if (fatal) return fatal.message;
  const [first] = held.filter(({ error }) => error).map(({ waitsFor }) => waitsFor);
  const texts = tasks.flatMap(({ missing }) => Object.values(missing));
  return first ?? texts.find((text) => !/^(outputs\.|node )/.test(text)) ?? null;
}

interface Making {
  readonly madeUp: MadeUp;
  readonly assignment: Assignment;
  readonly seed: number;
  readonly next: Random;
}

/** Results for one or several of the tasks whose turn it is; false when there is none to give. */
function advance(
  frame: PreviewFrame,
  rows: PreviewRow[],
  { madeUp, assignment, seed, next }: Making,
): boolean {
  let grew = false;
  for (const task of frame.tasks) {
    const isAsked = ["approval", "human", "wait"].includes(task.kind);
    if (task.output === null || (task.state !== "ready" && !(isAsked && task.state === "waiting"))) continue;
    const outer = [...task.scope.matchAll(/=(\d+)/g)].map(([, at]) => Number(at));
    const iteration = outer.reduce((sum, at) => sum + at, task.iteration);
    const row = madeUp.row({ table: task.output, kind: task.kind }, assignment, { seed, iteration }, next);
    if (!row) continue;
    const nodeId = task.scope === "" ? task.nodeId : `${task.nodeId}@@${task.scope}`;
    rows.push({ table: task.output, nodeId, iteration: task.iteration, row });
    grew = true;
    if (next() < 0.5) break;
  }
  return grew;
}

/** By table, that of the input as `input`. What can't be built makes no rows. */
function schemasOf(plan: Plan): { readonly [table: string]: unknown } {
  const schemas = new PlanSchemas(plan);
  const input = plan.input?.schema;
  const tables = Object.keys(plan.schemas).filter((name) => name !== input);
  return {
    ...Object.fromEntries(tables.map((name) => [name, schemas.get(name)])),
    ...(input === undefined || input === null ? {} : { input: schemas.get(input) }),
  };
}
