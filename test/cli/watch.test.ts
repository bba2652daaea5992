import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repository, type Scratch, scratch, smithers, start } from "./harness.ts";

const GOOD = readFileSync(path.join(repository, "examples/bugfix/workflow.tsx"), "utf8");
let project: Scratch;
beforeAll(() => {
  project = scratch();
});
afterAll(() => project.remove());

describe("build --watch", () => {
  it("builds what changes, survives errors and deleted files, and ends with 130", async () => {
    const at = (name: string): string => path.join(project.dir, name);
    project.write(
      "flows/a.tsx",
      `import { word } from "../word";\n${GOOD.replace("`Analyze", "`${word} Analyze")}`,
    );
    project.write("flows/b.tsx", GOOD);
    project.write("word.ts", 'export const word = "one";');
    const running = start(["build", "flows", "--watch"], project.dir);
    let text = "";
    const waiters = new Set<() => void>();
    running.child.stderr?.on("data", (chunk: Buffer) => {
      text += chunk;
      for (const check of waiters) check();
    });
    /** Waits for a line printed since the last call, and gives what came. */
    let read = 0;
    const says = (pattern: RegExp): Promise<string> =>
      new Promise((resolve) => {
        const check = (): void => {
          const match = pattern.exec(text.slice(read));
          if (!match) return;
          waiters.delete(check);
          const seen = text.slice(read, read + match.index + match[0].length);
          read += match.index + match[0].length;
          resolve(seen);
        };
        waiters.add(check);
        check();
      });
    const plan = (name: string): string => readFileSync(at(`flows/${name}.plan.json`), "utf8");

    await says(/watching 2 files .*Ctrl-C ends/);
    project.write("word.ts", 'export const word = "two";');
    expect(await says(/built .*\n/)).toMatch(/built flows\/a\.plan\.json .* ms/);
    expect(plan("a")).toContain("two");

    project.write("word.ts", "export const word = (;");
    expect(await says(/no plan flows\/a\.tsx/)).toContain("error SM110");
    rmSync(at("word.ts"));
    expect(await says(/no plan flows\/a\.tsx/)).toContain("SM104");
    project.write("word.ts", 'export const word = "three";');
    await says(/built flows\/a\.plan\.json/);

    mkdirSync(at("flows/new"));
    project.write("flows/new/c.tsx", GOOD.replace('name="', 'name="c-'));
    await says(/built flows\/new\/c\.plan\.json/);
    rmSync(at("flows/b.tsx"));
    await says(/gone {2}flows\/b\.tsx/);

    // Away and back as it was: told and written anew.
    rmSync(at("flows/b.plan.json"));
    project.write("flows/b.tsx", GOOD);
    await says(/built flows\/b\.plan\.json/);
    rmSync(at("flows/b.plan.json"));
    await says(/built flows\/b\.plan\.json/);
    expect(plan("b")).toContain("smithers.plan");

    project.write("smithers.json", '{ "severity": { "SM503": 1 } }');
    await says(/error: .*smithers\.json/);
    project.write("flows/b.tsx", GOOD.replace("`Analyze", "`${process.env.STAGE} Analyze"));
    expect(await says(/built flows\/b\.plan\.json/)).toContain("warning SM503");
    project.write("smithers.json", '{ "severity": { "SM503": "error" } }');
    expect(await says(/no plan flows\/b\.tsx/)).toContain("error SM503");
    rmSync(at("smithers.json"));
    project.write("flows/b.tsx", GOOD);
    await says(/built flows\/b\.plan\.json/);

    const warm = plan("a");
    running.child.kill("SIGINT");
    expect((await running.done).code).toBe(130);
    writeFileSync(at("flows/a.plan.json"), "");
    expect((await smithers(["build", "flows/a.tsx"], project.dir)).code).toBe(0);
    expect(plan("a")).toBe(warm);
    expect(text).not.toMatch(/internal error|\n\s+at /);
  }, 60_000);
});
