/**
 * fixtures/error/SM###-NAME: workflow files with something wrong, and all that the compiler says about them. Where a
 * workflow.plan.json stands beside one, it is the committed plan. Among them is what a build says in SEMANTICS 2 (SM508), 17 (SM202) and 24 (SM301).
 */
import path from "node:path";
import { expect } from "vitest";
import { build, formatDiagnostic, stalePlan } from "../compiler/index.ts";
import { fixtures } from "./fixtures.ts";

fixtures("error", async (fixture) => {
  const entry = path.join(fixture.folder, "workflow.tsx");
  const result = await build(entry, { root: fixture.folder });
  const { plan, sources } = result;
  const name = "workflow.plan.json";
  const committed = {
    path: name,
    text: fixture.has(name) ? fixture.read(name) : null,
    command: "smithers build workflow.tsx",
  };
  const stale = fixture.has(name) ? stalePlan(result, committed) : null;
  const diagnostics = [...result.diagnostics, ...(stale ? [stale] : [])];
  const codes = diagnostics.map((d) => d.code);
  const [code] = fixture.name.split("-");
  if (/^SM\d/.test(code!)) expect(codes).toContain(code);
  if (result.diagnostics.some((d) => d.severity === "error")) expect(plan).toBeNull();
  fixture.matches("expected.txt", `${diagnostics.map((d) => formatDiagnostic(sources, d)).join("\n\n")}\n`);
});
