/** What a compute task is handed: its captures, and `ctx` as a read-only snapshot of the cells it can read (DESIGN §4 "Modules"). */
import { CoreError } from "../../plan/core/values.ts";
import type { Json, TaskNode } from "../../plan/types.ts";
import { encodeCapture, NotTransferable } from "../executors/index.ts";
import { Cell } from "../values/cell.ts";
import { ownRow } from "../values/ctx.ts";
import { commonLoops } from "../values/place.ts";
import { fits, pick, type Row, type Rows } from "../values/rows.ts";
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

/** What a function reads of state, and what `ctx.random` draws from: copied where it may ask for them. */
function stateRead(leaf: Leaf): { readonly [part: string]: Json } {
  const cells = leaf.plan.node.reads ?? [];
  const { state, vol } = leaf.world.state;
  const isRead = (part: string): boolean =>
    cells.some((cell) => cell === part || cell.startsWith(`${part}.`) || cell === "ctx" || cell === "*");
  return {
    ...(isRead("state") ? { state: state.entries() } : {}),
    ...(isRead("vol") ? { vol: vol.entries(), volVersion: vol.peekVersion() } : {}),
    ...(isRead("random") ? { numbers: leaf.world.facts.numbers } : {}),
  };
}

/**
 * `{ input, runId, iteration, iterations, now, outputs: { TABLE: rows }, parts: { TABLE: rows }, current: { TABLE: { NODE:
 * Answers } } }`: the reading rules of DESIGN §6 stay here, the process of the task only looks up. Only what the node's `reads`
 * name is copied: whole tables in `outputs`, in `parts` the rows of single nodes, so that a step costs what it reads.
 */
export function snapshotCtx(leaf: Leaf): Json {
  const { facts, rows, graph } = leaf.world;
  const { place } = leaf.scope;
  const reader = new Cell(graph, `nodes.${leaf.plan.key}.ctx`, () => undefined);
  const outputs: { [table: string]: Json } = {};
  const parts: { [table: string]: Json } = {};
  const current: { [table: string]: { [nodeId: string]: Answers } } = {};
  for (const [table, wanted] of tablesRead(leaf)) {
    const whole = wanted === "all";
    const nodes = whole ? rows.nodes(table) : nodesOf(rows, table, wanted);
    const given = whole
      ? rows.all(table, reader)
      : nodes.flatMap((nodeId) => rows.of(table, nodeId, reader).map(({ listed }) => listed));
    (whole ? outputs : parts)[table] = given;
    const positions = new Map(given.map((row, index) => [row, index]));
    current[table] = Object.fromEntries(
      nodes.map((nodeId) => [nodeId, answers(leaf, table, nodeId, positions, reader)]),
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
    parts,
    current,
    ...stateRead(leaf),
  };
}

/** Whose rows a compute task is handed with `ctx`. */
export function* rowsHanded(leaf: Leaf): Iterable<{ readonly table: string; readonly nodeId: string }> {
  const { rows } = leaf.world;
  for (const [table, wanted] of tablesRead(leaf))
    for (const nodeId of wanted === "all" ? rows.nodes(table) : nodesOf(rows, table, wanted))
      yield { table, nodeId };
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

/** Cells (plan/core/reads.ts) that may be any table. */
const EVERYTHING: ReadonlySet<string> = new Set(["outputs", "outputs.*", "ctx", "*"]);

/** Tables that the node's function reads, each whole or by patterns of node ids. */
function tablesRead(leaf: Leaf): ReadonlyMap<string, "all" | readonly string[]> {
  const tables = new Map<string, "all" | string[]>();
  for (const cell of leaf.plan.node.reads ?? []) {
    if (EVERYTHING.has(cell)) {
      const { plan } = leaf.world.index;
      for (const table of [...Object.keys(plan.schemas), ...leaf.world.rows.tables()])
        tables.set(table, "all");
      continue;
    }
    const [, table, pattern] = /^outputs\.([^@]+)(?:@(.*))?$/s.exec(cell) ?? [];
    if (table === undefined) continue;
    const known = tables.get(table);
    if (pattern === undefined) tables.set(table, "all");
    else if (known === undefined) tables.set(table, [pattern]);
    else if (known !== "all") known.push(pattern);
  }
  return tables;
}

/** Nodes with a row whose id fits one of the patterns; `{}` stands for any characters. */
function nodesOf(rows: Rows, table: string, patterns: readonly string[]): readonly string[] {
  const exact = patterns.every((pattern) => !pattern.includes("{}"));
  if (exact) return [...new Set(patterns)].filter((nodeId) => rows.has(table, nodeId));
  const fitting = patterns.map(
    (pattern) => new RegExp(`^${pattern.split("{}").map(literally).join(".*")}$`, "s"),
  );
  return rows.nodes(table).filter((nodeId) => fitting.some((regex) => regex.test(nodeId)));
}

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
