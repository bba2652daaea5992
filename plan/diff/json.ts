/** Changes as JSON, for programs. */
import type { Change } from "./change.ts";

/** `{ "changes": [Change, …] }`, two-space JSON without a newline at its end; the fields are those of Change. */
export function renderDiffJson(changes: readonly Change[]): string {
  return JSON.stringify({ changes }, null, 2);
}
