/**
 * Scripted answers (`--script FILE`): what agents say and people decide, from a JSON file. For examples and tests.
 *
 *   { "answers": [
 *       { "node": "review-*", "iteration": 0, "reply": { "approved": false }, "latencyMs": 50 },
 *       { "node": "fix", "attempt": 1, "error": { "message": "overloaded", "status": 529 } },
 *       { "node": "look", "tools": [{ "name": "read", "input": { "path": "a.txt" } }], "reply": "read" },
 *       { "node": "fix", "replies": [{ "n": "not a number" }, { "n": 3 }] } ],
 *     "approvals": [{ "node": "ship", "approved": true, "note": "go" }] }
 *
 * Answers are also what people give where a node asks for a row, a choice (`{ "selected": "a" }`) or a ranking.
 *
 * The first entry that fits decides: by node id (`*` stands for any characters; `buy-eu:quote` is the node `quote` of the run
 * that `buy-eu` holds), and by iteration, attempt and agent where the entry names them. So a script holds no state, and a
 * resumed run gets the same answers.
 */
import { readFile } from "node:fs/promises";
import * as z from "zod";
import type { Json } from "../../plan/types.ts";
import { fitsWildcard } from "../../plan/wildcard.ts";
import { formatIssues, parseWith } from "../../plan/zod/index.ts";
import { nodeNames } from "../interpreter/run-id.ts";
import type { Address, TaskRecord } from "../store/store.ts";

const json: z.ZodType<Json> = z.json();

const where = {
  /** Node id, in a child run also with the child's name before it; `*` stands for any characters. */
  node: z.string().min(1),
  iteration: z.int().nonnegative().optional(),
  latencyMs: z.number().nonnegative().optional(),
};

const answer = z
  .strictObject({
    ...where,
    /** 1-based. */
    attempt: z.int().positive().optional(),
    agent: z.string().optional(),
    /** A string is a text answer, anything else structured output. */
    reply: json.optional(),
    /** The answers of one conversation: to the prompt, then to each correction. The last one repeats. */
    replies: z.array(json).min(1).optional(),
    error: z
      .strictObject({
        message: z.string(),
        code: z.string().default("PROVIDER"),
        /** An HTTP status decides whether a retry may help; without one, `retryable` does. */
        status: z.int().optional(),
        retryable: z.boolean().optional(),
        retryAfterMs: z.number().nonnegative().optional(),
      })
      .optional(),
    /** Tools that the agent calls before it answers, one after another. */
    tools: z.array(z.strictObject({ name: z.string(), input: json.default({}) })).optional(),
    /** Of each reply. What it cost: `costUsd`, else its tokens at the price of the agent's model. */
    usage: z
      .strictObject({
        inputTokens: z.int().default(0),
        outputTokens: z.int().default(0),
        costUsd: z.number().nonnegative().optional(),
      })
      .optional(),
  })
  .refine(
    (entry) => [entry.reply, entry.replies, entry.error].filter((part) => part !== undefined).length === 1,
    {
      error: "expected exactly one of reply, replies and error",
    },
  );

const approval = z.strictObject({
  ...where,
  /** Only where it is this tool that is asked about. */
  tool: z.string().optional(),
  approved: z.boolean(),
  note: z.string().nullable().default(null),
});

const script = z.strictObject({
  answers: z.array(answer).default([]),
  approvals: z.array(approval).default([]),
});

export type Script = z.infer<typeof script>;
export type ScriptedAnswer = Script["answers"][number];
export type ScriptedApproval = Script["approvals"][number];

/** The script file can't be read, is no JSON, or has another shape. The message names file, path and expectation. */
export class ScriptError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ScriptError";
  }
}

/** @throws ScriptError */
export async function loadScript(file: string): Promise<Script> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new ScriptError(`The script ${file} can't be read: ${reasonOf(cause)}`, { cause });
  }
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw new ScriptError(`The script ${file} is not JSON: ${reasonOf(cause)}`, { cause });
  }
  return parseScript(value, file);
}

/** @throws ScriptError */
export function parseScript(value: Json, name = "script"): Script {
  const parsed = parseWith(script, value);
  if (!parsed.ok)
    throw new ScriptError(`The script ${name} has a wrong shape:\n${formatIssues(parsed.issues)}`);
  // Parsed once more for its type; parseWith gives plain JSON.
  return script.parse(value);
}

/** The entry that answers this attempt; undefined when none does. */
export function findAnswer(
  { answers }: Script,
  at: { readonly runId: string; readonly address: Address; readonly attempt: number; readonly agent: string },
): ScriptedAnswer | undefined {
  return answers.find(
    (entry) =>
      fits(entry, at.runId, at.address) &&
      (entry.attempt === undefined || entry.attempt === at.attempt) &&
      (entry.agent === undefined || entry.agent === at.agent),
  );
}

/** What the script says in people's place at a node of a kind: a decision, or a row; undefined leaves it to people. */
export function decideScripted(
  { approvals, answers }: Script,
  runId: string,
  address: Address,
  kind: TaskRecord["kind"],
  tool?: string,
): ScriptedApproval | { readonly answer: Json; readonly latencyMs?: number | undefined } | undefined {
  const decision = approvals.find(
    (entry) => fits(entry, runId, address) && (entry.tool === undefined || entry.tool === tool),
  );
  if (decision || (kind !== "human" && kind !== "approval")) return decision;
  const said = answers.find((entry) => fits(entry, runId, address));
  return said?.reply === undefined ? undefined : { answer: said.reply, latencyMs: said.latencyMs };
}

function fits(
  entry: { node: string; iteration?: number | undefined },
  runId: string,
  { nodeId, iteration }: Address,
): boolean {
  if (entry.iteration !== undefined && entry.iteration !== iteration) return false;
  return nodeNames(runId, nodeId).some((name) => fitsWildcard(entry.node, name));
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
