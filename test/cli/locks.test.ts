/** The lock files of all package managers, read by the built command. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { scratch, smithers } from "./harness.ts";

const WORKFLOW = `import pad from "left-pad";
import { createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, smithers, outputs } = createSmithers({ note: z.object({ text: z.string() }) });
export default smithers(() => (
  <Workflow name="w">
    <Task id="a" output={outputs.note}>
      {async () => ({ text: pad("a", 2) })}
    </Task>
  </Workflow>
));
`;

const LOCKS: Record<string, string> = {
  "package-lock.json":
    '{ "lockfileVersion": 3, "packages": { "node_modules/left-pad": { "version": "1.3.0" } } }',
  "pnpm-lock.yaml": `lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      left-pad:
        specifier: ^1.3.0
        version: 1.3.0
packages:
  left-pad@1.3.0:
    resolution: {integrity: sha512-x}
`,
  "yarn.lock": `# yarn lockfile v1

left-pad@^1.3.0:
  version "1.3.0"
  integrity sha512-x
`,
  "bun.lock": `{
  "lockfileVersion": 1,
  "workspaces": { "": { "dependencies": { "left-pad": "^1.3.0", }, }, },
  "packages": { "left-pad": ["left-pad@1.3.0", "", {}, "sha512-x"], },
}
`,
};

it.each(Object.entries(LOCKS))("%s decides the version", async (name, text) => {
  const { dir, write, remove } = scratch();
  try {
    write("w.tsx", WORKFLOW);
    write("package.json", '{ "dependencies": { "left-pad": "^1.3.0" } }');
    write(name, text);
    const { code, stderr, stdout } = await smithers(["build", "w.tsx", "-o", "w.json"], dir);
    expect(stderr + stdout).not.toContain("SM802");
    expect(code).toBe(0);
    const plan = JSON.parse(readFileSync(`${dir}/w.json`, "utf8"));
    expect(plan.modules.a.externals).toEqual({ "left-pad": "1.3.0" });
  } finally {
    remove();
  }
});
