/**
 * A process that owns a run and commits step after step, telling each acknowledgement on a line of its own.
 *
 *   child.mjs DIRECTORY [JSON options]
 */
import fs from "node:fs";
import path from "node:path";
import { nodeDisk } from "../../runtime/store/disk.ts";
import { openStore, type StoreOptions } from "../../runtime/store/sqljs/driver.ts";
import { StoreError } from "../../runtime/store/store.ts";
import { work } from "./check.ts";
import { type Watched, watch } from "./watched-disk.ts";

export interface ChildOptions {
  readonly store?: StoreOptions;
  /** Kill this process with SIGKILL before or after the nth operation of that name on a file whose name contains `file`. */
  readonly kill?: {
    readonly when: "before" | "after";
    readonly operation: Watched["name"];
    readonly file: string;
    readonly nth: number;
  };
  /** Commits made together. */
  readonly together?: number;
  /** Close and end after so many steps of its own. */
  readonly steps?: number;
  /** Milliseconds between commits. */
  readonly pause?: number;
  /** Open, tell, hold without committing until the input ends, close. */
  readonly hold?: boolean;
  /** Wait for a file to appear before opening, so that contenders start at once. */
  readonly gate?: string;
}

const [directory = "", text = "{}"] = process.argv.slice(2);
const options = JSON.parse(text) as ChildOptions;

/** Written before anything else happens, whatever kills the process next. */
const say = (line: string): void => {
  fs.writeSync(1, `${line}\n`);
};

let seen = 0;
const strike = (when: "before" | "after", operation: Watched): void => {
  const { kill } = options;
  if (!kill || kill.when !== when || kill.operation !== operation.name) return;
  if (!path.basename(operation.file).includes(kill.file)) return;
  seen += 1;
  if (seen === kill.nth) process.kill(process.pid, "SIGKILL");
};
const disk = watch(nodeDisk, { before: (op) => strike("before", op), after: (op) => strike("after", op) });

try {
  while (options.gate && !fs.existsSync(options.gate)) {
    // Contenders spin: they must meet within microseconds.
  }
  const store = await openStore(directory, { disk, ...options.store });
  say(`open ${store.epoch}`);
  if (options.hold) {
    process.stdin.resume();
    await new Promise((resolve) => process.stdin.on("end", resolve));
  } else {
    const first = (await store.journal()).outputs.length;
    const last = first + (options.steps ?? 1e6);
    for (let n = first; n < last; ) {
      const count = Math.min(options.together ?? 1, last - n);
      await Promise.all(
        Array.from({ length: count }, (_, i) =>
          store.commit({ expectEpoch: store.epoch, writes: work(n + 1 + i, store.epoch) }),
        ),
      );
      n += count;
      say(`ack ${n}`);
      if (options.pause) await new Promise((resolve) => setTimeout(resolve, options.pause));
    }
  }
  await store.close();
  say("closed");
} catch (error) {
  say(`error ${error instanceof StoreError ? `${error.code} ${error.message}` : String(error)}`);
  process.exitCode = 1;
}
