/** Looking into a run's store from any process, without a lock. */
import { storeDirectory } from "./runs.ts";
import { openReader, type ReaderOptions } from "./store/index.ts";
import type { RunReader } from "./store/store.ts";

/**
 * Opens the store of a run for as long as `read` takes. Who reads many gives one engine for all, since loading it takes
 * longer than reading. `store`: an earlier one of its stores.
 * @throws StoreError
 */
export async function reading<T>(
  runDir: string,
  read: (reader: RunReader) => Promise<T>,
  { store, ...options }: ReaderOptions & { readonly store?: number } = {},
): Promise<T> {
  const reader = await openReader(storeDirectory(runDir, store), options);
  try {
    return await read(reader);
  } finally {
    await reader.close();
  }
}
