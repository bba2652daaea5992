/** Becoming the writer of a run's store, whichever counts by then. */
import { type HostSource, systemHost } from "./host.ts";
import { storeDirectory } from "./runs.ts";
import { HidingStore } from "./secrets.ts";
import { openStore } from "./store/index.ts";

/**
 * Opens the store of a run that is there, or of a new one.
 * @param root what is acknowledged must not go with the name of a directory below it that was never on disk
 * @param host gives the secrets whose values stay out of the store. Default: this machine
 * @throws StoreError `LOCKED` while another process attends to the run
 */
export async function openRun(
  runDir: string,
  root: string,
  host: HostSource = systemHost(root),
): Promise<HidingStore> {
  for (;;) {
    const directory = storeDirectory(runDir);
    const store = await openStore(directory, { above: root });
    // The run may have been taken back between the look and the lock.
    if (storeDirectory(runDir) === directory) return new HidingStore(store, host);
    await store.close();
  }
}
