import type { Argv } from "yargs";
import type { CommandResult } from "../exit.ts";
import { type FollowArgs, follow, followOptions } from "../following.ts";
import { createLines } from "../render/progress.ts";
import type { Terminal } from "../terminal.ts";

export const command = "logs <run>";
export const describe = "Print what happened in a run, as it was shown while it ran";

export const options = (yargs: Argv) => followOptions(yargs);

export function handler(args: FollowArgs, terminal: Terminal): CommandResult {
  const lines = createLines({ ...terminal, paint: terminal.paintOut, err: terminal.out });
  return follow(args, (event) => {
    if (args.json) terminal.out(JSON.stringify(event));
    else lines.event(event);
  });
}
