/**
 * Test cases as data (`smithers test`): NAME.test.json beside the workflow, so that a team needs no test runner.
 *
 *   { "workflow": "workflow.tsx",
 *     "cases": [{ "name": "approved at once", "input": { "topic": "rain" },
 *       "answers": { "review": { "approved": true } }, "people": { "ok": true },
 *       "expect": { "status": "finished", "path": ["draft", "review"], "prompts": { "draft": ["about rain"] } } }] }
 */
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import type { Json } from "../plan/types.ts";
import { formatIssues, parseWith } from "../plan/zod/index.ts";
import type { TestRun, TestWorkflow } from "./index.ts";

const json: z.ZodType<Json> = z.json();
const STATUSES = ["running", "waiting", "paused", "stalled", "finished", "failed", "cancelled"] as const;

const expected = z.strictObject({
  status: z.enum(STATUSES).optional(),
  /** A part of the reason. */
  reason: z.string().optional(),
  /** Tasks in the order in which they first started: all of them. */
  path: z.array(z.string()).optional(),
  /** Rows by table, each with at least these fields; as many as there are. */
  outputs: z.record(z.string(), z.array(json)).optional(),
  /** By node: texts that stand in its prompts, one for each attempt. */
  prompts: z.record(z.string(), z.array(z.string())).optional(),
  /** By node: texts that stand in what its tools said, one for each call. */
  tools: z.record(z.string(), z.array(z.string())).optional(),
  /** What is waited for. */
  waitingFor: z.array(z.string()).optional(),
});

const said = z.union([
  z.boolean(),
  z.strictObject({ approved: z.boolean(), note: z.string().optional() }),
  z.strictObject({ answer: json }),
]);

const testCase = z.strictObject({
  name: z.string().min(1),
  input: json.optional(),
  answers: z.record(z.string(), json).optional(),
  tools: z
    .record(z.string(), z.array(z.strictObject({ name: z.string(), input: json.optional() })))
    .optional(),
  people: z.record(z.string(), said).optional(),
  signals: z
    .array(
      z.strictObject({ name: z.string(), payload: json.optional(), correlationId: z.string().optional() }),
    )
    .optional(),
  host: z.record(z.string(), z.string()).optional(),
  files: z.record(z.string(), z.string()).optional(),
  expect: expected,
});

const file = z.strictObject({
  $schema: z.string().optional(),
  /** Relative to the test file. */
  workflow: z.string().min(1),
  cases: z.array(testCase).min(1),
});

export type TestFile = z.infer<typeof file>;
export type TestCase = TestFile["cases"][number];

/** The file can't be read, is no JSON, or has another shape; the message names every place. */
export class TestFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TestFileError";
  }
}

/** @throws TestFileError */
export function readTestFile(name: string): TestFile {
  let value: Json;
  try {
    value = JSON.parse(readFileSync(name, "utf8")) as Json;
  } catch (error) {
    throw new TestFileError(`${name} can't be read: ${(error as Error).message}`);
  }
  const parsed = parseWith(file, value);
  if (!parsed.ok) throw new TestFileError(`${name} has a wrong shape:\n${formatIssues(parsed.issues)}`);
  return file.parse(value);
}

/** What a run gave otherwise than was expected, one line each; none where all is as it should be. */
export async function runCase(
  flow: TestWorkflow,
  { name: _, expect, ...options }: TestCase,
): Promise<readonly string[]> {
  let run: TestRun;
  try {
    run = await flow.run(options);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  return differences(run, expect);
}

function differences(run: TestRun, expect: TestCase["expect"]): readonly string[] {
  const found: string[] = [];
  const differs = (what: string, wanted: unknown, got: unknown): void => {
    found.push(`${what}: expected ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`);
  };
  const { status = "finished", reason, path, outputs = {}, prompts = {}, tools = {}, waitingFor } = expect;
  if (run.status !== status) {
    differs("status", status, run.status);
    if (run.reason !== null) found.push(`  ${run.reason}`);
  }
  if (reason !== undefined && !(run.reason ?? "").includes(reason)) differs("reason", reason, run.reason);
  if (path !== undefined && !isDeepStrictEqual(path, run.path)) differs("path", path, run.path);
  for (const [table, rows] of Object.entries(outputs)) {
    const got = run.outputs[table] ?? [];
    if (got.length !== rows.length || !rows.every((row, index) => holds(got[index] as Json, row)))
      differs(`outputs.${table}`, rows, got);
  }
  for (const [node, texts] of Object.entries(prompts)) {
    const got = run.prompts(node);
    if (got.length !== texts.length || !texts.every((text, index) => got[index]?.includes(text)))
      differs(`prompts.${node}`, texts, got);
  }
  for (const [node, texts] of Object.entries(tools)) {
    const got = run
      .tools(node)
      .map(({ output }) => (typeof output === "string" ? output : JSON.stringify(output)));
    if (got.length !== texts.length || !texts.every((text, index) => got[index]?.includes(text)))
      differs(`tools.${node}`, texts, got);
  }
  const waiting = run.waitingFor.map(({ nodeId, iteration }) =>
    iteration > 0 ? `${nodeId}@${iteration}` : nodeId,
  );
  if (waitingFor !== undefined && !isDeepStrictEqual(waitingFor, waiting))
    differs("waitingFor", waitingFor, waiting);
  return found;
}

/** Whether a value has at least what is wanted. */
function holds(value: Json | undefined, wanted: Json): boolean {
  if (typeof wanted !== "object" || wanted === null) return value === wanted;
  if (Array.isArray(wanted))
    return (
      Array.isArray(value) &&
      value.length === wanted.length &&
      wanted.every((one, at) => holds(value[at], one))
    );
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const members = value as { readonly [key: string]: Json };
  return Object.entries(wanted).every(([key, one]) => holds(members[key], one as Json));
}
