/**
 * From which files an epoch goes on, and how it makes them its own.
 *
 * - Nobody can still write what the last ready epoch left: its database goes on in place. If it died, its log is first
 *   folded in.
 * - Somebody perhaps can: the database and its log are copied, and the copy goes on under a name of this epoch's own.
 *
 * Each epoch writes a log of its own name, so an old log is never taken for a new one, whatever a power loss brings
 * back.
 */
import path from "node:path";
import { type Disk, errno, removeFile } from "../disk.ts";
import { type Generation, lastReady, listLocks, type Ownership } from "../lock.ts";
import { StoreError } from "../store.ts";
import { Connection } from "./connection.ts";
import { emptyStore } from "./empty.ts";
import { SEAL } from "./file.ts";
import { checkVersion, refuseNewer } from "./migrations.ts";
import { removeOldPins } from "./pins.ts";
import { readSeq, Seqlock, seqFile } from "./seqlock.ts";
import type { DatabaseFiles, NodeVfs } from "./vfs.ts";

/** The database of a run that was never taken over. */
export const FIRST = "store.db";
const HEADER = 100;
const COPY_TRIES = 1000;

export interface Place {
  readonly vfs: NodeVfs;
  readonly disk: Disk;
  readonly directory: string;
}

/** The files of a generation, by full path. */
export function filesOf(directory: string, generation: Generation): DatabaseFiles {
  return {
    database: path.join(directory, generation.database),
    log: path.join(directory, generation.log),
  };
}

/**
 * Makes the truth this epoch's own and says so in its lock. The database is complete, without a log, and
 * sealed when it returns.
 * @throws StoreError `VERSION` or `CORRUPT`: nothing was changed
 */
export function begin(place: Place, ownership: Ownership): DatabaseFiles {
  const { directory, disk } = place;
  const { generation, quiet } = ownership.inherited();
  const epoch = ownership.epoch;
  const previous: Generation = generation ?? { database: FIRST, log: "store.log.0" };
  let database = previous.database;
  if (quiet) {
    fold(place, filesOf(directory, previous));
  } else {
    database = `store-${epoch}.db`;
    copy(place, filesOf(directory, previous), path.join(directory, database));
  }
  const own: Generation = { database, log: `store.log.${epoch}` };
  const files = filesOf(directory, own);
  if ((disk.stat(files.database)?.size ?? 0) === 0) create(place, files.database, epoch);
  ownership.ready(own);
  seal(disk, files.database);
  cleanUp(place, ownership, own);
  return files;
}

/** Where the truth is now; null where no store is. One that is only being made has no file yet. */
export function currentGeneration(disk: Disk, directory: string): Generation | null {
  const locks = listLocks(disk, directory);
  const plain: Generation = { database: FIRST, log: "store.log.0" };
  const there = locks.length > 0 || disk.stat(path.join(directory, plain.database)) !== null;
  return lastReady(locks)?.ready ?? (there ? plain : null);
}

/** After the connection is closed: makes the file an ordinary database again, unless its log could not be folded in. */
export function finish(disk: Disk, files: DatabaseFiles): void {
  if ((disk.stat(files.log)?.size ?? 0) === 0) unseal(disk, files.database);
}

/** Folds what a dead owner's log holds into the database. Done again from the start if this owner dies over it. */
function fold(place: Place, files: DatabaseFiles): void {
  const { disk } = place;
  checkHeader(disk, files.database);
  if ((disk.stat(files.log)?.size ?? 0) === 0) return;
  const seqlock = new Seqlock(disk, files.database);
  try {
    const connection = new Connection(place.vfs, files, {
      disk,
      hooks: seqlock.hooks(),
      readonly: false,
      cacheKiB: 4096,
    });
    try {
      checkVersion(connection, files.database);
    } catch (error) {
      connection.disown();
      throw error;
    } finally {
      connection.close();
    }
    if ((disk.stat(files.log)?.size ?? 0) > 0) {
      throw new StoreError("IO", `${files.log} could not be folded into ${files.database}; nothing is lost`);
    }
    disk.syncDirectory(place.directory);
  } finally {
    seqlock.close();
  }
}

/** Copies one consistent state, without a log of its own, though an owner of it may wake and write meanwhile. */
export function copy(place: Place, from: DatabaseFiles, database: string): void {
  const { disk } = place;
  checkHeader(disk, from.database);
  const to: DatabaseFiles = { database, log: `${database}.log` };
  for (let attempt = 0; ; attempt += 1) {
    const before = readSeq(disk, from.database);
    for (const kind of ["database", "log"] as const) copyFile(disk, from[kind], to[kind]);
    if (before % 2 === 0 && readSeq(disk, from.database) === before) break;
    // An odd number may be one that its writer will never raise again; the log's checksums then decide.
    if (before % 2 === 1 && attempt > 20 && readSeq(disk, from.database) === before) break;
    if (attempt >= COPY_TRIES) throw new StoreError("LOCKED", `${from.database} is being written; try again`);
  }
  fold(place, to);
  disk.syncDirectory(place.directory);
}

function copyFile(disk: Disk, from: string, to: string): void {
  removeFile(disk, to);
  let source: number;
  try {
    source = disk.open(from, "r");
  } catch (error) {
    if (errno(error) === "ENOENT") return;
    throw error;
  }
  try {
    const target = disk.open(to, "wx+");
    try {
      const chunk = new Uint8Array(1 << 20);
      for (let at = 0; ; ) {
        const got = disk.read(source, chunk, 0, chunk.length, at);
        if (got === 0) break;
        disk.write(target, chunk, 0, got, at);
        at += got;
      }
      disk.sync(target);
    } finally {
      disk.close(target);
    }
  } finally {
    disk.close(source);
  }
}

/** Makes an empty store under another name and gives it its own when it is complete: there is never half a one. */
function create(place: Place, database: string, epoch: number): void {
  const { disk, directory } = place;
  const draft = path.join(directory, `store-${epoch}.db.new`);
  removeFile(disk, draft);
  const image = emptyStore();
  const fd = disk.open(draft, "wx+");
  try {
    disk.write(fd, image, 0, image.length, 0);
  } finally {
    disk.close(fd);
  }
  putVersions(disk, draft, "sealed");
  removeFile(disk, database);
  disk.link(draft, database);
  removeFile(disk, draft);
}

/** Says that a newer format may write and anyone may read; only a sealed file is written with a log. */
export function seal(disk: Disk, database: string): void {
  putVersions(disk, database, "sealed", new Seqlock(disk, database));
}

function unseal(disk: Disk, database: string): void {
  if (disk.stat(database)) putVersions(disk, database, "plain", new Seqlock(disk, database));
}

/** Puts the two bytes that say how the file is written, durably, with all that was written to it before: one write within one sector, so it can't be torn. */
function putVersions(disk: Disk, database: string, as: "sealed" | "plain", seqlock?: Seqlock): void {
  const fd = disk.open(database, "r+");
  try {
    const page = new Uint8Array(HEADER);
    disk.read(fd, page, 0, HEADER, 0);
    const is = as === "sealed" ? SEAL.isSealed(page, 0) : SEAL.isPlain(page, 0);
    if (is) return;
    SEAL.put(page, 0, as);
    seqlock?.bump(2);
    disk.write(fd, page, 18, 2, 18);
    disk.sync(fd);
  } finally {
    disk.close(fd);
    seqlock?.close();
  }
}

/** Refuses, before anything is opened for writing, what is no database of ours, newer, or in use by another SQLite. */
function checkHeader(disk: Disk, database: string): void {
  for (const foreign of [`${database}-wal`, `${database}-journal`]) {
    if ((disk.stat(foreign)?.size ?? 0) > 0) {
      throw new StoreError(
        "CORRUPT",
        `${foreign} was left by another SQLite; open ${database} once with that program. Nothing was changed`,
      );
    }
  }
  const stat = disk.stat(database);
  if (!stat || stat.size === 0) return;
  const fd = disk.open(database, "r");
  try {
    const header = Buffer.alloc(HEADER);
    const got = disk.read(fd, header, 0, HEADER, 0);
    if (got < HEADER || header.toString("latin1", 0, 16) !== "SQLite format 3\0") {
      throw new StoreError(
        "CORRUPT",
        `${database} is not a store (it is no SQLite database); nothing was overwritten. Move it away to begin anew`,
      );
    }
    refuseNewer(header.readUInt32BE(60), database);
  } finally {
    disk.close(fd);
  }
}

/** Removes what earlier epochs left and this one does not use. Only after `ready`. */
function cleanUp({ disk, directory }: Place, ownership: Ownership, own: Generation): void {
  const keep = new Set([own.database, seqFile(own.database)]);
  for (const name of disk.list(directory)) {
    const match = /^store(?:-(\d+))?\.db(?:\.seq|\.log|\.new)?$|^store\.log\.(\d+)$/.exec(name);
    if (!match || keep.has(name)) continue;
    if (Number(match[1] ?? match[2] ?? 0) >= ownership.epoch) continue;
    removeQuietly(disk, path.join(directory, name));
  }
  removeOldPins(disk, directory);
  ownership.cleanUp();
}

/** What can't be removed now (open elsewhere on Windows) is only waste. */
function removeQuietly(disk: Disk, file: string): void {
  try {
    removeFile(disk, file);
  } catch {
    // The next owner tries again.
  }
}
