/** pnpm-lock.yaml, formats 5 to 9: what each importing package asked for and got. */
import { entry, type Lock, type Locked, lockedAs, table, upward } from "./lock.ts";

const KINDS = ["dependencies", "devDependencies", "optionalDependencies"];

export async function readPnpm(text: string): Promise<Lock> {
  const { parse } = await import("yaml");
  // What packages ask of each other is most of the file, and is not asked for here.
  const end = text.search(/^(?:packages|snapshots):/m);
  const lock = table(parse(end < 0 ? text : text.slice(0, end)));
  // A project without workspaces stands at the top in the older formats.
  const importers = lock.importers ?? { ".": lock };
  return {
    find(name, { directory }) {
      for (const above of upward(directory)) {
        const importer = entry(importers, above === "" ? "." : above);
        for (const kind of KINDS) {
          const found = entry(entry(importer, kind), name);
          const version = typeof found === "string" ? found : entry(found, "version");
          if (typeof version === "string") return versionOf(version);
        }
      }
      return null;
    },
  };
}

/** `1.2.3`, `1.2.3(peer@1)`, `1.2.3_peer`, `link:../b`, and the aliases `other@1.2.3`, `/other/1.2.3`, `/@s/other@1.2.3`. */
function versionOf(written: string): Locked {
  const bare = written.replace(/\(.*$/s, "");
  const plain = (version: string): string => version.replace(/_.*$/s, "");
  if (/^\d/.test(bare)) return lockedAs(plain(bare));
  const alias = /^\/?(?:@[^/@]+\/)?[^/@:]+[@/](\d[^/]*)$/.exec(bare)?.[1];
  return lockedAs(alias === undefined ? bare : plain(alias));
}
