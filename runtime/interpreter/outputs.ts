/** Rows: parsed with the plan's schemas, put into the journal and into the world. */
import type { Json } from "../../plan/types.ts";
import type { Parsed } from "../../plan/zod/index.ts";
import type { Run } from "./run.ts";
import type { TaskEntry } from "./states.ts";

export function recordRow(run: Run, entry: TaskEntry, raw: Json, value: Json): void {
  if (entry.table === null) return;
  run.lastOutput++;
  run.writes.push({
    type: "output",
    nodeId: entry.address.nodeId,
    scope: entry.address.scope,
    iteration: entry.address.iteration,
    seq: run.lastOutput,
    table: entry.table,
    raw,
    value,
    frame: run.frame + 1,
  });
  run.world.rows.add(entry.table, entry.address, value);
}

export function parseRow(run: Run, table: string | null, row: Json): Parsed {
  const schema = table !== null && Object.hasOwn(run.plan.schemas, table) ? table : null;
  return run.parser.parse(run.plan, schema, row);
}
