/** A run as people follow it without a tree: one line for every fact. */
import type { Json } from "../../plan/types.ts";
import type { EventRecord } from "../../runtime/index.ts";
import { keysOf } from "../../runtime/requests/answers.ts";
import { stageText } from "../../runtime/stages.ts";
import { usdText } from "../../runtime/usage/money.ts";
import type { Terminal } from "../terminal.ts";
import { addressOf } from "./address.ts";
import { duration } from "./table.ts";

export interface Progress {
  event(event: EventRecord): void;
  /** Nothing more is drawn; what stands there stays. */
  close(): void;
}

/** When what runs began, by name. */
type Running = Map<string, number>;

export function createLines(terminal: Terminal): Progress {
  const running: Running = new Map();
  return {
    event(event) {
      const line = describe(event, running, terminal);
      if (line !== null) terminal.err(line);
    },
    close() {},
  };
}

/** The line an event leaves behind, null for none. Keeps `running` up to date. */
function describe(event: EventRecord, running: Running, terminal: Terminal): string | null {
  const { paint } = terminal;
  const { data } = event;
  const name = addressOf(data);
  const text = (key: string) => (typeof data[key] === "string" ? (data[key] as string) : "");
  const took = () => {
    const started = running.get(name);
    running.delete(name);
    return started === undefined ? "" : paint.dim(`  ${duration(event.at - started)}`);
  };
  switch (event.type) {
    case "run.started":
      return `${paint.bold(`run ${text("runId")}`)}`;
    case "run.carried":
      return paint.dim(carriedText(data));
    case "run.continued":
      return `${paint.green("→")} goes on as ${text("next")}`;
    case "run.stopping":
      if (data.reason !== undefined) return `${paint.yellow("!")} pausing: ${text("reason")}`;
      return `${paint.yellow("!")} ${data.stop === "pause" ? "pausing" : "cancelling"}, as ${text("by")} asked`;
    case "run.resumed":
      return `${paint.bold(`run ${text("runId")}`)}  ${paint.dim("resumed")}`;
    case "task.started":
      running.set(name, event.at);
      return `${paint.dim("…")} ${name}  started`;
    case "task.finished":
      return `${paint.green("✓")} ${name}${took()}`;
    case "task.skipped":
      return `${paint.dim("-")} ${name}  ${paint.dim("skipped")}`;
    case "task.failed":
      return `${paint.red("✗")} ${name}${took()}  ${paint.red(errorText(data))}`;
    case "task.retrying":
      took();
      return `${paint.yellow("↻")} ${name}  ${errorText(data)}${waitText(data.delayMs)}`;
    case "agent.paused":
      return `${paint.dim("◷")} ${name}  ${paint.dim(`its provider is busy: no calls until ${text("until")}`)}`;
    case "task.left":
      took();
      return `${paint.yellow("?")} ${name}  ${text("message")}`;
    case "task.stdout":
    case "task.stderr":
      return `${paint.dim(`  ${name} │`)} ${text("line")}`;
    case "task.log":
      return `${paint.dim(`  ${name} │`)} ${text("message")}${noteOf(data.data)}`;
    case "tool.finished":
      return `${paint.dim(`  ${name} │`)} ${data.ok === true ? "" : `${paint.red("✗")} `}${text("name")}  ${paint.dim(duration(Number(data.durationMs)))}${data.ok === true ? "" : `  ${text("output").split("\n")[0]}`}`;
    case "tool.decided":
      return `${data.approved === true ? paint.green("✓") : paint.red("✗")} ${name}  ${text("name")} ${data.approved === true ? "agreed to" : "denied"} by ${text("decidedBy")}${text("note") === "" ? "" : paint.dim(`  ${text("note")}`)}`;
    case "task.unmounted":
      return `${paint.yellow("!")} ${name}  ${text("warning")}: ${data.onUnmount === "cancel" ? "it is cancelled" : "it goes on to its end"}`;
    case "task.cancelled":
      return `${paint.yellow("-")} ${name}${took()}  cancelled`;
    // Said once, of the run.
    case "task.interrupted":
      took();
      return null;
    case "task.warning":
    case "run.warning":
      return `${paint.yellow("!")} ${name}  ${text("message")}`;
    case "phase.started":
    case "step.started":
      return `${paint.bold("▸")} ${stageOf(event)}`;
    case "phase.finished":
    case "step.finished":
      return `${paint.green("▪")} ${stageOf(event)}`;
    case "phase.skipped":
    case "step.skipped":
      return `${paint.dim("-")} ${stageOf(event)}  ${paint.dim("skipped")}`;
    case "phase.cancelled":
    case "step.cancelled":
      return `${paint.yellow("-")} ${stageOf(event)}  cancelled`;
    case "parallel.failed":
      return `${paint.red("✗")} ${name}  ${paint.red(errorText(data))}`;
    case "stop.reached":
      return `${paint.yellow("!")} ${name}  pauses the run: ${text("reason")}`;
    case "end.reached":
      return `${data.status === "failed" ? paint.red("■") : paint.green("■")} ${name}  ends the run as ${text("status")}`;
    case "signal.awaited":
      return `${paint.yellow("?")} ${name}  waits for the signal ${text("event")}${text("correlationId") === "" ? "" : ` (${text("correlationId")})`}`;
    case "signal.received":
      return `${paint.dim("⚡")} ${text("name")}  sent by ${text("by")}`;
    case "signal.duplicate":
      return `${paint.yellow("!")} ${text("name")}  was sent before with the correlation id ${text("correlationId")}: left out`;
    case "signal.delivered":
      return `${paint.green("✓")} ${name}`;
    case "signal.rejected":
      return `${paint.red("✗")} ${name}  ${text("message")}`;
    case "task.expired":
      return `${paint.yellow("!")} ${name}  was waited for long enough`;
    case "timer.set":
      return `${paint.dim("◷")} ${name}  waits until ${text("until")}`;
    case "timer.fired":
      return `${paint.green("✓")} ${name}`;
    case "task.cached": {
      const { runId } = (data.from ?? {}) as { readonly runId?: Json };
      return `${paint.dim("=")} ${name}  ${paint.dim(`as in ${String(runId)}`)}`;
    }
    case "budget.exceeded":
      return `${paint.yellow("!")} ${text("node")}  its ${usedUpText(data)}`;
    case "approval.requested":
    case "human.asked":
      return `${paint.yellow("?")} ${name}  waits for ${wantedOf(data)}: ${questionOf(data, paint)}`;
    case "approval.refused":
    case "human.rejected":
      return `${paint.red("✗")} ${name}  ${text("message")}`;
    case "human.accepted":
      return `${paint.green("✓")} ${name}  answered by ${text("by")}`;
    case "approval.decided":
      return `${data.approved === true ? paint.green("✓") : paint.red("✗")} ${name}  ${data.approved === true ? "approved" : "denied"} by ${text("decidedBy")}${text("note") === "" ? "" : paint.dim(`  ${text("note")}`)}`;
    default:
      return null;
  }
}

/** `phase Implement (2 of 3)`; of one without a name its id. */
const stageOf = ({ type, data }: EventRecord): string =>
  stageText(type.split(".")[0] as string, { ...data, name: data.name ?? addressOf(data) });

/** Where the state comes from that a run began with. */
function carriedText({ how, runId, frame, again }: EventRecord["data"]): string {
  if (how === "retry") return `taken back: ${Array.isArray(again) ? again.join(", ") : ""}`;
  if (how === "continue") return `takes the place of ${runId}`;
  return how === "rewind" ? `rewound to frame ${frame}` : `forked from ${runId}@${frame}`;
}

/** What people are asked for, of an event that asks. */
export function wantedOf({ asks, options }: EventRecord["data"]): string {
  const keys = keysOf(options);
  switch (asks) {
    case "choice":
      return `a choice among ${keys.join(", ")}`;
    case "ranking":
      return `a ranking of ${keys.join(", ")}`;
    case "answer":
      return "an answer";
    case "resolution":
      return "a resolution";
    default:
      return "a decision";
  }
}

function questionOf({ title, summary }: EventRecord["data"], paint: Terminal["paint"]): string {
  const [first, second] = [title, summary].map((part) => (typeof part === "string" ? part : ""));
  if (!first) return second ?? "";
  return second ? `${first}${paint.dim(`  ${second}`)}` : first;
}

function noteOf(data: Json | undefined): string {
  return data === undefined || data === null ? "" : ` ${JSON.stringify(data)}`;
}

/** `tokens are used up: 120 of 100`, `dollars are used up: $0.30 of $0.25`. */
function usedUpText({ measure, used, max }: EventRecord["data"]): string {
  if (measure !== "usd") return `${String(measure)} are used up: ${used} of ${max}`;
  return `dollars are used up: ${usdText(Number(used))} of ${usdText(Number(max))}`;
}

function errorText({ code, message }: EventRecord["data"]): string {
  const parts = [code, message].filter((part) => typeof part === "string");
  return parts.length === 0 ? "failed" : parts.join(": ");
}

function waitText(delay: unknown): string {
  return typeof delay === "number" ? `; again in ${duration(delay)}` : "";
}
