/**
 * Kills the process it runs in, at a place that has a name. The places are where the engine meets what is injected into
 * it (its disk, its executors, its listener), so that nothing of this is in the runtime.
 */
import path from "node:path";
import type { AttemptContext, Executor, TaskRequest } from "../../runtime/executors/executor.ts";
import type { EventRecord } from "../../runtime/index.ts";
import type { Disk } from "../../runtime/store/disk.ts";
import { type Watched, watch } from "../store/watched-disk.ts";

export type Strike =
  /** At the nth operation of that name on a file whose path ends in something that contains `file`. */
  | {
      readonly on: "disk";
      readonly when: "before" | "after";
      readonly operation: Watched["name"];
      readonly file: string;
      readonly nth: number;
    }
  /**
   * Of the nth attempt of that kind: it is committed and not handed out yet; it asks for its process to be recorded; that
   * is on disk and no work is handed over; its result is there and nobody has it.
   */
  | {
      readonly on: "attempt";
      readonly at: "handing" | "recording" | "recorded" | "answered";
      readonly kind: TaskRequest["kind"];
      readonly nth: number;
    }
  /** At the nth event of that type: when the listener hears it, or when the frame is over. */
  | {
      readonly on: "event";
      readonly when: "at" | "after";
      readonly type: string;
      readonly nth: number;
    };

/** What a test engine wraps its parts with. */
export interface Armed {
  disk(disk: Disk): Disk;
  executor(executor: Executor): Executor;
  event(event: EventRecord): void;
}

const die = (): void => void process.kill(process.pid, "SIGKILL");

export function arm(strike: Strike | null): Armed {
  let seen = 0;
  const isNth = (): boolean => ++seen === strike?.nth;
  const disk = (when: "before" | "after", { name, file }: Watched): void => {
    if (strike?.on !== "disk" || strike.when !== when || strike.operation !== name) return;
    const place = file.split(path.sep).slice(-2).join("/");
    if (place.includes(strike.file) && isNth()) die();
  };
  return {
    disk: (real) => watch(real, { before: (op) => disk("before", op), after: (op) => disk("after", op) }),
    executor: (executor) => (strike?.on === "attempt" ? struck(executor, strike, isNth) : executor),
    event: ({ type }) => {
      if (strike?.on !== "event" || strike.type !== type || !isNth()) return;
      if (strike.when === "at") die();
      // The rest of the frame runs in this turn of the event loop.
      else setImmediate(die);
    },
  };
}

function struck(
  executor: Executor,
  { kind, at }: Extract<Strike, { readonly on: "attempt" }>,
  isNth: () => boolean,
): Executor {
  if (executor.kind !== kind) return executor;
  const strikeAt = (place: typeof at): void => {
    if (place === at && isNth()) die();
  };
  return {
    kind,
    ...(executor.reserve && { reserve: (cwd) => executor.reserve?.(cwd) ?? null }),
    ...(executor.release && { release: (reservation) => executor.release?.(reservation) }),
    async execute(request, context) {
      strikeAt("handing");
      const watched: AttemptContext = {
        ...context,
        async started(process) {
          strikeAt("recording");
          await context.started(process);
          strikeAt("recorded");
        },
      };
      const result = await executor.execute(request, watched);
      strikeAt("answered");
      return result;
    },
    close: () => executor.close(),
  };
}
