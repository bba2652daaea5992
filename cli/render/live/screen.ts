/** The last lines of a terminal, drawn over and over; what is printed meanwhile stands above them and stays. */
import type { Live } from "../../terminal.ts";

const UP = (lines: number): string => (lines === 0 ? "" : `\u001b[${lines}A`);
const CLEAR_LINE = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";
/** Terminals that know it show all of what follows at once; the others pass over it. */
const TOGETHER = ["\u001b[?2026h", "\u001b[?2026l"] as const;

export class Screen {
  readonly #live: Live;
  #drawn: readonly string[] = [];

  constructor(live: Live) {
    this.#live = live;
  }

  /** Replaces the lines; each must fit the terminal's width. One write, and none where nothing changed. */
  draw(lines: readonly string[]): void {
    if (lines.length === this.#drawn.length && lines.every((line, n) => line === this.#drawn[n])) return;
    this.#write(lines.map((line) => `${line}${CLEAR_LINE}\n`).join(""), lines);
  }

  /** Prints above the lines. */
  print(text: string): void {
    const lines = this.#drawn;
    this.#write(
      `${CLEAR_BELOW}${text.endsWith("\n") ? text : `${text}\n`}${lines.map((line) => `${line}\n`).join("")}`,
      lines,
    );
  }

  /** Takes the lines away. */
  clear(): void {
    if (this.#drawn.length > 0) this.#write("", []);
  }

  #write(text: string, lines: readonly string[]): void {
    this.#live.write(`${TOGETHER[0]}\r${UP(this.#drawn.length)}${text}${CLEAR_BELOW}${TOGETHER[1]}`);
    this.#drawn = lines;
  }
}
