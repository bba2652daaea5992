import { expect } from "vitest";
import {
  diffPlans,
  formatPlan,
  loadPlan,
  type Plan,
  renderDiffMarkdown,
  renderDiffText,
  seal,
} from "../plan/index.ts";
import { type Fixture, fixtures } from "./fixtures.ts";

/** With `UPDATE=1` a plan edited by hand is sealed again first. */
function plan(fixture: Fixture, file: string): Plan {
  if (process.env.UPDATE === "1") fixture.matches(file, formatPlan(seal(JSON.parse(fixture.read(file)))));
  const loaded = loadPlan(fixture.read(file));
  if (!loaded.ok)
    throw new Error(loaded.problems.map(({ path, message }) => `${path}: ${message}`).join("\n"));
  return loaded.plan;
}

fixtures("diff", (fixture) => {
  const [before, after] = [plan(fixture, "a.json"), plan(fixture, "b.json")];
  const changes = diffPlans(before, after);
  expect(changes.length > 0).toBe(before.digest !== after.digest);
  expect(diffPlans(after, after)).toEqual([]);
  fixture.matches("expected.txt", `${renderDiffText(changes)}\n`);
  fixture.matches("expected.md", `${renderDiffMarkdown(changes)}\n`);
});
