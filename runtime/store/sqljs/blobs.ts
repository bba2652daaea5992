/**
 * Large texts as files named by their content: `blobs/sha256-…`. A file is complete and on disk, name included,
 * before the commit that refers to it; one that no commit came to refer to is waste, never wrong.
 */
import { createHash, randomUUID } from "node:crypto";
import path from "node:path";
import { type Disk, errno, makeDurably, readFile, removeFile } from "../disk.ts";
import { StoreError } from "../store.ts";

/** UTF-8 bytes above which a value is kept outside the database: 256 KiB. */
export const BLOB_THRESHOLD = 256 * 1024;

export class Blobs {
  readonly #disk: Disk;
  readonly #directory: string;
  /** Hashes whose files this handle knows to be on disk. */
  readonly #synced = new Set<string>();

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = path.join(directory, "blobs");
  }

  /** Keeps the bytes, durably. @returns their SHA-256 */
  put(bytes: Uint8Array): Uint8Array {
    const hash = createHash("sha256").update(bytes).digest();
    const name = hash.toString("hex");
    if (this.#synced.has(name)) return hash;
    const disk = this.#disk;
    if (this.#synced.size === 0) makeDurably(disk, this.#directory, path.dirname(this.#directory));
    if (disk.stat(this.#file(name)) === null) {
      const draft = path.join(this.#directory, `draft-${randomUUID()}`);
      try {
        const fd = disk.open(draft, "wx+");
        try {
          disk.write(fd, bytes, 0, bytes.length, 0);
          disk.sync(fd);
        } finally {
          disk.close(fd);
        }
        linkIfAbsent(disk, draft, this.#file(name));
      } finally {
        removeFile(disk, draft);
      }
    }
    // Also for a file that was there: who made it may have died before its name was on disk.
    disk.syncDirectory(this.#directory);
    this.#synced.add(name);
    return hash;
  }

  /** @throws StoreError `CORRUPT` when the file is missing or is not what it was */
  get(hash: Uint8Array): Uint8Array {
    const name = Buffer.from(hash).toString("hex");
    const bytes = readFile(this.#disk, this.#file(name));
    if (bytes === null) throw new StoreError("CORRUPT", `${this.#file(name)} is missing`);
    if (createHash("sha256").update(bytes).digest("hex") !== name) {
      throw new StoreError(
        "CORRUPT",
        `${this.#file(name)} is damaged: its content is not what its name says`,
      );
    }
    return bytes;
  }

  /** Which file holds what is named so, by its path within the store; null when there is none. */
  find(hash: Uint8Array): { readonly file: string; readonly bytes: number } | null {
    const file = this.#file(Buffer.from(hash).toString("hex"));
    const stat = this.#disk.stat(file);
    return stat && { file: path.join("blobs", path.basename(file)), bytes: stat.size };
  }

  #file(name: string): string {
    return path.join(this.#directory, `sha256-${name}`);
  }
}

function linkIfAbsent(disk: Disk, from: string, to: string): void {
  try {
    disk.link(from, to);
  } catch (error) {
    if (errno(error) !== "EEXIST") throw error;
  }
}
