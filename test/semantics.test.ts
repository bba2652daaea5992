/** Which test proves which acceptance case of the runtime: the cases have numbers, and their tests name them. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "..");
/** Where tests stand. */
const ROOMS = ["authoring", "cli", "compiler", "plan", "runtime", "test", "testing"];
/** Cases of the runtime: state and frames, identity, failure, people, agents; compute, file tools; host values, purity. */
const REQUIRED = numbersIn("1–41, 49, 50, 57–59");

/** `1–3, 7` → 1, 2, 3, 7. */
function numbersIn(text: string): number[] {
  return [...text.matchAll(/(\d+)(?:[–-](\d+))?/g)].flatMap(([, from, to = from]) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, at) => Number(from) + at),
  );
}

/** The cases that a test file names. */
function casesIn(text: string): number[] {
  return [...text.matchAll(/\bSEMANTICS (\d+(?:[–-]\d+)?(?:, \d+(?:[–-]\d+)?)*)/g)].flatMap(([, list = ""]) =>
    numbersIn(list),
  );
}

/** Number of a case → the test files that name it. This one names none. */
function filesByCase(): Map<number, readonly string[]> {
  const found = new Map<number, readonly string[]>();
  for (const room of ROOMS) {
    for (const name of readdirSync(path.join(ROOT, room), { recursive: true, encoding: "utf8" })) {
      const file = path.join(room, name);
      if (!name.endsWith(".test.ts") || path.join(ROOT, file) === import.meta.filename) continue;
      for (const number of new Set(casesIn(readFileSync(path.join(ROOT, file), "utf8"))))
        found.set(number, [...(found.get(number) ?? []), file]);
    }
  }
  return found;
}

describe("an acceptance case", () => {
  it("is named by the tests that prove it", () => {
    const named = filesByCase();
    expect(REQUIRED.filter((number) => !named.has(number))).toEqual([]);
  });

  it("is read off lists and ranges", () => {
    // Written apart, so that this file names none.
    const of = (text: string): number[] => casesIn(`(${["SEMANTICS", text].join(" ")})`);
    expect(of("1–3, 49")).toEqual([1, 2, 3, 49]);
    expect(of("34), whatever 7 others do")).toEqual([34]);
    expect(of("cases of old")).toEqual([]);
  });
});
