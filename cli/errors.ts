/** Errors of the runtime that a person can act on, as CliErrors with an exit code and what to do next. */
import { CliError, EXIT, type ExitCode } from "./exit.ts";

type Runtime = typeof import("../runtime/index.ts");

const STORE: Readonly<Record<string, { readonly exit: ExitCode; readonly hint: string }>> = {
  LOCKED: {
    exit: EXIT.refused,
    hint: "Wait for it, or end that process; `smithers inspect RUN` reads meanwhile.",
  },
  EPOCH: {
    exit: EXIT.refused,
    hint: "This process has stopped; what it did since was not recorded. `smithers ps` shows the runs there are.",
  },
  VERSION: { exit: EXIT.refused, hint: "Use the version of smithers that wrote it, or a newer one." },
  CORRUPT: {
    exit: EXIT.refused,
    hint: "Nothing was overwritten. Restore the run's directory from a copy, or start a new run.",
  },
  FULL: {
    exit: EXIT.resumable,
    hint: "Everything acknowledged is on disk; with space again, the run goes on from there.",
  },
  IO: { exit: EXIT.usage, hint: "Check the path and its permissions." },
};

/** Gives back what it does not know. */
export function explain(error: unknown, runtime: Runtime): unknown {
  if (!(error instanceof Error)) return error;
  const { message } = error;
  if (error instanceof runtime.StoreError) {
    const known = STORE[error.code];
    return known === undefined ? error : new CliError(known.exit, message, known.hint);
  }
  if (error instanceof runtime.RunNameError) return new CliError(EXIT.usage, message);
  if (error instanceof runtime.InputError) {
    return new CliError(
      EXIT.usage,
      message,
      "Give the input with --input '{…}' or --input @FILE. Nothing was started.",
    );
  }
  if (error instanceof runtime.UnknownRunError)
    return new CliError(EXIT.usage, message, "`smithers ps` lists the runs.");
  if (error instanceof runtime.RefusedError) return new CliError(EXIT.refused, message);
  if (error instanceof runtime.UnknownFrameError || error instanceof runtime.UnknownNodeError)
    return new CliError(EXIT.usage, message, "`smithers inspect RUN` shows what there is.");
  if (error instanceof runtime.AnswerError)
    return new CliError(EXIT.usage, message, "Nothing was filed; answer once more.");
  if (error instanceof runtime.ArchiveError)
    return new CliError(
      EXIT.usage,
      message,
      "Nothing was imported. `smithers export RUN` writes such archives.",
    );
  if (error instanceof runtime.SqlError)
    return new CliError(EXIT.usage, message, "`smithers sql RUN` lists tables and columns.");
  if (error instanceof runtime.RetryError)
    return new CliError(EXIT.usage, message, "Nothing was taken back.");
  if (error instanceof runtime.UnknownSignalError) return new CliError(EXIT.usage, message);
  if (
    error instanceof runtime.NotWaitingError ||
    error instanceof runtime.DecidedError ||
    error instanceof runtime.NotRunningError
  ) {
    return new CliError(EXIT.negative, message);
  }
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EACCES" || code === "EROFS" || code === "EPERM") {
    return new CliError(
      EXIT.usage,
      `permission denied: ${message}`,
      "Runs are kept in .smithers/ of the project; --root names another.",
    );
  }
  if (code === "ENOSPC") return new CliError(EXIT.resumable, message, STORE.FULL?.hint);
  return error;
}

/** Runs `action` with the runtime and explains what it throws. */
export async function withRuntime<T>(action: (runtime: Runtime) => Promise<T>): Promise<T> {
  const runtime = await import("../runtime/index.ts");
  try {
    return await action(runtime);
  } catch (error) {
    throw explain(error, runtime);
  }
}
