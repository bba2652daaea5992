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
 * @property {{ readonly [table: string]: { readonly [nodeId: string]: Row } }} [current]
 *   What a read without iteration gives this reader (DESIGN §6, "Reading outputs"); without an entry, the highest iteration.
 */

/** @param {CtxSnapshot} snapshot */
export function makeCtx(snapshot) {
  freeze(snapshot);
  const { input, runId, iteration = 0, iterations = {}, now = 0, outputs = {}, current = {} } = snapshot;

  /** @param {string} table @returns {readonly Row[]} */
  const rows = (table) => (Object.hasOwn(outputs, table) ? outputs[table] : undefined) ?? Object.freeze([]);
  /** @param {string} table @param {string} nodeId */
  const history = (table, nodeId) =>
    rows(table)
      .filter((row) => row.nodeId === nodeId)
      .sort((a, b) => Number(a.iteration) - Number(b.iteration));

  /** @param {string} table @param {{ nodeId: string, iteration?: number }} at */
  const outputMaybe = (table, at) => {
    if (at?.iteration !== undefined) {
      return fields(history(table, at.nodeId).find((row) => row.iteration === at.iteration));
    }
    const known = Object.hasOwn(current, table) ? current[table] : undefined;
    if (known !== undefined && Object.hasOwn(known, at.nodeId)) return fields(known[at.nodeId]);
    return fields(history(table, at.nodeId).at(-1));
  };

  const view = Object.assign(/** @param {string} table */ (table) => rows(table), outputs);
  return Object.freeze({
    input,
    runId,
    iteration,
    iterations,
    outputs: Object.freeze(view),
    outputMaybe,
    /** @param {string} table @param {{ nodeId: string, iteration?: number }} at */
    output(table, at) {
      const row = outputMaybe(table, at);
      if (row === undefined) {
        throw new Error(`ctx.output: ${table} of ${at?.nodeId} is not among what this task was given`);
      }
      return row;
    },
    /** @param {string} table @param {string} nodeId */
    latest: (table, nodeId) => outputMaybe(table, { nodeId }),
    /** @param {unknown} value */
    latestArray: (value) => (Array.isArray(value) ? value : []),
    /** @param {string} table @param {string} nodeId */
    iterationCount: (table, nodeId) => history(table, nodeId).length,
    now: () => now,
  });
}

/** Reads give schema fields only. @param {Row | undefined} row */
function fields(row) {
  if (row === undefined) return undefined;
  const { nodeId: _, iteration: __, ...rest } = row;
  return Object.freeze(rest);
}

/** @param {unknown} value */
function freeze(value) {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const member of Object.values(value)) freeze(member);
}
