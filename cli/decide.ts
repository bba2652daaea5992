/** `approve` and `deny`: a decision goes into the run's inbox; the run's writer takes it, now or at the next resume. */
import os from "node:os";
import type { Argv } from "yargs";
import type { Question } from "../runtime/index.ts";
import { withRuntime } from "./errors.ts";
import { CliError, type CommandResult, EXIT } from "./exit.ts";
import { rootOf, rootOption, runPositional } from "./options.ts";
import { addressName } from "./render/address.ts";
import type { Terminal } from "./terminal.ts";

export interface DecideArgs {
  readonly run: string;
  readonly node: string | undefined;
  readonly iteration: number | undefined;
  readonly note: string | undefined;
  readonly by: string | undefined;
  readonly root: string | undefined;
}

export const decideOptions = (yargs: Argv) =>
  rootOption(runPositional(yargs))
    .positional("node", {
      type: "string",
      describe: "The approval, by id or as it is shown (`ok@2`); not needed when only one waits",
    })
    .option("iteration", { type: "number", describe: "Iteration of the innermost loop, when several wait" })
    .option("note", { type: "string", describe: "Why; stored with the decision" })
    .option("by", { type: "string", describe: "Who decides [default: the user's name]" });

export function decide(approved: boolean, args: DecideArgs, terminal: Terminal): CommandResult {
  return withRuntime(async (runtime) => {
    const root = rootOf(args);
    const { result, attended } = await runtime.inspect(args.run, { root });
    const open = (result?.waitingFor ?? []).filter(isDecision);
    const node = args.node ?? onlyOne(args.run, open.map(addressName));
    // Asked by a run that one of its nodes holds.
    const question = open.find((one) => addressName(one) === node);
    const run = question ? runtime.askerOf(args.run, question) : args.run;
    const decided = await runtime.decide(run, node, {
      root,
      approved,
      note: args.note ?? null,
      decidedBy: args.by ?? os.userInfo().username,
      ...(args.iteration === undefined ? {} : { iteration: args.iteration }),
    });
    const { paint } = terminal;
    terminal.err(
      `${approved ? paint.green("approved") : paint.red("denied")}  ${addressName(decided)}  ${paint.dim(run)}`,
    );
    if (!attended) terminal.err(`go on with: smithers resume ${runtime.outermost(run)}`);
    return EXIT.ok;
  });
}

/** Waits for a yes or a no. */
const isDecision = ({ asks }: Question): boolean =>
  asks === "approval" || asks === "start" || asks === "tool";

function onlyOne(runId: string, waiting: readonly string[]): string {
  const [first, ...others] = waiting;
  if (first === undefined) {
    throw new CliError(
      EXIT.negative,
      `run ${runId} waits for no decision`,
      `\`smithers inspect ${runId}\` shows what it does.`,
    );
  }
  if (others.length > 0)
    throw new CliError(EXIT.usage, `several approvals wait; name one: ${waiting.join(", ")}`);
  return first;
}
