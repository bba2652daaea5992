/** The commands that answer what a run asks of people, ready to be typed. */
import type { Json } from "../../plan/types.ts";
import type { Question } from "../engine.ts";
import { childId } from "../interpreter/run-id.ts";
import type { TaskRecord } from "../store/store.ts";

/** `text` as one word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** One of the commands that answer a question, with a word for what it says. */
export interface AnswerCommand {
  readonly says: "approve" | "deny" | "answer" | "done" | "again" | "failed";
  readonly command: string;
}

/** The run that asks: one that a node of `runId` holds, or itself. */
export const askerOf = (runId: string, { child }: Pick<Question, "child">): string =>
  child === undefined ? runId : childId(runId, child);

/** The commands that answer what people are asked at `node`, an address as they see it. `{…}` and `KEY` are left to them. */
export function answerCommands(
  runId: string,
  node: string,
  asks: Question["asks"],
): readonly AnswerCommand[] {
  const at = `${runId} ${shellWord(node)}`;
  switch (asks) {
    case "approval":
    case "start":
    case "tool":
      return [
        { says: "approve", command: `smithers approve ${at}` },
        { says: "deny", command: `smithers deny ${at}` },
      ];
    case "choice":
      return [{ says: "answer", command: `smithers answer ${at} --select KEY` }];
    case "ranking":
      return [{ says: "answer", command: `smithers answer ${at} --rank KEY,KEY` }];
    case "answer":
      return [{ says: "answer", command: `smithers answer ${at} '{…}'` }];
    case "resolution":
      return [
        { says: "done", command: `smithers resolve ${at} --done '{…}'` },
        { says: "again", command: `smithers resolve ${at} --retry` },
        { says: "failed", command: `smithers resolve ${at} --failed` },
      ];
    default:
      return asks satisfies never;
  }
}

/** Sends the signal that a waiting node's journaled reason asks for; `{…}` is left to the reader. */
export function signalCommand(runId: string, { event, correlationId }: AskedSignal): string {
  const which = correlationId === null ? "" : ` --correlation-id ${shellWord(correlationId)}`;
  return `smithers signal ${runId} ${shellWord(event)}${which} '{…}'`;
}

export interface AskedSignal {
  readonly event: string;
  readonly correlationId: string | null;
}

/** What a waiting task's reason says of the signal it waits for. */
export function askedSignal(reason: Json): AskedSignal {
  const { event, correlationId } = fieldsOf(reason);
  return { event: String(event), correlationId: typeof correlationId === "string" ? correlationId : null };
}

/** Whether a task waits for people. */
export const isQuestion = ({ kind, state, reason }: Pick<TaskRecord, "kind" | "state" | "reason">): boolean =>
  state === "waiting" && (kind === "approval" || kind === "human" || Object.hasOwn(fieldsOf(reason), "asks"));

/** What a question asks for, by its task's reason. */
export const asksOf = (reason: Json): Question["asks"] =>
  (fieldsOf(reason).asks as Question["asks"] | undefined) ?? "approval";

/** Keys of the options that a question leaves people to choose from or to rank; "" for one without a key. */
export const keysOf = (options: Json | undefined): readonly string[] =>
  (Array.isArray(options) ? options : []).map((option: Json) =>
    typeof option === "string" ? option : String(fieldsOf(option).key ?? ""),
  );

/** The fields of a task's reason; none where it has no object. */
export function fieldsOf(reason: Json): { readonly [name: string]: Json } {
  return typeof reason === "object" && reason !== null && !Array.isArray(reason)
    ? (reason as { readonly [name: string]: Json })
    : {};
}
