/** The `smithers` command. Each command is one thin file in commands/; heavy parts load only when a command needs them. */
import yargs, { type Argv } from "yargs";
import packageJson from "../package.json" with { type: "json" };
import type { Command } from "./commands.ts";
import { ASK } from "./completion/scripts.ts";
import { CliError, EXIT, type ExitCode } from "./exit.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

/**
 * All commands, or the one that starts a run where the line names it: nothing else of the others would be used, and the
 * first task begins sooner without them.
 */
async function commandsFor([name]: readonly string[]): Promise<readonly Command<never>[]> {
  switch (name) {
    case "run":
      return [await import("./commands/run.ts")];
    case "resume":
      return [await import("./commands/resume.ts")];
    default:
      return (await import("./commands.ts")).COMMANDS;
  }
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
  const add = (command: Command<never>) => {
    commands.push(command.command);
    cli.command(
      command.command,
      command.describe,
      (yargs) => void command.options(yargs),
      async (args) => {
        checkNumbers(args);
        exit = await command.handler(args as never, terminal);
      },
    );
  };
  for (const command of await commandsFor(argv)) add(command);
  skipHelpCache(cli);
  if (words) return complete(words, commands, cli, terminal);
  try {
    await cli.parseAsync();
    return exit;
  } catch (error) {
    return report(error, terminal);
  }
}

/** The numbers that options take count something. What is no number is NaN by now, and one given twice is a list. */
function checkNumbers(args: { readonly [name: string]: unknown }): void {
  for (const [name, given] of Object.entries(args)) {
    const numbers = (Array.isArray(given) ? given : [given]).filter((one) => typeof one === "number");
    if (name === "_" || numbers.length === 0) continue;
    if (numbers.length > 1) throw new CliError(EXIT.usage, `--${name} is given more than once`);
    if (!numbers.every((number) => Number.isSafeInteger(number) && number >= 0))
      throw new CliError(EXIT.usage, `--${name} takes a whole number from 0 up`);
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
