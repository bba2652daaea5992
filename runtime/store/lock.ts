/**
 * Ownership of a run's directory as a series of epochs (DESIGN §6, "One writer a run").
 *
 * Epoch N is the file `lock.N`, made by linking a complete file to a name that must not exist: of all contenders one
 * succeeds. Nothing renames or removes a lock to take it; a file only grows by lines: who holds it, from which files
 * the truth is to be read ("ready"), that it is given back ("released"). Its modification time is the heartbeat.
 *
 * An owner may acknowledge only what it wrote before `held()` gave true. A successor that can't prove its predecessor
 * dead works on a copy taken after its own lock was made, so whatever was acknowledged is in the copy, and whatever
 * the predecessor writes later is in files that nobody reads.
 */
import path from "node:path";
import { type Disk, errno, readFile, removeFile } from "./disk.ts";
import { type Holder, lookFor, thisProcess } from "./holder.ts";
import { StoreError } from "./store.ts";

/** The files, relative to the directory, that hold the truth from the moment an epoch is ready. */
export interface Generation {
  readonly database: string;
  readonly log: string;
}

/** What a lock file says. */
export interface LockState {
  readonly epoch: number;
  /** Null when the file can't be read as a lock. */
  readonly holder: (Holder & { readonly since: number }) | null;
  readonly ready: Generation | null;
  readonly released: boolean;
}

export interface OwnershipOptions {
  readonly disk: Disk;
  readonly directory: string;
  /** Milliseconds between two heartbeats. */
  readonly heartbeatMs: number;
  /** Milliseconds without a heartbeat after which an owner that can't be proved dead counts as dead. */
  readonly staleAfterMs: number;
  /** Epochs start above this one. */
  readonly above: number;
  /** Who asks; this process. */
  readonly holder?: Holder;
}

/** All locks of a directory, oldest first. */
export function listLocks(disk: Disk, directory: string): LockState[] {
  const locks: LockState[] = [];
  for (const epoch of epochs(disk, directory)) {
    const bytes = readFile(disk, lockFile(directory, epoch));
    if (bytes) locks.push(parseLock(epoch, Buffer.from(bytes).toString("utf8")));
  }
  return locks;
}

/** The last epoch that was ready: its files are the truth. */
export function lastReady(locks: readonly LockState[]): (LockState & { readonly ready: Generation }) | null {
  for (const lock of locks.toReversed()) {
    if (lock.ready) return { ...lock, ready: lock.ready };
  }
  return null;
}

/** Whether somebody may be writing here now; a holder that can't be seen from here counts as living. */
export function isOwned(disk: Disk, directory: string): boolean {
  const last = listLocks(disk, directory).at(-1);
  if (!last || last.released) return false;
  return last.holder === null || lookFor(last.holder, thisProcess()) !== "gone";
}

/** Milliseconds since the last sign of life of whoever owns the directory; null when nobody does. */
export function heartbeatAge(disk: Disk, directory: string): number | null {
  const last = listLocks(disk, directory).at(-1);
  if (!last || last.released) return null;
  const stat = disk.stat(lockFile(directory, last.epoch));
  return stat && Math.max(0, Date.now() - stat.mtimeMs);
}

export class Ownership {
  readonly epoch: number;
  readonly #options: OwnershipOptions;
  readonly #holder: Holder;
  readonly #fd: number;
  readonly #timer: NodeJS.Timeout;
  /** Lock files of this epoch and of the one after it. */
  readonly #own: string;
  readonly #next: string;
  #end: number;
  #open = true;

  /**
   * Becomes the directory's owner under the next epoch.
   * @throws StoreError `LOCKED` when the present owner lives
   */
  static take(options: OwnershipOptions): Ownership {
    const { disk, directory } = options;
    const holder = options.holder ?? thisProcess();
    const draft = path.join(directory, `lock.draft-${holder.nonce}`);
    const line = Buffer.from(`${JSON.stringify({ ...holder, since: Date.now() })}\n`);
    let fd = disk.open(draft, "wx+");
    try {
      disk.write(fd, line, 0, line.length, 0);
      for (let attempt = 0; attempt < 100; attempt += 1) {
        const top = epochs(disk, directory).at(-1) ?? 0;
        if (top > options.above) refuseLiving(options, top, holder, draft);
        const epoch = Math.max(top, options.above) + 1;
        if (!linkExclusively(disk, draft, lockFile(directory, epoch))) continue;
        // A contender that slept since it listed may have made a number that was long used and cleaned up. The
        // highest lock and the one before it are never cleaned up, so a second look tells.
        if ((epochs(disk, directory).at(-1) ?? 0) > epoch) {
          removeFile(disk, lockFile(directory, epoch));
          continue;
        }
        const ownership = new Ownership(options, holder, epoch, fd, line.length);
        fd = -1;
        return ownership;
      }
      throw new StoreError("LOCKED", `too many processes contend for ${directory}; try again`);
    } finally {
      if (fd >= 0) disk.close(fd);
      removeFile(disk, draft);
    }
  }

  private constructor(options: OwnershipOptions, holder: Holder, epoch: number, fd: number, end: number) {
    this.#options = options;
    this.#holder = holder;
    this.epoch = epoch;
    this.#fd = fd;
    this.#end = end;
    this.#own = lockFile(options.directory, epoch);
    this.#next = lockFile(options.directory, epoch + 1);
    this.#timer = setInterval(() => this.#beat(), options.heartbeatMs);
    this.#timer.unref();
  }

  /**
   * Whether this is still the last epoch. Two looks at names, in this order: while an owner cleans up, a lock goes
   * before the one after it, so "the next one isn't there" followed by "mine is" can't both hold for a lost owner.
   */
  held(): boolean {
    const { disk } = this.#options;
    return disk.stat(this.#next) === null && disk.stat(this.#own) !== null;
  }

  /** Whether the directory was taken away under this owner. */
  removed(): boolean {
    const { disk, directory } = this.#options;
    return disk.stat(directory) === null;
  }

  /** The last ready epoch before this one, and whether all who held the run since are proved to write no more. */
  inherited(): { readonly generation: Generation | null; readonly quiet: boolean } {
    const earlier = listLocks(this.#options.disk, this.#options.directory).filter(
      (lock) => lock.epoch < this.epoch,
    );
    const last = lastReady(earlier);
    const since = earlier.filter((lock) => lock.epoch >= (last?.epoch ?? 0));
    const quiet = since.every(
      (lock) => lock.released || (lock.holder !== null && lookFor(lock.holder, this.#holder) === "gone"),
    );
    return { generation: last?.ready ?? null, quiet };
  }

  /** Says, durably, from which files the truth is to be read from now on. */
  ready(generation: Generation): void {
    this.#append({ ready: generation });
    this.#options.disk.syncDirectory(this.#options.directory);
  }

  /** Removes the locks that nothing needs any more, oldest first. Only after `ready`. */
  cleanUp(): void {
    const { disk, directory, staleAfterMs } = this.#options;
    for (const epoch of epochs(disk, directory)) {
      if (epoch < this.epoch - 1) removeFile(disk, lockFile(directory, epoch));
    }
    for (const name of disk.list(directory)) {
      if (!name.startsWith("lock.draft-")) continue;
      const stat = disk.stat(path.join(directory, name));
      if (stat && Date.now() - stat.mtimeMs > staleAfterMs) removeFile(disk, path.join(directory, name));
    }
  }

  /** Gives the run back: the next owner starts at once. */
  release(): void {
    if (!this.#open) return;
    try {
      this.#append({ released: Date.now() });
    } finally {
      this.abandon();
    }
  }

  /** Stops the heartbeat and says nothing: for an owner that lost the run. */
  abandon(): void {
    if (!this.#open) return;
    this.#open = false;
    clearInterval(this.#timer);
    this.#options.disk.close(this.#fd);
  }

  #append(line: { readonly ready: Generation } | { readonly released: number }): void {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    this.#options.disk.write(this.#fd, bytes, 0, bytes.length, this.#end);
    this.#end += bytes.length;
    this.#options.disk.sync(this.#fd);
  }

  /** Writes the file's first byte again: the file system's own clock stamps it, which may not be this machine's. */
  #beat(): void {
    try {
      this.#options.disk.write(this.#fd, Buffer.from("{"), 0, 1, 0);
    } catch {
      // A full disk must not end the process; the next commit reports it.
    }
  }
}

function refuseLiving(options: OwnershipOptions, epoch: number, from: Holder, draft: string): void {
  const { disk, directory, staleAfterMs } = options;
  const file = lockFile(directory, epoch);
  const bytes = readFile(disk, file);
  const beat = disk.stat(file);
  if (!bytes || !beat) return;
  const lock = parseLock(epoch, Buffer.from(bytes).toString("utf8"));
  if (lock.released) return;
  const seen = lock.holder ? lookFor(lock.holder, from) : "foreign";
  if (seen === "gone") return;
  // The draft is touched so that "now" comes from the same clock as the heartbeat.
  touch(disk, draft);
  const age = Math.abs((disk.stat(draft)?.mtimeMs ?? Date.now()) - beat.mtimeMs);
  if (age > staleAfterMs) return;
  const who = lock.holder
    ? `process ${lock.holder.pid} on ${lock.holder.host}${seen === "foreign" ? " (in another PID namespace, boot or machine)" : ""} since ${new Date(lock.holder.since).toISOString()}`
    : `an owner that can't be read from ${file}`;
  throw new StoreError(
    "LOCKED",
    `the run in ${directory} is owned by ${who}; stop it, or wait until it ends${seen === "foreign" ? ` (it counts as dead after ${staleAfterMs / 1000} s without a heartbeat)` : ""}`,
  );
}

function touch(disk: Disk, file: string): void {
  const fd = disk.open(file, "r+");
  try {
    disk.write(fd, Buffer.from("{"), 0, 1, 0);
  } finally {
    disk.close(fd);
  }
}

function linkExclusively(disk: Disk, from: string, to: string): boolean {
  try {
    disk.link(from, to);
    return true;
  } catch (error) {
    if (errno(error) === "EEXIST") return false;
    throw error;
  }
}

function parseLock(epoch: number, text: string): LockState {
  let holder: LockState["holder"] = null;
  let ready: Generation | null = null;
  let released = false;
  // What follows the last newline was being written when its writer died.
  for (const line of text.split("\n").slice(0, -1)) {
    const fact = parseLine(line);
    holder ??= asHolder(fact);
    ready ??= asGeneration(fact?.ready);
    released ||= typeof fact?.released === "number";
  }
  return { epoch, holder, ready, released };
}

type Fields = { readonly [name: string]: unknown };

function parseLine(line: string): Fields | null {
  try {
    return asFields(JSON.parse(line));
  } catch {
    return null;
  }
}

function asFields(value: unknown): Fields | null {
  return typeof value === "object" && value !== null ? (value as Fields) : null;
}

function asHolder(value: Fields | null): LockState["holder"] {
  const { host, boot, pidNamespace, pid, birth, nonce, since } = value ?? {};
  const texts = [host, boot, pidNamespace, birth, nonce];
  if (!texts.every((text) => typeof text === "string")) return null;
  if (typeof pid !== "number" || typeof since !== "number") return null;
  const [hostText = "", bootText = "", namespaceText = "", birthText = "", nonceText = ""] = texts;
  return {
    host: hostText,
    boot: bootText,
    pidNamespace: namespaceText,
    pid,
    birth: birthText,
    nonce: nonceText,
    since,
  };
}

/** File names within the directory; anything else is no generation. */
function asGeneration(value: unknown): Generation | null {
  const { database, log } = asFields(value) ?? {};
  const name = (text: unknown): text is string => typeof text === "string" && /^[\w.-]+$/.test(text);
  return name(database) && name(log) ? { database, log } : null;
}

/** Epochs that have a lock, ascending. */
function epochs(disk: Disk, directory: string): number[] {
  const found: number[] = [];
  for (const name of disk.list(directory)) {
    const match = /^lock\.([1-9]\d{0,14})$/.exec(name);
    if (match) found.push(Number(match[1]));
  }
  return found.sort((a, b) => a - b);
}

function lockFile(directory: string, epoch: number): string {
  return path.join(directory, `lock.${epoch}`);
}
