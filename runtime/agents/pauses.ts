/**
 * Pauses that providers asked for, shared by all runs of a project (DESIGN §6 "Store"): a file for each rate key, which holds
 * until when. What can't be read or written holds nobody up: then each process learns of it by itself.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

export class SharedPauses {
  readonly #directory: string;

  /** @param directory made when the first pause is */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Unix milliseconds until which no call with this key is made; 0 where none is asked for. */
  until(key: string): number {
    try {
      const until = Number(readFileSync(this.#fileOf(key), "utf8"));
      return until > Date.now() ? Math.min(until, Date.now() + LONGEST_MS) : 0;
    } catch {
      return 0;
    }
  }

  /**
   * No call with this key before `until`, whichever run makes it, for ten minutes at most: then one of them asks again. Of
   * pauses that come at the same time one stands.
   */
  pause(key: string, until: number): void {
    if (this.until(key) >= until) return;
    const file = this.#fileOf(key);
    const draft = `${file}.${process.pid}`;
    try {
      mkdirSync(this.#directory, { recursive: true });
      writeFileSync(draft, String(until));
      renameSync(draft, file);
    } catch {
      rmSync(draft, { force: true });
    }
  }

  #fileOf(key: string): string {
    return path.join(this.#directory, createHash("sha256").update(key).digest("hex").slice(0, 16));
  }
}

/** A provider that is busy for longer says so again; a header that is wrong must not hold every run of a project. */
const LONGEST_MS = 600_000;
