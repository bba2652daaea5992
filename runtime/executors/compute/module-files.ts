import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Module } from "../../../plan/types.ts";

/**
 * The code of a plan's modules as files, because Node imports packages from where the importing file stands: under the
 * working directory, so that externals resolve from the project. Named by content, so that no two ever clash.
 */
export class ModuleFiles {
  readonly #urls = new Map<string, Promise<string>>();

  /** `file:` URL of the module's code; written at its first use. */
  url(cwd: string, name: string, module: Module): Promise<string> {
    // Plans outlive neither their modules nor this object: the digest of the bytes is the key.
    const key = `${cwd}\0${name}\0${module.artifact}`;
    const known = this.#urls.get(key);
    if (known !== undefined) return known;
    const url = writeModule(cwd, name, module);
    this.#urls.set(key, url);
    // A full disk may be emptied: the next attempt tries again.
    url.catch(() => this.#urls.delete(key));
    return url;
  }
}

async function writeModule(cwd: string, name: string, module: Module): Promise<string> {
  const code = `${module.code.join("\n")}\n`;
  const digest = createHash("sha256").update(code).digest("hex").slice(0, 16);
  const folder = path.join(cwd, ".smithers", "modules");
  const file = path.join(folder, `${name.replaceAll(/[^\w.-]/g, "_").slice(0, 60)}-${digest}.mjs`);
  if ((await readFile(file, "utf8").catch(() => null)) !== code) {
    await mkdir(folder, { recursive: true });
    // Another process may import it at this moment: it sees the whole file or none.
    const draft = `${file}.${process.pid}.${Date.now()}.tmp`;
    await writeFile(draft, code);
    await rename(draft, file);
  }
  return pathToFileURL(file).href;
}
