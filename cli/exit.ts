/** Exit codes of all commands, one table (DESIGN §6). */
export const EXIT = {
  ok: 0,
  /** A negative answer: the run failed, diagnostics at or above the severity, `diff --exit-code` found changes. */
  negative: 1,
  usage: 2,
  /** Stopped but able to go on: waiting, paused, stalled. */
  resumable: 3,
  /** Locked, incompatible plan. */
  refused: 4,
  cancelled: 5,
  internal: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error the user can do something about: printed as message and hint, without a stack. */
export class CliError extends Error {
  readonly exit: ExitCode;
  readonly hint: string | undefined;
  constructor(exit: ExitCode, message: string, hint?: string) {
    super(message);
    this.name = "CliError";
    this.exit = exit;
    this.hint = hint;
  }
}

/** What a command returns: its exit code. Commands never call `process.exit`. */
export type CommandResult = Promise<ExitCode>;
