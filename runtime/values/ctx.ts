/** `ctx` as Core sees it: every member is answered here, every read recorded (CONTRACT of plan/core/values.ts HostObject). */
import { CoreError, Handle, HostObject, Pending, type Reader, type Value } from "../../plan/core/values.ts";
import type { Json } from "../../plan/types.ts";
import type { Address } from "../store/store.ts";
import { Cell } from "./cell.ts";
import { FileReads, type ProjectFiles } from "./files.ts";
import { addressAt, commonLoops, type Place, within } from "./place.ts";
import { fits, pick, type Row, type Rows } from "./rows.ts";
import type { RunState } from "./state.ts";
import { StateObject } from "./state-object.ts";

/** What `ctx` is asked about; the interpreter's world answers. Every method records a read for the reader it is given. */
export interface Facts {
  readonly runId: string;
  readonly input: Json;
  readonly rows: Rows;
  readonly files: ProjectFiles;
  /** `ctx.state` and `ctx.vol`. */
  readonly state: RunState;
  /** A number in [0, 1) that hangs on the run's seed and the key alone. */
  random(key: string): number;
  /** What those numbers are drawn of. */
  readonly numbers: string;
  /** Something wrote state that may not: the frame is refused (SEMANTICS 2). */
  refuseWrite(message: string): void;
  /** The time of this frame. */
  now(reader: Cell): number;
  /** Loops around the node with this id, outermost first. */
  loopsAround(nodeId: string, reader: Cell): readonly string[];
  /** Whether the node at the address has ended; `absent` when no such node is mounted or recorded. */
  stateOf(address: Address, reader: Cell): "open" | "settled" | "absent";
  /** Whether the loop is closed that stands at `place` (without its own iteration). */
  loopClosed(loop: string, place: Place, reader: Cell): boolean;
  /** What the `catch` of a try deals with, whose loops are among those of `place`; undefined before anything failed. */
  failureOf(nodeId: string, place: Place, reader: Cell): Value;
  /** Nothing else can move: reads of nodes that are not mounted become errors (DESIGN §6 "Reading outputs"). */
  stalled(reader: Cell): boolean;
  /** Iteration of each loop by id, as seen from `place`. */
  iterations(place: Place, reader: Cell): { readonly [loop: string]: number };
  /** The iteration that a loop at `place` is in, or ended with; 0 before it begins. */
  iterationOf(loop: string, place: Place, reader: Cell): number;
}

export class Ctx extends HostObject {
  readonly #facts: Facts;
  readonly #place: Place;
  readonly #outputs: Outputs;
  readonly #methods: ReadonlyMap<string, Method>;

  constructor(facts: Facts, place: Place) {
    super();
    this.#facts = facts;
    this.#place = place;
    this.#outputs = new Outputs(facts);
    this.#methods = new Map(
      Object.entries({
        output: ([table, key], reader) => output(facts, place, tableOf(table), keyOf(key), reader),
        outputMaybe: ([table, key], reader) => outputMaybe(facts, place, tableOf(table), keyOf(key), reader),
        latest: ([table, nodeId], reader) =>
          outputMaybe(facts, place, tableOf(table), { nodeId: String(nodeId) }, reader),
        latestArray: ([value]) => latestArray(value),
        iterationCount: ([table, nodeId], reader) =>
          iterationCount(facts, place, tableOf(table), String(nodeId), reader),
        // What the `catch` of the try with this id is for.
        failure: ([nodeId], reader) => facts.failureOf(String(nodeId), place, reader),
        now: (_, reader) => facts.now(reader),
        random: ([key]) => facts.random(String(key)),
        // What stands in a loop, as a part of the plan sees it that is evaluated around the loop.
        within: ([loop], reader) => {
          const id = String(loop);
          return new Ctx(facts, within(place, id, facts.iterationOf(id, place, reader)));
        },
      } satisfies { [name: string]: Call }).map(([name, call]) => [name, new Method(call)]),
    );
  }

  override get(key: string, reader: Reader): Value {
    switch (key) {
      case "input":
        return this.#facts.input;
      case "outputs":
        return this.#outputs;
      case "iteration":
        return this.#place.at.at(-1) ?? 0;
      case "iterations":
        return this.#facts.iterations(this.#place, cellOf(reader));
      case "runId":
        return this.#facts.runId;
      case "state":
      case "vol":
        return new StateObject(key, this.#facts.state[key], (message) => this.#facts.refuseWrite(message));
      case "fs":
        return new FileReads(this.#facts.files);
      default:
        return this.#methods.get(key);
    }
  }
}

/** `ctx.outputs.t` and `ctx.outputs('t')`. */
class Outputs extends HostObject {
  readonly #facts: Facts;

  constructor(facts: Facts) {
    super();
    this.#facts = facts;
  }

  override get(key: string, reader: Reader): Value {
    return this.#facts.rows.all(key, cellOf(reader));
  }

  override call([table]: readonly Value[], reader: Reader): Value {
    return this.#facts.rows.all(tableOf(table), cellOf(reader));
  }
}

type Call = (args: readonly Value[], reader: Cell) => Value;

class Method extends HostObject {
  readonly #call: Call;

  constructor(call: Call) {
    super();
    this.#call = call;
  }

  override get(): Value {
    return undefined;
  }

  override call(args: readonly Value[], reader: Reader): Value {
    return this.#call(args, cellOf(reader));
  }
}

interface Key {
  readonly nodeId: string;
  readonly iteration?: number;
}

function outputMaybe(facts: Facts, place: Place, table: string, key: Key, reader: Cell): Value {
  const loops = facts.loopsAround(key.nodeId, reader);
  const common = commonLoops(loops, place.loops);
  const { iteration } = key;
  const wanted = { depth: loops.length, common, reader: place.at, iteration, earlier: true };
  return pick(facts.rows.of(table, key.nodeId, reader), wanted)?.value;
}

/**
 * Waits for the row of the reader's own iteration; from outside the producer's loop, until that loop is closed; with
 * `iteration`, for exactly that one. A producer that settled without an output is UPSTREAM_NO_OUTPUT.
 */
export function output(facts: Facts, place: Place, table: string, key: Key, reader: Cell): Value {
  const { nodeId, iteration } = key;
  const loops = facts.loopsAround(nodeId, reader);
  const common = commonLoops(loops, place.loops);
  const depth = loops.length;
  const row = pick(facts.rows.of(table, nodeId, reader), {
    depth,
    common,
    reader: place.at,
    iteration,
    earlier: false,
  });
  const waiting = new Pending(`outputs.${table}@${nodeId}`);
  if (depth > common && (iteration === undefined || depth - common > 1)) {
    if (!facts.loopClosed(loops[common] as string, outer(place, common), reader)) {
      if (facts.stalled(reader)) throw noOutput(table, nodeId);
      throw waiting;
    }
    if (row) return row.value;
    throw noOutput(table, nodeId);
  }
  if (row) return row.value;
  const own = [...place.at.slice(0, common)];
  if (iteration !== undefined && depth > 0) own[depth - 1] = iteration;
  const address = addressAt(nodeId, { loops, at: own });
  switch (facts.stateOf(address, reader)) {
    case "settled":
      throw noOutput(table, nodeId);
    case "open":
      throw waiting;
    case "absent": {
      const outside =
        depth > common && facts.loopClosed(loops[common] as string, outer(place, common), reader);
      if (outside || facts.stalled(reader)) throw noOutput(table, nodeId);
      throw waiting;
    }
  }
}

/** The row that `output` gives now, without waiting for it. */
export function ownRow(
  facts: Facts,
  place: Place,
  table: string,
  nodeId: string,
  reader: Cell,
): Row | undefined {
  const loops = facts.loopsAround(nodeId, reader);
  const common = commonLoops(loops, place.loops);
  const wanted = { depth: loops.length, common, reader: place.at, earlier: false };
  const outside = loops.length > common;
  if (outside && !facts.loopClosed(loops[common] as string, outer(place, common), reader)) return undefined;
  return pick(facts.rows.of(table, nodeId, reader), wanted);
}

/** The place within the outermost `depth` loops. */
function outer(place: Place, depth: number): Place {
  return { loops: place.loops.slice(0, depth), at: place.at.slice(0, depth) };
}

function iterationCount(facts: Facts, place: Place, table: string, nodeId: string, reader: Cell): number {
  const loops = facts.loopsAround(nodeId, reader);
  const common = commonLoops(loops, place.loops);
  const wanted = { depth: loops.length, common, reader: place.at, earlier: true };
  return facts.rows.of(table, nodeId, reader).filter((row) => fits(row.at, wanted)).length;
}

/** An array as it is; JSON text of one parsed; nothing gives []; anything else an array of it. */
function latestArray(value: Value): Value {
  if (value === undefined || value === null || value === "") return [];
  if (Array.isArray(value)) return value;
  if (typeof value !== "string") return [value];
  try {
    const parsed: unknown = JSON.parse(value);
    return Array.isArray(parsed) ? parsed : [parsed];
  } catch {
    return [];
  }
}

function noOutput(table: string, nodeId: string): CoreError {
  return new CoreError("UPSTREAM_NO_OUTPUT", `${nodeId} ended without a row in ${table}`);
}

/** Tables are strings in plans; a handle is taken for the table it names. */
export function tableOf(value: Value): string {
  if (typeof value === "string") return value;
  if (value instanceof Handle && (value.kind === "output" || value.kind === "schema")) return value.id;
  throw new CoreError("HANDLE", "the first argument of a read must name an output table");
}

function keyOf(value: Value): Key {
  if (typeof value === "string") return { nodeId: value };
  if (typeof value !== "object" || value === null)
    throw new CoreError("THROWN", "a read needs { nodeId }", {
      value: new TypeError("a read needs { nodeId }"),
    });
  const { nodeId, iteration } = value as { readonly nodeId?: unknown; readonly iteration?: unknown };
  return typeof iteration === "number" ? { nodeId: String(nodeId), iteration } : { nodeId: String(nodeId) };
}

function cellOf(reader: Reader): Cell {
  if (reader instanceof Cell) return reader;
  throw new Error("ctx was read outside an evaluation of the runtime");
}
