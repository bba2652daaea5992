/**
 * Mastra's workflows with its LibSQL store. As it ships: WAL, `synchronous` NORMAL, so a commit is in the file when it
 * returns, and not on the disk: a power loss takes back the last ones.
 *
 * Arguments: shape, size, directory. Prints one JSON line: milliseconds of the measured part, how often it wrote, its memory.
 */
import path from "node:path";
import { Mastra } from "@mastra/core";
import { createStep, createWorkflow } from "@mastra/core/workflows";
import { LibSQLStore } from "@mastra/libsql";
import { z } from "zod";

const [shape, sizeText, directory] = process.argv.slice(2);
const row = z.object({ v: z.number() });
const step = (id, execute, more = {}) =>
  createStep({ id, inputSchema: row, outputSchema: row, execute, ...more });
const plusOne = async ({ inputData }) => ({ v: inputData.v + 1 });
const flow = (outputSchema = row, inputSchema = row) =>
  createWorkflow({ id: "flow", inputSchema, outputSchema });

const sequenceOf = (size) => {
  let workflow = flow();
  for (let n = 0; n < size; n++) workflow = workflow.then(step(`t${n}`, plusOne));
  return workflow;
};

const programs = {
  sequence: (size) => ({
    workflow: sequenceOf(size).commit(),
    input: { v: 0 },
    right: ({ result }) => result?.v === size,
  }),
  "fan-out": (size) => ({
    workflow: flow(z.array(row), z.array(row)).foreach(step("work", plusOne), { concurrency: size }).commit(),
    input: Array.from({ length: size }, (_, v) => ({ v })),
    right: ({ result }) => result?.length === size,
  }),
  loop: (size) => ({
    workflow: flow()
      .dountil(step("work", plusOne), async ({ inputData }) => inputData.v >= size)
      .commit(),
    input: { v: 0 },
    right: ({ result }) => result?.v === size,
  }),
  /** The last step suspends at first; taken up again, it finds all the others done. */
  resume: (size) => ({
    workflow: sequenceOf(size)
      .then(
        step("last", async ({ inputData, resumeData, suspend }) => (resumeData ? inputData : suspend({})), {
          resumeSchema: z.object({ go: z.boolean() }),
        }),
      )
      .commit(),
    input: { v: 0 },
    resumed: { step: "last", resumeData: { go: true } },
    right: ({ result }) => result?.v === size,
  }),
};

/** The library on a store, as a process that begins has it. */
async function opened(workflow, name) {
  const storage = new LibSQLStore({ id: name, url: `file:${path.join(directory, `${name}.db`)}` });
  const mastra = new Mastra({ storage, workflows: { flow: workflow }, logger: false });
  await storage.init();
  const writes = { count: 0 };
  const workflows = await storage.getStore("workflows");
  for (const method of ["persistWorkflowSnapshot", "updateWorkflowResults", "updateWorkflowState"]) {
    const own = workflows[method].bind(workflows);
    workflows[method] = (...given) => {
      writes.count++;
      return own(...given);
    };
  }
  return { mastra, writes };
}

async function measure(size, name) {
  const { workflow, input, resumed, right } = programs[shape](size);
  let { mastra, writes } = await opened(workflow, name);
  let run = await mastra.getWorkflow("flow").createRun();
  if (resumed) {
    await run.start({ inputData: input });
    ({ mastra, writes } = await opened(workflow, name));
    const { runId } = run;
    run = await mastra.getWorkflow("flow").createRun({ runId });
  }
  writes.count = 0;
  const start = performance.now();
  const got = await (resumed ? run.resume(resumed) : run.start({ inputData: input }));
  const ms = performance.now() - start;
  if (!right(got)) throw new Error(`${shape} gave ${JSON.stringify(got).slice(0, 300)}`);
  return { ms, writes: writes.count };
}

await measure(3, "warm");
const measured = await measure(Number(sizeText), "run");
console.log(JSON.stringify({ ...measured, kib: process.resourceUsage().maxRSS }));
process.exit(0);
