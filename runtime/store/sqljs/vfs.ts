/**
 * A file system for the unmodified npm package sql.js: SQLite's own pager does page-level I/O on real files, so that
 * a commit costs what it changes.
 *
 * It is reached through a database handle: `struct sqlite3` begins with `sqlite3_vfs *pVfs`, and `sqlite3_vfs` and
 * `sqlite3_io_methods` are public, versioned ABI. The layout is checked before any file is touched. The instance is
 * private to the store, so every file it opens is one of ours: what is not announced by `open` (ATTACH, temporary
 * files, a rollback journal) is refused.
 */
import path from "node:path";
import { type Disk, errno, removeFile } from "../disk.ts";
import { StoreError } from "../store.ts";
import { addCallbacks, type Callback } from "./callbacks.ts";
import type { Engine, SqlDatabase } from "./engine.ts";
import {
  type FileHooks,
  type FileKind,
  flush,
  noPending,
  type OpenFile,
  SEAL,
  stampChange,
  writeLater,
} from "./file.ts";

const OK = 0;
const READONLY = 8;
const IOERR = 10;
const NOTFOUND = 12;
const FULL = 13;
const CANTOPEN = 14;
const IOERR_READ = 266;
const SHORT_READ = 522;
const IOERR_WRITE = 778;
const IOERR_FSYNC = 1034;
const IOERR_TRUNCATE = 1546;
const IOERR_FSTAT = 1802;
const IOERR_DELETE = 2570;
const OPEN_READONLY = 0x1;
const OPEN_READWRITE = 0x2;
const OPEN_CREATE = 0x4;
const OPEN_MAIN_DB = 0x100;
const OPEN_WAL = 0x80000;
const POWERSAFE_OVERWRITE = 0x1000;
const SECTOR = 4096;

/** The files of one database, by full path. */
export interface DatabaseFiles {
  readonly database: string;
  /** What SQLite calls the -wal; under a name that other SQLite builds do not know. */
  readonly log: string;
}

export interface Connected {
  readonly db: SqlDatabase;
  /** From now on nothing is written through this database, whatever SQLite tries. */
  disown(): void;
}

interface Entry {
  readonly name: string;
  readonly files: DatabaseFiles;
  readonly disk: Disk;
  readonly hooks: FileHooks;
  readonly: boolean;
}

/** Puts a function at a place of a struct of pointers. */
type Install = (index: number, signature: string, fn: Callback["fn"]) => void;

export class NodeVfs {
  readonly #engine: Engine;
  /** By the address of SQLite's file object. */
  readonly #files = new Map<number, { readonly entry: Entry; readonly file: OpenFile | null }>();
  /** By the name that sql.js made up. */
  readonly #entries = new Map<string, Entry>();
  #opening: Omit<Entry, "name"> | null = null;
  #methods = 0;
  #error: unknown = null;
  #bytes: Uint8Array;
  #view: DataView;

  /** @throws StoreError `IO` when the package's inner layout is not the known one; no file has been touched then. */
  constructor(engine: Engine) {
    this.#engine = engine;
    this.#bytes = new Uint8Array(engine.memory.buffer);
    this.#view = new DataView(engine.memory.buffer);
    this.#install();
  }

  /**
   * Opens the database on real files.
   * @throws what sql.js throws; `takeError` has the file system's own
   */
  open(
    files: DatabaseFiles,
    options: { readonly disk: Disk; readonly hooks?: FileHooks; readonly readonly: boolean },
  ): Connected {
    this.#error = null;
    const opening = { files, disk: options.disk, hooks: options.hooks ?? {}, readonly: options.readonly };
    this.#opening = opening;
    try {
      const db = new this.#engine.sql.Database(new Uint8Array(0));
      const entry = [...this.#entries.values()].at(-1);
      return {
        db,
        disown: () => {
          if (entry) entry.readonly = true;
        },
      };
    } finally {
      this.#opening = null;
    }
  }

  /** The file-system error behind what SQLite last reported, if there was one. */
  takeError(): unknown {
    const error = this.#error;
    this.#error = null;
    return error;
  }

  /** WebAssembly memory moves when it grows. */
  #memory(): Uint8Array {
    if (this.#bytes.buffer !== this.#engine.memory.buffer) {
      this.#bytes = new Uint8Array(this.#engine.memory.buffer);
      this.#view = new DataView(this.#engine.memory.buffer);
    }
    return this.#bytes;
  }

  #data(): DataView {
    this.#memory();
    return this.#view;
  }

  #find(zName: number): { readonly entry: Entry; readonly kind: FileKind; readonly path: string } | null {
    if (zName === 0) return null;
    const name = this.#engine.sql.UTF8ToString(zName);
    const kind = name.endsWith("-wal") ? "log" : "database";
    const entry = this.#entries.get(kind === "log" ? name.slice(0, -4) : name);
    if (!entry) return null;
    return { entry, kind, path: entry.files[kind] };
  }

  #install(): void {
    const { sql } = this.#engine;
    const probe = new sql.Database();
    const vfs = this.#data().getUint32(probe.db, true);
    // struct sqlite3_vfs: 0 iVersion, 1 szOsFile, 4 zName, 6 xOpen, 7 xDelete, 8 xAccess
    const field = (index: number): number => this.#data().getUint32(vfs + 4 * index, true);
    const known =
      vfs > 0 &&
      vfs < this.#memory().length - 80 &&
      [1, 2, 3].includes(field(0)) &&
      field(1) >= 4 &&
      field(1) < 4096 &&
      sql.UTF8ToString(field(4), 16) === "unix";
    probe.close();
    if (!known) {
      throw new StoreError(
        "IO",
        "this version of sql.js has an unknown inner layout; install the pinned version",
      );
    }
    const fields: number[] = [];
    const callbacks: Callback[] = [];
    const replace: Install = (index, signature, fn) => {
      fields.push(vfs + 4 * index);
      callbacks.push({ signature, fn });
    };
    replace(6, "iiiiii", (_vfs: number, zName: number, p: number, flags: number, out: number) =>
      this.#guard(CANTOPEN, () => this.#xOpen(zName, p, flags, out)),
    );
    replace(7, "iiii", (_vfs: number, zName: number, sync: number) =>
      this.#guard(IOERR_DELETE, () => this.#xDelete(zName, sync !== 0)),
    );
    replace(8, "iiiii", (_vfs: number, zName: number, flags: number, out: number) =>
      this.#guard(IOERR, () => this.#xAccess(zName, flags, out)),
    );
    this.#methods = sql._malloc(4 * 13);
    this.#data().setInt32(this.#methods, 1, true); // iVersion 1: no shared memory, no mmap
    this.#installMethods((index, signature, fn) => {
      fields.push(this.#methods + 4 * index);
      callbacks.push({ signature, fn });
    });
    for (const [index, pointer] of addCallbacks(this.#engine.table, callbacks).entries())
      this.#data().setUint32(fields[index] as number, pointer, true);
  }

  #installMethods(method: Install): void {
    method(1, "ii", (p: number) => this.#guard(IOERR, () => this.#xClose(p)));
    method(2, "iiiij", (p: number, at: number, length: number, offset: bigint) =>
      this.#guard(IOERR_READ, () => this.#xRead(p, at, length, Number(offset))),
    );
    method(3, "iiiij", (p: number, at: number, length: number, offset: bigint) =>
      this.#guard(IOERR_WRITE, () => this.#xWrite(p, at, length, Number(offset))),
    );
    method(4, "iij", (p: number, size: bigint) =>
      this.#guard(IOERR_TRUNCATE, () => this.#xTruncate(p, Number(size))),
    );
    method(5, "iii", (p: number) => this.#guard(IOERR_FSYNC, () => this.#xSync(p)));
    method(6, "iii", (p: number, out: number) => this.#guard(IOERR_FSTAT, () => this.#xFileSize(p, out)));
    method(7, "iii", () => OK); // locking: one writer, held by the run's lock
    method(8, "iii", () => OK);
    method(9, "iii", (_p: number, out: number) => {
      this.#data().setInt32(out, 0, true);
      return OK;
    });
    method(10, "iiii", () => NOTFOUND);
    method(11, "ii", () => SECTOR);
    method(12, "ii", () => POWERSAFE_OVERWRITE);
  }

  /** No exception may cross WebAssembly; it is kept for `takeError`. */
  #guard(otherwise: number, fn: () => number | undefined): number {
    try {
      return fn() ?? OK;
    } catch (error) {
      this.#error = error;
      return errno(error) === "ENOSPC" || errno(error) === "EDQUOT" ? FULL : otherwise;
    }
  }

  #at(p: number): { readonly entry: Entry; readonly file: OpenFile | null } {
    const found = this.#files.get(p);
    if (!found) throw new Error("SQLite used a file that is not open");
    return found;
  }

  #xOpen(zName: number, p: number, flags: number, out: number): number {
    this.#data().setUint32(p, 0, true);
    if (flags & OPEN_MAIN_DB && this.#opening && zName !== 0) {
      const name = this.#engine.sql.UTF8ToString(zName);
      this.#entries.set(name, { ...this.#opening, name });
      this.#opening = null;
    }
    const found = this.#find(zName);
    if (!found) return CANTOPEN;
    const { entry, kind } = found;
    const readonly = entry.readonly || (flags & OPEN_READONLY) !== 0;
    let fd: number | null = null;
    let created = false;
    try {
      fd = entry.disk.open(found.path, readonly ? "r" : "r+");
    } catch (error) {
      if (errno(error) !== "ENOENT") throw error;
      // A reader takes a log that is not there for an empty one.
      if (readonly ? (flags & OPEN_WAL) === 0 : (flags & OPEN_CREATE) === 0) throw error;
      if (!readonly) {
        fd = entry.disk.open(found.path, "wx+");
        created = true;
      }
    }
    const file: OpenFile | null =
      fd === null
        ? null
        : {
            kind,
            fd,
            path: found.path,
            hooks: entry.hooks,
            isReadonly: () => readonly || entry.readonly,
            created,
            dirty: false,
            changes: null,
            pending: noPending(),
            size: kind === "log" && !readonly ? entry.disk.size(fd) : 0,
          };
    this.#files.set(p, { entry, file });
    this.#data().setUint32(p, this.#methods, true);
    if (out !== 0) {
      const given = readonly ? (flags & ~(OPEN_READWRITE | OPEN_CREATE)) | OPEN_READONLY : flags;
      this.#data().setInt32(out, given, true);
    }
    return OK;
  }

  #xDelete(zName: number, sync: boolean): number {
    const found = this.#find(zName);
    if (!found) return OK; // a rollback journal: there never is one
    if (found.entry.readonly) return READONLY;
    if (found.kind === "log") found.entry.hooks.beforeLogEnd?.();
    removeFile(found.entry.disk, found.path);
    if (sync) found.entry.disk.syncDirectory(path.dirname(found.path));
    return OK;
  }

  #xAccess(zName: number, flags: number, out: number): number {
    const found = this.#find(zName);
    const stat = found ? found.entry.disk.stat(found.path) : null;
    // As SQLite's own: an empty file does not "exist".
    this.#data().setInt32(out, stat && (flags !== 0 || stat.size > 0) ? 1 : 0, true);
    return OK;
  }

  #xClose(p: number): number {
    const { entry, file } = this.#at(p);
    this.#files.delete(p);
    if (!file) return OK;
    if (file.kind === "database") this.#entries.delete(entry.name);
    try {
      if (!file.isReadonly()) flush(entry.disk, file);
    } finally {
      entry.disk.close(file.fd);
    }
    return OK;
  }

  #xRead(p: number, at: number, length: number, offset: number): number {
    const { entry, file } = this.#at(p);
    const memory = this.#memory();
    if (file) flush(entry.disk, file);
    const got = file ? entry.disk.read(file.fd, memory, at, length, offset) : 0;
    if (file?.kind === "database" && offset === 0 && got > 19 && SEAL.isSealed(memory, at)) {
      SEAL.put(memory, at, "wal");
    }
    if (got === length) return OK;
    memory.fill(0, at + got, at + length);
    return SHORT_READ;
  }

  #xWrite(p: number, at: number, length: number, offset: number): number {
    const { entry, file } = this.#at(p);
    if (!file || file.isReadonly()) return READONLY;
    const memory = this.#memory();
    switch (file.kind) {
      case "log":
        file.hooks.logWritten?.(offset + length);
        if (offset > 0 && !file.hooks.writeThrough) {
          writeLater(entry.disk, file, memory, at, length, offset);
          return OK;
        }
        flush(entry.disk, file);
        if (offset > 0) {
          entry.disk.write(file.fd, memory, at, length, offset);
          return OK;
        }
        file.hooks.beforeLogRestart?.();
        entry.disk.write(file.fd, memory, at, length, offset);
        file.hooks.afterLogRestart?.();
        return OK;
      case "database": {
        if (!file.dirty) file.hooks.beforeDatabaseWrite?.();
        file.dirty = true;
        if (offset === 0 && length > 19 && SEAL.isWal(memory, at)) {
          const page = memory.slice(at, at + length);
          SEAL.put(page, 0, "sealed");
          entry.disk.write(file.fd, page, 0, length, 0);
        } else {
          entry.disk.write(file.fd, memory, at, length, offset);
        }
        return OK;
      }
      default: {
        const never: never = file.kind;
        throw new Error(`unknown kind of file ${never}`);
      }
    }
  }

  #xTruncate(p: number, size: number): number {
    const { entry, file } = this.#at(p);
    if (!file || file.isReadonly()) return READONLY;
    flush(entry.disk, file);
    if (file.kind === "log") file.hooks.beforeLogEnd?.();
    if (file.kind === "database") {
      if (!file.dirty) file.hooks.beforeDatabaseWrite?.();
      file.dirty = true;
    }
    entry.disk.truncate(file.fd, size);
    file.size = size;
    return OK;
  }

  #xSync(p: number): number {
    const { entry, file } = this.#at(p);
    if (!file || file.isReadonly()) return OK;
    flush(entry.disk, file);
    if (file.kind === "database" && file.dirty) stampChange(entry.disk, file);
    entry.disk.sync(file.fd);
    file.dirty = false;
    if (file.created) {
      entry.disk.syncDirectory(path.dirname(file.path));
      file.created = false;
    }
    return OK;
  }

  #xFileSize(p: number, out: number): number {
    const { entry, file } = this.#at(p);
    if (file) flush(entry.disk, file);
    this.#data().setBigInt64(out, file ? BigInt(entry.disk.size(file.fd)) : 0n, true);
    return OK;
  }
}
