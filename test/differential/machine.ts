/** The machine that both sides are told they run on. */
import path from "node:path";
import { pathToFileURL } from "node:url";

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

/** The source with `import.meta` written out, as for a project that stands in MACHINE.project. */
export function withoutMeta(source: string, file: string, root: string): string {
  const there = path.join(String(MACHINE.project), path.relative(root, file));
  const meta = { dirname: path.dirname(there), filename: there, url: pathToFileURL(there).href };
  return source.replaceAll("import.meta", `(${JSON.stringify(meta)})`);
}
