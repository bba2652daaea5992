/** Names of runs: sortable within a workflow and readable, as `bugfix-20261121-k3v9`. */

/** `tries` counts names that were taken already. */
export function makeRunId(workflow: string, now: number, tries = 0): string {
  const date = new Date(now);
  const day = date.toISOString().slice(0, 10).replaceAll("-", "");
  const midnight = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  // Tenths of a second of the day: four digits of base 36 with room to count on.
  const tenths = Math.floor((now - midnight) / 100) + tries;
  const name = workflow
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40);
  return `${name || "run"}-${day}-${tenths.toString(36).padStart(4, "0")}`;
}

/** Whether `text` may name a run's directory. */
export function isRunId(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(text) && !text.includes("..");
}
