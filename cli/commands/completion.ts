import type { Argv } from "yargs";
import { SCRIPTS, SHELLS, type Shell } from "../completion/scripts.ts";
import { type CommandResult, EXIT } from "../exit.ts";
import type { Terminal } from "../terminal.ts";

export const command = "completion [shell]";
export const describe = "Print what a shell loads to complete commands, options, runs and nodes";

interface Args {
  readonly shell: Shell | undefined;
}

export const options = (yargs: Argv) =>
  yargs
    .positional("shell", { choices: SHELLS, describe: "Which shell [default: the one of $SHELL]" })
    .example("source <($0 completion bash)", "now; in ~/.bashrc, from then on")
    .example("source <($0 completion zsh)", "now; in ~/.zshrc, below compinit, from then on");

export async function handler({ shell }: Args, terminal: Terminal): CommandResult {
  const own = process.env.SHELL?.endsWith("zsh") ? "zsh" : "bash";
  terminal.out(SCRIPTS[shell ?? own]);
  return EXIT.ok;
}
