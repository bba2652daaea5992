/** The commands of `smithers`, in the order of its help. */
import type { Argv } from "yargs";
import * as answer from "./commands/answer.ts";
import * as approve from "./commands/approve.ts";
import * as build from "./commands/build.ts";
import * as cancel from "./commands/cancel.ts";
import * as check from "./commands/check.ts";
import * as completion from "./commands/completion.ts";
import * as db from "./commands/db.ts";
import * as deny from "./commands/deny.ts";
import * as diff from "./commands/diff.ts";
import * as doctor from "./commands/doctor.ts";
import * as events from "./commands/events.ts";
import * as exports from "./commands/export.ts";
import * as fork from "./commands/fork.ts";
import * as gc from "./commands/gc.ts";
import * as graph from "./commands/graph.ts";
import * as imports from "./commands/import.ts";
import * as inbox from "./commands/inbox.ts";
import * as inspect from "./commands/inspect.ts";
import * as logs from "./commands/logs.ts";
import * as pause from "./commands/pause.ts";
import * as preview from "./commands/preview.ts";
import * as ps from "./commands/ps.ts";
import * as replay from "./commands/replay.ts";
import * as resolve from "./commands/resolve.ts";
import * as resume from "./commands/resume.ts";
import * as retry from "./commands/retry.ts";
import * as rewind from "./commands/rewind.ts";
import * as run from "./commands/run.ts";
import * as signal from "./commands/signal.ts";
import * as sql from "./commands/sql.ts";
import * as test from "./commands/test.ts";
import * as up from "./commands/up.ts";
import * as why from "./commands/why.ts";
import type { CommandResult } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

export interface Command<A> {
  readonly command: string;
  readonly describe: string;
  /** Declares positionals and options; what they parse to is `A`. */
  readonly options: (yargs: Argv) => unknown;
  readonly handler: (args: A, terminal: Terminal) => CommandResult;
}

export const COMMANDS: readonly Command<never>[] = [
  up,
  build,
  check,
  run,
  test,
  diff,
  graph,
  preview,
  ps,
  inbox,
  inspect,
  logs,
  events,
  db,
  sql,
  why,
  replay,
  answer,
  approve,
  deny,
  signal,
  pause,
  resolve,
  resume,
  retry,
  rewind,
  fork,
  cancel,
  exports,
  imports,
  gc,
  doctor,
  completion,
];
