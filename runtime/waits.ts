/** What the runs of a project wait for people to say. */

import type { Question } from "./engine.ts";
import type { InboxRequest } from "./interpreter/run.ts";
import { reading } from "./reading.ts";
import {
  answerCommands,
  askedSignal,
  asksOf,
  fieldsOf,
  isQuestion,
  keysOf,
  signalCommand,
} from "./requests/answers.ts";
import { filedRequests } from "./requests/inbox.ts";
import { everyRunId, runDirectory, storeDirectory } from "./runs.ts";
import { hasWriter, loadSqlite } from "./store/index.ts";
import { showAddress } from "./store/rules.ts";
import { type Address, type RunReader, type RunStatus, StoreError, type TaskRecord } from "./store/store.ts";

/** Something that a person or another program has to say before a node goes on. */
export interface Wait extends Address {
  readonly runId: string;
  readonly workflow: string;
  readonly status: RunStatus;
  /** Whether a process attends to the run and takes the answer up at once; else the next resume does. */
  readonly attended: boolean;
  /** The address as people type it (`ok@@outer=1@2`). */
  readonly node: string;
  /** For what: a decision (`approval`, `start`), a `choice`, a `ranking`, a row (`answer`), a `resolution`, a `signal`. */
  readonly kind: Question["asks"] | "signal";
  /** What is asked; of a signal its name. */
  readonly title: string;
  readonly summary: string;
  /** Of a signal: which of several of its name is meant; null otherwise. */
  readonly correlationId: string | null;
  /** Unix time, milliseconds, of the frame in which it was asked. */
  readonly since: number;
  /** Unix time, milliseconds, at which the run stops waiting; null for never. */
  readonly until: number | null;
  /** Whether an answer lies in the run's inbox and has not been taken up. */
  readonly answered: boolean;
  /** Keys to choose from or to rank; empty for others. */
  readonly options: readonly string[];
  /** Who may answer; null: anybody. */
  readonly allowedUsers: readonly string[] | null;
  /** The commands that answer it; `{…}` and `KEY` in them are left to people. */
  readonly commands: readonly string[];
}

export interface Waits {
  /** The oldest first. */
  readonly waits: readonly Wait[];
  /** Runs that could not be read. */
  readonly problems: readonly { readonly runId: string; readonly message: string }[];
}

/**
 * What waits for people in all runs of a project that have not ended.
 * @throws what the file system throws
 */
export async function listWaits(root: string): Promise<Waits> {
  const waits: Wait[] = [];
  const problems: { runId: string; message: string }[] = [];
  const vfs = await loadSqlite();
  for (const runId of everyRunId(root)) {
    const directory = runDirectory(root, runId);
    try {
      waits.push(...(await reading(directory, (reader) => waitsOf(reader, runId, directory), { vfs })));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      problems.push({ runId, message: error.message });
    }
  }
  return { waits: waits.sort((a, b) => a.since - b.since), problems };
}

const OPEN: ReadonlySet<RunStatus> = new Set(["running", "waiting", "paused", "stalled"]);

async function waitsOf(reader: RunReader, runId: string, directory: string): Promise<readonly Wait[]> {
  // Asked before the journal is read: a run that ends meanwhile must not look abandoned.
  const attended = hasWriter(storeDirectory(directory));
  const { run, tasks } = await reader.journal();
  if (!run || !OPEN.has(run.status)) return [];
  const waiting = tasks.filter(
    (task) => isQuestion(task) || (task.state === "waiting" && task.kind === "wait"),
  );
  if (waiting.length === 0) return [];
  const filed = filedRequests(directory);
  const { workflow, status } = run;
  return Promise.all(
    waiting.map(async (task): Promise<Wait> => {
      const { nodeId, scope, iteration, reason } = task;
      const [frame] = await reader.frames(task.frame - 1, 1);
      const { until } = fieldsOf(reason);
      return {
        runId,
        workflow,
        status,
        attended,
        node: showAddress(task),
        nodeId,
        scope,
        iteration,
        ...askedBy(task, runId),
        since: frame?.now ?? run.createdAt,
        until: typeof until === "string" ? Date.parse(until) : null,
        answered: filed.some((request) => answers(request, task)),
      };
    }),
  );
}

type Asked = Pick<
  Wait,
  "kind" | "title" | "summary" | "correlationId" | "options" | "allowedUsers" | "commands"
>;

function askedBy(task: TaskRecord, runId: string): Asked {
  if (task.kind === "wait") {
    const signal = askedSignal(task.reason);
    return {
      kind: "signal",
      title: signal.event,
      summary: "",
      correlationId: signal.correlationId,
      options: [],
      allowedUsers: null,
      commands: [signalCommand(runId, signal)],
    };
  }
  const { title, summary, options, allowedUsers } = fieldsOf(task.reason);
  const kind = asksOf(task.reason);
  return {
    kind,
    title: String(title ?? ""),
    summary: String(summary ?? ""),
    correlationId: null,
    options: keysOf(options),
    allowedUsers: Array.isArray(allowedUsers) ? allowedUsers.map(String) : null,
    commands: answerCommands(runId, showAddress(task), kind).map(({ command }) => command),
  };
}

function answers(request: InboxRequest, task: TaskRecord): boolean {
  if ("stop" in request) return false;
  if ("payload" in request) {
    if (task.kind !== "wait") return false;
    const { event, correlationId } = askedSignal(task.reason);
    return request.name === event && (correlationId === null || request.correlationId === correlationId);
  }
  return task.kind !== "wait" && showAddress(request) === showAddress(task);
}
