import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

/** What each room may import of the others (DESIGN §2). A type-only import is an import. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  plan: [],
  authoring: [],
  compiler: ["plan"],
  runtime: ["plan"],
  testing: ["plan", "compiler", "runtime"],
  cli: ["plan", "compiler", "runtime", "testing"],
};

const root = path.resolve(import.meta.dirname, "..");

/** Every relative module specifier of a file: static, dynamic, `import type`, `export … from`. */
function specifiers(text: string): string[] {
  const found = text.matchAll(/(?:from|import)\s*\(?\s*["'](\.[^"']+)["']/g);
  return [...found].map(([, specifier]) => specifier!);
}

function sourcesOf(room: string): string[] {
  return readdirSync(path.join(root, room), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => path.join(room, name));
}

/** Those that are no tests. */
const filesOf = (room: string): string[] => sourcesOf(room).filter((name) => !name.endsWith(".test.ts"));

/** Packages that a file loads as it is loaded itself, by all that it imports for their values. */
function packagesOf(file: string, seen = new Set<string>()): ReadonlySet<string> {
  const packages = new Set<string>();
  if (seen.has(file)) return packages;
  seen.add(file);
  const text = readFileSync(path.join(root, file), "utf8");
  const loads = /^(?:import|export) (?!type )(?:[\w*]+(?: as \w+)?,? ?)?(?:\{[^}]*\} )?from "([^"]+)";/gms;
  for (const [, from] of text.matchAll(loads)) {
    if (from!.startsWith("node:")) continue;
    if (!from!.startsWith(".")) packages.add(from!);
    else for (const one of packagesOf(path.join(path.dirname(file), from!), seen)) packages.add(one);
  }
  return packages;
}

describe("the start of the command", () => {
  it("loads no package that only some commands need", () => {
    const all = new Set([...packagesOf("cli/cli.ts"), ...packagesOf("cli/commands.ts")]);
    expect([...all].sort()).toEqual(["@eslint-community/regexpp", "picocolors", "yargs"]);
  });
});

describe("packages that are loaded when they are asked for", () => {
  it("are left out of the bundles: one in CommonJS would lose its names there", () => {
    const script = readFileSync(path.join(root, "scripts/build.mjs"), "utf8");
    const external = /external: \[([^;]*?)\],\n {2}\/\//.exec(script)?.[1] ?? "";
    const asked = Object.keys(MAY_IMPORT)
      .flatMap(filesOf)
      .flatMap((file) => [
        ...readFileSync(path.join(root, file), "utf8").matchAll(/^[^*/]*\bawait import\("([^."][^"]*)"\)/gm),
      ])
      .map(([, name]) => name!)
      .filter((name) => !name.startsWith("node:"));
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((name) => !external.includes(`"${name}"`))).toEqual([]);
  });
});

describe("imports point one way", () => {
  for (const [room, allowed] of Object.entries(MAY_IMPORT)) {
    it(`${room} imports ${allowed.length === 0 ? "no other room" : allowed.join(", ")}`, () => {
      // Its tests too: what builds a workflow and runs it stands in test/built.
      const files = sourcesOf(room);
      expect(files.length).toBeGreaterThan(0);
      const wrong = files.flatMap((file) =>
        specifiers(readFileSync(path.join(root, file), "utf8"))
          .map((specifier) => path.relative(root, path.resolve(root, path.dirname(file), specifier)))
          .filter((target) => {
            const other = target.split(path.sep)[0]!;
            return other !== room && other in MAY_IMPORT && !allowed.includes(other);
          })
          .map((target) => `${file} imports ${target}`),
      );
      expect(wrong).toEqual([]);
    });
  }

  it("sees an import that points the wrong way", () => {
    expect(specifiers('import type { X } from "../compiler/x.ts";\nawait import("./y.ts");')).toEqual([
      "../compiler/x.ts",
      "./y.ts",
    ]);
  });
});
