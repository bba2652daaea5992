#!/usr/bin/env node
/** Starts the command. Apart from cli.ts so that a Node that can keep compiled code (22 and newer) does so for all of it. */
import module from "node:module";
import { EXIT } from "./exit.ts";

(module as { enableCompileCache?: () => unknown }).enableCompileCache?.();

const ATTENDING: ReadonlySet<string> = new Set(["cancel", "fork", "resume", "retry", "rewind", "run", "up"]);
const command = process.argv.slice(2).find((arg) => !arg.startsWith("-")) ?? "";

// A reader that went away (`smithers ps | head`) is no error. A run goes on without one: its exit code says what came of it.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED") throw error;
    if (!ATTENDING.has(command)) process.exit(EXIT.ok);
  });

const { main } = await import("./cli.ts");
process.exitCode = await main(process.argv.slice(2));
