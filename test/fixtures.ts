/** Suites over folders: fixtures/KIND/NAME holds inputs and expected outputs side by side. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../fixtures");

export interface Fixture {
  readonly name: string;
  /** Absolute path of its folder. */
  readonly folder: string;
  has(file: string): boolean;
  read(file: string): string;
  /** The file must hold this text; with `UPDATE=1` it is written instead. Null: there must be no such file. */
  matches(file: string, actual: string | null): void;
}

/**
 * One test for every folder of fixtures/KIND, in a suite of that name. `FILTER=text` runs those whose name contains it,
 * `UPDATE=1` writes what they give into the expected files: read the diff before you commit it.
 */
export function fixtures(kind: string, test: (fixture: Fixture) => void | Promise<void>): void {
  const folder = path.join(ROOT, kind);
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  const filter = process.env.FILTER ?? "";
  describe(`fixtures/${kind}`, () => {
    it("is not empty", () => {
      expect(names.length).toBeGreaterThan(0);
    });
    for (const name of names.filter((candidate) => candidate.includes(filter)))
      it(name, () => test(fixture(path.join(folder, name), name)));
  });
}

function fixture(folder: string, name: string): Fixture {
  const at = (file: string): string => path.join(folder, file);
  return {
    name,
    folder,
    has: (file) => existsSync(at(file)),
    read: (file) => readFileSync(at(file), "utf8"),
    matches: (file, actual) => {
      if (process.env.UPDATE === "1") {
        if (actual === null) rmSync(at(file), { force: true });
        else {
          mkdirSync(path.dirname(at(file)), { recursive: true });
          writeFileSync(at(file), actual);
        }
      }
      const expected = existsSync(at(file)) ? readFileSync(at(file), "utf8") : null;
      expect(actual, `fixtures/…/${name}/${file} (UPDATE=1 rewrites it)`).toEqual(expected);
    },
  };
}
