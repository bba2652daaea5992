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

/** Between a run's name and that of a run which one of its nodes holds: `RUN:NODE`. */
const WITHIN = ":";

/** Whether `text` names a run that a node of another one holds, at any depth. */
export function isChildId(text: string): boolean {
  const [first = "", ...names] = text.split(WITHIN);
  return (
    isRunId(first) &&
    names.length > 0 &&
    names.every((name) => /^[A-Za-z0-9][A-Za-z0-9._@=,~-]{0,127}$/.test(name) && !name.includes(".."))
  );
}

/** The names of a run and of the runs that hold it, outermost first. */
export const namesOf = (runId: string): readonly string[] => runId.split(WITHIN);

/** The run that holds the others, itself where none does: the one that is resumed. */
export const outermost = (runId: string): string => namesOf(runId)[0] as string;

/** The run that the child of this name within `runId` is. */
export const childId = (runId: string, child: string): string => `${runId}${WITHIN}${child}`;

/** How scripts and tests name a node: by its id, in a child run also with the child's name before it, `buy-eu:quote`. */
export function nodeNames(runId: string, nodeId: string): readonly string[] {
  const [, ...children] = namesOf(runId);
  return children.length === 0 ? [nodeId] : [nodeId, [...children, nodeId].join(WITHIN)];
}

/** Whether `text` may name a run's directory. */
export function isRunId(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(text) && !text.includes("..");
}
