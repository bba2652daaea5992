/** fixtures/compile/NAME: workflow files that build, and the plan that comes out. */
import path from "node:path";
import { expect } from "vitest";
import { build, formatDiagnostic } from "../compiler/index.ts";
import { formatPlan, validatePlan } from "../plan/index.ts";
import { fixtures } from "./fixtures.ts";

fixtures("compile", async (fixture) => {
  const entry = path.join(fixture.folder, "workflow.tsx");
  const { plan, diagnostics, sources } = await build(entry, { root: fixture.folder });
  const text = diagnostics.map((d) => formatDiagnostic(sources, d)).join("\n\n");
  expect(plan, text).not.toBeNull();
  expect(diagnostics.filter((d) => d.severity !== "info").map((d) => d.code)).toEqual([]);
  expect(validatePlan(plan)).toMatchObject({ ok: true });
  // Folders without a plan.json are there for what their plans do (test/differential), not for how they read.
  if (fixture.has("plan.json")) fixture.matches("plan.json", formatPlan(plan!));
});
