/** Versions of what a build was made with. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** Names and versions for a plan's `toolchain`; esbuild only where it took part. */
export function toolchain(withBundler: boolean): Record<string, string> {
  const require = createRequire(import.meta.url);
  const version = (file: string): string => {
    const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
    return version;
  };
  return {
    smithers: version(ownPackage()),
    "ts-morph": version(require.resolve("ts-morph/package.json")),
    zod: version(require.resolve("zod/package.json")),
    ...(withBundler ? { esbuild: version(require.resolve("esbuild/package.json")) } : {}),
  };
}

/** The nearest package.json above this file, in the sources and in the built package alike. */
function ownPackage(): string {
  for (let directory = import.meta.dirname; ; directory = path.dirname(directory)) {
    const file = path.join(directory, "package.json");
    if (existsSync(file)) return file;
    if (directory === path.dirname(directory)) throw new Error("smithers' own package.json is missing");
  }
}
