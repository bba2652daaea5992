/** Plans that ask for what this runner does not do: refused before anything starts (SEMANTICS 37), previewed all the same. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Plan } from "../plan/types.ts";
import { RefusedError } from "./engine.ts";
import { previewFrame } from "./preview.ts";
import { run } from "./run.ts";

const planOf = (name: string): Plan =>
  JSON.parse(readFileSync(path.join(import.meta.dirname, `../fixtures/compile/${name}/plan.json`), "utf8"));

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

describe("a plan that requires what this runner does not do", () => {
  it("is refused, naming feature and node, and leaves nothing behind", async () => {
    const root = mkdtempSync(path.join(os.tmpdir(), "requires-"));
    roots.push(root);
    const refused = run(planOf("worktrees-and-queues"), { root });
    await expect(refused).rejects.toBeInstanceOf(RefusedError);
    await expect(refused).rejects.toThrow('"worktree" (node');
    expect(existsSync(path.join(root, ".smithers"))).toBe(false);
  });

  it("is previewed: a timer waits, and what stands behind it is pending", () => {
    const { tasks } = previewFrame(planOf("waits-on-the-world"), { topic: "a", limit: 1 }, []);
    const shown = tasks
      .slice(0, 3)
      .map(({ nodeId, kind, state, waitsFor }) => [nodeId, kind, state, waitsFor]);
    expect(shown).toEqual([
      ["pause", "timer", "waiting", "3s to pass"],
      ["morning", "timer", "pending", null],
      ["paid", "wait", "pending", null],
    ]);
  });

  it("mounts what follows a failure only after one", () => {
    const { tasks } = previewFrame(planOf("recovery"), { seats: 1, insured: true }, []);
    expect(tasks.map(({ nodeId }) => nodeId)).toEqual(["risky", "clean-up", "book-flight", "insure"]);
  });
});
