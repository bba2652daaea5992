/** The built command as a user runs it: a real process in a scratch directory. */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { main } from "../../cli/cli.ts";

export const repository = path.resolve(import.meta.dirname, "../..");
export const cli = path.join(repository, "dist/cli/main.js");

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly done: Promise<Outcome>;
}

/** Starts `smithers ARGS` without waiting for it. */
export function start(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Running {
  if (!existsSync(cli)) throw new Error("dist/ is missing: run `npm run build` before these tests");
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("ANTHROPIC_")),
  );
  const child = spawn(process.execPath, [cli, ...args], {
    cwd,
    env: { ...clean, NO_COLOR: "1", ...env } as NodeJS.ProcessEnv,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk;
  });
  const done = new Promise<Outcome>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, done };
}

export function smithers(
  args: readonly string[],
  cwd: string,
  env?: Readonly<Record<string, string>>,
): Promise<Outcome> {
  return start(args, cwd, env).done;
}

const plain = (text: string): string => text;
export const paint = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain };

/** The command in this process: what it prints, without colours. */
export async function inProcess(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(argv, {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    paint,
    paintOut: paint,
    columns: null,
    outColumns: null,
  });
  return { code, stdout: out.join("\n"), stderr: err.join("\n") };
}

/** The lines of `--json` output. */
export function jsonLines(stdout: string): Record<string, unknown>[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

export interface Scratch {
  readonly dir: string;
  write(name: string, text: string): string;
  remove(): void;
}

/** A project directory of its own: an own package.json, the repository's packages, optionally a copy of an example. */
export function scratch(example?: string): Scratch {
  const dir = mkdtempSync(path.join(os.tmpdir(), "smithers-cli-"));
  writeFileSync(path.join(dir, "package.json"), '{ "name": "scratch", "private": true, "type": "module" }\n');
  symlinkSync(path.join(repository, "node_modules"), path.join(dir, "node_modules"));
  if (example !== undefined) cpSync(path.join(repository, "examples", example), dir, { recursive: true });
  return {
    dir,
    write(name, text) {
      const file = path.join(dir, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
      return file;
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
