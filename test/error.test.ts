/** fixtures/error/SM###-NAME: workflow files with something wrong, and all that the compiler says about them. */
import path from "node:path";
import { expect } from "vitest";
import { build, formatDiagnostic } from "../compiler/index.ts";
import { fixtures } from "./fixtures.ts";

fixtures("error", async (fixture) => {
  const entry = path.join(fixture.folder, "workflow.tsx");
  const { plan, diagnostics, sources } = await build(entry, { root: fixture.folder });
  const codes = diagnostics.map((d) => d.code);
  const [code] = fixture.name.split("-");
  if (/^SM\d/.test(code!)) expect(codes).toContain(code);
  if (diagnostics.some((d) => d.severity === "error")) expect(plan).toBeNull();
  fixture.matches("expected.txt", `${diagnostics.map((d) => formatDiagnostic(sources, d)).join("\n\n")}\n`);
});
