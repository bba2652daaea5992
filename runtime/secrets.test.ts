/** What stands in a journal for the values of secrets, and what does not (DESIGN §6 "Secrets"). */
import { describe, expect, it } from "vitest";
import { planOf } from "../test/plans.ts";
import { recordHost } from "./host.ts";
import { HidingStore, showing } from "./secrets.ts";
import { MemorySpace, memoryReader, memoryStore } from "./store/index.ts";
import type { EventRecord, RunRecord, Write } from "./store/store.ts";

const at = { nodeId: "n", scope: "", iteration: 0 };

/** A journal whose run sees these variables, with one row and one event that hold `value`. */
async function kept(env: { readonly [name: string]: string }, value: unknown, nodeId = "n") {
  const names = Object.keys(env);
  const texts = names.map((name) => `host('env.${name}')`).join(" + ");
  const plan = planOf(
    { n: { kind: "task", output: "row", payload: { $: texts } } as never },
    { capabilities: { net: [], env: names, exec: [], fs: [], host: [] } },
  );
  const source = (name: string) => env[name.slice("env.".length)];
  const space = new MemorySpace();
  const store = new HidingStore(memoryStore(space), source);
  const record: RunRecord = {
    runId: "r",
    workflow: "w",
    planDigest: "sha256:0",
    status: "running",
    reason: null,
    input: value as never,
    createdAt: 12_345_678,
    updatedAt: 12_345_678,
    seed: "seed",
    cwd: "/",
    host: recordHost(plan, source, "seed"),
  };
  const event: EventRecord = {
    seq: 1,
    at: 1,
    type: "task.log",
    data: { ...at, nodeId, text: value as never },
  };
  const output = { ...at, nodeId, table: "row", seq: 1, raw: value, value } as never;
  const writes = [
    { type: "run", ...record },
    { type: "output", ...(output as object) },
    { type: "event", event },
  ];
  await store.commit({ expectEpoch: store.epoch, writes: writes as unknown as Write[] });
  const text = [...space.records].map(([key, one]) => `${key} ${one}`).join("\n");
  return { text, store, space, source };
}

describe("secrets of a run", () => {
  it("stand as marks in what is said and given, and come back as values", async () => {
    const { text, store, space, source } = await kept(
      { API_TOKEN: "sk-1234567" },
      { v: ["with sk-1234567"] },
    );
    expect(text).not.toContain("sk-1234567");
    expect((await store.journal()).outputs[0]?.value).toEqual({ v: ["with sk-1234567"] });
    const reader = showing(memoryReader(space), source);
    await reader.journal();
    const shown = await reader.events(0, 9);
    expect(shown[0]?.data.text).toEqual({ v: ["with sk-1234567"] });
    const stranger = await showing(memoryReader(space), () => "another value").journal();
    expect(JSON.stringify(stranger.outputs)).toContain("with (env.API_TOKEN ");
  });

  it("leave numbers, names and the records themselves as they are", async () => {
    const digits = await kept({ TENANT_KEY: "12345678" }, { n: 12_345_678, s: "for 12345678" });
    expect((await digits.store.journal()).run?.createdAt).toBe(12_345_678);
    expect((await digits.store.journal()).outputs[0]?.value).toEqual({ n: 12_345_678, s: "for 12345678" });
    expect(digits.text).toContain('"n":12345678');
    const word = await kept({ SORT_KEY: "createdAt" }, { createdAt: "by createdAt" });
    expect((await word.store.journal()).run?.createdAt).toBe(12_345_678);
    expect((await word.store.journal()).outputs[0]?.value).toEqual({ createdAt: "by createdAt" });
    const id = await kept({ CUSTOMER_KEY: "customer-77" }, "x", "onboard-customer-77");
    expect((await memoryReader(id.space).journal()).outputs[0]?.nodeId).toBe("onboard-customer-77");
  });

  it("that are part of another one, or of JSON within a text, are hidden whole", async () => {
    const env = { A_PASSWORD: "p4ssw0rd!", DB_URL: "postgres://me:p4ssw0rd!@host/db" };
    const nested = await kept(env, `use ${env.DB_URL}`);
    expect(nested.text).not.toContain("me:");
    expect(nested.text).not.toContain("@host/db");
    expect((await nested.store.journal()).outputs[0]?.value).toBe(`use ${env.DB_URL}`);
    const key = "-----BEGIN KEY-----\nMIIabcdef\n-----END KEY-----";
    const inJson = await kept({ PEM_KEY: key }, `given ${JSON.stringify({ key })} and ${key}`);
    expect(inJson.text).not.toContain("MIIabcdef");
    expect((await inJson.store.journal()).outputs[0]?.value).toBe(
      `given ${JSON.stringify({ key })} and ${key}`,
    );
  });

  it("are told to nobody as marks where the machine has no value any more", async () => {
    const { space } = await kept({ API_TOKEN: "sk-1234567" }, "with sk-1234567");
    const store = memoryStore(Object.assign(space, { owned: false }));
    const { outputs } = await new HidingStore(store, () => undefined).journal();
    expect(outputs[0]?.value).toBe("with (env.API_TOKEN)");
  });
});
