/** What can still be read of a damaged store, for the error that says so (SEMANTICS 35). */
import { StoreError } from "../store.ts";
import { Connection } from "./connection.ts";
import { currentGeneration, filesOf, type Place } from "./generation.ts";

/** Of a damaged store the last frame that can be read is told too; every other error is given back as it is. */
export function withLastFrame(error: unknown, database: Pick<Connection, "value">): unknown {
  if (!(error instanceof StoreError) || error.code !== "CORRUPT") return error;
  return new StoreError("CORRUPT", `${error.message}. ${lastFrame(database)}`, { cause: error });
}

/** The same for a store that can't be opened. */
export function withLastFrameOf(error: unknown, { vfs, disk, directory }: Place): unknown {
  const generation = currentGeneration(disk, directory);
  if (!generation || !(error instanceof StoreError) || error.code !== "CORRUPT") return error;
  let connection: Connection | null = null;
  try {
    connection = new Connection(vfs, filesOf(directory, generation), {
      disk,
      readonly: true,
      cacheKiB: 1024,
    });
    return withLastFrame(error, connection);
  } catch {
    return withLastFrame(error, { value: () => null });
  } finally {
    connection?.close();
  }
}

function lastFrame(database: Pick<Connection, "value">): string {
  try {
    const frame = database.value("SELECT max(frame) FROM frames");
    if (frame !== null) return `The last frame that can be read is ${frame}`;
  } catch {
    // Not even that.
  }
  return "No frame can be read";
}
