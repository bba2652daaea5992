/** The database's shape, step by step. A step once released never changes; a new one is added at the end. */
import { StoreError } from "../store.ts";
import type { Connection } from "./connection.ts";

/** Marks a database as one of ours ("Smth"). */
const APPLICATION = 0x536d7468;

/**
 * Values without a type are JSON text, NULL for null, or, where larger than BLOB_THRESHOLD, the 32 bytes of a SHA-256
 * that names a file under `blobs/`. Rows of tasks and attempts keep their place when they are replaced, so row order
 * is the order of first writing.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
   CREATE TABLE run (
     id INTEGER PRIMARY KEY CHECK (id = 1), run_id TEXT NOT NULL, workflow TEXT NOT NULL, plan_digest TEXT NOT NULL,
     status TEXT NOT NULL, reason, input, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
     seed TEXT NOT NULL, cwd TEXT NOT NULL, host);
   CREATE TABLE plans (digest TEXT PRIMARY KEY, text) WITHOUT ROWID;
   CREATE TABLE frames (
     frame INTEGER PRIMARY KEY, now INTEGER NOT NULL, cause TEXT NOT NULL, plan_digest TEXT NOT NULL, delta);
   CREATE TABLE tasks (
     id INTEGER PRIMARY KEY, node_id TEXT NOT NULL, scope TEXT NOT NULL, iteration INTEGER NOT NULL,
     node TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, table_name TEXT, reason, frame INTEGER NOT NULL,
     UNIQUE (node_id, scope, iteration));
   CREATE TABLE attempts (
     id INTEGER PRIMARY KEY, node_id TEXT NOT NULL, scope TEXT NOT NULL, iteration INTEGER NOT NULL,
     attempt INTEGER NOT NULL, state TEXT NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER,
     epoch INTEGER NOT NULL, request, error, next_at INTEGER, usage, process,
     UNIQUE (node_id, scope, iteration, attempt));
   CREATE TABLE outputs (
     seq INTEGER PRIMARY KEY, table_name TEXT NOT NULL, node_id TEXT NOT NULL, scope TEXT NOT NULL,
     iteration INTEGER NOT NULL, raw, value, frame INTEGER NOT NULL,
     UNIQUE (node_id, scope, iteration, table_name));
   CREATE TABLE decisions (
     id INTEGER PRIMARY KEY, node_id TEXT NOT NULL, scope TEXT NOT NULL, iteration INTEGER NOT NULL,
     approved INTEGER NOT NULL, note, decided_by, decided_at INTEGER NOT NULL,
     UNIQUE (node_id, scope, iteration));
   CREATE TABLE events (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, type TEXT NOT NULL, data);`,
  // What a key holds is what its last transition gave it: found by the index, written nowhere twice.
  `CREATE TABLE transitions (
     seq INTEGER PRIMARY KEY, frame INTEGER NOT NULL, store TEXT NOT NULL, key TEXT NOT NULL, old, new,
     node_id TEXT NOT NULL, scope TEXT NOT NULL, iteration INTEGER NOT NULL, node TEXT NOT NULL,
     trigger_name TEXT NOT NULL, idx INTEGER NOT NULL);
   CREATE INDEX transitions_of_key ON transitions (store, key, seq);
   CREATE VIEW state AS SELECT key, new AS value, frame FROM transitions WHERE seq IN
     (SELECT max(seq) FROM transitions WHERE store = 'state' GROUP BY key) AND new IS NOT NULL;`,
];

/** The version this code reads and writes. */
export const VERSION = MIGRATIONS.length;

/**
 * @returns the version found; 0 for an empty database
 * @throws StoreError `VERSION` when it is newer, `CORRUPT` when the database is another program's
 */
export function checkVersion(connection: Connection, file: string): number {
  const found = Number(connection.value("PRAGMA user_version"));
  const application = Number(connection.value("PRAGMA application_id"));
  const tables = Number(connection.value("SELECT count(*) FROM sqlite_schema"));
  if (application !== APPLICATION && (found > 0 || tables > 0)) {
    throw new StoreError(
      "CORRUPT",
      `${file} is the database of another program, not a store; nothing was changed`,
    );
  }
  refuseNewer(found, file);
  return found;
}

/** @throws StoreError `VERSION` */
export function refuseNewer(found: number, file: string): void {
  if (found <= VERSION) return;
  throw new StoreError(
    "VERSION",
    `${file} was written by a newer version (format ${found}; this one knows ${VERSION}): update smithers. Nothing was changed`,
  );
}

/** Brings the database to this code's version, each step one transaction. */
export function migrate(connection: Connection, file: string): void {
  for (let version = checkVersion(connection, file); version < VERSION; version += 1) {
    connection.exec("BEGIN IMMEDIATE");
    try {
      connection.exec(MIGRATIONS[version] ?? "");
      connection.exec(`PRAGMA application_id=${APPLICATION}; PRAGMA user_version=${version + 1}; COMMIT`);
    } catch (error) {
      connection.exec("ROLLBACK");
      throw error;
    }
  }
}
