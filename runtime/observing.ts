/** Files that a run has read, while it goes on: a change is told once it has stayed for a moment (SEMANTICS 58). */
import type { FileRecord, ProjectFiles } from "./values/files.ts";
import { stableText } from "./values/json.ts";

/** Between two looks; a file that is being written is not taken at half. */
const LOOK_MS = 250;
/** A look takes at most this part of the time. */
const SHARE = 0.05;

/** Looks from time to time until the returned function is called. Keeps no process. */
export function observeFiles(
  files: ProjectFiles,
  changed: (records: readonly FileRecord[]) => void,
): () => void {
  /** What the last look found and did not tell. */
  let before = "";
  let timer: NodeJS.Timeout;
  const look = (): void => {
    const began = performance.now();
    const records = files.look();
    const found = records.length > 0 ? stableText(JSON.parse(JSON.stringify(records))) : "";
    if (found !== "" && found === before) {
      before = "";
      changed(records);
    } else before = found;
    again(Math.max(LOOK_MS, (performance.now() - began) / SHARE));
  };
  const again = (ms: number): void => {
    timer = setTimeout(look, ms).unref();
  };
  again(LOOK_MS);
  return () => clearTimeout(timer);
}
