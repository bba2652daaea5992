/** Reads a run's store from any process, without a lock, while another writes it, and after that one was killed. */
import fs from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Disk, errno, nodeDisk } from "../disk.ts";
import { type Generation, lastReady, listLocks } from "../lock.ts";
import type { EventRecord, FrameRecord, Journal, RunReader } from "../store.ts";
import { StoreError } from "../store.ts";
import { Blobs } from "./blobs.ts";
import { Connection } from "./connection.ts";
import { filesOf } from "./generation.ts";
import { loadSqlite } from "./load.ts";
import { checkVersion } from "./migrations.ts";
import { Rows } from "./rows.ts";
import { readSeq } from "./seqlock.ts";
import type { NodeVfs } from "./vfs.ts";

export interface ReaderOptions {
  /** A loaded engine to share between stores and readers of one process; its own by default. */
  readonly vfs?: NodeVfs;
  readonly disk?: Disk;
}

const EMPTY: Journal = {
  run: null,
  plan: null,
  lastFrame: null,
  tasks: [],
  attempts: [],
  outputs: [],
  decisions: [],
  lastEvent: 0,
};

/** Tries before a reader gives up on a writer that restarts its log faster than it can read. */
const TRIES = 500;

/**
 * Opens the store in `directory` for reading. Each call reads one consistent state with all that was acknowledged
 * before it.
 * @throws StoreError `CORRUPT` when the directory holds no store
 */
export async function openReader(directory: string, options: ReaderOptions = {}): Promise<RunReader> {
  const full = path.resolve(directory);
  const disk = options.disk ?? nodeDisk;
  const known = (await fs.stat(full).catch(() => null))?.isDirectory() ?? false;
  if (!known || current(disk, full) === null) {
    throw new StoreError("CORRUPT", `there is no store in ${full}`);
  }
  return new FileReader(full, disk, options.vfs ?? (await loadSqlite()));
}

class FileReader implements RunReader {
  readonly #directory: string;
  readonly #disk: Disk;
  readonly #vfs: NodeVfs;
  readonly #blobs: Blobs;

  constructor(directory: string, disk: Disk, vfs: NodeVfs) {
    this.#directory = directory;
    this.#disk = disk;
    this.#vfs = vfs;
    this.#blobs = new Blobs(disk, directory);
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

  async close(): Promise<void> {}

  async #read<T>(work: (rows: Rows) => T, empty: T): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      const generation = current(this.#disk, this.#directory);
      if (!generation) throw new StoreError("CORRUPT", `there is no store in ${this.#directory}`);
      const { database } = filesOf(this.#directory, generation);
      const before = readSeq(this.#disk, database);
      if (before % 2 === 0 || attempt >= 20) {
        const outcome = this.#once(generation, work, empty);
        if (
          readSeq(this.#disk, database) === before &&
          current(this.#disk, this.#directory)?.database === generation.database
        ) {
          if (outcome.ok) return outcome.value;
          if (attempt >= 3) throw outcome.error;
        }
      }
      if (attempt >= TRIES) {
        throw new StoreError("IO", `${database} changes faster than it can be read; try again`);
      }
      await pause(attempt < 3 ? 0 : 1);
    }
  }

  #once<T>(
    generation: Generation,
    work: (rows: Rows) => T,
    empty: T,
  ): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown } {
    const files = filesOf(this.#directory, generation);
    if (unborn(this.#disk, files)) return { ok: true, value: empty };
    let connection: Connection | null = null;
    try {
      connection = new Connection(this.#vfs, files, { disk: this.#disk, readonly: true, cacheKiB: 4096 });
      if (checkVersion(connection, files.database) === 0) return { ok: true, value: empty };
      return { ok: true, value: work(new Rows(connection, this.#blobs, files.database)) };
    } catch (error) {
      return { ok: false, error };
    } finally {
      connection?.close();
    }
  }
}

/** The first page is being made, or its maker died over it: nothing was ever committed. */
function unborn(disk: Disk, files: { readonly database: string; readonly undo: string }): boolean {
  const size = disk.stat(files.database)?.size ?? 0;
  return size === 0 || (size <= 4096 && (disk.stat(files.undo)?.size ?? 0) > 0);
}

/** Where the truth is now; null where no store is. */
function current(disk: Disk, directory: string): Generation | null {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    try {
      const last = lastReady(listLocks(disk, directory));
      if (last) return last.ready;
      break;
    } catch (error) {
      // A lock was cleaned up between being listed and being read.
      if (errno(error) !== "ENOENT") throw error;
    }
  }
  const plain: Generation = { database: "store.db", log: "store.log.0", undo: "store.undo.0" };
  return disk.stat(path.join(directory, plain.database)) ? plain : null;
}
