/** What a compute task is handed: its captures, and `ctx` as a read-only snapshot of the cells it can read (DESIGN §4 "Modules"). */
import { CoreError } from "../../plan/core/values.ts";
import type { Json, TaskNode } from "../../plan/types.ts";
import { encodeCapture, NotTransferable } from "../executors/index.ts";
import { Cell } from "../values/cell.ts";
import { commonLoops } from "../values/place.ts";
import { pick } from "../values/rows.ts";
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

/**
 * `{ input, runId, iteration, iterations, now, outputs: { TABLE: rows }, current: { TABLE: { NODE: row } } }`, where `current`
 * holds the row that `outputMaybe` gives this task. Only tables that the node's `reads` name are copied.
 */
export function snapshotCtx(leaf: Leaf): Json {
  const { facts, rows, graph } = leaf.world;
  const { place } = leaf.scope;
  const reader = new Cell(graph, `nodes.${leaf.plan.key}.ctx`, () => undefined);
  const outputs: { [table: string]: Json } = {};
  const current: { [table: string]: { [nodeId: string]: Json } } = {};
  for (const table of tablesRead(leaf)) {
    outputs[table] = rows.all(table, reader);
    const ofTable: { [nodeId: string]: Json } = {};
    for (const nodeId of rows.nodes(table)) {
      const loops = facts.loopsAround(nodeId, reader);
      const wanted = {
        depth: loops.length,
        common: commonLoops(loops, place.loops),
        reader: place.at,
        earlier: true,
      };
      const row = pick(rows.of(table, nodeId, reader), wanted);
      if (row) ofTable[nodeId] = row.value;
    }
    current[table] = ofTable;
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
  return named.includes("*") ? rows.tables() : [...new Set(named)];
}
