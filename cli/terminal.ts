/** Where output goes and how it may look. Commands write here and nowhere else, so that tests can read them. */
import pc from "picocolors";

export interface Painter {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

/** A terminal behind `err` on which lines can be drawn anew. */
export interface Live {
  write(text: string): void;
  /** As it is now: it may have been resized. */
  size(): { readonly columns: number; readonly rows: number };
}

export interface Terminal {
  /** Results: what a pipe gets. */
  out(text: string): void;
  /** Progress, diagnostics and errors. */
  err(text: string): void;
  /** Colours for `err`, and those for `out`: none where it is not a terminal. */
  readonly paint: Painter;
  readonly paintOut: Painter;
  /** Columns of the terminal behind `err`; null when it is not one. */
  readonly columns: number | null;
  /** Columns of the terminal behind `out`; null when it is not one. */
  readonly outColumns: number | null;
  /** Absent where `err` is no terminal, or one that can't move its cursor. */
  readonly live?: Live;
}

export function processTerminal(): Terminal {
  const tty = process.stderr.isTTY === true;
  return {
    out: (text) => void process.stdout.write(text.endsWith("\n") ? text : `${text}\n`),
    err: (text) => void process.stderr.write(text.endsWith("\n") ? text : `${text}\n`),
    paint: pc.createColors(pc.isColorSupported && tty),
    paintOut: pc.createColors(pc.isColorSupported && process.stdout.isTTY === true),
    columns: tty ? (process.stderr.columns ?? 80) : null,
    outColumns: process.stdout.isTTY === true ? (process.stdout.columns ?? 80) : null,
    ...(tty &&
      process.env.TERM !== "dumb" && {
        live: {
          write: (text) => void process.stderr.write(text),
          size: () => ({ columns: process.stderr.columns ?? 80, rows: process.stderr.rows ?? 24 }),
        },
      }),
  };
}
