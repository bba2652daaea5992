/** The machine that both sides are told they run on. */
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Json } from "../../plan/types.ts";
import { diskFiles, memoryFiles } from "../../runtime/files.ts";
import type { FileOperation } from "../../runtime/values/files.ts";

export const MACHINE: { readonly [name: string]: string | number } = {
  "env.HOME": "/home/ada",
  "env.STAGE": "prod",
  "env.MORE": "x,y",
  "os.homedir": "/home/ada",
  "os.hostname": "box",
  "os.tmpdir": "/scratch",
  "process.arch": "arm64",
  "process.cwd": "/home/ada/work",
  "process.platform": "linux",
  project: "/home/ada/a project",
  "project.url": "file:///home/ada/a%20project",
  startedAt: 1_700_000_000_000,
};

/** A clock that stands. */
export class StillDate extends Date {
  constructor(...given: readonly unknown[]) {
    super(...((given.length === 0 ? [StillDate.now()] : given) as [number]));
  }
  static override now(): number {
    return Number(MACHINE.startedAt);
  }
}

const fact = (name: string) => (): unknown => MACHINE[name];

/** `process` as the source sees it. */
export const PROCESS = {
  arch: MACHINE["process.arch"],
  cwd: fact("process.cwd"),
  env: Object.fromEntries(
    Object.entries(MACHINE).flatMap(([name, value]) =>
      name.startsWith("env.") ? [[name.slice("env.".length), value]] : [],
    ),
  ),
  platform: MACHINE["process.platform"],
};

export const OS = {
  arch: fact("process.arch"),
  homedir: fact("os.homedir"),
  hostname: fact("os.hostname"),
  platform: fact("process.platform"),
  tmpdir: fact("os.tmpdir"),
};

const cwd = String(MACHINE["process.cwd"]);

/** `node:path` of a process that stands where the machine says. */
export const PATH: Record<string, unknown> = {
  ...path.posix,
  relative: (from: string, to: string) =>
    path.posix.relative(path.posix.resolve(cwd, from), path.posix.resolve(cwd, to)),
  resolve: (...paths: string[]) => path.posix.resolve(cwd, ...paths),
};
PATH.posix = PATH;
PATH.default = PATH;

/** Files that a workflow finds while it is rendered. */
export const FILES: { readonly [file: string]: string } = {
  "notes/b.md": "# B",
  "notes/a.md": "# A",
  "notes/deep/c.md": "# C",
  "notes/deep/c.txt": "no note",
};

/** `node:fs`: FILES, and the files of the project that stands in MACHINE.project, which is `root` in truth. */
export function fsOf(root: string): Record<string, unknown> {
  const memory = memoryFiles(FILES);
  const disk = diskFiles(root);
  const ask = (operation: FileOperation, file: string | URL): Json => {
    const text = typeof file === "string" ? file : fileURLToPath(file);
    const shown = path.posix.relative(
      String(MACHINE.project),
      path.posix.resolve(String(MACHINE.project), text),
    );
    const known = memory({ operation: "exists", path: text, recursive: false });
    // Beside FILES and the project this machine holds nothing.
    if (operation === "exists" && known.ok && !known.value && shown.startsWith("../")) return false;
    const answer =
      known.ok && known.value
        ? memory({ operation, path: text, recursive: false })
        : disk({ operation, path: shown, recursive: false });
    if (!answer.ok) throw Object.assign(new Error(answer.message), { code: answer.code });
    return answer.value;
  };
  const entry = ({ name, kind, size }: Entry) => ({
    name,
    size,
    isFile: () => kind === "file",
    isDirectory: () => kind === "directory",
    isSymbolicLink: () => kind === "link",
  });
  const fs: Record<string, unknown> = {
    readFileSync: (file: string) => ask("readFile", file),
    existsSync: (file: string) => ask("exists", file),
    statSync: (file: string) => entry(ask("stat", file) as unknown as Entry),
    readdirSync: (file: string, options?: { readonly withFileTypes?: boolean }) => {
      const entries = ask("readDir", file) as unknown as readonly Entry[];
      return entries.map((one) => (options?.withFileTypes ? entry(one) : one.name));
    },
  };
  fs.default = fs;
  return fs;
}

interface Entry {
  readonly name: string;
  readonly kind: string;
  readonly size?: number;
}

/** The source with `import.meta` written out, as for a project that stands in MACHINE.project. */
export function withoutMeta(source: string, file: string, root: string): string {
  const there = path.join(String(MACHINE.project), path.relative(root, file));
  const meta = {
    dirname: path.dirname(there),
    filename: there,
    url: pathToFileURL(there).href,
    dir: path.dirname(there),
    path: there,
    file: path.basename(there),
  };
  return source.replaceAll("import.meta", `(${JSON.stringify(meta)})`);
}
