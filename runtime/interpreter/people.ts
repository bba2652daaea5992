/**
 * What nodes ask of people, and what comes of the answers (SEMANTICS 38): decisions on approvals and on tasks that need
 * one, choices and rankings among options, rows that a person gives.
 */
import { CoreError } from "../../plan/core/values.ts";
import type { ApprovalNode, Json, LeafNode } from "../../plan/types.ts";
import { formatIssues } from "../../plan/zod/index.ts";
import type { TaskError } from "../executors/executor.ts";
import { isQuestion, keysOf } from "../requests/answers.ts";
import { addressKey } from "../store/rules.ts";
import type { Cell } from "../values/cell.ts";
import { toJson } from "../values/json.ts";
import { failed, finished } from "./handlers.ts";
import { Leaf } from "./leaf.ts";
import { resolutionOf, UNCERTAIN } from "./once.ts";
import { parseRow, recordRow } from "./outputs.ts";
import { numberOf, promptText } from "./request.ts";
import { type AnswerRequest, addressData, type Decision, type Run } from "./run.ts";
import { isStarted, type TaskEntry } from "./states.ts";
import { decideTool } from "./suspended.ts";

/** What is asked, as the entry and the journal keep it while it waits. Without `asks`: a decision on an approval. */
export interface Ask {
  readonly asks?: "start" | "choice" | "ranking" | "answer" | "resolution" | "tool";
  readonly title: string;
  readonly summary: string;
  /** The tool that may run or not, and the call that it is about. */
  readonly tool?: string;
  readonly call?: string;
  /** Keys to choose from or to rank. */
  readonly options?: Json;
  /** Who may decide; absent: anybody. */
  readonly allowedUsers?: readonly string[];
  /** Answers so far that did not fit, when the last one was given, and why it did not. */
  readonly rejected?: number;
  readonly last?: number;
  readonly problem?: string;
}

const ASKS = { approve: undefined, select: "choice", rank: "ranking" } as const;

/** @throws Pending, CoreError */
export function askOf(leaf: Leaf, reader: Cell): Ask {
  const { node } = leaf;
  const text = (field: unknown): string => (field === undefined ? "" : promptText(leaf, field, reader));
  switch (node.kind) {
    case "approval": {
      const asks = ASKS[node.mode ?? "approve"];
      const users = leaf.scope.field(node.allowedUsers, reader);
      return {
        ...(asks && { asks, options: optionsOf(leaf, node, reader) }),
        title: text(node.title),
        summary: text(node.summary),
        ...(Array.isArray(users) && { allowedUsers: users.map(String) }),
      };
    }
    case "human":
      return { asks: "answer", title: text(node.label), summary: text(node.prompt) };
    case "task":
      return { asks: "start", title: text(node.label) || "May it start?", summary: "" };
    default:
      throw new Error(`a ${node.kind} asks nothing of people`);
  }
}

/** What tells one question from another, at the same node too. */
export const questionKey = (entry: TaskEntry): string => `${entry.key} ${asked(entry).call ?? ""}`;

/** Whether yes or no is an answer. */
export const isDecision = (asks: Ask["asks"]): asks is undefined | "start" | "tool" =>
  asks === undefined || asks === "start" || asks === "tool";

function optionsOf(leaf: Leaf, node: ApprovalNode, reader: Cell): Json {
  const value = leaf.scope.field(node.options, reader);
  const options = toJson(value ?? null, `options of ${leaf.plan.key}`);
  if (Array.isArray(options) && options.length > 0 && keysOf(options).every((key) => key !== ""))
    return options;
  throw new CoreError(
    "FORBIDDEN",
    `nodes.${leaf.plan.key}.options: there is nothing to choose from; give it [{ key, label }, …]`,
  );
}

/** Whether an entry waits for people. */
export const isAsked = (entry: TaskEntry): boolean => entry.nextAt === null && isQuestion(entry);

export const asked = ({ reason }: TaskEntry): Ask => reason as unknown as Ask;

/** Applies decisions and answers to what waits for them; decisions that come before stay until something does. */
export function settlePeople(run: Run): boolean {
  let settled = false;
  for (const fact of run.early) {
    const leaf = [...run.world.asked].find((waiting) => isMeant(waiting, fact.decision));
    const { entry } = leaf ?? {};
    if (!leaf || !entry) {
      if (isDecided(run, fact.decision)) {
        run.early.delete(fact);
        run.committed.push(fact.done);
      }
      continue;
    }
    run.early.delete(fact);
    run.committed.push(fact.done);
    if (decide(run, leaf, entry, fact.decision)) settled = true;
  }
  for (const request of run.answers.splice(0)) if (answer(run, request)) settled = true;
  return settled;
}

/** It has its decision: this one came second. */
function isDecided(run: Run, { nodeId, scope, iteration }: Decision): boolean {
  if (scope === undefined || iteration === undefined) return false;
  const entry = run.world.states.entries.get(addressKey({ nodeId, scope, iteration }));
  return entry !== undefined && isStarted(entry.state) && !isAsked(entry);
}

function isMeant({ entry }: Leaf, { nodeId, scope, iteration }: Decision): boolean {
  const address = entry?.address;
  if (address?.nodeId !== nodeId) return false;
  return (
    (scope === undefined || scope === address.scope) &&
    (iteration === undefined || iteration === address.iteration)
  );
}

/** A decision on what waits for one; false where it is not for this person to make, or not what is asked for. */
export function decide(run: Run, leaf: Leaf, entry: TaskEntry, decision: Decision): boolean {
  const { approved, note, decidedBy, decidedAt, call } = decision;
  const { allowedUsers, asks, call: about } = asked(entry);
  const who = addressData(entry.address);
  const wants = !isDecision(asks) && approved;
  const isAllowed = allowedUsers?.includes(decidedBy) ?? true;
  const isOther = call !== undefined && call !== about;
  if (decidedBy !== NOBODY && (wants || !isAllowed || isOther)) {
    const why = isOther
      ? "it was said of another question"
      : wants
        ? `it waits for ${NOUNS[asks]}`
        : `only ${allowedUsers?.join(", ")} may decide`;
    const data = { ...who, approved, note, decidedBy, ...(call !== undefined && { call }), message: why };
    run.event("approval.refused", data);
    return false;
  }
  if (asks === "tool") {
    decideTool(run, entry, asked(entry), decision);
    return true;
  }
  run.writes.push({ type: "decision", ...entry.address, approved, note, decidedBy, decidedAt });
  run.event("approval.decided", { ...who, approved, note, decidedBy });
  const onDeny = leaf.node.kind === "approval" ? (leaf.node.onDeny ?? "fail") : "fail";
  if (!approved && onDeny === "skip") {
    run.world.setState(entry, "skipped", { code: "DENIED", message: denial(decision) }, true);
    return true;
  }
  if (!approved && onDeny === "fail") {
    failAsked(run, leaf, entry, { code: "DENIED", message: denial(decision), retryable: false });
    return true;
  }
  if (asks === "start") {
    run.world.agree(entry);
    return true;
  }
  const given = { approved, note, decidedBy, decidedAt: new Date(decidedAt).toISOString() };
  const none = asks === "choice" ? { selected: null, notes: note } : { ranked: [], notes: note };
  const row = asks === undefined ? given : none;
  const problem = take(run, entry, row);
  if (problem)
    failAsked(run, leaf, entry, {
      code: "OUTPUT_INVALID",
      message: `the decision ${problem}`,
      retryable: false,
    });
  return true;
}

/** An answer that was taken up before, and whose file outlived its writer. */
export function isKnown({ world }: Run, request: AnswerRequest): boolean {
  const entry = world.states.entries.get(addressKey(request));
  return entry !== undefined && isAsked(entry) && asked(entry).last === request.at;
}

/** What a person gave as a row, a choice or a ranking; false where nothing waits for it. */
function answer(run: Run, { nodeId, scope, iteration, answer: given, by, at }: AnswerRequest): boolean {
  const entry = run.world.states.entries.get(addressKey({ nodeId, scope, iteration }));
  const leaf = entry?.leaves.find((mounted) => mounted instanceof Leaf);
  if (!entry || !leaf || !run.world.asked.has(leaf)) return false;
  const ask = asked(entry);
  const who = addressData(entry.address);
  if (ask.asks === "resolution") return resolve(run, leaf, entry, given, by);
  const isAllowed = ask.allowedUsers?.includes(by) ?? true;
  const problem =
    (isAllowed ? null : `is not ${by}'s to give: only ${ask.allowedUsers?.join(", ")} may`) ??
    problemOf(ask, given) ??
    take(run, entry, given);
  if (problem === null) {
    run.event("human.accepted", { ...who, by });
    return true;
  }
  run.event("human.rejected", { ...who, by, message: `the answer ${problem}` });
  const rejected = (ask.rejected ?? 0) + 1;
  const max = leaf.policy("maxAttempts", MAX_ANSWERS);
  if (leaf.kind === "human" && rejected >= max) {
    const message = `${max === 1 ? "the answer" : `the last of ${max} answers`} ${problem}`;
    failAsked(run, leaf, entry, { code: "OUTPUT_INVALID", message, retryable: false });
  } else
    run.world.setState(
      entry,
      "waiting",
      { ...(ask as object), rejected, last: at, problem } as unknown as Json,
      false,
    );
  return true;
}

/** What a person says became of an attempt (SEMANTICS 34). */
function resolve(run: Run, leaf: Leaf, entry: TaskEntry, said: Json, by: string): boolean {
  const who = addressData(entry.address);
  const resolution = resolutionOf(said);
  const refuse = (message: string): boolean => {
    run.event("human.rejected", { ...who, by, message });
    return false;
  };
  if (!resolution) return refuse("it waits for a resolution: done with its row, retry or failed");
  switch (resolution.resolved) {
    case "done": {
      const problem = take(run, entry, resolution.row);
      if (problem) return refuse(`the row ${problem}`);
      break;
    }
    case "retry":
      run.world.setState(entry, "waiting", { code: UNCERTAIN, message: `${by} wants it done` }, false, 0);
      run.world.answered(entry);
      run.due.add(entry);
      break;
    case "failed":
      failAsked(run, leaf, entry, {
        code: UNCERTAIN,
        message: `${by} says that it failed`,
        retryable: false,
      });
      break;
    default:
      return resolution satisfies never;
  }
  run.event("task.resolved", { ...who, by, resolved: resolution.resolved });
  return true;
}

/** Puts a row into the journal; gives what is wrong with it instead where something is. */
function take(run: Run, entry: TaskEntry, row: Json): string | null {
  const parsed = parseRow(run, entry.table, row);
  if (!parsed.ok) return `does not fit the schema ${entry.table}:\n${formatIssues(parsed.issues)}`;
  recordRow(run, entry, row, parsed.value);
  run.world.setState(entry, "finished", null, true);
  finished(run, entry, parsed.value);
  return null;
}

/** What is wrong with a choice or a ranking; null where nothing is, and for rows. */
export function problemOf({ asks, options }: Ask, given: Json): string | null {
  const keys = keysOf(options);
  const { selected, ranked } = (given ?? {}) as { readonly selected?: Json; readonly ranked?: Json };
  if (asks === "choice" && !keys.includes(String(selected)))
    return `has to be one of ${keys.join(", ")}, not ${JSON.stringify(selected ?? null)}`;
  if (asks !== "ranking") return null;
  const order = Array.isArray(ranked) ? ranked.map(String) : [];
  const isWhole = order.length === keys.length && new Set(order).size === keys.length;
  return isWhole && order.every((key) => keys.includes(key))
    ? null
    : `has to name each of ${keys.join(", ")} once, not ${JSON.stringify(ranked ?? null)}`;
}

/** What people or signals had to give did not come, or is not what was asked for. */
export function failAsked(run: Run, leaf: Leaf, entry: TaskEntry, error: TaskError): void {
  const { code, message } = error;
  const fate = run.world.fail(entry, error, leaf.continues());
  run.event("task.failed", { ...addressData(entry.address), code, message, ...fate });
  failed(run, entry, error);
}

/** Whether a task waits for a person before it starts. @throws Pending, CoreError */
export function needsAgreement(leaf: Leaf, node: LeafNode, reader: Cell): boolean {
  if (node.kind !== "task" || node.needsApproval === undefined) return false;
  if (!leaf.scope.field(node.needsApproval, reader)) return false;
  const { entry, world } = leaf;
  if (!entry) return true;
  world.states.watch(entry.address.nodeId, reader);
  return !world.agreed.has(entry.key);
}

/** Until when a node waits for people, if that has an end: from the frame in which its turn came. */
export function patienceOf(leaf: Leaf, reader: Cell): number | null {
  const timeout = numberOf(leaf, "timeoutMs", Number.NaN, reader);
  return Number.isNaN(timeout) ? null : leaf.world.now() + timeout;
}

const denial = ({ decidedBy, note }: Decision): string => `denied by ${decidedBy}${note ? `: ${note}` : ""}`;

/** What is waited for, in words. */
export const NOUNS = {
  choice: "a choice",
  ranking: "a ranking",
  answer: "an answer",
  resolution: "a resolution",
} as const;

/** Who decides where nobody does in time. */
export const NOBODY = "timeout";

const MAX_ANSWERS = 10;
