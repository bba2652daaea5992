// @ts-check
/**
 * `ctx` inside a compute function: a frozen, read-only view of what the run knew when the attempt chain started.
 *
 * @typedef {import("../../../../plan/types.ts").Json} Json
 * @typedef {{ readonly [key: string]: Json }} Row
 *
 * @typedef {object} CtxSnapshot
 * @property {Json} [input] The parsed input of the run.
 * @property {string} runId
 * @property {number} [iteration] Of the innermost loop around the task; 0 outside loops.
 * @property {{ readonly [loop: string]: number }} [iterations]
 * @property {number} [now] Unix milliseconds of the frame.
 * @property {{ readonly [table: string]: readonly Row[] }} [outputs] Rows in completion order: schema fields, nodeId, iteration.
 * @property {{ readonly [table: string]: readonly Row[] }} [parts] Rows of single nodes, of tables that are not read whole.
 * @property {{ readonly [table: string]: { readonly [nodeId: string]: Answers } }} [current] By the reading rules of DESIGN §6.
 * @property {{ readonly [key: string]: Json }} [state] What `ctx.state` held.
 * @property {{ readonly [key: string]: Json }} [vol] What `ctx.vol` held.
 * @property {number} [volVersion]
 * @property {string} [numbers] What `ctx.random` draws from.
 *
 * @typedef {import("../../executor.ts").ComputeWrite} ComputeWrite
 *
 * @typedef {object} Answers Rows are named by their index in `outputs[table]` or `parts[table]`.
 * @property {number} [maybe] What `outputMaybe` and `latest` give this reader.
 * @property {number} [own] What `output` gives it.
 * @property {number} count
 * @property {{ readonly [iteration: string]: number }} at What a read with `iteration` gives it.
 */
import { createHash } from "node:crypto";
import { toJson } from "./json.mjs";

/** @param {CtxSnapshot} snapshot @param {ComputeWrite[]} [writes] Takes what the function writes to state. */
export function makeCtx(snapshot, writes = []) {
  freeze(snapshot);
  const {
    input,
    runId,
    iteration = 0,
    iterations = {},
    now = 0,
    outputs = {},
    parts = {},
    current = {},
    state = {},
    vol = {},
    volVersion = 0,
    numbers = "",
  } = snapshot;

  /** @param {string} table @returns {readonly Row[]} */
  const rows = (table) => member(outputs, table) ?? Object.freeze([]);
  /** @param {string} table @param {string} nodeId @returns {Answers | undefined} */
  const answers = (table, nodeId) => member(member(current, table), nodeId);

  /** @param {string} table @param {{ nodeId: string, iteration?: number }} at @param {"maybe" | "own"} which */
  const read = (table, at, which) => {
    const known = answers(table, at?.nodeId);
    const index = at?.iteration === undefined ? known?.[which] : member(known?.at, String(at.iteration));
    return index === undefined
      ? undefined
      : fields((member(outputs, table) ?? member(parts, table))?.[index]);
  };
  /** @param {string} table @param {{ nodeId: string, iteration?: number }} at */
  const outputMaybe = (table, at) => read(table, at, "maybe");

  /** @param {string} table */
  const view = (table) => rows(table);
  // Not assigned: a table may have the name of a function's own property.
  for (const table of Object.keys(outputs)) {
    Object.defineProperty(view, table, { value: outputs[table], enumerable: true, configurable: true });
  }
  return Object.freeze({
    input,
    runId,
    iteration,
    iterations,
    outputs: Object.freeze(view),
    outputMaybe,
    /** @param {string} table @param {{ nodeId: string, iteration?: number }} at */
    output(table, at) {
      const row = read(table, at, "own");
      if (row === undefined) {
        throw new Error(`ctx.output: ${table} of ${at?.nodeId} is not among what this task was given`);
      }
      return row;
    },
    /** @param {string} table @param {string} nodeId */
    latest: (table, nodeId) => outputMaybe(table, { nodeId }),
    latestArray,
    /** @param {string} table @param {string} nodeId */
    iterationCount: (table, nodeId) => answers(table, nodeId)?.count ?? 0,
    now: () => now,
    /** @param {string} key */
    random: (key) => randomOf(numbers, String(key)),
    state: stateView("state", state, 0, writes),
    vol: stateView("vol", vol, volVersion, writes),
  });
}

/**
 * `ctx.state` in a function: reads give what it held when the attempt chain started; writes are kept until the function
 * has returned, and are dropped when it throws (SEMANTICS 49).
 *
 * @param {"state" | "vol"} store
 * @param {{ readonly [key: string]: Json }} values
 * @param {number} version
 * @param {ComputeWrite[]} writes
 */
function stateView(store, values, version, writes) {
  /** @param {"set" | "init"} op @param {string} key @param {unknown} given */
  const write = (op, key, given) => {
    const value = toJson(given ?? null);
    if (value === null && op === "set") writes.push({ op: "delete", store, key: keyOf(op, key) });
    else writes.push({ op, store, key: keyOf(op, key), value });
  };
  /** @param {string} method @param {unknown} key */
  const keyOf = (method, key) => {
    if (typeof key === "string" && key !== "" && !/\0|\p{Surrogate}/u.test(key)) return key;
    throw new TypeError(`ctx.${store}.${method} takes a key that is a text`);
  };
  return Object.freeze({
    /** @param {string} key @param {unknown} [fallback] */
    get: (key, fallback) => member(values, key) ?? fallback,
    /** @param {string} key */
    has: (key) => member(values, key) !== undefined,
    keys: () => Object.keys(values).sort(),
    version,
    /** @param {string} key @param {unknown} value */
    set: (key, value) => write("set", key, value),
    /** @param {string} key @param {unknown} value */
    init: (key, value) => write("init", key, value),
    /** @param {string} key */
    delete: (key) => void writes.push({ op: "delete", store, key: keyOf("delete", key) }),
    update: () => {
      throw new Error(
        `ctx.${store}.update needs the value at the moment of writing, which a task in its own process does not have: write it in onFinished`,
      );
    },
  });
}

/** As runtime/interpreter/random.ts draws them. @param {string} seed @param {string} key */
function randomOf(seed, key) {
  return createHash("sha256").update(`${seed}\n${key}`).digest().readUIntBE(0, 6) / 2 ** 48;
}

/** Reads give schema fields only. @param {unknown} row */
function fields(row) {
  if (typeof row !== "object" || row === null || Array.isArray(row)) return row;
  const { nodeId: _, iteration: __, ...rest } = /** @type {Row} */ (row);
  return Object.freeze(rest);
}

/** An array as it is; JSON text of one parsed; nothing gives []; anything else an array of it. @param {unknown} value */
function latestArray(value) {
  if (value === undefined || value === null || value === "") return [];
  if (Array.isArray(value)) return value;
  if (typeof value !== "string") return [value];
  try {
    const parsed = JSON.parse(value);
    return Array.isArray(parsed) ? parsed : [parsed];
  } catch {
    return [];
  }
}

/** @template T @param {{ readonly [key: string]: T } | undefined} of @param {string} key @returns {T | undefined} */
function member(of, key) {
  return of !== undefined && Object.hasOwn(of, key) ? of[key] : undefined;
}

/** @param {unknown} value */
function freeze(value) {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const member of Object.values(value)) freeze(member);
}
