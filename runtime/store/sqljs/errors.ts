/** What SQLite, sql.js and the file system throw, as StoreErrors that name the file. */
import { errno } from "../disk.ts";
import { StoreError } from "../store.ts";

/**
 * @param error what was thrown; sql.js throws Errors with SQLite's message, and plain strings
 * @param cause the file system's error behind it, when there was one
 * @param file the database
 */
export function storeError(error: unknown, cause: unknown, file: string): StoreError {
  if (error instanceof StoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const options = { cause: cause ?? error };
  const code = errno(cause) || errno(error);
  if (code === "ENOSPC" || code === "EDQUOT" || message.includes("database or disk is full")) {
    return new StoreError(
      "FULL",
      `no space left for ${file}: free some and run again; nothing is lost`,
      options,
    );
  }
  if (/malformed|not a database|unsupported file format/.test(message)) {
    return new StoreError(
      "CORRUPT",
      `${file} is damaged or not a store (${message}); nothing was overwritten. Restore it from a copy, or move it away to begin anew`,
      options,
    );
  }
  if (/constraint failed/.test(message)) {
    const table = /failed: (\w+)/.exec(message)?.[1] ?? "record";
    return new StoreError("INVALID", `a record of ${table} is already written and never changes`, options);
  }
  const detail = cause instanceof Error ? cause.message : message;
  return new StoreError("IO", `${file}: ${detail}`, options);
}
