/** The `smithers` command. Each command is one thin file in commands/; heavy parts load only when a command needs them. */
import yargs, { type Argv } from "yargs";
import packageJson from "../package.json" with { type: "json" };
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
import { ASK } from "./completion/scripts.ts";
import { CliError, type CommandResult, EXIT, type ExitCode } from "./exit.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

interface Command<A> {
  readonly command: string;
  readonly describe: string;
  /** Declares positionals and options; what they parse to is `A`. */
  readonly options: (yargs: Argv) => unknown;
  readonly handler: (args: A, terminal: Terminal) => CommandResult;
}

/** Runs one command line and returns its exit code. Never throws. */
export async function main(
  argv: readonly string[],
  terminal: Terminal = processTerminal(),
): Promise<ExitCode> {
  let exit: ExitCode = EXIT.ok;
  const words = argv[0] === ASK ? argv.slice(1) : null;
  // For some shells yargs would put a description behind each answer.
  if (words) process.env.SHELL = "sh";
  const cli = yargs(words ? ["--get-yargs-completions", "smithers", ...words] : [...argv])
    .scriptName("smithers")
    .usage("$0 <command>\n\nCompile, review and run agent workflows.")
    .detectLocale(false)
    .version(packageJson.version)
    .strict()
    .recommendCommands()
    .demandCommand(1, "Name a command.")
    .wrap(Math.min(100, terminal.columns ?? 100))
    .exitProcess(false)
    .fail((message, error) => {
      throw (
        error ?? new CliError(EXIT.usage, message, "`smithers --help` lists the commands and their options.")
      );
    });
  const commands: string[] = [];
  const add = <A>(command: Command<A>) => {
    commands.push(command.command);
    cli.command(
      command.command,
      command.describe,
      (yargs) => void command.options(yargs),
      async (args) => {
        exit = await command.handler(args as A, terminal);
      },
    );
  };
  add(up);
  add(build);
  add(check);
  add(run);
  add(test);
  add(diff);
  add(graph);
  add(preview);
  add(ps);
  add(inbox);
  add(inspect);
  add(logs);
  add(events);
  add(db);
  add(sql);
  add(why);
  add(replay);
  add(answer);
  add(approve);
  add(deny);
  add(signal);
  add(pause);
  add(resolve);
  add(resume);
  add(retry);
  add(rewind);
  add(fork);
  add(cancel);
  add(exports);
  add(imports);
  add(gc);
  add(doctor);
  add(completion);
  skipHelpCache(cli);
  if (words) return complete(words, commands, cli, terminal);
  try {
    await cli.parseAsync();
    return exit;
  } catch (error) {
    return report(error, terminal);
  }
}

/** Prints what can stand at the end of a line. A shell must never see anything else, errors least of all. */
async function complete(
  words: readonly string[],
  commands: readonly string[],
  cli: Argv,
  terminal: Terminal,
): Promise<ExitCode> {
  const { recorded } = await import("./completion/answers.ts");
  const found = await recorded(words, commands);
  if (found) for (const one of found) terminal.out(one);
  else await Promise.resolve(cli.parseAsync()).catch(() => {});
  return EXIT.ok;
}

/**
 * Before every handler yargs lays out the command's help, in case a later failure wants to print it. Nothing here does,
 * and it costs a tenth of a short command's start. Without that method (another yargs) nothing changes.
 */
function skipHelpCache(cli: Argv): void {
  const { getInternalMethods } = cli as unknown as {
    getInternalMethods?: () => { getUsageInstance?: () => { cacheHelpMessage?: () => void } };
  };
  const usage = getInternalMethods?.call(cli).getUsageInstance?.();
  if (usage?.cacheHelpMessage) usage.cacheHelpMessage = () => {};
}

function report(error: unknown, terminal: Terminal): ExitCode {
  const { paint } = terminal;
  if (error instanceof CliError) {
    terminal.err(`${paint.red("error:")} ${error.message}`);
    if (error.hint !== undefined) terminal.err(`${paint.dim("hint:")}  ${error.hint}`);
    return error.exit;
  }
  terminal.err(
    `${paint.red("internal error:")} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  terminal.err(
    `${paint.dim("hint:")}  This is a fault of smithers, not of your workflow. Please report it with the text above.`,
  );
  return EXIT.internal;
}
