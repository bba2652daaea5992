/** Durable workflow libraries on npm, and what it takes to measure one: each in a directory of its own, never in ours. */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

export interface Peer {
  readonly name: string;
  /** What is installed, to the version. */
  readonly packages: { readonly [name: string]: string };
  /** Versions in place of what its packages ask for: of those that they name, the registry had none, or one that is too new. */
  readonly overrides?: { readonly [name: string]: string };
  /** What runs it, below its directory; this process's own Node without. */
  readonly engine?: string;
  /** Its programs, below bench/peers/. */
  readonly program: string;
  readonly shapes: readonly string[];
  /** What a commit of it is worth, as it ships. */
  readonly durable: string;
}

const NORMAL =
  "SQLite in WAL with synchronous NORMAL: no fsync a commit, a power loss takes back the last ones";

export const PEERS: readonly Peer[] = [
  {
    name: "LangGraph",
    packages: {
      "@langchain/core": "1.4.0",
      "@langchain/langgraph": "1.7.3",
      "@langchain/langgraph-checkpoint-sqlite": "1.0.4",
    },
    program: "langgraph.mjs",
    shapes: ["sequence", "graph sequence", "fan-out", "loop", "resume"],
    durable: NORMAL,
  },
  {
    name: "Mastra",
    packages: { "@mastra/core": "1.71.0", "@mastra/libsql": "1.23.1", node: "24.21.0", zod: "4.4.3" },
    engine: "node_modules/node/bin/node",
    program: "mastra.mjs",
    shapes: ["sequence", "fan-out", "loop", "resume"],
    durable: NORMAL,
  },
  {
    name: "public Smithers",
    packages: { bun: "1.4.5", "smithers-orchestrator": "0.32.0" },
    overrides: {
      "@effect/platform-node-shared": "4.0.0-beta.102",
      "@tanstack/electric-db-collection": "0.3.18",
      "@vectorize-io/hindsight-client": "0.9.1",
      effect: "4.0.0-beta.102",
    },
    engine: "node_modules/.bin/bun",
    program: "smithers.jsx",
    shapes: ["sequence", "fan-out", "loop"],
    durable: NORMAL,
  },
];

/** Installs a peer, unless it is there. @returns why it can't be measured, or null */
export function install(peer: Peer, programs: string, directory: string): string | null {
  mkdirSync(directory, { recursive: true });
  const manifest = {
    private: true,
    type: "module",
    dependencies: peer.packages,
    ...(peer.overrides && { overrides: peer.overrides }),
  };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  const file = path.join(directory, "package.json");
  const done = path.join(directory, "installed");
  if (!existsSync(done) || !existsSync(file) || readFileSync(file, "utf8") !== text) {
    rmSync(done, { force: true });
    writeFileSync(file, text);
    const { status, stderr } = spawnSync("npm", ["install", "--no-audit", "--no-fund"], {
      cwd: directory,
      encoding: "utf8",
      shell: process.platform === "win32",
    });
    if (status !== 0) return `npm install: ${lastLines(stderr)}`;
    writeFileSync(done, "");
  }
  copyFileSync(path.join(programs, peer.program), path.join(directory, peer.program));
  return null;
}

export interface Measured {
  readonly ms: number;
  /** How often it wrote to its store; undefined where it can't be told from outside. */
  readonly writes?: number;
  /** The most memory of its process, KiB. */
  readonly kib: number;
}

/** Runs one program once. @returns what it took, or why there is no figure */
export function measure(
  command: readonly [engine: string, ...args: string[]],
  cwd: string,
  { shape, size, scratch, limitMs }: Task,
): Measured | string {
  const data = mkdtempSync(path.join(scratch, "peer-"));
  const [engine, ...args] = command;
  const { error, status, signal, stdout, stderr } = spawnSync(engine, [...args, shape, String(size), data], {
    cwd,
    encoding: "utf8",
    timeout: limitMs,
    killSignal: "SIGKILL",
    maxBuffer: 1 << 28,
  });
  rmSync(data, { recursive: true, force: true });
  if (error && signal === null) return error.message;
  if (signal === "SIGKILL") return `over ${limitMs / 1_000} s`;
  if (status !== 0) return `ended with ${status ?? signal}: ${lastLines(stderr)}`;
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Measured;
}

export interface Task {
  readonly shape: string;
  readonly size: number;
  readonly scratch: string;
  readonly limitMs: number;
}

export function commandOf(peer: Peer, directory: string): readonly [string, ...string[]] {
  const engine = peer.engine === undefined ? process.execPath : path.join(directory, peer.engine);
  return [engine, peer.program];
}

const lastLines = (text: string): string =>
  text
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("npm warn"))
    .slice(0, 4)
    .join(" | ")
    .slice(0, 400);
