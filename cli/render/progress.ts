/**
 * A run as people follow it: one line for every fact that stays, and on a terminal a footer of what runs right now.
 * Without a terminal only the lines are printed.
 */
import type { Json } from "../../plan/types.ts";
import type { EventRecord } from "../../runtime/index.ts";
import type { Terminal } from "../terminal.ts";
import { addressName } from "./address.ts";
import { cut, duration } from "./table.ts";

export interface Progress {
  event(event: EventRecord): void;
  /** Removes the footer; the lines stay. */
  close(): void;
}

interface Running {
  readonly name: string;
  readonly since: number;
}

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const REDRAW_MS = 100;
/** More running tasks than this are counted, not listed. */
const LISTED = 8;

export function createProgress(terminal: Terminal, now: () => number = Date.now): Progress {
  const running = new Map<string, Running>();
  const footer = terminal.columns === null ? null : createFooter(terminal, running, now);
  return {
    event(event) {
      const line = describe(event, running, terminal);
      if (line === null) return;
      footer?.clear();
      terminal.err(line);
      footer?.draw();
    },
    close() {
      footer?.stop();
    },
  };
}

/** The line an event leaves behind, null for none. Keeps `running` up to date. */
function describe(event: EventRecord, running: Map<string, Running>, terminal: Terminal): string | null {
  const { paint } = terminal;
  const { data } = event;
  const name = nameOf(data);
  const text = (key: string) => (typeof data[key] === "string" ? (data[key] as string) : "");
  const took = () => {
    const started = running.get(name)?.since;
    running.delete(name);
    return started === undefined ? "" : paint.dim(`  ${duration(event.at - started)}`);
  };
  switch (event.type) {
    case "run.started":
      return `${paint.bold(`run ${text("runId")}`)}`;
    case "run.stopping":
      return `${paint.yellow("!")} ${data.stop === "pause" ? "pausing" : "cancelling"}, as ${text("by")} asked`;
    case "run.resumed":
      return `${paint.bold(`run ${text("runId")}`)}  ${paint.dim("resumed")}`;
    case "task.started":
      running.set(name, { name, since: event.at });
      return terminal.columns === null ? `${paint.dim("…")} ${name}  started` : null;
    case "task.finished":
      return `${paint.green("✓")} ${name}${took()}`;
    case "task.skipped":
      return `${paint.dim("-")} ${name}  ${paint.dim("skipped")}`;
    case "task.failed":
      return `${paint.red("✗")} ${name}${took()}  ${paint.red(errorText(data))}`;
    case "task.retrying":
      took();
      return `${paint.yellow("↻")} ${name}  ${errorText(data)}${waitText(data.delayMs)}`;
    case "task.stdout":
    case "task.stderr":
      return `${paint.dim(`  ${name} │`)} ${text("line")}`;
    case "task.log":
      return `${paint.dim(`  ${name} │`)} ${text("message")}${noteOf(data.data)}`;
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
      return `${paint.yellow("!")} ${text("node")}  its ${text("measure")} are used up: ${data.used} of ${data.max}`;
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

/** What people are asked for. */
function wantedOf({ asks, options }: EventRecord["data"]): string {
  const keys = (Array.isArray(options) ? options : []).map((option: Json) =>
    typeof option === "string" ? option : String((option as { readonly key?: Json }).key),
  );
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

function nameOf({ nodeId, scope, iteration }: EventRecord["data"]): string {
  return addressName({
    nodeId: typeof nodeId === "string" ? nodeId : "",
    scope: typeof scope === "string" ? scope : "",
    iteration: typeof iteration === "number" ? iteration : 0,
  });
}

function noteOf(data: Json | undefined): string {
  return data === undefined || data === null ? "" : ` ${JSON.stringify(data)}`;
}

function errorText({ code, message }: EventRecord["data"]): string {
  const parts = [code, message].filter((part) => typeof part === "string");
  return parts.length === 0 ? "failed" : parts.join(": ");
}

function waitText(delay: unknown): string {
  return typeof delay === "number" ? `; again in ${duration(delay)}` : "";
}

function createFooter(terminal: Terminal, running: Map<string, Running>, now: () => number) {
  let drawn = 0;
  let tick = 0;
  const clear = () => {
    if (drawn > 0) process.stderr.write(`\u001b[${drawn}A\u001b[0J`);
    drawn = 0;
  };
  const draw = () => {
    const all = [...running.values()];
    // A line that wraps would break the arithmetic of clearing.
    const lines = all.slice(0, LISTED).map(({ name, since }) => {
      const spinner = FRAMES[tick % FRAMES.length]!;
      return cut(`${spinner} ${name}  ${duration(now() - since)}`, (terminal.columns ?? 80) - 1);
    });
    if (all.length > LISTED) lines.push(`  … and ${all.length - LISTED} more`);
    for (const line of lines) process.stderr.write(`${terminal.paint.cyan(line)}\n`);
    drawn = lines.length;
  };
  const timer = setInterval(() => {
    tick += 1;
    clear();
    draw();
  }, REDRAW_MS);
  timer.unref();
  return {
    clear,
    draw,
    stop() {
      clearInterval(timer);
      clear();
    },
  };
}
