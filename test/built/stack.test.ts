import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { build } from "../../compiler/index.ts";
import { run } from "../../runtime/run.ts";
import { runDirectory, storeDirectory } from "../../runtime/runs.ts";
import { openStore } from "../../runtime/store/index.ts";

const root = mkdtempSync(path.join(os.tmpdir(), "smithers-stack-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const WORKFLOW = `import { createSmithers } from "smithers";
import { z } from "zod";
import { check } from "./lib/check.ts";

const { Workflow, Task, smithers, outputs } = createSmithers({
  input: z.object({ limit: z.number().default(3) }),
  at: z.object({ text: z.string() }),
});

type Checked = { readonly text: string };

export default smithers((ctx) => {
  const limit = ctx.input.limit;
  const local = (n: number): Checked => {
    return check(n);
  };
  return (
    <Workflow name="stack">
      <Task id="a" output={outputs.at} retries={0}>
        {async () => {
          await Promise.resolve();
          return local(limit);
        }}
      </Task>
    </Workflow>
  );
});
`;

const CHECK = `
interface Result { text: string }

/** Nothing is right. */
export default function unused(): void {}

export function check(n: number): Result {
  if (n > 1) {
    throw new RangeError(\`\${n} is too much\`);
  }
  return { text: "" };
}
`;

it("names the author's lines when a compute task fails", async () => {
  writeFileSync(path.join(root, "package.json"), "{}");
  writeFileSync(path.join(root, "workflow.tsx"), WORKFLOW);
  mkdirSync(path.join(root, "lib"));
  writeFileSync(path.join(root, "lib/check.ts"), CHECK);
  const { plan, diagnostics } = await build(path.join(root, "workflow.tsx"));
  expect(diagnostics).toEqual([]);
  const result = await run(plan!, { root, runId: "r" });
  expect(result.status).toBe("failed");
  const store = await openStore(storeDirectory(runDirectory(root, "r")));
  const { attempts } = await store.journal();
  await store.close();
  const stack = (attempts[0]?.error as { readonly stack?: string } | undefined)?.stack ?? "";
  const places = [...stack.matchAll(/[\w./-]+\.tsx?:\d+:\d+/g)].map(([place]) => place);
  expect(places.slice(0, 3)).toEqual(["lib/check.ts:9:11", "workflow.tsx:15:12", "workflow.tsx:22:18"]);
});
