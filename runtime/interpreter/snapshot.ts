/** What a compute task is handed: its captures, and `ctx` as a read-only snapshot of the cells it can read (DESIGN §4 "Modules"). */
import { CoreError } from "../../plan/core/values.ts";
import type { Json, TaskNode } from "../../plan/types.ts";
import { encodeCapture, NotTransferable } from "../executors/index.ts";
import { Cell } from "../values/cell.ts";
import { ownRow } from "../values/ctx.ts";
import { commonLoops } from "../values/place.ts";
import { fits, pick, type Row } from "../values/rows.ts";
import type { Leaf } from "./leaf.ts";

/** Capture values in the order of the module's parameters. Throws CoreError for a value that can't leave the engine. */
export function captureValues(leaf: Leaf, node: TaskNode, reader: Cell): Json {
  const module = leaf.world.index.plan.modules[node.module as string];
  const captures = node.captures ?? {};
  return (module?.captures ?? []).map((name) => {
    const value = Object.hasOwn(captures, name) ? leaf.scope.field(captures[name], reader) : undefined;
    try {
      return encodeCapture(value);
    } catch (thrown) {
      if (!(thrown instanceof NotTransferable)) throw thrown;
      throw new CoreError("FORBIDDEN", `capture ${name} of ${leaf.plan.key}: ${thrown.message}`);
    }
  });
}

/** What a compute function may ask of one node's rows in a table; rows are named by their index in `outputs[table]`. */
type Answers = {
  /** The row that `outputMaybe` and `latest` give this task. */
  readonly maybe?: number;
  /** The row that `output` gives it. */
  readonly own?: number;
  /** How many iterations count for it. */
  readonly count: number;
  /** The rows that a read with `iteration` gives it. */
  readonly at: { readonly [iteration: string]: number };
};

/**
 * `{ input, runId, iteration, iterations, now, outputs: { TABLE: rows }, current: { TABLE: { NODE: Answers } } }`: the reading
 * rules of DESIGN §6 stay here, the process of the task only looks up. Only tables that the node's `reads` name are copied.
 */
export function snapshotCtx(leaf: Leaf): Json {
  const { facts, rows, graph } = leaf.world;
  const { place } = leaf.scope;
  const reader = new Cell(graph, `nodes.${leaf.plan.key}.ctx`, () => undefined);
  const outputs: { [table: string]: Json } = {};
  const current: { [table: string]: { [nodeId: string]: Answers } } = {};
  for (const table of tablesRead(leaf)) {
    const all = rows.all(table, reader);
    const positions = new Map(all.map((row, index) => [row, index]));
    outputs[table] = all;
    current[table] = Object.fromEntries(
      rows.nodes(table).map((nodeId) => [nodeId, answers(leaf, table, nodeId, positions, reader)]),
    );
  }
  const iterations = facts.iterations(place, reader);
  const now = facts.now(reader);
  reader.dispose();
  return {
    input: facts.input,
    runId: facts.runId,
    iteration: place.at.at(-1) ?? 0,
    iterations,
    now,
    outputs,
    current,
  };
}

function answers(
  { world: { facts, rows }, scope: { place } }: Leaf,
  table: string,
  nodeId: string,
  positions: ReadonlyMap<Json, number>,
  reader: Cell,
): Answers {
  const loops = facts.loopsAround(nodeId, reader);
  const common = commonLoops(loops, place.loops);
  const wanted = { depth: loops.length, common, reader: place.at, earlier: true };
  const ofNode = rows.of(table, nodeId, reader);
  const indexOf = (row: Row | undefined): number | undefined => row && positions.get(row.listed);
  const at: { [iteration: string]: number } = {};
  let count = 0;
  for (const row of ofNode) {
    if (fits(row.at, wanted)) count++;
    const iteration = row.at.at(-1) ?? 0;
    const index = indexOf(row);
    // Ascending: where several fit, the highest stays.
    if (index !== undefined && fits(row.at, { ...wanted, iteration })) at[iteration] = index;
  }
  const maybe = indexOf(pick(ofNode, wanted));
  const own = indexOf(ownRow(facts, place, table, nodeId, reader));
  return { ...(maybe === undefined ? {} : { maybe }), ...(own === undefined ? {} : { own }), count, at };
}

function tablesRead(leaf: Leaf): readonly string[] {
  const { rows } = leaf.world;
  const { reads } = leaf.plan.node;
  if (!reads) return [];
  const named = reads.flatMap((cell) => {
    const table = /^outputs\.([^@.[]+)/.exec(cell)?.[1];
    return table === undefined
      ? cell === "outputs" || cell === "ctx" || cell === "*"
        ? ["*"]
        : []
      : [table];
  });
  const all = named.includes("*") ? [...Object.keys(leaf.world.index.plan.schemas), ...rows.tables()] : named;
  return [...new Set(all)];
}
