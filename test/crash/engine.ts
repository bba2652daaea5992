/**
 * An engine to be killed: runs the crash plan in the project directory given, or goes on with it. What it acknowledged
 * is in `acknowledged.log` (an event a line, once the engine tells of it), every call of an agent in `calls.log`, every call
 * of a tool in `tools.log`.
 *
 *   engine.mjs ROOT [JSON strike]
 *
 * Prints `up` before it touches the run, and the result as JSON at the end.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type AgentProvider, ScriptedProvider } from "../../runtime/agents/index.ts";
import { createExecutors } from "../../runtime/executors/index.ts";
import { type EventRecord, resume, run } from "../../runtime/index.ts";
import { Inbox } from "../../runtime/requests/inbox.ts";
import { runDirectory, storeDirectory } from "../../runtime/runs.ts";
import { nodeDisk } from "../../runtime/store/disk.ts";
import { openStore } from "../../runtime/store/index.ts";
import type { Tool } from "../../runtime/tools/registry.ts";
import { answerTo, crashPlan, script, TOOL_MS, toolAnswers } from "./plan.ts";
import { arm, type Strike } from "./strike.ts";

const [root = ".", strike = "null"] = process.argv.slice(2);
const armed = arm(JSON.parse(strike) as Strike | null);
const disk = armed.disk(nodeDisk);

const logs = new Map<string, number>();
/** One write, so that a kill leaves a line or nothing. */
function note(name: string, line: object): void {
  const file = logs.get(name) ?? openSync(path.join(root, name), "a");
  logs.set(name, file);
  writeSync(file, `${JSON.stringify(line)}\n`);
}

const provider: AgentProvider = {
  open: ({ context: { address, attempt, signal } }) => ({
    ask: async (prompt) => {
      note("calls.log", { ...address, attempt, prompt });
      const usage = {
        inputTokens: 1,
        outputTokens: 1,
        cacheReadTokens: 0,
        cacheWriteTokens: 0,
        calls: 1,
        toolCalls: 0,
      };
      const answer = answerTo(address.nodeId, attempt, prompt);
      await sleep(answer?.ms ?? 5, null, { signal }).catch(() => null);
      if (signal.aborted)
        return { ok: false, error: { code: "CANCELLED", message: "aborted", retryable: false }, usage };
      return answer === null
        ? { ok: false, error: { code: "PROVIDER", message: "529 overloaded", retryable: true }, usage }
        : { ok: true, type: "value", value: { v: answer.v }, usage };
    },
  }),
};

/** Both may be done again; of each call one end is told. */
const tools = Object.entries(toolAnswers).map(
  ([name, says]): Tool => ({
    name,
    description: name,
    inputSchema: { type: "object" },
    afterCrash: "repeat",
    execute: async ({ idempotencyKey, context: { address, attempt } }) => {
      note("tools.log", { ...address, attempt, name, key: idempotencyKey });
      await sleep(TOOL_MS);
      return says;
    },
  }),
);

process.stdout.write("up\n");
const directory = runDirectory(root, "r");
const store = await openStore(storeDirectory(directory), { disk, checkpointBytes: 200_000 });
const executors = createExecutors({
  providers: new Map<string, AgentProvider>([
    ["anthropic", provider],
    ["tooled", new ScriptedProvider(script)],
  ]),
  tools,
});
const options = {
  root,
  store,
  script,
  executors: { get: (kind: Parameters<typeof executors.get>[0]) => armed.executor(executors.get(kind)) },
  requests: (take: ConstructorParameters<typeof Inbox>[1]) => {
    const inbox = new Inbox(directory, take, disk);
    inbox.open();
    return () => inbox.close();
  },
  onEvent: (event: EventRecord) => {
    note("acknowledged.log", event);
    armed.event(event);
  },
};
const begun = (await store.events(0, 1)).length > 0;
// As for a run of the user's: a resumed one starts processes when it needs them.
if (!begun) executors.warm(1, root);
const result = begun ? await resume("r", options) : await run(crashPlan(), { ...options, runId: "r" });
await executors.close();
await store.close();
for (const file of logs.values()) closeSync(file);
process.stdout.write(`${JSON.stringify({ status: result.status, reason: result.reason })}\n`);
