/** Records of the journal as rows, both ways. */
import type { Json } from "../../../plan/types.ts";
import type {
  AttemptRecord,
  DecisionRecord,
  EventRecord,
  FrameRecord,
  Journal,
  OutputRecord,
  RunRecord,
  TaskRecord,
  TransitionRecord,
  Write,
} from "../store.ts";
import { StoreError } from "../store.ts";
import { BLOB_THRESHOLD, type Blobs } from "./blobs.ts";
import type { Connection } from "./connection.ts";
import type { SqlValue } from "./engine.ts";

/** One statement with its values, ready to run. */
export interface Row {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

const RUN = `INSERT INTO run VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET workflow = excluded.workflow, plan_digest = excluded.plan_digest,
  status = excluded.status, reason = excluded.reason, input = excluded.input, created_at = excluded.created_at,
  updated_at = excluded.updated_at, seed = excluded.seed, cwd = excluded.cwd,
  host = excluded.host`;
const PLAN = "INSERT INTO plans VALUES (?, ?)";
const FRAME = "INSERT INTO frames VALUES (?, ?, ?, ?, ?)";
const TASK = `INSERT INTO tasks (node_id, scope, iteration, node, kind, state, table_name, reason, frame)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (node_id, scope, iteration) DO UPDATE SET node = excluded.node, kind = excluded.kind,
  state = excluded.state, table_name = excluded.table_name, reason = excluded.reason, frame = excluded.frame`;
const ATTEMPT = `INSERT INTO attempts (node_id, scope, iteration, attempt, state, started_at, ended_at, epoch, request,
  error, next_at, usage, process) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (node_id, scope, iteration, attempt) DO UPDATE SET state = excluded.state,
  started_at = excluded.started_at, ended_at = excluded.ended_at, epoch = excluded.epoch,
  request = excluded.request, error = excluded.error, next_at = excluded.next_at, usage = excluded.usage,
  process = excluded.process`;
const OUTPUT = "INSERT INTO outputs VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
const DECISION = `INSERT INTO decisions (node_id, scope, iteration, approved, note, decided_by, decided_at)
  VALUES (?, ?, ?, ?, ?, ?, ?)`;
const TRANSITION = "INSERT INTO transitions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const EVENT = "INSERT INTO events VALUES (?, ?, ?, ?)";

/** What a write does. Large values are put into `blobs`, durably, on the way. */
export function rowOf(write: Write, blobs: Blobs): Row {
  switch (write.type) {
    case "run": {
      const { runId, workflow, planDigest, status, createdAt, updatedAt, seed, cwd } = write;
      const [reason, input, host] = [
        json(write.reason, blobs),
        json(write.input, blobs),
        json(write.host, blobs),
      ];
      const values = [
        runId,
        workflow,
        planDigest,
        status,
        reason,
        input,
        createdAt,
        updatedAt,
        seed,
        cwd,
        host,
      ];
      return { sql: RUN, values };
    }
    case "plan":
      return { sql: PLAN, values: [write.digest, keep(write.text, blobs)] };
    case "frame": {
      const { frame, now, cause, planDigest, delta } = write;
      return { sql: FRAME, values: [frame, now, cause, planDigest, json(delta, blobs)] };
    }
    case "task": {
      const { nodeId, scope, iteration, node, kind, state, table, frame } = write;
      const reason = json(write.reason, blobs);
      return { sql: TASK, values: [nodeId, scope, iteration, node, kind, state, table, reason, frame] };
    }
    case "attempt": {
      return {
        sql: ATTEMPT,
        values: [
          write.nodeId,
          write.scope,
          write.iteration,
          write.attempt,
          write.state,
          write.startedAt,
          write.endedAt,
          write.epoch,
          json(write.request, blobs),
          json(write.error, blobs),
          write.nextAt,
          json(write.usage, blobs),
          json(write.process, blobs),
        ],
      };
    }
    case "output": {
      const { seq, table, nodeId, scope, iteration, frame } = write;
      const [raw, value] = [json(write.raw, blobs), json(write.value, blobs)];
      return { sql: OUTPUT, values: [seq, table, nodeId, scope, iteration, raw, value, frame] };
    }
    case "decision": {
      const { nodeId, scope, iteration, approved, note, decidedBy, decidedAt } = write;
      const [said, by] = [json(note, blobs), json(decidedBy, blobs)];
      return { sql: DECISION, values: [nodeId, scope, iteration, approved ? 1 : 0, said, by, decidedAt] };
    }
    case "transition": {
      const { seq, frame, store, key, nodeId, scope, iteration, node, trigger, index } = write;
      const [old, now] = [json(write.old, blobs), json(write.new, blobs)];
      const values = [seq, frame, store, key, old, now, nodeId, scope, iteration, node, trigger, index];
      return { sql: TRANSITION, values };
    }
    case "event": {
      const { seq, at, type, data } = write.event;
      return { sql: EVENT, values: [seq, at, type, json(data, blobs)] };
    }
    default: {
      const never: never = write;
      throw new Error(`unknown write ${JSON.stringify(never)}`);
    }
  }
}

function json(value: Json, blobs: Blobs): SqlValue {
  return value === null ? null : keep(JSON.stringify(value), blobs);
}

/** Small text as it is, large text as the hash of its file; NUL ends a text for SQLite's readers. */
function keep(text: string, blobs: Blobs): SqlValue {
  const small = text.length * 3 <= BLOB_THRESHOLD || Buffer.byteLength(text) <= BLOB_THRESHOLD;
  return small && !text.includes("\0") ? text : blobs.put(Buffer.from(text));
}

/** Reads records from an open database. */
export class Rows {
  readonly #db: Connection;
  readonly #blobs: Blobs;
  readonly #file: string;

  constructor(db: Connection, blobs: Blobs, file: string) {
    this.#db = db;
    this.#blobs = blobs;
    this.#file = file;
  }

  journal(): Journal {
    const run = this.#run();
    return {
      run,
      plan: run && this.#plan(run.planDigest),
      lastFrame: this.#frames("ORDER BY frame DESC LIMIT 1")[0] ?? null,
      tasks: this.#tasks(),
      attempts: this.#attempts(),
      outputs: this.#outputs(),
      decisions: this.#decisions(),
      state: this.#state(),
      lastTransition: this.#hasTransitions()
        ? Number(this.#db.value("SELECT max(seq) FROM transitions") ?? 0)
        : 0,
      lastEvent: Number(this.#db.value("SELECT max(seq) FROM events") ?? 0),
    };
  }

  events(after: number, limit: number): EventRecord[] {
    const sql = "SELECT seq, at, type, data FROM events WHERE seq > ? ORDER BY seq LIMIT ?";
    return this.#db.all(sql, [after, limit]).map(([seq, at, type, data]) => ({
      seq: seq as number,
      at: at as number,
      type: type as string,
      data: this.#json(data) as EventRecord["data"],
    }));
  }

  frames(after: number, limit: number): FrameRecord[] {
    return this.#frames("WHERE frame > ? ORDER BY frame LIMIT ?", [after, limit]);
  }

  transitions(after: number, limit: number): TransitionRecord[] {
    if (!this.#hasTransitions()) return [];
    const sql = `SELECT seq, frame, store, key, old, new, node_id, scope, iteration, node, trigger_name, idx
      FROM transitions WHERE seq > ? ORDER BY seq LIMIT ?`;
    return this.#db.all(sql, [after, limit]).map((row) => {
      const [seq, frame, store, key, old, now, nodeId, scope, iteration, node, trigger, index] = row;
      return {
        seq: seq as number,
        frame: frame as number,
        store: store as TransitionRecord["store"],
        key: key as string,
        old: this.#json(old),
        new: this.#json(now),
        nodeId: nodeId as string,
        scope: scope as string,
        iteration: iteration as number,
        node: node as string,
        trigger: trigger as string,
        index: index as number,
      };
    });
  }

  /** A store of an older version that is only read has none. */
  #hasTransitions(): boolean {
    return this.#db.value("SELECT 1 FROM sqlite_schema WHERE name = 'transitions'") !== null;
  }

  #state(): Journal["state"] {
    if (!this.#hasTransitions()) return {};
    const rows = this.#db.all("SELECT key, value FROM state ORDER BY key");
    return Object.fromEntries(rows.map(([key, value]) => [String(key), this.#json(value)]));
  }

  #run(): RunRecord | null {
    const [row] = this.#db.all(
      "SELECT run_id, workflow, plan_digest, status, reason, input, created_at, updated_at, seed, cwd, host FROM run",
    );
    if (!row) return null;
    const [runId, workflow, planDigest, status, reason, input, createdAt, updatedAt, seed, cwd, host] = row;
    return {
      runId: runId as string,
      workflow: workflow as string,
      planDigest: planDigest as string,
      status: status as RunRecord["status"],
      reason: this.#json(reason) as string | null,
      input: this.#json(input),
      createdAt: createdAt as number,
      updatedAt: updatedAt as number,
      seed: seed as string,
      cwd: cwd as string,
      host: (this.#json(host) ?? {}) as RunRecord["host"],
    };
  }

  #plan(digest: string): string | null {
    const [row] = this.#db.all("SELECT text FROM plans WHERE digest = ?", [digest]);
    return row ? this.#text(row[0] ?? null) : null;
  }

  #frames(where: string, values: readonly number[] = []): FrameRecord[] {
    const sql = `SELECT frame, now, cause, plan_digest, delta FROM frames ${where}`;
    return this.#db.all(sql, values).map(([frame, now, cause, planDigest, delta]) => ({
      frame: frame as number,
      now: now as number,
      cause: cause as string,
      planDigest: planDigest as string,
      delta: this.#json(delta),
    }));
  }

  #tasks(): TaskRecord[] {
    const sql =
      "SELECT node_id, scope, iteration, node, kind, state, table_name, reason, frame FROM tasks ORDER BY id";
    return this.#db.all(sql).map(([nodeId, scope, iteration, node, kind, state, table, reason, frame]) => ({
      nodeId: nodeId as string,
      scope: scope as string,
      iteration: iteration as number,
      node: node as string,
      kind: kind as TaskRecord["kind"],
      state: state as TaskRecord["state"],
      table: table as string | null,
      reason: this.#json(reason),
      frame: frame as number,
    }));
  }

  #attempts(): AttemptRecord[] {
    const sql = `SELECT node_id, scope, iteration, attempt, state, started_at, ended_at, epoch, request, error, next_at,
      usage, process FROM attempts ORDER BY id`;
    return this.#db.all(sql).map((row) => {
      const [nodeId, scope, iteration, attempt, state, startedAt, endedAt, epoch] = row;
      const [request, error, nextAt, usage, process] = row.slice(8);
      return {
        nodeId: nodeId as string,
        scope: scope as string,
        iteration: iteration as number,
        attempt: attempt as number,
        state: state as AttemptRecord["state"],
        startedAt: startedAt as number,
        endedAt: endedAt as number | null,
        epoch: epoch as number,
        request: this.#json(request),
        error: this.#json(error),
        nextAt: nextAt as number | null,
        usage: this.#json(usage),
        process: this.#json(process) as AttemptRecord["process"],
      };
    });
  }

  #outputs(): OutputRecord[] {
    const sql =
      "SELECT seq, table_name, node_id, scope, iteration, raw, value, frame FROM outputs ORDER BY seq";
    return this.#db.all(sql).map(([seq, table, nodeId, scope, iteration, raw, value, frame]) => {
      const parsed = this.#json(value);
      return {
        seq: seq as number,
        table: table as string,
        nodeId: nodeId as string,
        scope: scope as string,
        iteration: iteration as number,
        // Most schemas change nothing: a large output is then read, hashed and held once.
        raw: isSame(raw, value) ? parsed : this.#json(raw),
        value: parsed,
        frame: frame as number,
      };
    });
  }

  #decisions(): DecisionRecord[] {
    const sql =
      "SELECT node_id, scope, iteration, approved, note, decided_by, decided_at FROM decisions ORDER BY id";
    return this.#db.all(sql).map(([nodeId, scope, iteration, approved, note, decidedBy, decidedAt]) => ({
      nodeId: nodeId as string,
      scope: scope as string,
      iteration: iteration as number,
      approved: approved === 1,
      note: this.#json(note) as string | null,
      decidedBy: this.#json(decidedBy) as string,
      decidedAt: decidedAt as number,
    }));
  }

  #json(value: SqlValue | undefined): Json {
    if (value === null || value === undefined) return null;
    try {
      return JSON.parse(this.#text(value)) as Json;
    } catch (error) {
      if (error instanceof StoreError) throw error;
      throw new StoreError("CORRUPT", `${this.#file} is damaged: it holds a value that is no JSON`, {
        cause: error,
      });
    }
  }

  #text(value: SqlValue): string {
    return value instanceof Uint8Array ? Buffer.from(this.#blobs.get(value)).toString("utf8") : String(value);
  }
}

/** Whether two columns hold one text, or name one file. */
function isSame(one: SqlValue | undefined, other: SqlValue | undefined): boolean {
  return one instanceof Uint8Array && other instanceof Uint8Array
    ? Buffer.compare(one, other) === 0
    : one === other;
}
