/** Rows that a preview is given: what they must look like, which nodes can have recorded them, and how they get into a frame. */
import { parseExpr } from "../plan/core/index.ts";
import { coreText, dynamicText, isLeaf } from "../plan/fields.ts";
import { idPattern } from "../plan/ids.ts";
import { nearest } from "../plan/suggest.ts";
import type { Json, Node, Plan } from "../plan/types.ts";
import { formatIssues, PlanSchemas, parseWith } from "../plan/zod/index.ts";
import { Leaf } from "./interpreter/leaf.ts";
import { Loop } from "./interpreter/loop.ts";
import type { TaskEntry } from "./interpreter/states.ts";
import type { World } from "./interpreter/world.ts";
import { addressKey } from "./store/rules.ts";
import type { Address } from "./store/store.ts";
import { addressAt, type Place, placeOf } from "./values/place.ts";

/** A row as it was recorded. `nodeId` may name the enclosing loops too: `work@@outer=0`. */
export interface PreviewRow {
  readonly table: string;
  readonly nodeId: string;
  readonly iteration: number;
  readonly row: Json;
}

/** A row that can't have been recorded. `index` counts from 0. */
export class PreviewRowError extends Error {
  readonly index: number;
  constructor(index: number, message: string) {
    super(`row ${index}: ${message}`);
    this.name = "PreviewRowError";
    this.index = index;
  }
}

const FIELDS = ["table", "nodeId", "iteration", "row"];

/**
 * Rows from JSON: `[{ "table", "nodeId", "iteration", "row" }]`; without `iteration`, the first.
 * @throws PreviewRowError for the first entry of another shape; TypeError when it is no array.
 */
export function parseRows(json: Json): readonly PreviewRow[] {
  if (!Array.isArray(json)) throw new TypeError("the rows must be an array");
  return json.map((entry: Json, index) => {
    if (!isRecord(entry)) throw new PreviewRowError(index, "must be an object");
    const unknown = Object.keys(entry).find((name) => !FIELDS.includes(name));
    if (unknown !== undefined)
      throw new PreviewRowError(index, `has a field "${unknown}"; there are only ${FIELDS.join(", ")}`);
    const { table, nodeId, iteration = 0, row } = entry;
    if (typeof table !== "string") throw new PreviewRowError(index, `"table" must be a string`);
    if (typeof nodeId !== "string") throw new PreviewRowError(index, `"nodeId" must be a string`);
    if (typeof iteration !== "number" || !Number.isSafeInteger(iteration) || iteration < 0)
      throw new PreviewRowError(index, `"iteration" must be a whole number from 0`);
    if (row === undefined) throw new PreviewRowError(index, `"row" is missing`);
    return { table, nodeId, iteration, row };
  });
}

/** Which rows a plan's nodes can record; built once for all rows of a preview. */
export class RowRules {
  readonly #plan: Plan;
  readonly #schemas: PlanSchemas;
  readonly #producers: readonly Producer[];

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#schemas = new PlanSchemas(plan);
    this.#producers = producersOf(plan);
  }

  /**
   * How the row fails the schema of its table, if it does; null otherwise. Rows are facts: what was recorded under
   * another schema, or made up, is shown as it is.
   * @throws PreviewRowError when no node of the plan can have recorded the row.
   */
  check({ table, nodeId, row }: PreviewRow, index: number): string | null {
    const refuse = (message: string): never => {
      throw new PreviewRowError(index, message);
    };
    const id = bareId(nodeId);
    const able = this.#producers.filter((producer) => producer.matches(id));
    if (able.length === 0)
      refuse(`no node of this plan can have the id "${id}"${this.#suggest(id, this.#ids())}`);
    const tables = this.#tables();
    if (!tables.includes(table)) refuse(`the plan has no table "${table}"${this.#suggest(table, tables)}`);
    if (!able.some(({ output }) => output === null || output === table))
      refuse(`"${id}" records in "${able[0]?.output}", not in "${table}"`);
    if (!Object.hasOwn(this.#plan.schemas, table)) return null;
    // A recorded row has been parsed already: what a transform gave need not pass it again.
    if (/\.(transform|pipe)\(|preprocess\(|codec\(/.test(coreText(this.#plan.schemas[table]!.zod)))
      return null;
    const parsed = parseWith(this.#schemas.get(table), row);
    return parsed.ok
      ? null
      : `row ${index}: the row of "${id}" does not fit the schema "${table}":\n${formatIssues(parsed.issues)}`;
  }

  #tables(): string[] {
    const named = this.#producers.flatMap(({ output }) => (output === null ? [] : [output]));
    const input = this.#plan.input?.schema;
    return [
      ...new Set([...Object.keys(this.#plan.schemas).filter((name) => name !== input), ...named]),
    ].sort();
  }

  #ids(): string[] {
    return this.#producers.map(({ shown }) => shown);
  }

  #suggest(wanted: string, known: readonly string[]): string {
    const near = nearest(wanted, known);
    if (near !== null) return `. Did you mean "${near}"?`;
    return known.length === 0 ? "" : `. There are: ${known.slice(0, 12).join(", ")}`;
  }
}

interface Producer {
  /** The id, or how it is built: `score-{}`. */
  readonly shown: string;
  /** Null where it depends on the run. */
  readonly output: string | null;
  readonly matches: (id: string) => boolean;
}

function producersOf(plan: Plan): readonly Producer[] {
  return Object.entries(plan.nodes).flatMap(([key, node]) => {
    if (!isLeaf(node.kind)) return [];
    const output = "output" in node && typeof node.output === "string" ? node.output : null;
    return [{ shown: shownId(key, node), output, matches: matcherOf(key, node) }];
  });
}

const shownId = (key: string, node: Node): string => (typeof node.id === "string" ? node.id : key);

function matcherOf(key: string, node: Node): (id: string) => boolean {
  const { id } = node;
  if (typeof id === "string") return (given) => given === id;
  // Without an id the key stands for it, followed by the keys of the eaches around.
  const ofKey = (given: string): boolean => given === key || given.startsWith(`${key}:`);
  const text = dynamicText(id);
  if (text === null) return ofKey;
  const pattern = idPattern(parseExpr(coreText(text)));
  if (pattern.type === "exact") return (given) => given === pattern.id;
  return (given) => pattern.matches.test(given) || ofKey(given);
}

/**
 * Rows of addresses that have one already. They are shown as they are, but no run ends so: a task records one row in each
 * iteration.
 */
export class Doubles {
  readonly #first = new Map<string, number>();

  /** What is to be said of a row at an address; null for the first one there. */
  check(address: Address, index: number): string | null {
    const key = addressKey(address);
    const first = this.#first.get(key);
    if (first === undefined) this.#first.set(key, index);
    if (first === undefined) return null;
    const { nodeId, scope, iteration } = address;
    const at = scope === "" ? nodeId : `${nodeId}@@${scope}`;
    return `row ${index}: "${at}" has a row of iteration ${iteration} already (row ${first}); a run records one, this frame shows what both together give`;
  }
}

/**
 * Records a row as the result of its task, and brings the loops around it to the iteration it is of. `settled` is called
 * when its node has ended, before the frame that follows.
 * @returns its address
 */
export function applyRow(
  world: World,
  { table, nodeId, iteration, row }: PreviewRow,
  settled: (entry: TaskEntry, row: Json) => void,
): Address {
  const moving = (): boolean => true;
  const address = resolve(world, nodeId, iteration);
  for (const loop of pathTo(world, address)) {
    if (loop.reach()) world.evaluate(moving);
  }
  world.rows.add(table, address, row);
  const entry = world.states.at(address, "", "static");
  settle(world, entry, row);
  settled(entry, row);
  world.evaluate(moving);
  return address;
}

/** The loops around an address, outermost first, each asked for when those before it have been moved. */
function* pathTo(world: World, address: Address): Iterable<{ readonly reach: () => boolean }> {
  const loops = world.loopsOf(address.nodeId);
  const at = placeOf(address);
  if (loops.length === 0 || at.length !== loops.length) return;
  for (const [level, loopId] of loops.entries()) {
    const outer: Place = { loops: loops.slice(0, level), at: at.slice(0, level) };
    const [unit] = world.states.entries.get(addressKey(addressAt(loopId, outer)))?.leaves ?? [];
    if (unit instanceof Loop) yield { reach: () => unit.reach(at[level] as number) };
  }
}

/** As a result does, and as a person's decision does: an approval that was denied fails or is skipped as declared. */
function settle(world: World, entry: TaskEntry, row: Json): void {
  const leaf = entry.leaves.find((unit) => unit instanceof Leaf);
  const denied = leaf?.node.kind === "approval" && isRecord(row) && row.approved === false;
  const onDeny = leaf?.node.kind === "approval" ? (leaf.node.onDeny ?? "fail") : "continue";
  if (denied && onDeny === "skip") world.setState(entry, "skipped", null, true);
  else if (denied && leaf && onDeny === "fail")
    world.fail(entry, { code: "DENIED", message: "denied", retryable: false }, leaf.continues());
  else world.setState(entry, "finished", null, true);
}

/** The address a row means: as given, else that of the mounted node, else in the first iteration of the outer loops. */
function resolve(world: World, nodeId: string, iteration: number): Address {
  const at = nodeId.indexOf("@@");
  if (at >= 0) return { nodeId: nodeId.slice(0, at), scope: nodeId.slice(at + 2), iteration };
  const loops = world.loopsOf(nodeId);
  if (loops.length < 2) return { nodeId, scope: "", iteration };
  const open = [...world.states.entries.values()].filter(
    ({ address, leaves, settled }) => address.nodeId === nodeId && leaves.length > 0 && !settled,
  );
  const exact = open.find(({ address }) => address.iteration === iteration) ?? open[0];
  if (exact) return { ...exact.address, iteration };
  return addressAt(nodeId, { loops, at: [...loops.slice(1).map(() => 0), iteration] });
}

function bareId(nodeId: string): string {
  const at = nodeId.indexOf("@@");
  return at < 0 ? nodeId : nodeId.slice(0, at);
}

function isRecord(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
