/** fixtures/run/NAME: a workflow, its input and a script of answers; built, run on a real store, compared with what came out (of SEMANTICS 24, 26, 49). */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect } from "vitest";
import { build, formatDiagnostic } from "../compiler/index.ts";
import { formatPlan, loadPlan } from "../plan/index.ts";
import { type EventRecord, inspect, parseScript, replay, run } from "../runtime/index.ts";
import { fixtures } from "./fixtures.ts";

fixtures("run", async (fixture) => {
  const built = await build(path.join(fixture.folder, "workflow.tsx"), { root: fixture.folder });
  expect(built.diagnostics.map((d) => formatDiagnostic(built.sources, d))).toEqual([]);
  // The plan as another machine would get it: through its text.
  const loaded = loadPlan(formatPlan(built.plan!));
  expect(loaded).toMatchObject({ ok: true });
  if (!loaded.ok) return;
  const root = mkdtempSync(path.join(os.tmpdir(), "smithers-run-"));
  const events: EventRecord[] = [];
  try {
    const { runId, status, reason, outputs, ...more } = await run(loaded.plan, {
      root,
      input: fixture.has("input.json") ? JSON.parse(fixture.read("input.json")) : {},
      script: parseScript(fixture.has("script.json") ? JSON.parse(fixture.read("script.json")) : {}),
      onEvent: (event) => events.push(event),
    });
    expect(await replay(runId, { root })).toMatchObject({ identical: true, divergence: null });
    const path = events
      .filter(({ type }) => /^(task|approval|effect|handler|phase|step|stop|end)\./.test(type))
      .map(({ type, data }) => `${type} ${data.nodeId}@${data.iteration}`);
    const summary = more.summary === undefined ? {} : { summary: more.summary };
    const { journal } = await inspect(runId, { root });
    const state = Object.keys(journal.state).length > 0 ? { state: journal.state } : {};
    fixture.matches(
      "expected.json",
      `${JSON.stringify({ status, reason, ...summary, outputs: timeless(outputs), ...state, path }, null, 2)}\n`,
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

/** Without what names a moment. */
function timeless(outputs: unknown): unknown {
  return JSON.parse(JSON.stringify(outputs, (key, value) => (key === "decidedAt" ? "…" : value)));
}
