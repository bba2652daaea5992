/**
 * A run's inbox: what people ask of it as files, dropped by any process, taken by the run's one writer (DESIGN §6 "One
 * writer a run"). A file appears whole or not at all, and its name is its address, so that a second decision is refused.
 */
import { createHash, randomBytes } from "node:crypto";
import { watch } from "node:fs";
import path from "node:path";
import * as z from "zod";
import type {
  AnswerRequest,
  FiledDecision,
  InboxRequest,
  SignalRequest,
  StopRequest,
} from "../interpreter/run.ts";
import { type Disk, errno, makeDurably, nodeDisk, readFile, removeFile } from "../store/disk.ts";

const decisionFile = z.strictObject({
  nodeId: z.string(),
  scope: z.string(),
  iteration: z.int().nonnegative(),
  approved: z.boolean(),
  note: z.string().nullable(),
  decidedBy: z.string(),
  decidedAt: z.number(),
  call: z.string().exactOptional(),
});

const STOPS = ["pause", "cancel"] as const;

const stopFile = z.strictObject({ stop: z.enum(STOPS), by: z.string(), at: z.number() });

const signalFile = z.strictObject({
  name: z.string(),
  correlationId: z.string().nullable(),
  payload: z.json(),
  by: z.string(),
  at: z.number(),
});

const answerFile = z.strictObject({
  nodeId: z.string(),
  scope: z.string(),
  iteration: z.int().nonnegative(),
  answer: z.json(),
  by: z.string(),
  at: z.number(),
});

const requestFile = z.union([decisionFile, answerFile, stopFile, signalFile]);

/** What waits for people has their answer already. */
export class DecidedError extends Error {
  constructor(nodeId: string) {
    super(`${nodeId} is decided already`);
    this.name = "DecidedError";
  }
}

/**
 * Files a decision; when this returns it is on disk. The returned function takes it back, as far as it is still there.
 * @throws DecidedError when there is one for the same approval in the inbox.
 */
export function dropDecision(runDir: string, decision: FiledDecision, disk: Disk = nodeDisk): () => void {
  const takeBack = drop(disk, runDir, fileName(decision), decision);
  if (!takeBack) throw new DecidedError(decision.nodeId);
  return takeBack;
}

/**
 * Files an answer; when this returns it is on disk.
 * @throws DecidedError when there is one for the same node in the inbox.
 */
export function dropAnswer(runDir: string, request: AnswerRequest): void {
  if (!drop(nodeDisk, runDir, fileName(request, "answer"), request)) throw new DecidedError(request.nodeId);
}

/** Files that a run is to stop; when this returns it is on disk. One that is filed already stays as it is. */
export function dropStop(runDir: string, request: StopRequest): void {
  drop(nodeDisk, runDir, `${request.stop}.json`, request);
}

/** Files a signal; when this returns it is on disk. */
export function dropSignal(runDir: string, signal: SignalRequest, disk: Disk = nodeDisk): void {
  // Taken in the order of their names.
  const name = `signal-${String(signal.at).padStart(15, "0")}-${randomBytes(6).toString("hex")}.json`;
  drop(disk, runDir, name, signal);
}

/** Null where there is a file of that name already. */
function drop(disk: Disk, runDir: string, name: string, request: InboxRequest): (() => void) | null {
  const inbox = path.join(runDir, "inbox");
  makeDurably(disk, inbox, runDir);
  const final = path.join(inbox, name);
  const temporary = `${final}.${randomBytes(6).toString("hex")}.tmp`;
  const file = disk.open(temporary, "wx+");
  try {
    const bytes = Buffer.from(JSON.stringify(request));
    disk.write(file, bytes, 0, bytes.length, 0);
    disk.sync(file);
  } finally {
    disk.close(file);
  }
  try {
    // A link, unlike a rename, never replaces what is there.
    disk.link(temporary, final);
  } catch (error) {
    if (errno(error) === "EEXIST") return null;
    throw error;
  } finally {
    removeFile(disk, temporary);
  }
  disk.syncDirectory(inbox);
  return () => removeFile(disk, final);
}

/** Watches a run's inbox for as long as its writer lives. */
export class Inbox {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #seen = new Set<string>();
  readonly #take: (request: InboxRequest, done: () => void) => void;
  #close: () => void = () => {};

  /** `take` is called once a file; `done` removes it and is to be called when the request is in the journal. */
  constructor(
    runDir: string,
    take: (request: InboxRequest, done: () => void) => void,
    disk: Disk = nodeDisk,
  ) {
    this.#disk = disk;
    this.#directory = path.join(runDir, "inbox");
    this.#take = take;
  }

  /** Takes what is there and goes on watching. */
  open(): void {
    this.#disk.makeDirectory(this.#directory);
    // Of a process that is gone: whoever takes the run up again wants it to go on.
    for (const stop of STOPS) removeFile(this.#disk, path.join(this.#directory, `${stop}.json`));
    this.scan();
    let watcher: ReturnType<typeof watch> | undefined;
    try {
      watcher = watch(this.#directory, () => this.scan());
      // The poll below finds what a broken watch misses.
      watcher.on("error", () => watcher?.close());
    } catch {
      watcher = undefined;
    }
    const poll = setInterval(() => this.scan(), POLL_MS);
    this.#close = () => {
      watcher?.close();
      clearInterval(poll);
    };
  }

  scan(): void {
    for (const name of namesIn(this.#disk, this.#directory)) {
      if (this.#seen.has(name) || !name.endsWith(".json")) continue;
      this.#seen.add(name);
      const file = path.join(this.#directory, name);
      const request = readRequest(this.#disk, file);
      if (!request) continue;
      const named = "payload" in request ? { ...request, id: path.basename(name, ".json") } : request;
      this.#take(named, () => {
        removeFile(this.#disk, file);
        // Another one of the same name may follow: an answer after one that did not fit.
        this.#seen.delete(name);
      });
    }
  }

  close(): void {
    this.#close();
  }
}

/** Whether a decision for this approval lies in the inbox. */
export function isFiled(
  runDir: string,
  address: Pick<FiledDecision, "nodeId" | "scope" | "iteration">,
): boolean {
  return nodeDisk.stat(path.join(runDir, "inbox", fileName(address))) !== null;
}

/** What lies in a run's inbox and has not been taken up, in the order in which it will be. */
export function filedRequests(runDir: string): readonly InboxRequest[] {
  const inbox = path.join(runDir, "inbox");
  return namesIn(nodeDisk, inbox)
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => readRequest(nodeDisk, path.join(inbox, name)) ?? []);
}

/**
 * What was filed for a run after its last look, handed to the run that took its place. A request to stop is returned: the
 * inbox of a run that is taken up begins without.
 */
export function moveInbox(from: string, to: string, disk: Disk = nodeDisk): StopRequest | undefined {
  const [source, target] = [path.join(from, "inbox"), path.join(to, "inbox")];
  let stop: StopRequest | undefined;
  for (const name of namesIn(disk, source).filter((one) => one.endsWith(".json"))) {
    const request = readRequest(disk, path.join(source, name));
    if (!request) continue;
    if ("stop" in request) {
      stop = request;
      removeFile(disk, path.join(source, name));
      continue;
    }
    makeDurably(disk, target, to);
    try {
      disk.link(path.join(source, name), path.join(target, name));
    } catch (error) {
      if (errno(error) !== "EEXIST") throw error;
    }
    disk.syncDirectory(target);
    removeFile(disk, path.join(source, name));
  }
  return stop;
}

/** A file that is no request is left alone: whoever put it there may want it. */
function readRequest(disk: Disk, file: string): InboxRequest | null {
  try {
    const bytes = readFile(disk, file);
    if (bytes === null) return null;
    const parsed = requestFile.safeParse(JSON.parse(Buffer.from(bytes).toString("utf8")));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function namesIn(disk: Disk, directory: string): readonly string[] {
  try {
    return disk.list(directory).sort();
  } catch {
    return [];
  }
}

function fileName(
  { nodeId, scope, iteration }: Pick<FiledDecision, "nodeId" | "scope" | "iteration">,
  what: "decision" | "answer" = "decision",
): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([nodeId, scope, iteration]))
    .digest("hex");
  const readable = nodeId.replace(/[^A-Za-z0-9_-]+/g, "-").slice(0, 40);
  return `${what}-${readable}-${hash.slice(0, 16)}.json`;
}

/** Where watching fails (network file systems), a decision waits at most this long. */
const POLL_MS = 2_000;
