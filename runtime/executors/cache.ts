/**
 * Results of tasks that say so (`cache`), kept for later runs of the project: one file an entry, under its key. A hit is
 * checked against the schema once more; what can't be read, is too old or does not fit is a miss.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import type { Json } from "../../plan/types.ts";
import type {
  AttemptContext,
  AttemptResult,
  CacheEntry,
  Executor,
  Reservation,
  TaskRequest,
} from "./executor.ts";
import type { OutputParser } from "./output.ts";

const entryFile = z.strictObject({
  raw: z.json(),
  /** Unix time, milliseconds. */
  at: z.number(),
  runId: z.string(),
  nodeId: z.string(),
});

/** An executor whose results are taken from `directory` where a request allows it, and are kept there. */
export class CachingExecutor implements Executor {
  readonly kind: TaskRequest["kind"];
  readonly #inner: Executor;
  readonly #outputs: OutputParser;
  readonly #directory: string;

  constructor(inner: Executor, outputs: OutputParser, directory: string) {
    this.kind = inner.kind;
    this.#inner = inner;
    this.#outputs = outputs;
    this.#directory = directory;
  }

  reserve(cwd: string): Reservation | null {
    return this.#inner.reserve?.(cwd) ?? null;
  }

  release(reservation: Reservation): void {
    this.#inner.release?.(reservation);
  }

  async execute(request: TaskRequest, context: AttemptContext): Promise<AttemptResult> {
    const cache = "cache" in request ? request.cache : undefined;
    if (cache === undefined) return this.#inner.execute(request, context);
    const hit = this.#read(cache, request.schema, context);
    if (hit) {
      if (context.reserved) this.#inner.release?.(context.reserved);
      return hit;
    }
    const result = await this.#inner.execute(request, context);
    if (result.ok) this.#write(cache, result.raw, context);
    return result;
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #read(
    { key, ttlMs }: CacheEntry,
    schema: string | null,
    { plan, emit }: AttemptContext,
  ): AttemptResult | null {
    try {
      const found = entryFile.parse(JSON.parse(readFileSync(this.#file(key), "utf8")));
      const { raw, at, runId, nodeId } = found;
      if (ttlMs !== null && Date.now() - at >= ttlMs) return null;
      const parsed = this.#outputs.parse(plan, schema, raw as Json);
      if (!parsed.ok) return null;
      emit("task.cached", { key, from: { runId, nodeId }, at: new Date(at).toISOString() });
      return { ok: true, raw: raw as Json, value: parsed.value };
    } catch {
      return null;
    }
  }

  /** What can't be kept is not: the task has its result. */
  #write({ key }: CacheEntry, raw: Json, { runId, address, emit }: AttemptContext): void {
    const file = this.#file(key);
    const temporary = `${file}.${randomBytes(6).toString("hex")}.tmp`;
    try {
      mkdirSync(this.#directory, { recursive: true });
      writeFileSync(temporary, JSON.stringify({ raw, at: Date.now(), runId, nodeId: address.nodeId }));
      renameSync(temporary, file);
    } catch (error) {
      rmSync(temporary, { force: true });
      const message = error instanceof Error ? error.message : String(error);
      emit("task.log", { message: `the result could not be kept for later runs: ${message}`, data: null });
    }
  }

  #file(key: string): string {
    return fileOf(this.#directory, key);
  }
}

const fileOf = (directory: string, key: string): string =>
  path.join(directory, `${key.replace(/^sha256:/, "")}.json`);

/** The result of what is done once more is not taken from here. */
export function dropCached(directory: string, request: Json): void {
  const { cache } = (request ?? {}) as { readonly cache?: CacheEntry };
  if (cache) rmSync(fileOf(directory, cache.key), { force: true });
}
