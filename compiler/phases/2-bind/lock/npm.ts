/** package-lock.json and npm-shrinkwrap.json: version 1 has `dependencies`, version 3 has `packages`, version 2 both. */
import { entry, type Lock, type Locked, lockedAs, table, upward } from "./lock.ts";

export function readNpm(text: string): Lock {
  const lock = table(JSON.parse(text));
  const { packages, dependencies } = lock;
  if (packages === undefined) return { find: (name) => versionOf(entry(dependencies, name)) };
  return {
    find(name, { directory }) {
      for (const above of upward(directory)) {
        const found = entry(packages, `${above === "" ? "" : `${above}/`}node_modules/${name}`);
        if (found !== undefined) return versionOf(found);
      }
      return null;
    },
  };
}

function versionOf(found: unknown): Locked | null {
  if (entry(found, "link") === true) return { type: "local" };
  const version = entry(found, "version");
  return typeof version === "string" ? lockedAs(version) : null;
}
