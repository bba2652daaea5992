import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Plan } from "../../plan/index.ts";
import { jsonLines, repository, type Scratch, scratch, smithers } from "./harness.ts";

let project: Scratch;
beforeAll(() => {
  project = scratch("bugfix");
});
afterAll(() => project.remove());

async function planOf(dir: string, file: string): Promise<{ plan: Plan; bytes: string }> {
  const { code, stdout, stderr } = await smithers(["build", file, "-o", "-"], dir);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return { plan: JSON.parse(stdout) as Plan, bytes: stdout };
}

const source = () => readFileSync(path.join(project.dir, "workflow.tsx"), "utf8");

describe("a build", () => {
  it("gives the same bytes in two directories (SEMANTICS 16)", async () => {
    const here = await planOf(project.dir, "workflow.tsx");
    const other = scratch();
    mkdirSync(path.join(other.dir, "deep/er"), { recursive: true });
    cpSync(path.join(project.dir, "workflow.tsx"), path.join(other.dir, "workflow.tsx"));
    const there = await planOf(other.dir, "workflow.tsx");
    other.remove();
    expect(there.bytes).toBe(here.bytes);
  });

  it("changes no digest for a comment or a renamed local (SEMANTICS 51)", async () => {
    const before = await planOf(project.dir, "workflow.tsx");
    project.write("renamed.tsx", `// a comment\n${source().replaceAll("analysis", "found")}`);
    const after = await planOf(project.dir, "renamed.tsx");
    expect(after.plan.digest).toBe(before.plan.digest);
    for (const [key, node] of Object.entries(before.plan.nodes))
      expect(after.plan.nodes[key]!.digests).toEqual(node.digests);
  });

  it("a prompt changes that node's behaviour and nothing else, and diff says so in one line", async () => {
    await smithers(["build", "workflow.tsx", "-o", "before.json"], project.dir);
    project.write("prompt.tsx", source().replace("Analyze this bug:", "Analyze this bug with care:"));
    await smithers(["build", "prompt.tsx", "-o", "after.json"], project.dir);
    const [before, after] = ["before.json", "after.json"].map(
      (name) => JSON.parse(readFileSync(path.join(project.dir, name), "utf8")) as Plan,
    );
    const changed = Object.entries(before!.nodes).flatMap(([key, node]) =>
      Object.entries(node.digests).flatMap(([name, digest]) =>
        after!.nodes[key]!.digests[name as keyof typeof node.digests] === digest ? [] : [`${key} ${name}`],
      ),
    );
    expect(changed).toEqual(["analyze behaviour"]);
    const { code, stdout } = await smithers(
      ["diff", "before.json", "after.json", "--exit-code"],
      project.dir,
    );
    expect(code).toBe(1);
    expect(stdout.split("\n").filter((line) => /^[~+-] /.test(line))).toHaveLength(1);
    expect(stdout).toMatch(/analyze.*prompt/);
    const same = await smithers(["diff", "before.json", "before.json", "--exit-code"], project.dir);
    expect(same.code).toBe(0);
  });
});

describe("a plan runs where no compiler is installed", () => {
  it("with compiler/, ts-morph and esbuild deleted", async () => {
    await smithers(["build", "workflow.tsx", "-o", "plan.json"], project.dir);
    const bare = scratch();
    cpSync(path.join(repository, "dist"), path.join(bare.dir, "smithers/dist"), { recursive: true });
    cpSync(path.join(repository, "package.json"), path.join(bare.dir, "smithers/package.json"));
    rmSync(path.join(bare.dir, "smithers/dist/compiler"), { recursive: true });
    rmSync(path.join(bare.dir, "node_modules"));
    mkdirSync(path.join(bare.dir, "node_modules"));
    const { dependencies } = JSON.parse(readFileSync(path.join(repository, "package.json"), "utf8"));
    const kept = Object.keys(dependencies).filter(
      (name) => !["ts-morph", "esbuild", "@mdx-js/mdx"].includes(name),
    );
    for (const name of kept) {
      mkdirSync(path.dirname(path.join(bare.dir, "node_modules", name)), { recursive: true });
      symlinkSync(path.join(repository, "node_modules", name), path.join(bare.dir, "node_modules", name));
    }
    for (const name of ["plan.json", "script.json"])
      cpSync(path.join(project.dir, name), path.join(bare.dir, name));
    const { execFile } = await import("node:child_process");
    const { code, stdout } = await new Promise<{ code: number; stdout: string }>((resolve) =>
      execFile(
        process.execPath,
        [
          path.join(bare.dir, "smithers/dist/cli/main.js"),
          ...["run", "plan.json", "--input", '{"description":"x"}', "--script", "script.json", "--json"],
        ],
        { cwd: bare.dir },
        (error, out) => resolve({ code: Number(error?.code ?? 0), stdout: out }),
      ),
    );
    bare.remove();
    expect(code).toBe(0);
    const lines = jsonLines(stdout);
    expect(lines[0]).toHaveProperty("runId");
    expect(lines.at(-1)).toMatchObject({ type: "result", status: "finished" });
  });
});
