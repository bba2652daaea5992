/** Reads a run's store from any process, without a lock, while another writes it, and after that one was killed. */
import fs from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Disk, nodeDisk } from "../disk.ts";
import type { Generation } from "../lock.ts";
import type { EventRecord, FrameRecord, Journal, RunReader, TransitionRecord } from "../store.ts";
import { StoreError } from "../store.ts";
import { Blobs } from "./blobs.ts";
import { Connection } from "./connection.ts";
import { withLastFrameOf } from "./damage.ts";
import type { SqlValue } from "./engine.ts";
import { currentGeneration, filesOf, type Place } from "./generation.ts";
import { loadSqlite } from "./load.ts";
import { checkVersion } from "./migrations.ts";
import { pin } from "./pins.ts";
import { checkQuestion, type SqlRows } from "./query.ts";
import { Rows } from "./rows.ts";
import { readSeq } from "./seqlock.ts";
import type { NodeVfs } from "./vfs.ts";

export interface ReaderOptions {
  /** A loaded engine to share between stores and readers of one process; its own by default. */
  readonly vfs?: NodeVfs;
  readonly disk?: Disk;
  /** The store whose large values are read; the directory itself by default. */
  readonly blobs?: string;
}

const EMPTY: Journal = {
  run: null,
  plan: null,
  lastFrame: null,
  tasks: [],
  attempts: [],
  outputs: [],
  decisions: [],
  state: {},
  lastTransition: 0,
  lastEvent: 0,
};

/**
 * Reads every page of a store and checks that they fit together.
 * @throws StoreError `CORRUPT` when they don't, `VERSION` when it is newer
 */
export async function checkStore(directory: string): Promise<void> {
  const { rows } = await (await openReader(directory)).query("SELECT * FROM pragma_integrity_check LIMIT 1");
  const found = rows[0]?.[0];
  if (found === "ok") return;
  throw new StoreError("CORRUPT", `the store in ${directory} is damaged: ${found ?? "it is empty"}`);
}

/** A reader that also answers questions in SQL; for people, whose questions may follow the tables of one version. */
export interface SqlReader extends RunReader {
  /** One consistent state. @throws SqlError, StoreError */
  query(sql: string): Promise<SqlAnswer>;
}

export interface SqlAnswer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlCell[])[];
}

/** Bytes are the name of a large value's file, relative to the store, where there is one; else they are themselves. */
export type SqlCell =
  | null
  | number
  | string
  | { readonly file: string; readonly bytes: number }
  | { readonly hex: string };

/** Tries before a reader gives up on a writer that restarts its log faster than it can read. */
const TRIES = 500;
/** Tries after which a reader asks the writer to wait. */
const PIN_AFTER = 2;

/**
 * Opens the store in `directory` for reading. Each call reads one consistent state with all that was acknowledged
 * before it.
 * @throws StoreError `CORRUPT` when the directory holds no store
 */
export async function openReader(directory: string, options: ReaderOptions = {}): Promise<SqlReader> {
  const full = path.resolve(directory);
  const disk = options.disk ?? nodeDisk;
  const known = (await fs.stat(full).catch(() => null))?.isDirectory() ?? false;
  if (!known || currentGeneration(disk, full) === null) {
    throw new StoreError("CORRUPT", `there is no store in ${full}`);
  }
  return new FileReader(full, disk, options.vfs ?? (await loadSqlite()), options.blobs ?? full);
}

type Work<T> = (rows: Rows, connection: Connection) => T;

type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

class FileReader implements SqlReader {
  readonly #directory: string;
  readonly #disk: Disk;
  readonly #vfs: NodeVfs;
  readonly #blobs: Blobs;

  constructor(directory: string, disk: Disk, vfs: NodeVfs, blobs: string) {
    this.#directory = directory;
    this.#disk = disk;
    this.#vfs = vfs;
    this.#blobs = new Blobs(disk, blobs);
  }

  journal(): Promise<Journal> {
    return this.#read((rows) => rows.journal(), EMPTY);
  }

  events(after: number, limit: number): Promise<readonly EventRecord[]> {
    return this.#read((rows) => rows.events(after, limit), []);
  }

  frames(after: number, limit: number): Promise<readonly FrameRecord[]> {
    return this.#read((rows) => rows.frames(after, limit), []);
  }

  async query(sql: string): Promise<SqlAnswer> {
    checkQuestion(sql);
    const { columns, rows } = await this.#read<SqlRows>((_, connection) => connection.query(sql), {
      columns: [],
      rows: [],
    });
    return { columns, rows: rows.map((row) => row.map((value) => this.#cell(value))) };
  }

  transitions(after: number, limit: number): Promise<readonly TransitionRecord[]> {
    return this.#read((rows) => rows.transitions(after, limit), []);
  }

  async close(): Promise<void> {}

  get #place(): Place {
    return { vfs: this.#vfs, disk: this.#disk, directory: this.#directory };
  }

  #cell(value: SqlValue): SqlCell {
    return value instanceof Uint8Array
      ? (this.#blobs.find(value) ?? { hex: Buffer.from(value).toString("hex") })
      : value;
  }

  async #read<T>(work: Work<T>, empty: T): Promise<T> {
    let unpin: (() => void) | null = null;
    try {
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        if (attempt === PIN_AFTER) unpin = pin(this.#disk, this.#directory);
        const outcome = this.#stable(work, empty, attempt);
        if (outcome?.ok) return outcome.value;
        // What a writer disturbs can look like damage; undisturbed and again, it is damage.
        if (outcome && attempt >= 3) throw withLastFrameOf(outcome.error, this.#place);
        await pause(attempt < 3 ? 0 : 1);
      }
      throw new StoreError(
        "IO",
        `the store in ${this.#directory} changes faster than it can be read; try again`,
      );
    } finally {
      unpin?.();
    }
  }

  /** One look; null when it may have been disturbed. */
  #stable<T>(work: Work<T>, empty: T, attempt: number): Outcome<T> | null {
    const generation = currentGeneration(this.#disk, this.#directory);
    if (!generation) throw new StoreError("CORRUPT", `there is no store in ${this.#directory}`);
    const { database } = filesOf(this.#directory, generation);
    const before = readSeq(this.#disk, database);
    // Odd: the log is being restarted, or its writer died over that.
    if (before % 2 === 1 && attempt < 20) return null;
    const outcome = this.#once(generation, work, empty);
    const undisturbed =
      readSeq(this.#disk, database) === before &&
      currentGeneration(this.#disk, this.#directory)?.database === generation.database;
    return undisturbed ? outcome : null;
  }

  #once<T>(generation: Generation, work: Work<T>, empty: T): Outcome<T> {
    const files = filesOf(this.#directory, generation);
    if ((this.#disk.stat(files.database)?.size ?? 0) === 0) return { ok: true, value: empty };
    let connection: Connection | null = null;
    try {
      connection = new Connection(this.#vfs, files, { disk: this.#disk, readonly: true, cacheKiB: 4096 });
      if (checkVersion(connection, files.database) === 0) return { ok: true, value: empty };
      return { ok: true, value: work(new Rows(connection, this.#blobs, files.database), connection) };
    } catch (error) {
      return { ok: false, error };
    } finally {
      connection?.close();
    }
  }
}
