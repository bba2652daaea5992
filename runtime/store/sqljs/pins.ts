/**
 * A reader that was disturbed a few times asks the writer to wait with folding its log: a file `reader.…`, there while
 * it reads. The writer looks when a checkpoint is due and puts it off within limits. Nothing but a reader's patience
 * depends on it: without it (a directory it can't write, a clock that is off) it reads again.
 */
import { randomUUID } from "node:crypto";
import path from "node:path";
import { type Disk, removeFile } from "../disk.ts";

const PREFIX = "reader.";
/** Milliseconds after which a pin is the rest of a reader that died. */
const FRESH = 10_000;
/** Bytes of log beyond which no reader is waited for. */
export const PINNED_LOG_LIMIT = 64 << 20;

/** Asks. @returns what takes it back */
export function pin(disk: Disk, directory: string): () => void {
  const file = path.join(directory, `${PREFIX}${randomUUID()}`);
  try {
    disk.close(disk.open(file, "wx+"));
  } catch {
    return () => {};
  }
  return () => {
    try {
      removeFile(disk, file);
    } catch {
      // It grows old and is removed by the next owner.
    }
  };
}

/** Whether a reader asks now. */
export function pinned(disk: Disk, directory: string): boolean {
  return pins(disk, directory).some((age) => age.ms < FRESH);
}

/** Removes what readers that died left. */
export function removeOldPins(disk: Disk, directory: string): void {
  for (const { file, ms } of pins(disk, directory)) if (ms >= FRESH) removeFile(disk, file);
}

function pins(disk: Disk, directory: string): { readonly file: string; readonly ms: number }[] {
  return disk.list(directory).flatMap((name) => {
    if (!name.startsWith(PREFIX)) return [];
    const file = path.join(directory, name);
    const stat = disk.stat(file);
    return stat ? [{ file, ms: Math.abs(Date.now() - stat.mtimeMs) }] : [];
  });
}
