import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Json } from "../../plan/types.ts";
import { createExecutors, type Executors } from "../executors/index.ts";
import { testContext, testPlan } from "../executors/testing.ts";
import { decideScripted, loadScript, parseScript, ScriptError } from "./index.ts";

let open: Executors[] = [];
afterEach(async () => {
  await Promise.all(open.map((executors) => executors.close()));
  open = [];
});

const plan = testPlan({
  schemas: { row: "z.object({ n: z.number() })" },
  agents: { fixer: { kind: "cli:codex", options: {} }, checker: { kind: "anthropic", options: {} } },
});

interface At {
  readonly node?: string;
  readonly iteration?: number;
  readonly attempt?: number;
  readonly agents?: readonly string[];
  readonly schema?: string | null;
  readonly maxTokens?: number;
  readonly signal?: AbortSignal;
}

async function ask(script: Json, at: At = {}) {
  const executors = createExecutors({ script: parseScript(script) });
  open.push(executors);
  const context = testContext(plan, {
    address: { nodeId: at.node ?? "fix", scope: "", iteration: at.iteration ?? 0 },
    attempt: at.attempt ?? 1,
    ...(at.signal === undefined ? {} : { signal: at.signal }),
  });
  const result = await executors.get("agent").execute(
    {
      kind: "agent",
      agents: at.agents ?? ["fixer"],
      prompt: "go",
      schema: at.schema === undefined ? "row" : at.schema,
      maxSchemaRetries: 3,
      ...(at.maxTokens === undefined ? {} : { maxTokens: at.maxTokens }),
    },
    context,
  );
  return { ...result, events: context.events };
}

const n = (value: number): Json => ({ n: value });

describe("a scripted agent", () => {
  it("answers by node, iteration, attempt and agent; the first fitting entry decides", async () => {
    const script: Json = {
      answers: [
        { node: "fix", iteration: 1, reply: n(1) },
        { node: "fix", attempt: 2, reply: n(2) },
        { node: "fix", agent: "checker", reply: n(3) },
        { node: "review-*", reply: n(4) },
        { node: "*-b*d-*", reply: n(5) },
        { node: "fix", reply: n(6) },
      ],
    };
    expect(await ask(script, { iteration: 1 })).toMatchObject({ ok: true, raw: n(1) });
    expect(await ask(script, { attempt: 2 })).toMatchObject({ raw: n(2) });
    expect(await ask(script, { agents: ["checker"] })).toMatchObject({ raw: n(3) });
    expect(await ask(script, { node: "review-api" })).toMatchObject({ raw: n(4) });
    expect(await ask(script, { node: "a-bed-c" })).toMatchObject({ raw: n(5) });
    expect(await ask(script)).toMatchObject({ raw: n(6), usage: { calls: 1 } });
  });

  it("names the node when nothing fits", async () => {
    const result = await ask({ answers: [{ node: "fi", reply: n(1) }] }, { iteration: 2 });
    expect(result).toMatchObject({
      ok: false,
      error: {
        code: "NO_SCRIPTED_ANSWER",
        retryable: false,
        message: expect.stringMatching(/node "fix", iteration 2, attempt 1, agent "fixer"/),
      },
    });
  });

  it("corrects itself with the next of its replies", async () => {
    const script: Json = {
      answers: [{ node: "fix", replies: [{ n: "x" }, "It is ```json\n{}\n```", n(7)] }],
    };
    const result = await ask(script);
    expect(result).toMatchObject({ ok: true, raw: n(7), usage: { calls: 3 } });
    expect(result.events.filter((event) => event.type === "agent.correction")).toHaveLength(2);
  });

  it("makes no further call once the attempt has used what it may", async () => {
    const usage = { inputTokens: 80, outputTokens: 30 };
    const script: Json = { answers: [{ node: "fix", replies: [{ n: "x" }, n(7)], usage }] };
    expect(await ask(script, { maxTokens: 100 })).toMatchObject({
      ok: false,
      error: { code: "BUDGET_EXCEEDED", retryable: false },
      usage: { calls: 1 },
    });
    expect(await ask(script, { maxTokens: 111 })).toMatchObject({ ok: true, usage: { calls: 2 } });
  });

  it("gives text as it stands where no schema is", async () => {
    expect(await ask({ answers: [{ node: "fix", reply: "plain" }] }, { schema: null })).toMatchObject({
      raw: "plain",
    });
  });

  it("fails as the script says", async () => {
    const error = (given: Json) => ask({ answers: [{ node: "fix", error: given }] });
    expect(await error({ message: "busy", status: 529 })).toMatchObject({
      ok: false,
      error: { code: "PROVIDER", message: "529 busy", retryable: true },
    });
    expect(await error({ message: "bad", status: 400 })).toMatchObject({ error: { retryable: false } });
    expect(await error({ message: "odd", code: "X", retryable: true, retryAfterMs: 5 })).toMatchObject({
      error: { code: "X", retryable: true, retryAfterMs: 5 },
    });
  });

  it("takes its time, unless it is cancelled", async () => {
    const script: Json = { answers: [{ node: "fix", reply: n(1), latencyMs: 200 }] };
    const begin = Date.now();
    expect(await ask(script)).toMatchObject({ ok: true });
    expect(Date.now() - begin).toBeGreaterThanOrEqual(195);
    expect(await ask(script, { signal: AbortSignal.timeout(20) })).toMatchObject({
      error: { code: "TIMEOUT" },
    });
  });
});

describe("a scripted approval", () => {
  it("is found by node and iteration; others are left to people", () => {
    const script = parseScript({
      approvals: [
        { node: "ship", iteration: 0, approved: false, note: "not yet" },
        { node: "ship", approved: true, latencyMs: 10 },
      ],
    });
    const at = (nodeId: string, iteration: number) =>
      decideScripted(script, "r", { nodeId, scope: "", iteration }, "approval");
    expect(at("ship", 0)).toMatchObject({ approved: false, note: "not yet" });
    expect(at("ship", 1)).toMatchObject({ approved: true, note: null, latencyMs: 10 });
    expect(at("other", 0)).toBeUndefined();
  });
});

describe("a node of a child run", () => {
  it("is named by its id, or with the name of the child before it", () => {
    const script = parseScript({
      approvals: [
        { node: "buy-eu:over", approved: false },
        { node: "*:over", approved: true },
        { node: "here", approved: true },
      ],
    });
    const said = (runId: string, nodeId: string) =>
      decideScripted(script, runId, { nodeId, scope: "", iteration: 0 }, "approval");
    expect(said("r:buy-eu", "over")).toMatchObject({ approved: false });
    expect(said("r:buy-us", "over")).toMatchObject({ approved: true });
    expect(said("r", "over")).toBeUndefined();
    expect(said("r:buy-us", "here")).toMatchObject({ approved: true });
  });
});

describe("a script file", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "smithers-script-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const load = (text: string) => {
    const file = path.join(folder, "script.json");
    writeFileSync(file, text);
    return loadScript(file);
  };

  it("is read", async () => {
    expect(await load('{"answers":[{"node":"a","reply":null}]}')).toEqual({
      answers: [{ node: "a", reply: null }],
      approvals: [],
    });
  });

  it.each([
    ["no JSON", "{", /script\.json is not JSON/],
    ["an unknown key", '{"answer":[]}', /Unrecognized key: "answer"/],
    ["a wrong type", '{"answers":[{"node":1,"reply":1}]}', /answers\[0\]\.node: .*expected string/],
    [
      "no reply",
      '{"answers":[{"node":"a"}]}',
      /answers\[0\]: expected exactly one of reply, replies and error/,
    ],
    ["two replies", '{"answers":[{"node":"a","reply":1,"replies":[1]}]}', /exactly one/],
  ])("with %s is refused with file and path", async (_, text, message) => {
    await expect(load(text)).rejects.toThrow(message);
    await expect(load(text)).rejects.toThrow(ScriptError);
  });

  it("that is missing is named", async () => {
    await expect(loadScript(path.join(folder, "none.json"))).rejects.toThrow(/none\.json can't be read/);
  });
});
