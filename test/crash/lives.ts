/** Lives of an engine: processes that run the crash plan until they are killed, or to its end. */
import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { dropDecision, dropSignal } from "../../runtime/requests/inbox.ts";
import { createRun, storeDirectory } from "../../runtime/runs.ts";
import { nodeDisk } from "../../runtime/store/disk.ts";
import { Connection } from "../../runtime/store/sqljs/connection.ts";
import { loadSqlite } from "../../runtime/store/sqljs/load.ts";
import type { Course } from "./boundaries.ts";
import { ahead } from "./plan.ts";
import type { Strike } from "./strike.ts";

/** What ends a life before its end: a named place, or so many milliseconds after it began. */
export type Death = { readonly at: Strike } | { readonly afterMs: number };

export type Outcome =
  | { readonly killed: true }
  | { readonly killed: false; readonly status: string; readonly reason: string | null };

export class Engines {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Bundles the engine once for all lives. `repository`: where its sources and packages are. */
  static async make(repository: string): Promise<Engines> {
    const folder = mkdtempSync(path.join(tmpdir(), "smithers-crash-"));
    symlinkSync(path.join(repository, "node_modules"), path.join(folder, "node_modules"));
    cpSync(path.join(repository, "runtime/executors/compute/worker"), path.join(folder, "worker"), {
      recursive: true,
    });
    await build({
      absWorkingDir: repository,
      entryPoints: ["test/crash/engine.ts"],
      bundle: true,
      minify: true,
      // Found by its own path at run time; the others start faster within the bundle.
      external: ["sql.js", "@anthropic-ai/sdk"],
      format: "esm",
      platform: "node",
      target: "node20",
      outfile: path.join(folder, "engine.mjs"),
      logLevel: "error",
    });
    return new Engines(folder);
  }

  /** Processes of engines and their tasks that are there now. */
  async left(): Promise<readonly string[]> {
    const { stdout } = await promisify(execFile)("ps", ["-eo", "pid,args"]);
    return stdout.split("\n").filter((line) => line.includes(this.#folder));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Removes a project directory. */
  forget(name: string): void {
    rmSync(path.join(this.#folder, name), { recursive: true, force: true });
  }

  /** A project directory with a run that has not begun, and what lies in its inbox. */
  async project(name: string, store: Course["store"] = "none"): Promise<string> {
    const root = path.join(this.#folder, name);
    mkdirSync(root);
    const { directory } = createRun(root, "test", 0, "r");
    if (store === "old") await makeOldStore(storeDirectory(directory));
    for (const decision of ahead.decisions)
      dropDecision(directory, {
        ...decision,
        scope: "",
        iteration: 0,
        note: null,
        decidedBy: "ahead",
        decidedAt: 1,
      });
    for (const [at, signal] of ahead.signals.entries())
      dropSignal(directory, { correlationId: null, ...signal, by: "ahead", at });
    return root;
  }

  /** One life, which ends as `death` says, or, where that does not come about, at the end of the run. */
  live(root: string, death: Death | null): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const strike = death && "at" in death ? death.at : null;
      const args = [path.join(this.#folder, "engine.mjs"), root, JSON.stringify(strike)];
      const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
      let out = "";
      let errors = "";
      let timer: NodeJS.Timeout | undefined;
      child.stdout.on("data", (data: Buffer) => {
        out += data.toString();
        if (death && "afterMs" in death && timer === undefined)
          timer = setTimeout(() => child.kill("SIGKILL"), death.afterMs);
      });
      child.stderr.on("data", (data: Buffer) => {
        errors += data.toString();
      });
      child.on("error", reject);
      child.on("close", (code, signal) => {
        clearTimeout(timer);
        const result = out.split("\n").find((line) => line.startsWith("{"));
        if (signal === "SIGKILL") resolve({ killed: true });
        else if (result !== undefined && code === 0) resolve({ killed: false, ...JSON.parse(result) });
        else reject(new Error(`the engine in ${root} ended with ${code ?? signal}: ${out}${errors}`));
      });
    });
  }
}

/** An empty database of ours of version 0, which opening migrates in place. */
async function makeOldStore(directory: string): Promise<void> {
  mkdirSync(directory);
  const files = { database: path.join(directory, "store.db"), log: path.join(directory, "none") };
  const options = { disk: nodeDisk, readonly: false, cacheKiB: 1024 };
  const connection = new Connection(await loadSqlite(), files, options);
  connection.exec("PRAGMA journal_mode=MEMORY; PRAGMA application_id=0x536d7468; VACUUM");
  connection.close();
}
