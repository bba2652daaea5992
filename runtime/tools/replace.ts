import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import path from "node:path";
import { type HeldDirectory, holdDirectory, placeOf } from "./paths.ts";

/**
 * Puts a file in place, whole or not at all, with the mode of the one before. A name that has become a symlink meanwhile is
 * replaced, not followed. @throws OutsideError, what the file system throws
 */
export async function replaceFile(root: string, given: string, content: string): Promise<void> {
  const { real } = await placeOf(root, given);
  const directory = await holdDirectory(root, path.dirname(real), { make: true });
  try {
    await replaceIn(directory, path.basename(real), content);
  } finally {
    await directory.close();
  }
}

async function replaceIn(directory: HeldDirectory, name: string, content: string): Promise<void> {
  const mode = await modeOf(directory, name);
  const temporary = directory.at(`.${name.slice(0, 100)}.${randomBytes(6).toString("hex")}.tmp`);
  const file = await open(temporary, "wx", mode ?? 0o666);
  try {
    await file.writeFile(content);
    if (mode !== null) await file.chmod(mode);
  } finally {
    await file.close();
  }
  try {
    await rename(temporary, directory.at(name));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function modeOf(directory: HeldDirectory, name: string): Promise<number | null> {
  try {
    const file = await open(
      directory.at(name),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
    try {
      return (await file.stat()).mode & 0o777;
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}
