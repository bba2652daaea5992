import * as z from "zod";
import { runCommand } from "../command.ts";
import { NetworkGuard } from "../network.ts";
import { placeOf } from "../paths.ts";
import type { Tool } from "../registry.ts";
import { withoutSecrets } from "../secrets.ts";
import { builtin } from "./input.ts";

export interface BashOptions {
  /** Whether commands may use the network. */
  readonly allowNetwork: boolean;
}

/** Runs commands in the project, without network unless that is allowed, for a minute unless the call says otherwise. */
export function bash({ allowNetwork }: BashOptions): Tool {
  const guard = new NetworkGuard();
  return builtin(
    {
      name: "bash",
      description: `Run a shell command in the project${allowNetwork ? "" : ", without network"}. What it leaves in the background ends with it.`,
      input: {
        cmd: z.string().min(1).describe("A command line; with args, a program"),
        args: z.array(z.string()).optional(),
        opts: z
          .strictObject({
            cwd: z.string().optional().describe("Directory within the project"),
            timeoutMs: z.int().positive().max(MAX_TIMEOUT_MS).optional(),
          })
          .optional(),
      },
    },
    async ({ cmd, args, opts = {} }, { cwd, signal, context }) => {
      const confinement = allowNetwork ? [] : await guard.way();
      if (confinement === null)
        throw new Error(
          "Nothing was run: this system gives no way to keep a command from the network (unshare of util-linux, with user namespaces). " +
            "Whoever runs the workflow can allow the network with --allow-network.",
        );
      const timeoutMs = opts.timeoutMs ?? TIMEOUT_MS;
      const {
        code,
        signal: by,
        output,
        stopped,
      } = await runCommand({
        argv: [...confinement, ...(args ? [cmd, ...args] : ["/bin/bash", "-c", cmd])],
        cwd: (await placeOf(cwd, opts.cwd ?? ".")).real,
        env: withoutSecrets(process.env),
        timeoutMs,
        signal,
        started: (process) => context.started(process),
      });
      if (stopped === "timeout") throw new Error(`No end after ${timeoutMs} ms: it was ended.\n${output}`);
      if (stopped === "abort") throw new Error("It was ended with the attempt.");
      if (code !== 0) throw new Error(`${by === null ? `Exit code ${code}` : `Ended by ${by}`}.\n${output}`);
      return output;
    },
  );
}

const TIMEOUT_MS = 60_000;
const MAX_TIMEOUT_MS = 600_000;
