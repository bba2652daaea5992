/**
 * Tells readers in other processes that what they read may have been mixed. The owner raises a number in `FILE.seq`
 * before it overwrites anything that a snapshot may depend on: before the first page of the database is written since
 * its last sync, around a restart of the log, before the log ends. A reader whose number is the same after as before
 * has read one consistent state; otherwise it reads again. Appending to the log disturbs nobody.
 *
 * The number is never synced: it matters only between processes that live at the same time.
 */
import { type Disk, errno, readFile } from "../disk.ts";
import type { FileHooks } from "./file.ts";

export class Seqlock {
  readonly #disk: Disk;
  readonly #fd: number;
  readonly #bytes = Buffer.alloc(8);
  #value: number;

  constructor(disk: Disk, database: string) {
    this.#disk = disk;
    this.#value = readSeq(disk, database);
    this.#fd = openOrCreate(disk, seqFile(database));
    // An odd number is a log restart that its writer did not survive.
    this.bump(this.#value % 2 === 0 ? 2 : 1);
  }

  bump(by: 1 | 2): void {
    this.#value += by;
    this.#bytes.writeBigUInt64LE(BigInt(this.#value));
    this.#disk.write(this.#fd, this.#bytes, 0, 8, 0);
  }

  hooks(): FileHooks {
    return {
      beforeDatabaseWrite: () => this.bump(2),
      beforeLogRestart: () => this.bump(1),
      afterLogRestart: () => this.bump(1),
      beforeLogEnd: () => this.bump(2),
    };
  }

  close(): void {
    this.#disk.close(this.#fd);
  }
}

/** Odd while the log is being restarted; 0 when nobody has written yet. */
export function readSeq(disk: Disk, database: string): number {
  const bytes = readFile(disk, seqFile(database));
  return bytes && bytes.length >= 8 ? Number(Buffer.from(bytes).readBigUInt64LE()) : 0;
}

export function seqFile(database: string): string {
  return `${database}.seq`;
}

function openOrCreate(disk: Disk, file: string): number {
  try {
    return disk.open(file, "wx+");
  } catch (error) {
    if (errno(error) !== "EEXIST") throw error;
    return disk.open(file, "r+");
  }
}
