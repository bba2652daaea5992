/** bun.lock, JSON with trailing commas: `"name": ["name@version", …]`, and `"workspace/name"` where one package has its own. */
import { entry, type Lock, type Locked, lockedAs, table, upward } from "./lock.ts";

export function readBun(text: string): Lock {
  const { packages, workspaces } = table(JSON.parse(plainJson(text)));
  return {
    find(name, { directory }) {
      for (const above of upward(directory)) {
        const workspace = entry(entry(workspaces, above), "name");
        const own = typeof workspace === "string" && entry(packages, `${workspace}/${name}`);
        if (own) return versionOf(own);
      }
      return versionOf(entry(packages, name));
    },
  };
}

/** Strings stay whole; comments go, then commas with nothing after them. */
function plainJson(text: string): string {
  const strings = String.raw`"(?:[^"\\]|\\.)*"`;
  const keep = (match: string): string => (match.startsWith('"') ? match : "");
  return text
    .replace(new RegExp(String.raw`${strings}|//[^\n]*|/\*[\s\S]*?\*/`, "g"), keep)
    .replace(new RegExp(String.raw`${strings}|,(?=\s*[\]}])`, "g"), keep);
}

function versionOf(found: unknown): Locked | null {
  const written = Array.isArray(found) ? (found[0] as unknown) : undefined;
  if (typeof written !== "string") return null;
  // The first character may be the scope's own.
  const version = written.slice(written.indexOf("@", 1) + 1);
  return version === "" ? null : lockedAs(version);
}
