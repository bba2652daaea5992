#!/usr/bin/env node
/** Starts the command. Apart from cli.ts so that a Node that can keep compiled code (22 and newer) does so for all of it. */
import module from "node:module";
import { EXIT } from "./exit.ts";

(module as { enableCompileCache?: () => unknown }).enableCompileCache?.();

// A reader that went away (`smithers ps | head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.ok);
  throw error;
});

const { main } = await import("./cli.ts");
process.exitCode = await main(process.argv.slice(2));
