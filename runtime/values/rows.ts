/**
 * Output rows as readers see them, and the reading rules of DESIGN §6 "Reading outputs".
 *
 * A row's place is a vector of iterations, outermost loop first; a reader stands at a vector too. With `common` loops
 * shared by both, the first `common - 1` must be equal, the next may be earlier, the rest is free: the highest wins.
 */
import type { Json } from "../../plan/types.ts";
import type { Address } from "../store/store.ts";
import { type Cell, type Graph, Signal } from "./cell.ts";
import { placeOf } from "./place.ts";

export interface Row {
  readonly table: string;
  readonly nodeId: string;
  readonly at: readonly number[];
  /** Schema fields only, frozen. */
  readonly value: Json;
  /** With nodeId and iteration, as `ctx.outputs.t` lists it. */
  readonly listed: Json;
}

/** Bumped when a row comes: of one node, or, without `nodeId`, of a table. */
export class RowSignal extends Signal {
  readonly table: string;
  readonly nodeId: string | undefined;

  constructor(graph: Graph, table: string, nodeId?: string) {
    super(graph);
    this.table = table;
    this.nodeId = nodeId;
  }
}

interface OfNode {
  readonly signal: Signal;
  /** By place, ascending. */
  readonly rows: Row[];
}

interface OfTable {
  readonly signal: Signal;
  readonly rows: Row[];
  readonly nodes: Map<string, OfNode>;
  listed: readonly Json[] | undefined;
}

export class Rows {
  readonly #graph: Graph;
  readonly #tables = new Map<string, OfTable>();

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  add(table: string, address: Address, value: Json): void {
    const frozen = deepFreeze(value);
    const { nodeId, iteration } = address;
    const listed =
      typeof frozen === "object" && frozen !== null && !Array.isArray(frozen)
        ? Object.freeze({ ...frozen, nodeId, iteration })
        : frozen;
    const row: Row = { table, nodeId, at: placeOf(address), value: frozen, listed };
    const ofTable = this.#table(table);
    ofTable.rows.push(row);
    ofTable.listed = undefined;
    const ofNode = this.#node(table, nodeId);
    let index = ofNode.rows.length;
    while (index > 0 && compare((ofNode.rows[index - 1] as Row).at, row.at) > 0) index--;
    ofNode.rows.splice(index, 0, row);
    ofTable.signal.bump();
    ofNode.signal.bump();
  }

  /** All rows of a table in completion order. */
  all(table: string, reader: Cell): readonly Json[] {
    const ofTable = this.#table(table);
    ofTable.signal.read(reader);
    ofTable.listed ??= Object.freeze(ofTable.rows.map((row) => row.listed));
    return ofTable.listed;
  }

  /** Names of the tables that hold a row, sorted; reads every one of them. */
  tables(): readonly string[] {
    return [...this.#tables]
      .filter(([, table]) => table.rows.length > 0)
      .map(([name]) => name)
      .sort();
  }

  /** Rows of one node in one table, by place; recorded for `reader`. */
  of(table: string, nodeId: string, reader: Cell): readonly Row[] {
    const ofNode = this.#node(table, nodeId);
    ofNode.signal.read(reader);
    return ofNode.rows;
  }

  has(table: string, nodeId: string): boolean {
    return (this.#table(table).nodes.get(nodeId)?.rows.length ?? 0) > 0;
  }

  /** Nodes with a row in the table. */
  nodes(table: string): readonly string[] {
    return [...this.#table(table).nodes].filter(([, node]) => node.rows.length > 0).map(([id]) => id);
  }

  #table(name: string): OfTable {
    let table = this.#tables.get(name);
    if (!table) {
      table = { signal: new RowSignal(this.#graph, name), rows: [], nodes: new Map(), listed: undefined };
      this.#tables.set(name, table);
    }
    return table;
  }

  #node(name: string, nodeId: string): OfNode {
    const table = this.#table(name);
    let node = table.nodes.get(nodeId);
    if (!node) {
      node = { signal: new RowSignal(this.#graph, name, nodeId), rows: [] };
      table.nodes.set(nodeId, node);
    }
    return node;
  }
}

/** Which of a producer's rows a reader means. */
export interface Wanted {
  /** Loops around the producer. */
  readonly depth: number;
  /** How many of them, from the outside, hold the reader too. */
  readonly common: number;
  /** Where the reader stands. */
  readonly reader: readonly number[];
  /** Exactly this iteration of the producer's innermost loop. */
  readonly iteration?: number | undefined;
  /** Whether earlier iterations of the innermost common loop will do. */
  readonly earlier: boolean;
}

/** The highest row that fits, or undefined. `rows` are ascending. */
export function pick(rows: readonly Row[], wanted: Wanted): Row | undefined {
  for (let index = rows.length - 1; index >= 0; index--) {
    const row = rows[index] as Row;
    if (fits(row.at, wanted)) return row;
  }
  return undefined;
}

/** Whether a row at `place` is one of those the reader means. */
export function fits(place: readonly number[], wanted: Wanted): boolean {
  const { depth, common, reader, iteration, earlier } = wanted;
  if (depth === 0) return iteration === undefined || iteration === place[place.length - 1];
  // Rows recorded without their enclosing iterations stand in the first of each.
  const missing = depth - place.length;
  const at = (level: number): number => (level < missing ? 0 : (place[level - missing] as number));
  const exact = iteration !== undefined && common === depth;
  for (let level = 0; level < common; level++) {
    const innermost = level === common - 1;
    if (innermost && exact) break;
    if (innermost && earlier ? at(level) > (reader[level] as number) : at(level) !== reader[level])
      return false;
  }
  return iteration === undefined || at(depth - 1) === iteration;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const difference = (a[index] as number) - (b[index] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Freezes JSON through and through. Iterative: rows may nest as deep as their authors like. */
export function deepFreeze<T>(value: T): T {
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== "object" || next === null || Object.isFrozen(next)) continue;
    Object.freeze(next);
    for (const member of Object.values(next))
      if (typeof member === "object" && member !== null) open.push(member);
  }
  return value;
}
