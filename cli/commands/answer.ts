import type { Argv } from "yargs";
import type { Json } from "../../plan/types.ts";
import { withRuntime } from "../errors.ts";
import { CliError, type CommandResult, EXIT } from "../exit.ts";
import { jsonArgument, rootOption, runPositional } from "../options.ts";
import { addressName } from "../render/address.ts";
import { asked, tellFiled } from "../stop.ts";
import type { Terminal } from "../terminal.ts";

export const command = "answer <run> <node> [answer]";
export const describe = "Give a run the row, the choice or the ranking that it waits for";

interface Args {
  readonly run: string;
  readonly node: string;
  readonly answer: string | undefined;
  readonly select: string | undefined;
  readonly rank: string | undefined;
  readonly notes: string | undefined;
  readonly iteration: number | undefined;
  readonly by: string | undefined;
  readonly root: string | undefined;
}

export const options = (yargs: Argv) =>
  rootOption(runPositional(yargs))
    .positional("node", {
      type: "string",
      demandOption: true,
      describe: "What waits, by id or as it is shown (`ask@2`)",
    })
    .positional("answer", { type: "string", describe: "The row: JSON, or @FILE" })
    .option("select", { type: "string", describe: "The option that is chosen, by its key" })
    .option("rank", { type: "string", describe: "All options by their keys, the best first: a,b,c" })
    .option("notes", { type: "string", describe: "Why; stored with a choice or a ranking" })
    .option("iteration", { type: "number", describe: "Iteration of the innermost loop, when several wait" })
    .option("by", { type: "string", describe: "Who answers [default: the user's name]" })
    .example('$0 answer RUN review \'{"severity":"low"}\'', "")
    .example("$0 answer RUN pick --select blue", "");

export function handler(args: Args, terminal: Terminal): CommandResult {
  return withRuntime(async (runtime) => {
    const answered = await runtime.answer(args.run, args.node, {
      ...asked(args),
      answer: answerOf(args),
      ...(args.iteration === undefined ? {} : { iteration: args.iteration }),
    });
    const said = `${terminal.paint.green("answered")}  ${addressName(answered)}`;
    await tellFiled(runtime, args, said, terminal);
    return EXIT.ok;
  });
}

function answerOf({ answer, select, rank, notes }: Args): Json {
  if ([answer, select, rank].filter((given) => given !== undefined).length !== 1)
    throw new CliError(
      EXIT.usage,
      "give one of ANSWER, --select and --rank",
      "`smithers inspect RUN` shows what is asked.",
    );
  if (select !== undefined) return { selected: select, notes: notes ?? null };
  if (rank !== undefined) return { ranked: rank.split(",").map((key) => key.trim()), notes: notes ?? null };
  return jsonArgument(answer as string, "the answer");
}
