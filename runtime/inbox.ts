/**
 * A run's inbox: decisions of people as files, dropped by any process, taken by the run's one writer (DESIGN §6 "One
 * writer a run"). A file appears whole or not at all, and its name is its address, so that a second decision is refused.
 */
import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  watch,
  writeSync,
} from "node:fs";
import path from "node:path";
import * as z from "zod";
import type { FiledDecision } from "./interpreter/run.ts";

const decisionFile = z.strictObject({
  nodeId: z.string(),
  scope: z.string(),
  iteration: z.int().nonnegative(),
  approved: z.boolean(),
  note: z.string().nullable(),
  decidedBy: z.string(),
  decidedAt: z.number(),
});

/** The approval was decided before. */
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
export function dropDecision(runDir: string, decision: FiledDecision): () => void {
  const inbox = path.join(runDir, "inbox");
  if (mkdirSync(inbox, { recursive: true }) !== undefined) syncDirectory(runDir);
  const final = path.join(inbox, fileName(decision));
  const temporary = `${final}.${randomBytes(6).toString("hex")}.tmp`;
  const file = openSync(temporary, "wx");
  try {
    writeSync(file, JSON.stringify(decision));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    // A link, unlike a rename, never replaces what is there.
    linkSync(temporary, final);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw new DecidedError(decision.nodeId);
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  syncDirectory(inbox);
  return () => rmSync(final, { force: true });
}

/** Watches a run's inbox for as long as its writer lives. */
export class Inbox {
  readonly #directory: string;
  readonly #seen = new Set<string>();
  readonly #take: (decision: FiledDecision, done: () => void) => void;
  #close: () => void = () => {};

  /** `take` is called once a file; `done` removes it and is to be called when the decision is in the journal. */
  constructor(runDir: string, take: (decision: FiledDecision, done: () => void) => void) {
    this.#directory = path.join(runDir, "inbox");
    this.#take = take;
  }

  /** Takes what is there and goes on watching. */
  open(): void {
    mkdirSync(this.#directory, { recursive: true });
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
    for (const name of namesIn(this.#directory)) {
      if (this.#seen.has(name) || !name.endsWith(".json")) continue;
      this.#seen.add(name);
      const decision = readDecision(path.join(this.#directory, name));
      if (!decision) continue;
      this.#take(decision, () => rmSync(path.join(this.#directory, name), { force: true }));
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
  return existsSync(path.join(runDir, "inbox", fileName(address)));
}

/** A file that is no decision is left alone: whoever put it there may want it. */
function readDecision(file: string): FiledDecision | null {
  try {
    const parsed = decisionFile.safeParse(JSON.parse(readFileSync(file, "utf8")));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

function fileName({
  nodeId,
  scope,
  iteration,
}: Pick<FiledDecision, "nodeId" | "scope" | "iteration">): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([nodeId, scope, iteration]))
    .digest("hex");
  const readable = nodeId.replace(/[^A-Za-z0-9_-]+/g, "-").slice(0, 40);
  return `decision-${readable}-${hash.slice(0, 16)}.json`;
}

function syncDirectory(directory: string): void {
  const handle = openSync(directory, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Where watching fails (network file systems), a decision waits at most this long. */
const POLL_MS = 2_000;
