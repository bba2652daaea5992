/** What a run sees of the machine: asked once, journaled, compared at resume (SEMANTICS 57). */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { seal } from "../plan/index.ts";
import { computed, planOf, type TestNode } from "../test/plans.ts";
import { systemHost } from "./host.ts";
import {
  type EventRecord,
  fork,
  inspect,
  previewFrame,
  replay,
  resume,
  retry,
  rewind,
  run,
} from "./index.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), "smithers-host-"));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const SECRET = "sk-4f2b8c1d9e";

/** One row before a decision, one after it. */
const plan = seal(
  planOf(
    {
      before: computed("[host('process.cwd'), host('env.PLACE'), host('env.NONE') === undefined]"),
      gate: { kind: "approval", output: "decision", title: "Go on?" } as TestNode,
      after: computed(
        "[host('process.cwd'), place, host('env.API_TOKEN') === ctx.input.token, host('startedAt') < 9e15]",
        {
          if: "ctx.outputMaybe('decision', { nodeId: 'gate' })?.approved === true",
        },
      ),
    },
    {
      constants: { place: { expr: "host('env.PLACE')" } },
      capabilities: {
        net: [],
        env: ["API_TOKEN", "DATABASE", "NONE", "PLACE"],
        exec: [],
        fs: [],
        host: ["process.cwd", "startedAt"],
      },
      schemas: {
        row: "z.object({ v: z.array(z.any()) })",
        decision: "z.looseObject({ approved: z.boolean() })",
        input: "z.object({ token: z.string() })",
      },
      input: { schema: "input" },
    },
  ),
);

const machine =
  (values: { readonly [name: string]: string }) =>
  (name: string): string | undefined =>
    values[name];

const FIRST = {
  "process.cwd": "/one",
  "env.PLACE": "here",
  "env.API_TOKEN": SECRET,
  "env.DATABASE": "pw-77",
};

async function resumed(values: { readonly [name: string]: string }, token: string) {
  const input = { token };
  const waiting = await run(plan, {
    root,
    input,
    runId: "r",
    script: { answers: [], approvals: [] },
    host: machine(FIRST),
  });
  expect(waiting.status).toBe("waiting");
  const events: EventRecord[] = [];
  const ended = await resume("r", {
    plan,
    root,
    host: machine(values),
    script: { answers: [], approvals: [{ node: "gate", approved: true, note: null }] },
    onEvent: (event) => events.push(event),
  });
  const rows = Object.fromEntries(ended.outputs.row!.map(({ nodeId, v }) => [nodeId, v]));
  return {
    rows,
    warnings: events.filter(({ type }) => type === "run.warning").map(({ data }) => data.message),
  };
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file).isFile());
}

describe("host values", () => {
  it("are those of the start of the run when it goes on elsewhere, which is said", async () => {
    const { rows, warnings } = await resumed({ ...FIRST, "process.cwd": "/two", "env.NONE": "now" }, SECRET);
    expect(rows).toEqual({ before: ["/one", "here", true], after: ["/one", "here", true, true] });
    expect(warnings).toEqual([
      'the host is another one: env.NONE is "now" now (not set is used, as when the run began); ' +
        'process.cwd is "/two" now ("/one" is used, as when the run began)',
    ]);
  });

  it("go on without a word on the same host", async () => {
    expect((await resumed(FIRST, SECRET)).warnings).toEqual([]);
  });

  it("are those of the journal in a replay, which asks no machine (SEMANTICS 57)", async () => {
    const asking = seal(
      planOf(
        {
          a: computed(
            "[host('process.cwd'), host('env.PLACE'), host('env.NONE') ?? 'none', host('startedAt')]",
          ),
        },
        {
          capabilities: { ...plan.capabilities, env: ["NONE", "PLACE"] },
          schemas: { row: "z.object({ v: z.array(z.any()) })" },
        },
      ),
    );
    // This machine has other answers to every question.
    const { outputs } = await run(asking, { root, runId: "r", host: machine(FIRST) });
    expect(outputs.row?.[0]?.v).toEqual(["/one", "here", "none", expect.any(Number)]);
    expect([systemHost(root)("process.cwd"), systemHost(root)("env.PLACE")]).not.toEqual(["/one", "here"]);
    const { identical, divergence } = await replay("r", { root });
    expect({ identical, divergence }).toEqual({ identical: true, divergence: null });
  });

  it("that are secret are never written, and are the current ones", async () => {
    const { rows, warnings } = await resumed({ ...FIRST, "env.API_TOKEN": "sk-other" }, "sk-other");
    expect(rows.after).toEqual(["/one", "here", true, true]);
    expect(warnings).toEqual([
      "the host is another one: env.API_TOKEN has changed (a secret: the current value is used)",
    ]);
    const bytes = filesUnder(root).map((file) => readFileSync(file).toString("latin1"));
    expect(bytes.some((text) => text.includes("here"))).toBe(true);
    expect(bytes.some((text) => text.includes(SECRET))).toBe(false);
    // listed for a module's sake only
    expect(bytes.some((text) => text.includes("pw-77"))).toBe(false);
  });

  it("that are secret are given to a replay by the environment, where they are those that were recorded", async () => {
    const comparing = seal(
      planOf(
        {
          a: computed("host('env.API_TOKEN') === ctx.input.token"),
          b: computed("1", { if: "host('env.API_TOKEN') > 'sk'" }),
        },
        {
          capabilities: { ...plan.capabilities, env: ["API_TOKEN"], host: [] },
          schemas: { row: "z.object({ v: z.any() })", input: "z.object({ token: z.string() })" },
          input: { schema: "input" },
        },
      ),
    );
    await run(comparing, { root, runId: "r", host: machine(FIRST), input: { token: SECRET } });
    const given = (token?: string) =>
      replay("r", { root, secrets: (name) => (name === "env.API_TOKEN" ? token : undefined) });
    expect(await given(SECRET)).toMatchObject({ identical: true, divergence: null, secrets: [] });
    for (const other of [undefined, "sk-zzz"])
      expect(await given(other)).toMatchObject({ identical: false, secrets: ["env.API_TOKEN"] });
    process.env.API_TOKEN = SECRET;
    try {
      expect(await replay("r", { root })).toMatchObject({ identical: true, secrets: [] });
      expect((await retry("r", "b", { root })).again).toEqual(["b"]);
    } finally {
      delete process.env.API_TOKEN;
    }
  });

  it("that are secret stand as marks wherever the journal would have them, and as values for whoever goes on", async () => {
    const telling = seal(
      planOf(
        {
          told: computed("`with ${host('env.API_TOKEN')}`"),
          ask: {
            kind: "task",
            agent: "a",
            output: "row",
            prompt: { $: "`use ${host('env.API_TOKEN')} as ${ctx.output('row', { nodeId: 'told' }).v}`" },
          } as TestNode,
          gate: { kind: "approval", output: "decision", title: "Go on?" } as TestNode,
          after: computed("ctx.output('row', { nodeId: 'told' }).v === `with ${host('env.API_TOKEN')}`", {
            if: "ctx.outputMaybe('decision', { nodeId: 'gate' })?.approved === true",
          }),
        },
        {
          agents: { a: { kind: "anthropic", options: {} } },
          capabilities: { ...plan.capabilities, env: ["API_TOKEN"], host: [] },
          schemas: { row: "z.object({ v: z.any() })", decision: "z.looseObject({ approved: z.boolean() })" },
        },
      ),
    );
    const events: EventRecord[] = [];
    const script = { answers: [{ node: "ask", reply: { v: "(env.API_TOKEN)" } }], approvals: [] };
    const common = { root, script, onEvent: (event: EventRecord) => events.push(event) };
    await run(telling, { ...common, runId: "r", host: machine(FIRST) });
    await run(telling, { ...common, runId: "s", host: machine(FIRST) });
    const script2 = { ...script, approvals: [{ node: "gate", approved: true, note: null }] };
    for (const [runId, token] of [
      ["r", SECRET],
      ["s", "sk-another-one"],
    ] as const) {
      const host = machine({ ...FIRST, "env.API_TOKEN": token });
      const result = await resume(runId, { ...common, script: script2, host });
      expect(result.outputs.row?.map(({ v }) => v)).toEqual([`with ${token}`, "(env.API_TOKEN)", true]);
      const bytes = filesUnder(root).map((file) => readFileSync(file).toString("latin1"));
      expect(bytes.filter((text) => text.includes(SECRET) || text.includes(token))).toEqual([]);
      // Whether or not the environment has it.
      for (const value of [token, undefined])
        expect(await replay(runId, { root, secrets: () => value })).toMatchObject({ divergence: null });
    }
    // What is made of a journal has none either, whichever value the environment has now.
    for (const token of [SECRET, "sk-rotated-since"]) {
      process.env.API_TOKEN = token;
      try {
        expect((await retry("r", "after", { root })).again).toEqual(["after"]);
        await rewind("s", { root, frame: 1 });
        await fork("r", { root, frame: 1, runId: `fork-${token.length}` });
      } finally {
        delete process.env.API_TOKEN;
      }
      for (const file of filesUnder(root))
        expect(readFileSync(file).toString("latin1"), file).not.toContain(token);
      await resume("r", { ...common, script: script2, host: machine({ ...FIRST, "env.API_TOKEN": SECRET }) });
    }
    const { journal } = await inspect("r", { root });
    expect(JSON.stringify(journal.attempts)).toMatch(/use \(env\.API_TOKEN [0-9a-f]{16}\) as with \(env/);
    expect(JSON.stringify(events)).not.toContain(SECRET);
  });

  it("that are secret stay out of the journals of child runs, and of runs that go on as new ones", async () => {
    const child = planOf(
      { said: computed("`child with ${ctx.input.token}`", { output: "output" }) },
      {
        schemas: { output: "z.object({ v: z.string() })", input: "z.object({ token: z.string() })" },
        input: { schema: "input" },
      },
    );
    const parent = seal(
      planOf(
        {
          held: {
            kind: "subflow",
            workflow: "child",
            result: "output",
            output: "row",
            input: { $: "({ token: host('env.API_TOKEN') })" },
          } as TestNode,
          next: {
            kind: "continue-as-new",
            state: { $: "({ token: host('env.API_TOKEN') })" },
            if: "ctx.input.__smithersContinuation === undefined",
          } as TestNode,
          after: computed("ctx.input.__smithersContinuation.payload.token", {
            if: "ctx.input.__smithersContinuation !== undefined",
          }),
        },
        {
          requires: ["continue-as-new", "subflow"],
          subflows: { child: seal(child) },
          capabilities: { ...plan.capabilities, env: ["API_TOKEN"], host: [] },
          schemas: { row: "z.object({ v: z.any() })" },
        },
      ),
    );
    const result = await run(parent, { root, runId: "r", host: machine(FIRST) });
    expect(result).toMatchObject({ runId: "r.2", status: "finished" });
    expect(result.outputs.row?.map(({ v }) => v)).toEqual([`child with ${SECRET}`, SECRET]);
    const files = filesUnder(root);
    expect(files.some((file) => file.includes("children"))).toBe(true);
    for (const file of files) expect(readFileSync(file).toString("latin1"), file).not.toContain(SECRET);
    for (const runId of ["r", "r.2", "r:held", "r.2:held"])
      for (const value of [SECRET, undefined])
        expect(await replay(runId, { root, secrets: () => value }), runId).toMatchObject({
          divergence: null,
        });
  });

  it("come from this machine unless told otherwise", async () => {
    const { outputs } = await run(
      planOf(
        { a: computed("[host('project'), host('os.homedir'), host('process.arch')]") },
        {
          capabilities: {
            net: [],
            env: [],
            exec: [],
            fs: [],
            host: ["os.homedir", "process.arch", "project"],
          },
        },
      ),
      { root, runId: "r" },
    );
    expect(outputs.row?.[0]?.v).toEqual([root, os.homedir(), process.arch]);
    expect(systemHost("/a b")("project.url")).toBe("file:///a%20b");
  });

  it("are given to a preview, which asks no machine", () => {
    const tasks = (host?: { readonly [name: string]: string }) =>
      previewFrame(planOf({ a: computed("host('env.HOME') ?? 'none'") }), {}, [], host ? { host } : {}).tasks;
    expect(tasks()[0]?.payload).toEqual({ v: "none" });
    expect(tasks({ "env.HOME": "/home/x" })[0]?.payload).toEqual({ v: "/home/x" });
    const cwd = previewFrame(planOf({ a: computed("host('process.cwd')") }), {}, []).tasks[0];
    expect(cwd?.missing.payload).toBe("the host value process.cwd is not known here");
  });
});
