/** An exported run back into a project: checked whole before it is there. */
import { createHash, randomBytes } from "node:crypto";
import { createWriteStream, existsSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import path from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Entry, ZipFile } from "yauzl";
import { loadPlan } from "../../plan/index.ts";
import { RefusedError } from "../engine.ts";
import { isChildId, isRunId } from "../interpreter/run-id.ts";
import { RunNameError, runsDirectory, storeDirectory } from "../runs.ts";
import { checkStore, nodeDisk, openReader } from "../store/index.ts";
import {
  ArchiveError,
  DATABASE,
  FORMAT,
  heldIn,
  isPart,
  MANIFEST,
  MANIFEST_BYTES,
  type Manifest,
  manifestFile,
} from "./manifest.ts";

export interface ImportOptions {
  readonly root: string;
  /** Name of the run here. Default: the one it was started under, which `ctx.runId` gives in any case. */
  readonly as?: string;
}

export interface Imported {
  readonly runId: string;
  readonly workflow: string;
  readonly status: string;
}

/** Beside the runs, under a name that no run can have. */
export const UNFINISHED = ".import-";

/**
 * Unpacks a run beside the others, checks it (names, sizes, hashes, versions, the database itself, every record), and
 * only then gives it its name.
 * @throws ArchiveError, RunNameError, StoreError (`VERSION`, `CORRUPT`), RefusedError when there is a run of that id,
 *   a run that a node held is given none, or its plan is newer, and what the file system throws; nothing is left behind then
 */
export async function importRun(file: string, { root, as }: ImportOptions): Promise<Imported> {
  if (as !== undefined && !isRunId(as)) throw new RunNameError(as);
  const { openPromise } = await import("yauzl");
  const zip = await openPromise(file, { strictFileNames: true, autoClose: false, lazyEntries: true }).catch(
    notAnArchive(file),
  );
  const runs = runsDirectory(root);
  const draft = path.join(runs, `${UNFINISHED}${randomBytes(6).toString("hex")}`);
  try {
    const entries = await entriesOf(zip, file);
    const manifest = await manifestOf(zip, entries.get(MANIFEST), file);
    const runId = as ?? manifest.runId;
    if (as === undefined && isChildId(runId)) throw namelessChild(runId, file);
    if (!isRunId(runId)) throw new RunNameError(runId);
    const final = path.join(runs, runId);
    refuseExisting(final, runId);
    checkNames(entries, manifest, file);
    await mkdir(draft, { recursive: true });
    for (const [name, entry] of entries)
      if (name !== MANIFEST) await unpack(zip, entry, name, draft, manifest, file);
    for (const held of runsIn(entries)) if (held !== "") await checkRun(path.join(draft, held), null, file);
    const { workflow, status } = await checkRun(draft, manifest, file);
    nodeDisk.syncDirectory(draft);
    refuseExisting(final, runId);
    await rename(draft, final);
    nodeDisk.syncDirectory(runs);
    return { runId, workflow, status };
  } finally {
    zip.close();
    await rm(draft, { recursive: true, force: true });
  }
}

function notAnArchive(file: string) {
  return (error: NodeJS.ErrnoException): never => {
    if (error.code !== undefined) throw error;
    throw new ArchiveError(`${file} is no zip archive: ${error.message}`);
  };
}

/** A run that a node held has no name of its own: the one it had says which run held it. */
function namelessChild(runId: string, file: string): RefusedError {
  const name = runId.replace(/[^A-Za-z0-9._-]+/g, "-");
  return new RefusedError(
    `${runId} was held by a node of another run; here it is one of its own, and needs a name: smithers import ${file} --as ${name}`,
  );
}

function refuseExisting(directory: string, runId: string): void {
  if (existsSync(directory))
    throw new RefusedError(`there is a run ${runId} already: import this one under another name with --as`);
}

/** By name. What could stand for more than one file, or for something else than a file, is refused. */
async function entriesOf(zip: ZipFile, file: string): Promise<ReadonlyMap<string, Entry>> {
  const entries = new Map<string, Entry>();
  try {
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName;
      if (entries.has(name)) throw new ArchiveError(`${file} holds ${JSON.stringify(name)} twice`);
      if (name !== MANIFEST && !isPart(name))
        throw new ArchiveError(`${file} holds ${JSON.stringify(name)}, which is no part of a run`);
      const type = (entry.externalFileAttributes >>> 28) & 0xf;
      if (type !== 0 && type !== REGULAR)
        throw new ArchiveError(`${file} holds ${JSON.stringify(name)} as something else than a file`);
      entries.set(name, entry);
    }
  } catch (error) {
    // What the library finds wrong: paths that lead outside, damaged headers.
    throw error instanceof ArchiveError ? error : new ArchiveError(`${file}: ${(error as Error).message}`);
  }
  return entries;
}

/** `S_IFREG` of a mode, without its zeros. */
const REGULAR = 0o10;

async function manifestOf(zip: ZipFile, entry: Entry | undefined, file: string): Promise<Manifest> {
  if (!entry || entry.uncompressedSize > MANIFEST_BYTES)
    throw new ArchiveError(`${file} is not the archive of a run: it has no ${MANIFEST}`);
  const chunks: Buffer[] = [];
  let found: unknown;
  try {
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
    found = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (error) {
    throw new ArchiveError(`${MANIFEST} in ${file} can't be read: ${(error as Error).message}`);
  }
  const format = typeof found === "object" && found !== null && "format" in found ? found.format : null;
  if (typeof format === "number" && format > FORMAT)
    throw new RefusedError(
      `${file} was written by a newer version (format ${format}; this one knows ${FORMAT}): update smithers. Nothing was changed`,
    );
  const parsed = manifestFile.safeParse(found);
  if (!parsed.success) throw new ArchiveError(`${MANIFEST} in ${file} is not that of a run`);
  return parsed.data;
}

function checkNames(entries: ReadonlyMap<string, Entry>, { files }: Manifest, file: string): void {
  for (const name of Object.keys(files))
    if (!entries.has(name)) throw new ArchiveError(`${file} lacks ${JSON.stringify(name)}`);
  for (const [name, entry] of entries) {
    if (name === MANIFEST) continue;
    const expected = Object.hasOwn(files, name) ? files[name] : undefined;
    if (expected?.bytes !== entry.uncompressedSize)
      throw new ArchiveError(`${file}: ${JSON.stringify(name)} is not what ${MANIFEST} says of it`);
  }
  for (const held of runsIn(entries))
    if (!entries.has(`${held}${DATABASE}`)) throw new ArchiveError(`${file} lacks ${held}${DATABASE}`);
}

/** Where the runs of an archive stand: the run itself, and those that its nodes hold. */
const runsIn = (entries: ReadonlyMap<string, Entry>): ReadonlySet<string> =>
  new Set(["", ...[...entries.keys()].map(heldIn)]);

async function unpack(
  zip: ZipFile,
  entry: Entry,
  name: string,
  into: string,
  { files }: Manifest,
  file: string,
): Promise<void> {
  const target = path.join(into, ...name.split("/"));
  await mkdir(path.dirname(target), { recursive: true });
  const hash = createHash("sha256");
  const counted = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    await pipeline(
      await zip.openReadStreamPromise(entry),
      counted,
      createWriteStream(target, { flags: "wx" }),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith("E")) throw error;
    throw new ArchiveError(`${file}: ${JSON.stringify(name)} is damaged: ${(error as Error).message}`);
  }
  if (hash.digest("hex") !== files[name]?.sha256)
    throw new ArchiveError(`${file}: ${JSON.stringify(name)} is damaged: its content is not what it was`);
  const handle = await open(target, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What was unpacked is a run: its database is whole, every record of it can be read, and its plan is known here. */
async function checkRun(draft: string, manifest: Manifest | null, file: string) {
  const directory = storeDirectory(draft);
  await checkStore(directory);
  const { run, plan } = await (await openReader(directory)).journal();
  if (!run || plan === null || (manifest !== null && run.runId !== manifest.runId))
    throw new ArchiveError(`${file} does not hold the run that its ${MANIFEST} names`);
  const loaded = loadPlan(plan);
  if (!loaded.ok) {
    const problems = loaded.problems.map(({ path: at, message }) => `${at}: ${message}`).join("\n");
    throw new RefusedError(`the plan of the run in ${file} can't be read:\n${problems}`);
  }
  return run;
}
