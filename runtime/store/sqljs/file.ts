/** One file that SQLite has open, on the real disk. */
import type { Disk } from "../disk.ts";

/** What the owner of a database hears of, and decides about, its files. All optional. */
export interface FileHooks {
  /** Before the first page of the main file is written since it was last synced. */
  beforeDatabaseWrite?(): void;
  /** Around the write of the log's header, which makes all of the log void and starts it anew. */
  beforeLogRestart?(): void;
  afterLogRestart?(): void;
  /** After SQLite wrote to the log: how far it reaches. */
  logWritten?(end: number): void;
  /** Log writes are not collected: for settings under which SQLite does not sync each commit. */
  readonly writeThrough?: boolean;
  /** Before the log is removed or cut. */
  beforeLogEnd?(): void;
}

export type FileKind = "database" | "log";

export interface OpenFile {
  readonly kind: FileKind;
  readonly fd: number;
  readonly path: string;
  readonly hooks: FileHooks;
  /** True once nothing may be written any more. */
  isReadonly(): boolean;
  /** Created by this opening: its directory is synced with its first sync. */
  created: boolean;
  /** Of a database: written since its last sync. */
  dirty: boolean;
  /** Of a database: the last change counter put in its header. */
  changes: number | null;
  /** Of a log: bytes SQLite has written that are not yet in the file. */
  readonly pending: Pending;
  /** Of a log: the file's size, as far as this opening has made it. */
  size: number;
}

/**
 * A commit writes its log frames one after the other, each in two pieces; collected, they are one write. Nothing may
 * see the file meanwhile, so every other operation flushes first. A sync that can't flush fails, and SQLite writes
 * the frames again at the same place.
 */
export interface Pending {
  start: number;
  length: number;
  bytes: Uint8Array;
}

const PENDING_LIMIT = 1 << 20;

/**
 * A sync of a file that has grown writes its size as well, which costs a third more than one of bytes that were there
 * before: the log grows ahead of its frames by zeros, in which SQLite finds no frame, as it finds none in what a restarted
 * log has left behind.
 */
const GROWTH = 128 * 1024;
const ZEROS = new Uint8Array(GROWTH);

export function noPending(): Pending {
  return { start: 0, length: 0, bytes: new Uint8Array(0) };
}

export function flush(disk: Disk, file: OpenFile): void {
  const { pending } = file;
  if (pending.length === 0) return;
  const { length, start } = pending;
  pending.length = 0;
  disk.write(file.fd, pending.bytes, 0, length, start);
  if (start + length > file.size) growAhead(disk, file, start + length);
}

function growAhead(disk: Disk, file: OpenFile, end: number): void {
  file.size = end;
  const size = Math.ceil(end / GROWTH) * GROWTH;
  try {
    disk.write(file.fd, ZEROS, 0, size - end, end);
    file.size = size;
  } catch {
    // Space that is not there is missed when it is needed.
  }
}

/** Collects a write that goes on where the last one ended. */
export function writeLater(
  disk: Disk,
  file: OpenFile,
  bytes: Uint8Array,
  at: number,
  length: number,
  offset: number,
): void {
  const { pending } = file;
  const follows = pending.length > 0 && offset === pending.start + pending.length;
  if (!follows || pending.length + length > PENDING_LIMIT) {
    flush(disk, file);
    pending.start = offset;
  }
  if (pending.length + length > pending.bytes.length) {
    const grown = new Uint8Array(Math.max(pending.bytes.length * 2, pending.length + length, 1 << 16));
    grown.set(pending.bytes.subarray(0, pending.length));
    pending.bytes = grown;
  }
  pending.bytes.set(bytes.subarray(at, at + length), pending.length);
  pending.length += length;
}

/** Where the database header says how files of this format are read and written; 1 with rollback journal, 2 with WAL. */
const WRITE_VERSION = 18;
/** File change counter, and the counter for which SQLite's version number is valid. */
const CHANGE_COUNTERS = [24, 92];

/**
 * A sealed header says "a newer format may write, anyone may read": other SQLite builds then read the main file, see
 * the last checkpoint, and never write, nor look for a log under the name they know.
 */
export const SEAL = {
  isWal: (page: Uint8Array, at: number): boolean =>
    page[at + WRITE_VERSION] === 2 && page[at + WRITE_VERSION + 1] === 2,
  isSealed: (page: Uint8Array, at: number): boolean =>
    page[at + WRITE_VERSION] === 3 && page[at + WRITE_VERSION + 1] === 1,
  isPlain: (page: Uint8Array, at: number): boolean =>
    page[at + WRITE_VERSION] === 1 && page[at + WRITE_VERSION + 1] === 1,
  put(page: Uint8Array, at: number, versions: "wal" | "sealed" | "plain"): void {
    page[at + WRITE_VERSION] = versions === "sealed" ? 3 : versions === "wal" ? 2 : 1;
    page[at + WRITE_VERSION + 1] = versions === "wal" ? 2 : 1;
  },
} as const;

/** Raises the change counter of the header, so that a SQLite shell that has the file open drops its cache. */
export function stampChange(disk: Disk, file: OpenFile): void {
  const header = Buffer.alloc(100);
  if (disk.read(file.fd, header, 0, 100, 0) < 100) return;
  file.changes = ((file.changes ?? header.readUInt32BE(CHANGE_COUNTERS[0])) + 1) >>> 0;
  for (const at of CHANGE_COUNTERS) {
    header.writeUInt32BE(file.changes, at);
    disk.write(file.fd, header, at, 4, at);
  }
}
