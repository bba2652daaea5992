import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Scratch, scratch, smithers, start } from "./harness.ts";

let project: Scratch;
let workflow: string;

beforeAll(async () => {
  project = scratch("bugfix");
  workflow = readFileSync(path.join(project.dir, "workflow.tsx"), "utf8");
  const built = await smithers(["build", "workflow.tsx", "-o", "plan.json"], project.dir);
  expect(built).toMatchObject({ code: 0, stdout: "" });
});
afterAll(() => project.remove());

const plan = () => readFileSync(path.join(project.dir, "plan.json"), "utf8");

/** The workflow with one change, as a new file. */
function variant(name: string, from: string | RegExp, to: string): string {
  const text = workflow.replace(from, to);
  expect(text).not.toBe(workflow);
  project.write(name, text);
  return name;
}

describe("a wrong workflow is reported with code, place and what to do", () => {
  it("a syntax error", async () => {
    const file = variant("syntax.tsx", "export default smithers(", "export default smithers((");
    const { code, stderr } = await smithers(["build", file], project.dir);
    expect(code).toBe(1);
    expect(stderr).toMatch(/syntax\.tsx:\d+:\d+/);
    expect(stderr).toContain("no plan was written");
  });

  it("a missing import", async () => {
    const file = variant(
      "missing.tsx",
      'import { z } from "zod";',
      'import { z } from "zod";\nimport { x } from "./nowhere";',
    );
    const { code, stderr } = await smithers(["build", file], project.dir);
    expect(code).toBe(1);
    expect(stderr).toContain("SM104");
    expect(stderr).toMatch(/missing\.tsx:4:\d+/);
  });

  it("a hook", async () => {
    const file = variant("hook.tsx", "const analysis =", "const [n] = useState(0);\n  const analysis =");
    writeFileSync(
      path.join(project.dir, file),
      readFileSync(path.join(project.dir, file), "utf8").replace(
        'import { z } from "zod";',
        'import { z } from "zod";\nimport { useState } from "react";',
      ),
    );
    const { code, stderr } = await smithers(["check", file], project.dir);
    expect(code).toBe(1);
    expect(stderr).toContain("SM102");
  });

  it("Math.random() in the workflow function", async () => {
    const file = variant("random.tsx", "const analysis =", "const luck = Math.random();\n  const analysis =");
    const { code, stderr } = await smithers(
      ["check", variant("r2.tsx", "`Analyze this bug:", "`${Math.random()} Analyze this bug:")],
      project.dir,
    );
    expect(file).toBe("random.tsx");
    expect(code).toBe(1);
    expect(stderr).toContain("SM502");
    expect(stderr).toMatch(/r2\.tsx:\d+:\d+/);
  });

  it("a misspelt output field, with the right one", async () => {
    const file = variant("field.tsx", "analysis.severity", "analysis.sevrity");
    const { code, stderr } = await smithers(["check", file], project.dir);
    expect(code).toBe(1);
    expect(stderr).toContain("SM303");
    expect(stderr).toContain("severity");
    const line =
      readFileSync(path.join(project.dir, file), "utf8")
        .split("\n")
        .findIndex((text) => text.includes("sevrity")) + 1;
    expect(stderr).toContain(`field.tsx:${line}:`);
  });

  it("a node id that exists nowhere, with the nearest", async () => {
    const file = variant("node.tsx", '{ nodeId: "analyze" }', '{ nodeId: "analyse" }');
    const { code, stderr } = await smithers(["check", file], project.dir);
    expect(code).toBe(1);
    expect(stderr).toContain("SM301");
    expect(stderr).toContain("analyze");
  });

  it("a file that is not there, a directory, a binary file, an empty file", async () => {
    const missing = await smithers(["build", "nope.tsx"], project.dir);
    expect(missing.code).not.toBe(0);
    expect(missing.stderr).toContain("nope.tsx");
    mkdirSync(path.join(project.dir, "folder.tsx"));
    const folder = await smithers(["build", "folder.tsx"], project.dir);
    expect([1, 2]).toContain(folder.code);
    writeFileSync(path.join(project.dir, "binary.tsx"), Buffer.from([0, 1, 2, 255, 254, 0, 10]));
    const binary = await smithers(["build", "binary.tsx"], project.dir);
    expect(binary.code).toBe(1);
    project.write("empty.tsx", "");
    const empty = await smithers(["build", "empty.tsx"], project.dir);
    expect(empty.code).toBe(1);
    for (const { stderr } of [missing, folder, binary, empty])
      expect(stderr).not.toMatch(/internal error|\n\s+at /);
  });
});

describe("a wrong plan is refused before anything is written", () => {
  it("edited by hand", async () => {
    project.write("edited.json", plan().replace("Analyze this bug", "Analyse that bug"));
    const { code, stderr } = await smithers(
      ["run", "edited.json", "--input", '{"description":"x"}'],
      project.dir,
    );
    expect(code).toBe(4);
    expect(stderr).toContain("integrity");
  });

  it("edited into nonsense", async () => {
    project.write("nonsense.json", plan().slice(0, plan().length / 2));
    const cut = await smithers(["run", "nonsense.json"], project.dir);
    expect(cut.code).toBe(2);
    project.write("other.json", '{"kind":"something else"}');
    const other = await smithers(["run", "other.json"], project.dir);
    expect(other.code).toBe(2);
    for (const { stderr } of [cut, other]) {
      expect(stderr).toContain("error:");
      expect(stderr).not.toMatch(/internal error|\n\s+at /);
    }
  });

  it("of a newer major version", async () => {
    project.write("newer.json", plan().replace('"irVersion": "1.0"', '"irVersion": "2.0"'));
    const { code, stderr } = await smithers(
      ["run", "newer.json", "--input", '{"description":"x"}'],
      project.dir,
    );
    expect(code).toBe(4);
    expect(stderr).toContain("2.0");
  });
});

describe("a wrong start", () => {
  it("input that fails its schema names the field", async () => {
    const { code, stderr } = await smithers(["run", "plan.json", "--input", "{}"], project.dir);
    expect(code).toBe(2);
    expect(stderr).toContain("description");
  });

  it("input that is neither JSON nor a file", async () => {
    const { code, stderr } = await smithers(["run", "plan.json", "--input", "nothing.json"], project.dir);
    expect(code).toBe(2);
    expect(stderr).toContain("nothing.json");
  });

  it("an unknown flag and an unknown command", async () => {
    const flag = await smithers(["run", "plan.json", "--inptu", "{}"], project.dir);
    expect(flag.code).toBe(2);
    expect(flag.stderr).toContain("inptu");
    const command = await smithers(["biuld", "x.tsx"], project.dir);
    expect(command.code).toBe(2);
    expect(command.stderr).toContain("build");
  });

  it("what is no number where one is asked for, and one that is given twice", async () => {
    for (const [args, message] of [
      [["fork", "r", "--frame", "x"], "--frame takes a whole number from 0 up"],
      [["inspect", "r", "--frame", "-3"], "--frame takes a whole number from 0 up"],
      [["gc", "--keep", "2.5"], "--keep takes a whole number from 0 up"],
      [["rewind", "r", "--frame", "1", "--frame", "2"], "--frame is given more than once"],
    ] as const) {
      const { code, stderr } = await smithers([...args], project.dir);
      expect(code).toBe(2);
      expect(stderr).toContain(message);
    }
  });

  it("no API key: the task fails, names the variable, and the run can go on later", async () => {
    const { code, stderr } = await smithers(
      ["run", "plan.json", "--input", '{"description":"x"}', "--run-id", "nokey"],
      project.dir,
    );
    expect(code).toBe(1);
    expect(stderr).toContain("ANTHROPIC_API_KEY");
    const resumed = await smithers(["run", "--resume", "nokey", "--script", "script.json"], project.dir);
    expect(resumed.code).toBe(0);
    expect(resumed.stdout).toContain("fix fix");
  });

  it("a run that does not exist", async () => {
    const { code, stderr } = await smithers(["run", "--resume", "nothing-here"], project.dir);
    expect(code).toBe(2);
    expect(stderr).toContain("nothing-here");
  });
});

describe("a store that cannot be used", () => {
  it("a text file in its place is left as it is", async () => {
    const dir = path.join(project.dir, ".smithers/runs/texty");
    mkdirSync(dir, { recursive: true });
    for (const name of ["store.db", "run.db", "store.sqlite"])
      writeFileSync(path.join(dir, name), "this is no database\n");
    const { code, stderr } = await smithers(["run", "--resume", "texty"], project.dir);
    expect([1, 2, 4]).toContain(code);
    expect(stderr).toContain("texty");
    expect(stderr).not.toMatch(/internal error|\n\s+at /);
    expect(readFileSync(path.join(dir, "store.db"), "utf8")).toBe("this is no database\n");
  });

  it("a second process on the same run is refused and does nothing", async () => {
    project.write(
      "slow.json",
      JSON.stringify({
        answers: [
          { node: "analyze", latencyMs: 4000, reply: { summary: "s", severity: "low", files: [] } },
          { node: "fix", reply: { patch: "p", explanation: "e" } },
        ],
      }),
    );
    const first = start(
      [
        "run",
        "plan.json",
        "--input",
        '{"description":"x"}',
        "--script",
        "slow.json",
        "--run-id",
        "shared",
        "--json",
      ],
      project.dir,
    );
    await new Promise<void>((resolve) => {
      let seen = "";
      first.child.stdout?.on("data", (chunk: Buffer) => {
        seen += chunk;
        if (seen.includes("task.started")) resolve();
      });
    });
    const second = await smithers(["run", "--resume", "shared", "--script", "slow.json"], project.dir);
    expect(second.code).toBe(4);
    expect(second.stderr).toMatch(/process \d+|pid \d+/);
    expect((await first.done).code).toBe(0);
  });

  it("a read-only project directory", async (context) => {
    if (process.getuid?.() === 0) return context.skip("root may write anywhere");
    const readonly = scratch("bugfix");
    await smithers(["build", "workflow.tsx", "-o", "plan.json"], readonly.dir);
    chmodSync(readonly.dir, 0o500);
    const { code, stderr } = await smithers(
      ["run", "plan.json", "--input", '{"description":"x"}'],
      readonly.dir,
    );
    chmodSync(readonly.dir, 0o700);
    readonly.remove();
    expect([1, 2, 4]).toContain(code);
    expect(stderr).toContain("permission");
    return undefined;
  });
});

describe("Ctrl-C in the middle", () => {
  it("ends with 130, prints how to go on, and loses nothing", async () => {
    project.write(
      "interrupt.json",
      JSON.stringify({
        answers: [
          { node: "analyze", reply: { summary: "kept", severity: "low", files: [] } },
          { node: "fix", latencyMs: 20_000, reply: { patch: "p", explanation: "e" } },
        ],
      }),
    );
    const running = start(
      [
        "run",
        "plan.json",
        "--input",
        '{"description":"x"}',
        "--script",
        "interrupt.json",
        "--run-id",
        "stopped",
      ],
      project.dir,
    );
    await new Promise<void>((resolve) => {
      let seen = "";
      running.child.stderr?.on("data", (chunk: Buffer) => {
        seen += chunk;
        if (seen.includes("fix  started")) resolve();
      });
    });
    running.child.kill("SIGINT");
    const stopped = await running.done;
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain("smithers resume stopped --script interrupt.json");
    const resumed = await smithers(["run", "--resume", "stopped", "--script", "script.json"], project.dir);
    expect(resumed.code).toBe(0);
    expect(resumed.stdout).toContain("kept");
  });
});
