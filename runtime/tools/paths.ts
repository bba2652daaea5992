/**
 * Files of the project and nothing outside of it (SEMANTICS 50): `..`, absolute paths and symlinks are followed to where
 * they lead, and refused where that is outside of the root. What was opened is checked once more, so that a symlink that
 * is put there between check and use changes nothing: on Linux the system says what a handle is of, and names are looked up
 * in the checked directory's handle; elsewhere the file is compared with the one at the checked path.
 */
import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readlink, realpath } from "node:fs/promises";
import path from "node:path";

/** The path leads out of the project, or to what tools must leave alone. */
export class OutsideError extends Error {
  constructor(given: string, why = "is outside of the project") {
    super(`${JSON.stringify(given)} ${why}`);
    this.name = "OutsideError";
  }
}

/** Where a path leads. */
export interface Place {
  /** Without symlinks; what does not exist yet is below the last directory that does. */
  readonly real: string;
  /** Relative to the root, with `/`; `.` for the root itself. */
  readonly shown: string;
}

/** @throws OutsideError */
export async function placeOf(root: string, given: string): Promise<Place> {
  if (given.includes("\0")) throw new OutsideError(given, "is no path");
  const realRoot = await realpath(root);
  const real = await resolved(path.resolve(realRoot, given));
  if (!isWithin(realRoot, real)) throw new OutsideError(given);
  const shown = path.relative(realRoot, real).split(path.sep).join("/") || ".";
  if (shown === KEPT || shown.startsWith(`${KEPT}/`))
    throw new OutsideError(given, "belongs to smithers, which keeps runs there");
  return { real, shown };
}

/** Opens a file of the project for reading. The caller closes it. @throws OutsideError, what the file system throws */
export async function openFile(root: string, given: string): Promise<FileHandle & AsyncDisposable> {
  const { real } = await placeOf(root, given);
  // Not to hang on a pipe that nobody writes to.
  const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    await check(handle, real, given);
    if (!(await handle.stat()).isFile()) throw new Error(`${JSON.stringify(given)} is no file`);
  } catch (error) {
    await handle.close();
    throw error;
  }
  return handle;
}

/** A directory of the project that is held open, so that names in it are those of this directory whatever is moved. */
export interface HeldDirectory {
  /** The path of a name in it. */
  at(name: string): string;
  close(): Promise<void>;
}

/** Holds the directory at a real path, which is made where `make` says so. @throws OutsideError */
export async function holdDirectory(
  root: string,
  real: string,
  { make = false }: { readonly make?: boolean } = {},
): Promise<HeldDirectory> {
  const realRoot = await realpath(root);
  let held = await hold(realRoot, realRoot);
  for (const name of path.relative(realRoot, real).split(path.sep)) {
    if (name === "") continue;
    const next = held.at(name);
    try {
      if (make) await mkdir(next).catch(unlessThere);
      const below = await hold(next, path.join(held.real, name));
      await held.close();
      held = below;
    } catch (error) {
      await held.close();
      throw error;
    }
  }
  return held;
}

async function hold(at: string, real: string): Promise<HeldDirectory & { readonly real: string }> {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  const handle = await open(at, flags);
  try {
    await check(handle, real, real);
  } catch (error) {
    await handle.close();
    throw error;
  }
  const base = process.platform === "linux" ? `/proc/self/fd/${handle.fd}` : real;
  return { real, at: (name) => path.join(base, name), close: () => handle.close() };
}

/** Whether a handle is of what stood at the path that was checked. */
async function check(handle: FileHandle, real: string, given: string): Promise<void> {
  if (process.platform === "linux") {
    if ((await readlink(`/proc/self/fd/${handle.fd}`)) !== real) throw new OutsideError(given, MOVED);
    return;
  }
  const [opened, there, now] = await Promise.all([handle.stat(), lstat(real), realpath(real)]);
  if (opened.ino !== there.ino || opened.dev !== there.dev || now !== real)
    throw new OutsideError(given, MOVED);
}

/** The path without symlinks, as far as it exists. */
async function resolved(absolute: string): Promise<string> {
  const rest: string[] = [];
  for (let at = absolute; ; ) {
    try {
      return path.join(await realpath(at), ...rest);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      // A symlink to nowhere is no name that is free.
      if (await isThere(at)) throw new OutsideError(absolute, "is a link to nowhere");
    }
    rest.unshift(path.basename(at));
    at = path.dirname(at);
  }
}

const isThere = (at: string): Promise<boolean> =>
  lstat(at).then(
    () => true,
    () => false,
  );

export const isWithin = (root: string, real: string): boolean =>
  real === root || real.startsWith(root.endsWith(path.sep) ? root : root + path.sep);

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}

/** Runs, their journals and results that are kept: written by the runner alone. */
export const KEPT = ".smithers";
const MOVED = "was moved while it was opened";
