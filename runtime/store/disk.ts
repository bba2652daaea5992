/**
 * The store's only door to the file system: what it writes, syncs, creates and unlinks passes here. One interface, so
 * that tests can record every operation, cut the power between two of them, and make any of them fail.
 */
import fs from "node:fs";
import path from "node:path";

export interface Disk {
  /** `r` read, `r+` read and write, `wx+` create exclusively. @throws ErrnoException, as all below */
  open(file: string, flags: "r" | "r+" | "wx+"): number;
  close(fd: number): void;
  /** Bytes read into `bytes` from `at`; fewer than `length` only at the end of the file. */
  read(fd: number, bytes: Uint8Array, at: number, length: number, position: number): number;
  write(fd: number, bytes: Uint8Array, at: number, length: number, position: number): void;
  truncate(fd: number, size: number): void;
  size(fd: number): number;
  /** Content and size are on disk when it returns. */
  sync(fd: number): void;
  /** Names created and removed in the directory are on disk when it returns. */
  syncDirectory(directory: string): void;
  makeDirectory(directory: string): void;
  link(from: string, to: string): void;
  unlink(file: string): void;
  list(directory: string): string[];
  stat(file: string): { readonly size: number; readonly mtimeMs: number } | null;
}

/** The real one. */
export const nodeDisk: Disk = {
  open: (file, flags) => fs.openSync(file, flags, 0o644),
  close: (fd) => fs.closeSync(fd),
  read(fd, bytes, at, length, position) {
    let done = 0;
    while (done < length) {
      const got = fs.readSync(fd, bytes, at + done, length - done, position + done);
      if (got === 0) break;
      done += got;
    }
    return done;
  },
  write(fd, bytes, at, length, position) {
    for (let done = 0; done < length; ) {
      done += fs.writeSync(fd, bytes, at + done, length - done, position + done);
    }
  },
  truncate: (fd, size) => fs.ftruncateSync(fd, size),
  size: (fd) => fs.fstatSync(fd).size,
  sync: (fd) => fs.fdatasyncSync(fd),
  syncDirectory(directory) {
    if (process.platform === "win32") return; // directories can't be opened there; NTFS journals names
    const fd = fs.openSync(directory, "r");
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  },
  makeDirectory: (directory) => {
    fs.mkdirSync(directory, { recursive: true });
  },
  link: (from, to) => fs.linkSync(from, to),
  unlink: (file) => fs.unlinkSync(file),
  list: (directory) => fs.readdirSync(directory),
  stat: (file) => fs.statSync(file, { throwIfNoEntry: false }) ?? null,
};

/**
 * Makes a directory, and has every name on the way to it from `above` on disk when it returns: also the names that were
 * there, since who made them may have died before they were.
 */
export function makeDurably(disk: Disk, directory: string, above: string): void {
  disk.makeDirectory(directory);
  for (let here = directory; here !== above && here !== path.dirname(here); here = path.dirname(here))
    disk.syncDirectory(path.dirname(here));
}

/** Whole content of a file; null when there is none. */
export function readFile(disk: Disk, file: string): Uint8Array | null {
  let fd: number;
  try {
    fd = disk.open(file, "r");
  } catch (error) {
    if (errno(error) === "ENOENT") return null;
    throw error;
  }
  try {
    const bytes = new Uint8Array(disk.size(fd));
    return bytes.subarray(0, disk.read(fd, bytes, 0, bytes.length, 0));
  } finally {
    disk.close(fd);
  }
}

/** Removes a file if it is there. */
export function removeFile(disk: Disk, file: string): void {
  try {
    disk.unlink(file);
  } catch (error) {
    if (errno(error) !== "ENOENT") throw error;
  }
}

/** `ENOENT` and kin of a file-system error; "" for others. */
export function errno(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
