/**
 * A run of an older version (SEMANTICS 35, "a store of an older version"): fixtures/store/version-1.zip was exported by the
 * version before `ctx.state`, of fixtures/store/version-1.tsx. It is read as it is, migrated by whoever takes it up, and goes on.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPromise } from "yauzl";
import { decide, importRun, inspect, query, replay, resume } from "../../runtime/index.ts";

const archive = path.resolve(import.meta.dirname, "../../fixtures/store/version-1.zip");

let root: string;

beforeAll(async () => {
  root = mkdtempSync(path.join(os.tmpdir(), "smithers-v1-"));
  const store = path.join(root, ".smithers/runs/old/store");
  mkdirSync(store, { recursive: true });
  const zip = await openPromise(archive, { lazyEntries: true, autoClose: false });
  for await (const entry of zip.eachEntry())
    if (entry.fileName === "store/store.db")
      writeFileSync(path.join(store, "store.db"), await buffer(await zip.openReadStreamPromise(entry)));
  zip.close();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const versionOf = async (runId: string) =>
  (await query(runId, "SELECT user_version AS version FROM pragma_user_version", { root })).rows;

describe("a run of version 1", () => {
  it("is read and replayed as it is", async () => {
    const { journal, result } = await inspect("old", { root });
    expect(result).toMatchObject({ status: "waiting", waitingFor: [{ nodeId: "ok", asks: "approval" }] });
    expect(result?.outputs.draft).toHaveLength(3);
    expect(journal.state).toEqual({});
    expect(await replay("old", { root })).toMatchObject({ identical: true, rows: 3 });
    expect(await versionOf("old")).toEqual([[1]]);
  });

  it("is decided, taken up and brought to its end; what it had done is not done again", async () => {
    await decide("old", "ok", { root, approved: true, decidedBy: "ada" });
    const { status, outputs, totals } = await resume("old", { root, script: { answers: [], approvals: [] } });
    expect(status).toBe("finished");
    expect(outputs.end).toMatchObject([{ drafts: 3, by: "ada", large: 1_000 }]);
    expect(totals.attempts).toBe(4);
    expect(await replay("old", { root })).toMatchObject({ identical: true, rows: 4 });
    expect(await versionOf("old")).toEqual([[2]]);
  });

  it("is imported from its archive", async () => {
    expect(await importRun(archive, { root, as: "copy" })).toMatchObject({ status: "waiting" });
    expect((await inspect("copy", { root })).result?.waitingFor).toMatchObject([{ nodeId: "ok" }]);
  });
});
