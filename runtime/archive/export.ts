/** A run as one file, as of one commit, also while it goes on. */
import { createHash, randomBytes } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, link, mkdir, mkdtemp, open, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { CHILDREN, runDirectory, storeDirectory } from "../runs.ts";
import { hasStore, openReader, snapshotStore } from "../store/index.ts";
import { StoreError } from "../store/store.ts";
import { DATABASE, FORMAT, isPart, MANIFEST, type Manifest } from "./manifest.ts";

export interface ExportOptions {
  readonly root: string;
  /** Where to write the archive; nothing may be there. */
  readonly file: string;
}

export interface Exported {
  readonly file: string;
  readonly bytes: number;
  readonly runId: string;
  readonly status: string;
}

/**
 * Writes a run into a zip archive. The file appears whole or not at all.
 * @throws UnknownRunError, StoreError, and what the file system throws (`EEXIST` where there is such a file)
 */
export async function exportRun(runId: string, { root, file }: ExportOptions): Promise<Exported> {
  const directory = runDirectory(root, runId);
  const temporary = await mkdtemp(path.join(tmpdir(), "smithers-export-"));
  const draft = `${path.resolve(file)}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const parts = await partsOf(directory, "", temporary);
    const { run } = await (await openReader(temporary, { blobs: storeDirectory(directory) })).journal();
    if (!run) throw new StoreError("CORRUPT", `run ${runId} never began: there is nothing to export`);
    const { workflow, status } = run;
    const files: Record<string, Manifest["files"][string]> = {};
    for (const [name, source] of parts) files[name] = await measured(source);
    const manifest: Manifest = {
      kind: "smithers.run",
      format: FORMAT,
      runId: run.runId,
      workflow,
      status,
      exportedAt: new Date().toISOString(),
      files,
    };
    await writeZip(draft, manifest, parts);
    // A link, unlike a rename, never replaces what is there.
    await link(draft, file);
    return { file, bytes: (await stat(file)).size, runId, status };
  } finally {
    await rm(draft, { force: true });
    await rm(temporary, { recursive: true, force: true });
  }
}

/**
 * Files of a run and of those that its nodes hold, by their names in the archive.
 * @param prefix of their names
 * @param temporary for copies of what may change meanwhile
 */
async function partsOf(
  directory: string,
  prefix: string,
  temporary: string,
): Promise<ReadonlyMap<string, string>> {
  await mkdir(temporary, { recursive: true });
  // First what its nodes hold and what waits to be taken up: taken up meanwhile it stands in both places, and is not taken twice.
  const children: (readonly [string, string])[] = [];
  for (const name of await namesIn(path.join(directory, CHILDREN))) {
    const child = path.join(directory, CHILDREN, name);
    // What is left of one that was killed before its first commit holds nothing.
    if (!(await hasBegun(child))) continue;
    const inner = await partsOf(child, `${prefix}${CHILDREN}/${name}/`, path.join(temporary, CHILDREN, name));
    children.push(...inner);
  }
  const requests = await kept(await filesIn(directory, "inbox"), temporary);
  const database = await snapshotStore(storeDirectory(directory), temporary);
  const blobs = await filesIn(directory, "store/blobs");
  const own = [[DATABASE, database] as const, ...requests, ...blobs];
  return new Map([...own.map(([name, source]) => [`${prefix}${name}`, source] as const), ...children]);
}

async function hasBegun(directory: string): Promise<boolean> {
  const store = storeDirectory(directory);
  return hasStore(store) && (await (await openReader(store)).journal()).run !== null;
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

async function writeZip(
  draft: string,
  manifest: Manifest,
  parts: ReadonlyMap<string, string>,
): Promise<void> {
  const { ZipFile } = await import("yazl");
  const zip = new ZipFile();
  // What fails while a file is read must end the pipe.
  zip.on("error", (error) =>
    (zip.outputStream as NodeJS.ReadableStream & { destroy(error: unknown): void }).destroy(error),
  );
  zip.addBuffer(Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`), MANIFEST);
  for (const [name, source] of parts) zip.addFile(source, name, { mode: 0o100644 });
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(draft, { flags: "wx" }));
  const handle = await open(draft, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function measured(source: string): Promise<Manifest["files"][string]> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(source)) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { bytes, sha256: hash.digest("hex") };
}

/** Copies of those that are still there: the run's process removes what it has taken up. */
async function kept(
  files: readonly (readonly [string, string])[],
  into: string,
): Promise<readonly (readonly [string, string])[]> {
  const copies: [string, string][] = [];
  for (const [name, source] of files) {
    const copy = path.join(into, path.basename(source));
    try {
      await copyFile(source, copy);
      copies.push([name, copy]);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return copies;
}

/** Files of a run's directory that belong to it: name in the archive, path. */
async function filesIn(directory: string, under: string): Promise<readonly (readonly [string, string])[]> {
  const names = await namesIn(path.join(directory, under));
  return names
    .map((name) => [`${under}/${name}`, path.join(directory, under, name)] as const)
    .filter(([name]) => isPart(name));
}
