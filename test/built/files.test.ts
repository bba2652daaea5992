/** Files that are read while rendering: the project's, observed and kept in the journal (SEMANTICS 58). */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { build } from "../../compiler/index.ts";
import type { Plan } from "../../plan/types.ts";
import { readRun } from "../../runtime/inspect.ts";
import { previewFrame } from "../../runtime/preview.ts";
import { replay } from "../../runtime/replay/index.ts";
import { decide } from "../../runtime/requests/decide.ts";
import { resume, run } from "../../runtime/run.ts";
import { runDirectory, storeDirectory } from "../../runtime/runs.ts";
import { openStore } from "../../runtime/store/index.ts";

const made: string[] = [];
afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function project(files: { readonly [file: string]: string }): string {
  const root = mkdtempSync(path.join(os.tmpdir(), "smithers-files-"));
  made.push(root);
  for (const [file, text] of Object.entries({ "package.json": "{}", ...files })) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
  return root;
}

async function compiled(root: string, body: string): Promise<Plan> {
  const source = `
import { createSmithers } from "smithers";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
const { Workflow, Task, Approval, Sequence, smithers, outputs } = createSmithers({
  input: z.object({ file: z.string().default("") }),
  out: z.object({ text: z.string() }),
  go: z.object({ approved: z.boolean(), note: z.string().nullable(), decidedBy: z.string(), decidedAt: z.string() }),
});
${body}`;
  writeFileSync(path.join(root, "workflow.tsx"), source);
  const { plan, diagnostics } = await build(path.join(root, "workflow.tsx"));
  expect(diagnostics.filter((d) => d.severity === "error")).toEqual([]);
  return plan as Plan;
}

const textOf = (result: {
  readonly reason: string | null;
  readonly outputs: { readonly [table: string]: readonly unknown[] };
}): unknown => (result.outputs.out?.at(-1) as { readonly text: unknown } | undefined)?.text ?? result.reason;

const WALK = `
function walk(dir, depth) {
  if (depth > 4) return [];
  let entries;
  try { entries = readdirSync(dir, { withFileTypes: true }); } catch { return []; }
  const out = [];
  for (const e of entries) {
    const full = path.join(dir, e.name);
    if (e.isDirectory()) out.push(...walk(full, depth + 1));
    else if (e.isFile() && e.name.endsWith(".md")) out.push(full + "=" + readFileSync(full, "utf8"));
  }
  return out;
}`;

/** What the journal of run `r` has of files, in order. */
async function answersOf(root: string): Promise<unknown[]> {
  const store = await openStore(storeDirectory(runDirectory(root, "r")));
  const events = await store.events(0, 1000);
  await store.close();
  return events.filter(({ type }) => type === "file.read").map(({ data }) => data.answer);
}

describe("files read while rendering", () => {
  it("are walked by recursive helpers, in the order of their names", async () => {
    const root = project({ "t/b.md": "B", "t/a/c.md": "C", "t/x.txt": "no" });
    const plan = await compiled(
      root,
      `${WALK}
export default smithers(() => (
  <Workflow name="w"><Task id="a" output={outputs.out}>{{ text: walk("t", 0).join() + "|" + walk("none", 0).length }}</Task></Workflow>
));`,
    );
    expect(plan.capabilities.fs).toEqual(["."]);
    const result = await run(plan, { root });
    expect(textOf(result)).toBe("t/a/c.md=C,t/b.md=B|0");
  });

  it("give what Node gives: lists of one's own, sizes, errors with a code", async () => {
    const root = project({ "t/b": "12345", "t/a": "" });
    const plan = await compiled(
      root,
      `
export default smithers((ctx) => {
  const names = readdirSync("t").sort((a, b) => (a < b ? 1 : -1));
  let why = "";
  try { readFileSync(ctx.input.file, "utf8"); } catch (e) { why = e.code + " " + e.message; }
  return <Workflow name="w"><Task id="a" output={outputs.out}>{{ text: [names.join(), statSync("t/b").size, existsSync("t/z"), why].join("|") }}</Task></Workflow>;
});`,
    );
    const result = await run(plan, { root, input: { file: "t/none" } });
    expect(textOf(result)).toBe("b,a|5|false|ENOENT ENOENT: no such file or directory, open 't/none'");
  });

  const GATED = `
export default smithers((ctx) => (
  <Workflow name="w"><Sequence>
    <Approval id="ok" output={outputs.go} request={{ title: readFileSync("note.md", "utf8") }} />
    <Task id="a" output={outputs.out}>{{ text: readFileSync("note.md", "utf8") }}</Task>
  </Sequence></Workflow>
));`;

  it("are asked once while they stay as they are: the journal has the answer, a resume goes on with it", async () => {
    const root = project({ "note.md": "first" });
    const plan = await compiled(root, GATED);
    expect((await run(plan, { root, runId: "r" })).status).toBe("waiting");
    await decide("r", "ok", { root, approved: true, decidedBy: "me" });
    expect(textOf(await resume("r", { root }))).toBe("first");
    expect(await answersOf(root)).toEqual([{ ok: true, value: "first" }]);
  });

  it("that are others when the run is resumed are seen so by what starts then; what was done stays", async () => {
    const root = project({ "note.md": "first" });
    const plan = await compiled(root, GATED);
    await run(plan, { root, runId: "r" });
    writeFileSync(path.join(root, "note.md"), "second");
    await decide("r", "ok", { root, approved: true, decidedBy: "me" });
    expect(textOf(await resume("r", { root }))).toBe("second");
    expect(await answersOf(root)).toEqual([
      { ok: true, value: "first" },
      { ok: true, value: "second" },
    ]);
    // A replay reads the journal, whatever the file holds by now.
    writeFileSync(path.join(root, "note.md"), "third");
    expect(await replay("r", { root })).toMatchObject({ identical: true, divergence: null });
  });

  it("that change while the run goes on give a frame, also several times; a replay is the same", async () => {
    const root = project({ "note.md": "wait" });
    const plan = await compiled(
      root,
      `
export default smithers((ctx) => {
  const note = existsSync("note.md") ? readFileSync("note.md", "utf8") : "none";
  return (
    <Workflow name="w">
      {note === "go"
        ? <Task id="a" output={outputs.out}>{{ text: note }}</Task>
        : <Approval id={\`ask-\${note}\`} output={outputs.go} request={{ title: note }} />}
    </Workflow>
  );
});`,
    );
    const file = path.join(root, "note.md");
    const next: { readonly [asked: string]: () => void } = {
      "ask-wait": () => rmSync(file),
      "ask-none": () => writeFileSync(file, "go"),
    };
    const result = await run(plan, {
      root,
      runId: "r",
      wait: true,
      onEvent: ({ type, data }) => {
        if (type === "approval.requested") next[String(data.nodeId)]?.();
      },
    });
    expect(result).toMatchObject({ status: "finished", outputs: { out: [{ text: "go" }] } });
    const frames = await readRun("r", { root }, (reader) => reader.frames(-1, 100));
    expect(frames.map(({ cause }) => cause)).toEqual(["start", "file", "file", "result"]);
    rmSync(file);
    expect(await replay("r", { root })).toMatchObject({ identical: true, divergence: null });
  }, 20_000);

  it("stay within the project, links included", async () => {
    const root = project({});
    const outside = project({ "secret.txt": "s" });
    symlinkSync(outside, path.join(root, "link"));
    const plan = await compiled(
      root,
      `
export default smithers((ctx) => (
  <Workflow name="w"><Task id="a" output={outputs.out}>{{ text: readFileSync(ctx.input.file, "utf8") }}</Task></Workflow>
));`,
    );
    for (const file of ["link/secret.txt", path.join(outside, "secret.txt"), "../x"]) {
      const result = await run(plan, { root, input: { file } });
      expect(result.status, file).toBe("failed");
      expect(result.reason).toContain("lies outside of");
    }
  });

  it("come from the options in a preview", async () => {
    const root = project({});
    const plan = await compiled(
      root,
      `${WALK}
export default smithers(() => (
  <Workflow name="w"><Task id="a" output={outputs.out}>{{ text: walk("t", 0).join() }}</Task></Workflow>
));`,
    );
    const files = { "t/b.md": "B", "t/a/c.md": "C" };
    expect(previewFrame(plan, {}, [], { files }).tasks[0]?.payload).toEqual({
      text: "t/a/c.md=C,t/b.md=B",
    });
  });
});
