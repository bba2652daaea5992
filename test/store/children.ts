/** Real processes that use the store. */
import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** Bundles `child.ts` so that plain Node runs it. @returns the script */
export async function bundleChild(): Promise<string> {
  const outfile = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "store-child-")), "child.mjs");
  await build({
    entryPoints: [path.join(root, "test/store/child.ts")],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external: ["sql.js"],
    logLevel: "warning",
  });
  return outfile;
}

export interface Child {
  readonly process: ChildProcess;
  /** Lines so far. */
  readonly lines: readonly string[];
  /** Resolves with the first line that starts so; rejects when the process ends before. */
  line(start: string): Promise<string>;
  /** Resolves when the process has ended and its output is read. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/** Starts the child with `args`; `before` is a command line that starts it in turn. */
export function start(script: string, args: readonly string[], before: readonly string[] = []): Child {
  const command = [...before, process.execPath, script, ...args];
  // The bundle lies outside the project; CommonJS resolution finds sql.js by NODE_PATH.
  const env = { ...process.env, NODE_PATH: path.join(root, "node_modules") };
  const child = spawn(command[0] ?? "", command.slice(1), { env, stdio: ["pipe", "pipe", "pipe"] });
  const lines: string[] = [];
  let rest = "";
  let errors = "";
  const wake = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
    for (const fn of wake) fn();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  let over = false;
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on("close", (code, signal) => {
      over = true;
      for (const fn of wake) fn();
      resolve({ code, signal });
    });
  });
  const line = (begin: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = lines.find((l) => l.startsWith(begin));
        if (found === undefined && !over) return;
        wake.delete(look);
        if (found === undefined)
          reject(new Error(`the child ended without "${begin}": ${lines.at(-1)} ${errors}`));
        else resolve(found);
      };
      wake.add(look);
      look();
    });
  return { process: child, lines, line, ended };
}

/** Highest step the child was told is durable. */
export function acknowledged(child: Child): number {
  return child.lines.reduce((top, l) => (l.startsWith("ack ") ? Math.max(top, Number(l.slice(4))) : top), 0);
}
