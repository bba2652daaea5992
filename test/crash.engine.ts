/**
 * An engine for crash.test.ts to kill: runs or resumes the crash plan in the directory given, with agents that record
 * every call and take a moment. Prints `started`, so that the killer knows from when on it counts, and the result.
 */
import { appendFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Executor, TaskRequest } from "../runtime/executors/executor.ts";
import { resume, run } from "../runtime/index.ts";
import { crashPlan } from "./crash-plan.ts";

const [root = ".", mode = "run"] = process.argv.slice(2);

const executors = {
  get: (kind: TaskRequest["kind"]): Executor => ({
    kind,
    execute: async (request, { address, attempt }) => {
      if (request.kind === "static") return { ok: true, raw: request.payload, value: request.payload };
      const prompt = request.kind === "agent" ? request.prompt : "";
      appendFileSync(path.join(root, "calls.log"), `${JSON.stringify({ ...address, attempt, prompt })}\n`);
      await sleep(attempt % 3);
      const value = { v: `${address.nodeId}#${address.iteration} of ${prompt}` };
      return { ok: true, raw: value, value };
    },
    close: async () => {},
  }),
};

const options = {
  root,
  executors,
  onEvent: ({ type }: { readonly type: string }) => {
    if (type === "run.started" || type === "run.resumed") process.stdout.write("started\n");
  },
};
const result =
  mode === "run" ? await run(crashPlan(), { ...options, runId: "r" }) : await resume("r", options);
process.stdout.write(`${JSON.stringify(result)}\n`);
