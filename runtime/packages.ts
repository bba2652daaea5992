/** Versions of packages that a plan's modules were built for, against what the project directory has (DESIGN §4). */
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Plan } from "../plan/types.ts";

export interface Mismatch {
  readonly name: string;
  /** From the lock file, when the plan was built. */
  readonly wanted: string;
  /** What Node would load; null where there is none. */
  readonly found: string | null;
  /** Names of the modules that import it. */
  readonly modules: readonly string[];
}

/**
 * Every package whose version is not the plan's, by name. Packages are looked for as Node does for the files of modules,
 * which stand under `.smithers/` of the root. `*` (the runner's own) and what is no version (an address of a repository)
 * only have to be there.
 */
export function wrongPackages(plan: Plan, root: string): Mismatch[] {
  const wanted = new Map<string, { readonly version: string; readonly modules: string[] }>();
  for (const [module, { externals }] of Object.entries(plan.modules))
    for (const [name, version] of Object.entries(externals)) {
      const key = `${name}@${version}`;
      const known = wanted.get(key) ?? { version, modules: [] };
      known.modules.push(module);
      wanted.set(key, known);
    }
  const wrong: Mismatch[] = [];
  for (const [key, { version, modules }] of [...wanted].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const name = key.slice(0, key.lastIndexOf(`@${version}`));
    const found = installedVersion(name, root);
    const fits = found !== null && (found === version || !/^\d/.test(version));
    if (!fits) wrong.push({ name, wanted: version, found, modules });
  }
  return wrong;
}

/** The message for a plan that can't be started; null where every package is right. */
export function packagesMessage(wrong: readonly Mismatch[]): string | null {
  if (wrong.length === 0) return null;
  const lines = wrong.map(
    ({ name, wanted, found, modules }) =>
      `- ${name}: the plan was built for ${wanted}, ${found === null ? "none is installed" : `${found} is installed`} (${modules.join(", ")})`,
  );
  return (
    `the packages here are not those that the plan was built for:\n${lines.join("\n")}\n` +
    "Install what the lock file says (`npm ci`, or as your project does), or build the plan anew. Nothing was started"
  );
}

/** Of the nearest package of that name from `.smithers/modules` upward; `0.0.0` where it does not say. */
function installedVersion(name: string, root: string): string | null {
  for (let directory = path.join(root, ".smithers", "modules"); ; directory = path.dirname(directory)) {
    const version = versionIn(path.join(directory, "node_modules", name, "package.json"));
    if (version !== null || directory === path.dirname(directory)) return version;
  }
}

function versionIn(file: string): string | null {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return null;
  }
  try {
    const { version } = JSON.parse(text) as { readonly version?: unknown };
    return typeof version === "string" ? version : "0.0.0";
  } catch {
    return "0.0.0";
  }
}
