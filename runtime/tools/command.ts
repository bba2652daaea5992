/** A command of a tool: in a process group of its own, which ends with it, whatever ends it, and with the engine. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { birthOf, killGroup } from "../executors/compute/birth.ts";
import { cutNote, MAX_OUTPUT } from "./cut.ts";

export interface Command {
  /** Program and arguments. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Told of the process before it begins; it begins when the promise resolves. */
  readonly started: (process: { readonly pid: number; readonly birth: string }) => Promise<void>;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  /** Both streams as they came, cut in the middle. */
  readonly output: string;
  /** Whether time ran out, or the attempt was ended; null when it ended by itself. */
  readonly stopped: "timeout" | "abort" | null;
}

/**
 * Waits for a line before it becomes the command: nothing runs that is not recorded, nor when the engine is gone. Both of its
 * streams are one, so that lines stand in their order. Beside it a guard waits for the engine's end of fd 3 to close, however
 * that ends, and ends the group then; it is no child of the command, which may wait for all it has.
 */
const GATE = [
  "IFS= read -r go || exit 1",
  "( ( read -r end <&3; kill -s KILL 0 ) </dev/null >/dev/null & )",
  'exec "$@" </dev/null 2>&1 3<&-',
].join("\n");

/** @throws where the process can't be started */
export async function runCommand({ argv, cwd, env, timeoutMs, signal, started }: Command): Promise<Ended> {
  const child = spawn("/bin/sh", ["-c", GATE, "sh", ...argv], {
    cwd,
    env,
    detached: true,
    stdio: ["pipe", "pipe", "ignore", "pipe"],
  }) as ChildProcessByStdio<Writable, Readable, null>;
  const [, , , guard] = child.stdio;
  guard?.on("error", () => {});
  const output = new Output();
  child.stdout.on("data", (chunk: Buffer) => output.add(chunk));
  child.stdin.on("error", () => {});
  const exited = new Promise<{ readonly code: number | null; readonly signal: string | null }>(
    (resolve, reject) => {
      child.once("error", reject);
      // Not "close": what was left in the background may hold the streams open. A turn later what was said has been read.
      child.once("exit", (code, by) => setImmediate(() => resolve({ code, signal: by })));
    },
  );
  exited.catch(() => {});
  const { pid } = child;
  if (pid === undefined) return { ...(await exited), output: "", stopped: null };
  let stopped: Ended["stopped"] = null;
  const stop = (why: NonNullable<Ended["stopped"]>): void => {
    stopped ??= why;
    killGroup(pid);
  };
  const abort = (): void => stop("abort");
  const timer = setTimeout(() => stop("timeout"), timeoutMs);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  try {
    const birth = birthOf(pid);
    if (birth !== null) await started({ pid, birth });
    child.stdin.end("\n");
    const { code, signal: by } = await exited;
    return { code, signal: by, output: output.text(), stopped };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    // What it left in the background goes with it.
    killGroup(pid);
    child.stdout.destroy();
    guard?.destroy();
  }
}

/** The beginning and the end of what is said: the cause and the outcome stand there. */
class Output {
  #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #bytes = 0;

  add(chunk: Buffer): void {
    this.#bytes += chunk.length;
    const room = HALF - this.#headBytes;
    const first = chunk.subarray(0, Math.max(0, room));
    if (first.length > 0) {
      this.#head.push(first);
      this.#headBytes += first.length;
    }
    const rest = chunk.subarray(first.length);
    if (rest.length === 0) return;
    this.#tail.push(rest);
    this.#tailBytes += rest.length;
    while (this.#tailBytes - (this.#tail[0]?.length ?? 0) >= HALF)
      this.#tailBytes -= this.#tail.shift()?.length ?? 0;
  }

  text(): string {
    const head = Buffer.concat(this.#head);
    const all = Buffer.concat(this.#tail);
    const tail = all.subarray(Math.max(0, all.length - HALF));
    const cut = this.#bytes - head.length - tail.length;
    if (cut === 0) return Buffer.concat([head, tail]).toString("utf8");
    return `${head.toString("utf8")}${cutNote(cut, this.#bytes)}\n${tail.toString("utf8")}`;
  }
}

const HALF = MAX_OUTPUT / 2;
