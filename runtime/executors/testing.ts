/** What the tests of this folder hand to executors. */
import type { Agent, Json, Module, Plan, Schema } from "../../plan/types.ts";
import type { AttemptContext } from "./executor.ts";

export interface TestEvent {
  readonly type: string;
  readonly data: { readonly [key: string]: Json };
}

export function testPlan(parts: {
  readonly modules?: { readonly [name: string]: string | readonly string[] };
  readonly captures?: readonly string[];
  readonly schemas?: { readonly [name: string]: string };
  readonly jsonSchemas?: { readonly [name: string]: Json };
  readonly agents?: { readonly [name: string]: Agent };
}): Plan {
  const modules: Record<string, Module> = {};
  for (const [name, code] of Object.entries(parts.modules ?? {})) {
    const lines = typeof code === "string" ? code.split("\n") : code;
    modules[name] = {
      code: lines,
      captures: parts.captures ?? [],
      externals: {},
      digest: `sha256:${name}`,
      artifact: `sha256:${lines.join("\n")}`,
    };
  }
  const schemas: Record<string, Schema> = {};
  for (const [name, zod] of Object.entries(parts.schemas ?? {})) {
    schemas[name] = { zod, jsonSchema: parts.jsonSchemas?.[name] ?? {}, physical: "", semantic: "" };
  }
  return {
    kind: "smithers.plan",
    irVersion: "1.0",
    requires: [],
    digest: "sha256:0",
    integrity: "sha256:0",
    workflow: { name: "test" },
    input: null,
    schemas,
    constants: {},
    agents: parts.agents ?? {},
    prompts: {},
    functions: {},
    modules,
    root: "test",
    nodes: {},
    capabilities: { net: [], env: [], exec: [], fs: [], host: [] },
    toolchain: {},
    sources: {},
    spans: "",
  };
}

/** A context whose events and process can be looked at afterwards. */
export function testContext(
  plan: Plan,
  options: Partial<
    Pick<AttemptContext, "cwd" | "signal" | "attempt" | "runId" | "address" | "started" | "past" | "prices">
  > = {},
): AttemptContext & { readonly events: TestEvent[]; readonly pids: number[] } {
  const events: TestEvent[] = [];
  const pids: number[] = [];
  return {
    plan,
    runId: "run-1",
    address: { nodeId: "node", scope: "", iteration: 0 },
    attempt: 1,
    cwd: process.cwd(),
    signal: new AbortController().signal,
    emit: (type, data) => events.push({ type, data }),
    record: async (type, data) => {
      events.push({ type, data });
    },
    started: async ({ pid }) => {
      pids.push(pid);
    },
    ...options,
    events,
    pids,
  };
}
