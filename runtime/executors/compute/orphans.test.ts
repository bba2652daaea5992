import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { birthOf } from "./birth.ts";

const here = import.meta.dirname;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "smithers-orphans-"));
  cpSync(path.join(here, "worker"), path.join(folder, "worker"), { recursive: true });
  // An engine in a process of its own, which the test can kill.
  await build({
    stdin: {
      contents: `
        import { ComputeExecutor } from "./compute/index.ts";
        import { OutputParser } from "./output.ts";
        import { testContext, testPlan } from "./testing.ts";
        const executor = new ComputeExecutor(new OutputParser());
        const say = (what, pid) => console.log(JSON.stringify({ what, pid }));
        if (process.argv[2] === "warm") {
          executor.warm(1, process.cwd());
          say("warmed", process.pid);
        } else {
          const plan = testPlan({ modules: { work: process.argv[2] } });
          const context = {
            ...testContext(plan, { started: async ({ pid }) => say("worker", pid) }),
            emit: (type, data) => say("child", Number(data.line)),
          };
          await executor.execute({ kind: "compute", module: "work", captures: [], ctx: null, schema: null }, context);
          say("returned", process.pid);
          if (process.argv[3] === "close") {
            await executor.close();
            say("closed", process.pid);
          }
        }`,
      resolveDir: path.dirname(here),
      loader: "ts",
    },
    bundle: true,
    format: "esm",
    platform: "node",
    outfile: path.join(folder, "engine.mjs"),
    logLevel: "error",
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function engine(...given: readonly string[]): {
  child: ChildProcess;
  ended: Promise<unknown>;
  said(what: string): Promise<number>;
} {
  const child = spawn(process.execPath, ["engine.mjs", ...given], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout! });
  const heard = new Map<string, number>();
  lines.on("line", (line) => {
    const { what, pid } = JSON.parse(line) as { what: string; pid: number };
    heard.set(what, pid);
  });
  return {
    child,
    ended: new Promise((resolve) => child.once("exit", resolve)),
    async said(what) {
      for (;;) {
        const pid = heard.get(what);
        if (pid !== undefined) return pid;
        await sleep(10);
      }
    },
  };
}

async function gone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    if (birthOf(pid) === null) return true;
    await sleep(50);
  }
  return false;
}

/** Processes whose command line names the folder of this test. */
async function workersHere(): Promise<number> {
  const ps = spawn("ps", ["-eo", "args"], { stdio: ["ignore", "pipe", "ignore"] });
  let all = "";
  for await (const chunk of ps.stdout) all += String(chunk);
  return all.split("\n").filter((line) => line.includes(path.join(folder, "worker"))).length;
}

describe("when the engine dies", () => {
  it("by SIGKILL, a busy worker and what it started die with it", async () => {
    const { child, said } = engine(`
      import { spawn } from "node:child_process";
      export default () => {
        console.log(spawn("sleep", ["300"], { stdio: "ignore" }).pid);
        for (;;) {}
      };`);
    const worker = await said("worker");
    const grandchild = await said("child");
    expect(birthOf(worker)).not.toBeNull();
    expect(birthOf(grandchild)).not.toBeNull();
    child.kill("SIGKILL");
    expect(await gone(worker)).toBe(true);
    expect(await gone(grandchild)).toBe(true);
  });

  it("by SIGKILL while a worker is starting, none is left", async () => {
    for (const delay of [0, 20, 40, 80, 160]) {
      const { child, said } = engine("warm");
      await said("warmed");
      await sleep(delay);
      child.kill("SIGKILL");
    }
    for (let tries = 0; tries < 100 && (await workersHere()) > 0; tries++) await sleep(50);
    expect(await workersHere()).toBe(0);
  });

  it("closing ends its workers before it returns", async () => {
    const { ended, said } = engine("export default () => 1;", "close");
    const worker = await said("worker");
    await said("closed");
    expect(birthOf(worker)).toBeNull();
    expect(await ended).toBe(0);
  });

  it("an idle worker keeps no engine alive", async () => {
    const { ended, said } = engine("export default () => 1;");
    const worker = await said("worker");
    await said("returned");
    expect(await ended).toBe(0);
    expect(await gone(worker)).toBe(true);
  });
});
