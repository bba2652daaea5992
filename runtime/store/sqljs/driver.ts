/** The durable store: one run's directory, owned by this process until it is closed. */
import path from "node:path";
import { type Disk, makeDurably, nodeDisk } from "../disk.ts";
import type { Holder } from "../holder.ts";
import { Ownership } from "../lock.ts";
import { advance, type Counters, invalid, START } from "../rules.ts";
import {
  type EventRecord,
  type FrameRecord,
  type Journal,
  type Store,
  StoreError,
  type TransitionRecord,
  type Write,
} from "../store.ts";
import { Blobs } from "./blobs.ts";
import { Connection } from "./connection.ts";
import { withLastFrame, withLastFrameOf } from "./damage.ts";
import { storeError } from "./errors.ts";
import type { FileHooks } from "./file.ts";
import { begin, finish } from "./generation.ts";
import { loadSqlite } from "./load.ts";
import { migrate } from "./migrations.ts";
import { PINNED_LOG_LIMIT, pinned } from "./pins.ts";
import { type Row, Rows, rowOf } from "./rows.ts";
import { Seqlock } from "./seqlock.ts";
import type { DatabaseFiles, NodeVfs } from "./vfs.ts";

export interface StoreOptions {
  /** A directory that is there for good, such as the project's: names below it may be new. By default the store's parent. */
  readonly above?: string;
  /** Milliseconds between two signs of life of this owner; 2000. */
  readonly heartbeatMs?: number;
  /** Milliseconds without a sign of life after which an owner that can't be proved dead counts as dead; 15000. */
  readonly staleAfterMs?: number;
  /** Bytes of log after which it is folded into the database; 4 MiB. */
  readonly checkpointBytes?: number;
  /** Page cache of the database, KiB; 16384. */
  readonly cacheKiB?: number;
  /** A loaded engine to share between stores and readers of one process; its own by default. */
  readonly vfs?: NodeVfs;
  readonly disk?: Disk;
  /** Another name for this process, for tests of ownership. */
  readonly holder?: Holder;
  /** SQLite's `synchronous`; anything but FULL loses acknowledged commits in a power loss and is for tests of tests. */
  readonly synchronous?: "FULL" | "NORMAL" | "OFF";
}

/**
 * Opens the run's store in `directory` for writing, makes it if there is none, and recovers it if its last owner died.
 * @throws StoreError `LOCKED`, `CORRUPT`, `VERSION`, `FULL`, `IO`; what is there is unchanged then
 */
export async function openStore(directory: string, options: StoreOptions = {}): Promise<Store> {
  const full = path.resolve(directory);
  const disk = options.disk ?? nodeDisk;
  const vfs = options.vfs ?? (await loadSqlite());
  try {
    makeDurably(disk, full, options.above === undefined ? path.dirname(full) : path.resolve(options.above));
    return open(vfs, disk, full, options, 0);
  } catch (error) {
    throw withLastFrameOf(storeError(error, null, full), { vfs, disk, directory: full });
  }
}

function open(vfs: NodeVfs, disk: Disk, directory: string, options: StoreOptions, above: number): FileStore {
  const ownership = Ownership.take({
    disk,
    directory,
    above,
    heartbeatMs: options.heartbeatMs ?? 2000,
    staleAfterMs: options.staleAfterMs ?? 15_000,
    ...(options.holder ? { holder: options.holder } : {}),
  });
  let files: DatabaseFiles | null = null;
  let seqlock: Seqlock | null = null;
  let db: Connection | null = null;
  try {
    files = begin({ vfs, disk, directory }, ownership);
    seqlock = new Seqlock(disk, files.database);
    const log = { end: 0 };
    const synchronous = options.synchronous ?? "FULL";
    const hooks: FileHooks = {
      writeThrough: synchronous !== "FULL",
      ...seqlock.hooks(),
      logWritten: (end) => {
        log.end = end;
      },
    };
    const cacheKiB = options.cacheKiB ?? 16_384;
    db = new Connection(vfs, files, { disk, hooks, readonly: false, cacheKiB });
    db.exec(`PRAGMA wal_autocheckpoint=0; PRAGMA journal_mode=WAL; PRAGMA synchronous=${synchronous}`);
    migrate(db, files.database);
    const recorded = Number(db.value("SELECT value FROM meta WHERE key = 'epoch'") ?? 0);
    if (recorded < ownership.epoch) {
      const checkpointBytes = options.checkpointBytes ?? 4 << 20;
      return new FileStore({ disk, directory, ownership, files, seqlock, db, log, checkpointBytes });
    }
  } catch (error) {
    try {
      db?.close();
      seqlock?.close();
      if (files) finish(disk, files);
    } finally {
      ownership.release();
    }
    throw error;
  }
  // The database has seen later epochs than its directory: it was copied without its locks. Epochs never repeat.
  const recorded = Number(db.value("SELECT value FROM meta WHERE key = 'epoch'"));
  db.close();
  seqlock.close();
  finish(disk, files);
  ownership.release();
  return open(vfs, disk, directory, options, recorded);
}

interface Parts {
  readonly disk: Disk;
  readonly directory: string;
  readonly ownership: Ownership;
  readonly files: DatabaseFiles;
  readonly seqlock: Seqlock;
  readonly db: Connection;
  /** How far the log reaches now. */
  readonly log: { end: number };
  readonly checkpointBytes: number;
}

interface Waiting {
  readonly writes: readonly Write[];
  readonly rows: readonly Row[];
  resolve(): void;
  reject(error: unknown): void;
}

class FileStore implements Store {
  readonly epoch: number;
  readonly #parts: Parts;
  readonly #blobs: Blobs;
  readonly #rows: Rows;
  #counters: Counters;
  #queue: Waiting[] = [];
  #scheduled = false;
  #epochRecorded = false;
  #checkpointAt: number;
  #closed = false;
  /** Why nothing more is taken. */
  #ended: StoreError | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.epoch = parts.ownership.epoch;
    this.#blobs = new Blobs(parts.disk, parts.directory);
    this.#rows = new Rows(parts.db, this.#blobs, parts.files.database);
    this.#counters = readCounters(parts.db);
    this.#checkpointAt = parts.checkpointBytes;
  }

  /** Commits issued in one turn of the event loop become one transaction, so they share one fsync. */
  async commit(commit: { readonly expectEpoch: number; readonly writes: readonly Write[] }): Promise<void> {
    if (this.#ended) throw this.#ended;
    if (commit.expectEpoch !== this.epoch) {
      throw new StoreError(
        "EPOCH",
        `epoch ${commit.expectEpoch} does not own this run; epoch ${this.epoch} does`,
      );
    }
    let rows: Row[];
    try {
      rows = commit.writes.map((write) => rowOf(write, this.#blobs));
    } catch (error) {
      throw storeError(error, null, this.#parts.directory);
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ writes: commit.writes, rows, resolve, reject });
      if (!this.#scheduled) {
        this.#scheduled = true;
        setImmediate(() => this.#flush());
      }
    });
  }

  async journal(): Promise<Journal> {
    this.#checkOpen();
    try {
      return this.#rows.journal();
    } catch (error) {
      throw withLastFrame(error, this.#parts.db);
    }
  }

  async events(after: number, limit: number): Promise<readonly EventRecord[]> {
    this.#checkOpen();
    return this.#rows.events(after, limit);
  }

  async frames(after: number, limit: number): Promise<readonly FrameRecord[]> {
    this.#checkOpen();
    return this.#rows.frames(after, limit);
  }

  async transitions(after: number, limit: number): Promise<readonly TransitionRecord[]> {
    this.#checkOpen();
    return this.#rows.transitions(after, limit);
  }

  /** Leaves an ordinary SQLite file and gives the run back. */
  async close(): Promise<void> {
    if (this.#closed) return;
    if (this.#scheduled) this.#flush();
    this.#closed = true;
    const { db, disk, files, ownership, seqlock } = this.#parts;
    const lost = this.#ended?.code === "EPOCH" || !ownership.held();
    this.#ended ??= invalid("the store is closed");
    if (lost) db.disown();
    try {
      db.close();
      seqlock.close();
      if (!lost) finish(disk, files);
    } finally {
      if (lost) ownership.abandon();
      else ownership.release();
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw invalid("the store is closed");
  }

  #flush(): void {
    this.#scheduled = false;
    const queue = this.#queue;
    this.#queue = [];
    if (this.#ended) {
      settle(queue, this.#ended);
      return;
    }
    const { db, ownership } = this.#parts;
    const refused = new Map<Waiting, unknown>();
    try {
      db.run("BEGIN IMMEDIATE");
      const counters = this.#apply(queue, refused);
      db.run("COMMIT");
      this.#counters = counters;
    } catch (error) {
      this.#rollBack(error);
      settle(queue, error, refused);
      return;
    }
    // What was written is on disk; whether it counts is for the lock to say.
    if (!ownership.held()) {
      this.#ended = this.#lost();
      db.disown();
      settle(queue, this.#ended);
      return;
    }
    this.#epochRecorded = true;
    settle(queue, null, refused);
    this.#checkpointIfDue();
  }

  #lost(): StoreError {
    const { directory, ownership } = this.#parts;
    return ownership.removed()
      ? new StoreError(
          "EPOCH",
          `${directory} was removed while the run went on; nothing more can be recorded`,
        )
      : new StoreError("EPOCH", `epoch ${this.epoch} lost this run to a later owner; stop`);
  }

  /** Runs each commit of the batch; one that is refused leaves no trace. */
  #apply(queue: readonly Waiting[], refused: Map<Waiting, unknown>): Counters {
    const { db } = this.#parts;
    let counters = this.#counters;
    if (!this.#epochRecorded) {
      db.run("INSERT INTO meta VALUES ('epoch', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", [
        this.epoch,
      ]);
    }
    // One that is alone is its transaction: what refuses it rolls that back.
    const [only] = queue;
    if (only && queue.length === 1) return this.#write(only, counters);
    for (const waiting of queue) {
      db.run("SAVEPOINT one");
      try {
        counters = this.#write(waiting, counters);
      } catch (error) {
        if (!(error instanceof StoreError) || error.code !== "INVALID") throw error;
        db.run("ROLLBACK TO one");
        refused.set(waiting, error);
      }
      db.run("RELEASE one");
    }
    return counters;
  }

  /** @throws StoreError `INVALID` for what may not follow what `counters` stand for */
  #write({ writes, rows }: Waiting, counters: Counters): Counters {
    let next = counters;
    for (const write of writes) next = advance(next, write);
    for (const { sql, values } of rows) this.#parts.db.run(sql, values);
    return next;
  }

  #rollBack(error: unknown): void {
    try {
      this.#parts.db.run("ROLLBACK");
    } catch {
      // SQLite has rolled back by itself.
    }
    // After a failed sync nobody knows what is on disk; a full disk only refuses, as the rules of the journal do.
    const refuses = error instanceof StoreError && (error.code === "FULL" || error.code === "INVALID");
    if (!refuses) {
      this.#ended = error instanceof StoreError ? error : new StoreError("IO", String(error));
    }
  }

  /** After the acknowledgement: nobody waits for it. */
  #checkpointIfDue(): void {
    if (this.#parts.log.end < this.#checkpointAt) return;
    setImmediate(() => {
      const { directory, disk, log } = this.#parts;
      if (this.#ended || log.end < this.#checkpointAt) return;
      if (log.end < PINNED_LOG_LIMIT && pinned(disk, directory)) return;
      try {
        this.#parts.db.all("PRAGMA wal_checkpoint(PASSIVE)");
        log.end = 0;
        this.#checkpointAt = this.#parts.checkpointBytes;
      } catch (error) {
        // The log still holds everything; it grows until there is space. A failed sync is another matter.
        if (error instanceof StoreError && error.code === "FULL") this.#checkpointAt *= 2;
        else this.#ended = storeError(error, null, this.#parts.files.database);
      }
    });
  }
}

function settle(queue: readonly Waiting[], error: unknown, refused?: ReadonlyMap<Waiting, unknown>): void {
  for (const waiting of queue) {
    const own = refused?.get(waiting) ?? error;
    if (own === null) waiting.resolve();
    else waiting.reject(own);
  }
}

function readCounters(db: Connection): Counters {
  const [row] = db.all(`SELECT (SELECT run_id FROM run), (SELECT max(frame) FROM frames),
    (SELECT max(seq) FROM outputs), (SELECT max(seq) FROM transitions), (SELECT max(seq) FROM events)`);
  const [runId, lastFrame, lastOutput, lastTransition, lastEvent] = row ?? [];
  return {
    runId: (runId as string | null | undefined) ?? START.runId,
    lastFrame: (lastFrame as number | null | undefined) ?? START.lastFrame,
    lastOutput: (lastOutput as number | null | undefined) ?? START.lastOutput,
    lastTransition: (lastTransition as number | null | undefined) ?? START.lastTransition,
    lastEvent: (lastEvent as number | null | undefined) ?? START.lastEvent,
  };
}
