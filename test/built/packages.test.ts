/** Packages are what the plan was built for, or nothing starts (DESIGN §4). */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { build } from "../../compiler/index.ts";
import type { Plan } from "../../plan/types.ts";
import { RefusedError } from "../../runtime/engine.ts";
import { packagesMessage, wrongPackages } from "../../runtime/packages.ts";
import { resume, run } from "../../runtime/run.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), "smithers-packages-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
}

function install(version: string, under = ""): void {
  write(
    `${under}node_modules/left-pad/package.json`,
    JSON.stringify({ name: "left-pad", version, type: "module", exports: "./index.js" }),
  );
  write(
    `${under}node_modules/left-pad/index.js`,
    `export default (text, n) => ${JSON.stringify(version)} + " " + text.padStart(n);`,
  );
}

async function planOfProject(): Promise<Plan> {
  write("package.json", "{}");
  write(
    "package-lock.json",
    JSON.stringify({ lockfileVersion: 3, packages: { "node_modules/left-pad": { version: "1.2.3" } } }),
  );
  write(
    "workflow.tsx",
    `import { createSmithers } from "smithers";
import { z } from "zod";
import pad from "left-pad";
const { Workflow, Task, smithers, outputs } = createSmithers({ row: z.object({ text: z.string() }) });
export default smithers(() => (
  <Workflow name="w"><Task id="a" output={outputs.row} retries={0}>{async () => ({ text: pad("x", 3) })}</Task></Workflow>
));
`,
  );
  const { plan, diagnostics } = await build(path.join(root, "workflow.tsx"));
  expect(diagnostics).toEqual([]);
  return plan!;
}

it.each([
  ["another version", "1.3.0", "left-pad: the plan was built for 1.2.3, 1.3.0 is installed (a.compute)"],
  ["no version at all", null, "left-pad: the plan was built for 1.2.3, none is installed (a.compute)"],
])("%s refuses the start, naming both, and leaves nothing behind", async (_, version, message) => {
  const plan = await planOfProject();
  if (version !== null) install(version);
  const name = Object.keys(plan.modules)[0]!;
  const refused = run(plan, { root });
  await expect(refused).rejects.toBeInstanceOf(RefusedError);
  await expect(refused).rejects.toThrow(message.replace("a.compute", name));
  expect(existsSync(path.join(root, ".smithers"))).toBe(false);
});

it("the right version is what the task gets, and is asked for again at resume", async () => {
  const plan = await planOfProject();
  install("1.2.3");
  const result = await run(plan, { root, runId: "r" });
  expect(result).toMatchObject({ status: "finished", outputs: { row: [{ text: "1.2.3   x" }] } });
  install("2.0.0");
  await expect(resume("r", { root })).rejects.toThrow("built for 1.2.3, 2.0.0 is installed");
});

it("the package nearest to the modules counts, as for Node", async () => {
  const plan = await planOfProject();
  install("9.0.0");
  install("1.2.3", ".smithers/");
  expect(await run(plan, { root })).toMatchObject({ outputs: { row: [{ text: "1.2.3   x" }] } });
});

it("what is no version only has to be there", async () => {
  const plan = await planOfProject();
  const [name, module] = Object.entries(plan.modules)[0]!;
  const of = (externals: Record<string, string>): Plan => ({
    ...plan,
    modules: { [name]: { ...module, externals } },
  });
  const address = of({ "left-pad": "git+ssh://git@example.invalid/left-pad.git#abc" });
  expect(wrongPackages(address, root)).toMatchObject([{ name: "left-pad", found: null }]);
  install("0.1.0");
  expect(packagesMessage(wrongPackages(address, root))).toBeNull();
});
