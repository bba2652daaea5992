import type { Argv } from "yargs";
import type { Divergence, Replay } from "../../runtime/index.ts";
import { withRuntime } from "../errors.ts";
import { type CommandResult, EXIT } from "../exit.ts";
import { rootOf, rootOption, runPositional } from "../options.ts";
import { cut } from "../render/table.ts";
import type { Terminal } from "../terminal.ts";

export const command = "replay <run>";
export const describe = "Recompute a run from its journal and prove it identical; runs nothing";

interface Args {
  readonly run: string;
  readonly root: string | undefined;
  readonly json: boolean;
}

export const options = (yargs: Argv) =>
  rootOption(runPositional(yargs)).option("json", {
    type: "boolean",
    default: false,
    describe: "The result as one JSON object",
  });

export function handler(args: Args, terminal: Terminal): CommandResult {
  return withRuntime(async ({ replay }) => {
    const result = await replay(args.run, { root: rootOf(args) });
    if (args.json) terminal.out(JSON.stringify(result));
    else if (result.divergence === null)
      terminal.out(`${terminal.paintOut.green("identical")}  ${counts(result)}`);
    else {
      terminal.out(`${terminal.paintOut.red("differs")}  after ${counts(result)}`);
      explain(result.divergence, terminal);
      if (result.secrets.length > 0) terminal.out(hiddenBy(result.secrets));
    }
    return result.identical ? EXIT.ok : EXIT.negative;
  });
}

function counts({ frames, starts, rows }: Replay): string {
  const of = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
  return `${of(frames, "frame")}, ${of(starts, "start")}, ${of(rows, "row")}`;
}

function explain({ frame, what, recorded, replayed }: Divergence, terminal: Terminal): void {
  terminal.out(`frame ${frame}: ${what}`);
  terminal.out(`  recorded  ${cut(JSON.stringify(recorded), WIDTH)}`);
  terminal.out(`  replayed  ${cut(JSON.stringify(replayed), WIDTH)}`);
}

/** The run may have compared what the replay does not know. */
function hiddenBy(secrets: readonly string[]): string {
  const names = secrets.map((name) => name.replace("env.", "")).join(", ");
  return `It may hang on ${names}: the journal has a hash alone of such a secret. Set in the environment as when the run began, it is taken for this.`;
}

const WIDTH = 200;
