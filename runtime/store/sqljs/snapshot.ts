/** A copy of a run's database as of one commit, made by any process while another one writes. */
import path from "node:path";
import { type Disk, nodeDisk, removeFile } from "../disk.ts";
import { StoreError } from "../store.ts";
import { Connection } from "./connection.ts";
import { copy, currentGeneration, FIRST, filesOf, finish, seal } from "./generation.ts";
import { loadSqlite } from "./load.ts";
import { seqFile } from "./seqlock.ts";

/** While an owner takes over, the files change once; while others do in turn, the copy begins anew. */
const TRIES = 20;

/**
 * Copies the store in `from` to `to`, an empty directory: one ordinary SQLite file, complete and on disk. Large values
 * stay where they are, in `blobs/` beside the original. Processes of attempts under way are left out: on another machine
 * their numbers name others, and on this one they are the original's.
 * @returns the path of the file
 * @throws StoreError
 */
export async function snapshotStore(
  from: string,
  to: string,
  { disk = nodeDisk }: { readonly disk?: Disk } = {},
): Promise<string> {
  const vfs = await loadSqlite();
  const directory = path.resolve(from);
  const database = path.join(path.resolve(to), FIRST);
  for (let attempt = 0; ; attempt += 1) {
    const generation = currentGeneration(disk, directory);
    const files = generation && filesOf(directory, generation);
    if (!files || (disk.stat(files.database)?.size ?? 0) === 0)
      throw new StoreError("CORRUPT", `there is no store in ${directory}`);
    copy({ vfs, disk, directory: path.dirname(database) }, files, database);
    if (currentGeneration(disk, directory)?.database === generation.database) break;
    if (attempt >= TRIES) throw new StoreError("LOCKED", `${directory} changes hands; try again`);
  }
  // One of a run that is not attended to is plain.
  seal(disk, database);
  const own = { database, log: `${database}.log` };
  const connection = new Connection(vfs, own, { disk, readonly: false, cacheKiB: 4096 });
  try {
    connection.exec("PRAGMA journal_mode=WAL; UPDATE attempts SET process = NULL WHERE process IS NOT NULL");
  } finally {
    connection.close();
  }
  finish(disk, own);
  removeFile(disk, seqFile(database));
  return database;
}
