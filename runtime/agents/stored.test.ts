/** What is stored of an answer: what fits its schema, as the schema makes it (SEMANTICS 32). */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { seal } from "../../plan/index.ts";
import { planOf, type TestNode } from "../../test/plans.ts";
import { createExecutors } from "../executors/index.ts";
import { inspect, run } from "../index.ts";
import { answer, type MessagesServer, messagesServer, type Turn } from "./testing.ts";

let root: string;
let server: MessagesServer | null = null;
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), "smithers-stored-"));
});
afterEach(async () => {
  await server?.close();
  server = null;
  rmSync(root, { recursive: true, force: true });
});

const plan = seal(
  planOf(
    { ask: { kind: "task", output: "row", agent: "claude", prompt: "How much?", retries: 0 } as TestNode },
    {
      schemas: { row: "z.object({ v: z.number(), w: z.string().default('none') })" },
      agents: { claude: { kind: "anthropic", model: "claude-test", options: {} } },
    },
  ),
);

async function asked(turns: readonly Turn[]) {
  server = await messagesServer(turns);
  const executors = createExecutors({
    anthropic: { env: { ANTHROPIC_API_KEY: "k", ANTHROPIC_BASE_URL: server.url } },
  });
  try {
    const result = await run(plan, { root, runId: "r", executors });
    const { journal } = await inspect("r", { root });
    return { result, stored: journal.outputs, requests: server.requests };
  } finally {
    await executors.close();
  }
}

describe("32: an answer", () => {
  it("that fits at the second time is stored with its defaults and every decimal, the first is not", async () => {
    const { result, stored, requests } = await asked([answer({ v: "a lot" }), answer({ v: 0.1 + 0.2 })]);
    expect(result.status).toBe("finished");
    expect(JSON.stringify(requests[1]?.body.messages)).toContain("v: Invalid input: expected number");
    expect(requests).toHaveLength(2);
    expect(stored).toHaveLength(1);
    expect(stored[0]).toMatchObject({
      raw: { v: 0.30000000000000004 },
      value: { v: 0.30000000000000004, w: "none" },
    });
    expect(result.outputs.row).toEqual([{ v: 0.30000000000000004, w: "none", nodeId: "ask", iteration: 0 }]);
  });

  it("that never fits is corrected three times by default; nothing is stored", async () => {
    const { result, stored, requests } = await asked([answer({ v: "a lot" })]);
    expect(result).toMatchObject({
      status: "failed",
      reason: expect.stringContaining("ask failed: OUTPUT_INVALID"),
    });
    expect(requests).toHaveLength(4);
    expect(stored).toEqual([]);
  });
});
