import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { Socket } from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { birthOf, killGroup, type ProcessIdentity } from "./birth.ts";
import { Lines } from "./lines.ts";
import type { DoneMessage, FromWorker, RunMessage, ToWorker } from "./protocol.ts";

/** How a task in the process ended: with a message of its own, or with the process. */
export type TaskEnd =
  | { readonly type: "done"; readonly message: DoneMessage }
  | { readonly type: "exit"; readonly exit: Exit };

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly outOfMemory: boolean;
  /** Why the process could not be started; null when it was. */
  readonly spawnError: string | null;
}

export interface TaskListener {
  line(stream: "stdout" | "stderr", text: string): void;
  log(message: Extract<FromWorker, { readonly type: "log" }>): void;
}

export interface SpawnOptions {
  readonly cwd: string;
  /** Flags of Node for the worker, such as `--max-old-space-size=512`. */
  readonly execArgv: readonly string[];
}

interface Current {
  readonly id: number;
  readonly listener: TaskListener;
  readonly end: (end: TaskEnd) => void;
}

/** The engine's side of one compute worker, which never keeps the engine alive by itself. It leads a process group of its own, so that what its tasks start ends with it. */
export class WorkerProcess {
  readonly cwd: string;
  /** Resolves when the worker can take a task; false when it ended before. */
  readonly ready: Promise<boolean>;
  readonly exited: Promise<Exit>;
  #alive = true;
  #current: Current | null = null;
  #identity: ProcessIdentity | null = null;
  #lastId = 0;
  #sawHeapLimit = false;
  /** When it last sent a message (`performance.now()`). */
  #heard = 0;
  #resolveReady: (ready: boolean) => void = () => {};
  readonly #child: ChildProcess;
  readonly #sockets: readonly Socket[];
  readonly #channel: Socket | undefined;
  readonly #lines: { readonly stdout: Lines; readonly stderr: Lines };

  constructor({ cwd, execArgv }: SpawnOptions) {
    this.cwd = cwd;
    this.ready = new Promise((resolve) => {
      this.#resolveReady = resolve;
    });
    this.#child = spawn(process.execPath, [...execArgv, workerEntry()], {
      cwd,
      detached: true,
      // 3: messages. 4: closes when the engine is gone, however it went; nothing is ever written to it.
      stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
      windowsHide: true,
    });
    this.#sockets = this.#child.stdio.filter((stream) => stream instanceof Socket);
    const channel = this.#child.stdio[3];
    this.#channel = channel instanceof Socket ? channel : undefined;
    this.#lines = {
      stdout: new Lines((text) => this.#line("stdout", text)),
      stderr: new Lines((text) => this.#line("stderr", text)),
    };
    this.exited = new Promise((resolve) => {
      // Not "close": what a task started may hold stdout open for ever. A turn later the last output has been read.
      this.#child.once("exit", (code, signal) => {
        setImmediate(() => this.#ended({ ...ENDED, code, signal, outOfMemory: this.#sawHeapLimit }, resolve));
      });
      this.#child.once("error", (error) => this.#ended({ ...ENDED, spawnError: error.message }, resolve));
    });
    // A write to a process that has just died; its exit says the rest.
    for (const socket of this.#sockets) socket.on("error", () => {});
    this.#child.stdout?.on("data", (chunk: Buffer) => this.#lines.stdout.push(chunk));
    this.#child.stderr?.on("data", (chunk: Buffer) => this.#lines.stderr.push(chunk));
    this.#receive();
    for (const held of [this.#child, ...this.#sockets]) held.unref();
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Asks the system, where that is cheap: a process killed from outside is noticed a little later otherwise. */
  get running(): boolean {
    if (!this.#alive) return false;
    if (performance.now() - this.#heard < FRESH_MS) return true;
    return process.platform !== "linux" || this.identity === null || birthOf(this.identity.pid) !== null;
  }

  get identity(): ProcessIdentity | null {
    const { pid } = this.#child;
    if (this.#identity === null && pid !== undefined) {
      const birth = birthOf(pid);
      if (birth !== null) this.#identity = { pid, birth };
    }
    return this.#identity;
  }

  /** Runs one task; never rejects. */
  run(message: Omit<RunMessage, "type" | "id">, listener: TaskListener): Promise<TaskEnd> {
    if (this.#current !== null) throw new Error("A compute worker runs one task at a time");
    const id = ++this.#lastId;
    return new Promise((end) => {
      if (!this.#alive) {
        end({ type: "exit", exit: ENDED });
        return;
      }
      this.#current = { id, listener, end };
      this.#send({ type: "run", id, ...message });
    });
  }

  abort(reason: { readonly name: string; readonly message: string }): void {
    if (this.#current !== null) this.#send({ type: "abort", id: this.#current.id, ...reason });
  }

  kill(): void {
    if (this.#alive && this.#child.pid !== undefined) killGroup(this.#child.pid);
  }

  #send(message: ToWorker): void {
    this.#channel?.write(`${JSON.stringify(message)}\n`);
  }

  #line(stream: "stdout" | "stderr", text: string): void {
    if (stream === "stderr" && text.includes("heap out of memory")) this.#sawHeapLimit = true;
    this.#current?.listener.line(stream, text);
  }

  #receive(): void {
    let parts: string[] = [];
    this.#channel?.setEncoding("utf8");
    this.#channel?.on("data", (chunk: string) => {
      const lines = chunk.split("\n");
      const rest = lines.pop() ?? "";
      for (const line of lines) {
        parts.push(line);
        const text = parts.join("");
        parts = [];
        this.#handle(JSON.parse(text) as FromWorker);
      }
      if (rest !== "") parts.push(rest);
    });
  }

  #handle(message: FromWorker): void {
    this.#heard = performance.now();
    switch (message.type) {
      case "ready":
        this.#resolveReady(true);
        return;
      case "log":
        if (this.#current?.id === message.id) this.#current.listener.log(message);
        return;
      case "done":
        // What the task printed was in the pipe before this message: after this turn of the loop it has been read.
        setImmediate(() => {
          if (this.#current?.id === message.id) this.#settle({ type: "done", message });
        });
        return;
    }
  }

  #ended(exit: Exit, resolve: (exit: Exit) => void): void {
    if (!this.#alive) return;
    this.#alive = false;
    // What the task started and left running goes with it.
    if (this.#child.pid !== undefined) killGroup(this.#child.pid);
    this.#resolveReady(false);
    resolve(exit);
    if (this.#current !== null) this.#settle({ type: "exit", exit });
    for (const socket of this.#sockets) socket.destroy();
  }

  #settle(end: TaskEnd): void {
    this.#lines.stdout.flush();
    this.#lines.stderr.flush();
    const current = this.#current;
    this.#current = null;
    current?.end(end);
  }
}

/** A worker heard of within so many milliseconds is taken to be there. */
const FRESH_MS = 50;

const ENDED: Exit = { code: null, signal: null, outOfMemory: false, spawnError: null };

/** The worker's code: beside this file in the sources; a bundle keeps the folder under its root. */
function workerEntry(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  for (;;) {
    for (const place of ["worker/main.mjs", "runtime/executors/compute/worker/main.mjs"]) {
      const file = path.join(folder, place);
      if (existsSync(file)) return file;
    }
    const parent = path.dirname(folder);
    if (parent === folder)
      throw new Error("The compute worker's code is missing: the installation is incomplete");
    folder = parent;
  }
}
