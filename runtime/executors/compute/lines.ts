import { StringDecoder } from "node:string_decoder";

/** Longer lines are cut: one line becomes one event. */
const MAX_LINE = 64 * 1024;

/** Cuts a byte stream into lines. */
export class Lines {
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";
  readonly #line: (line: string) => void;

  constructor(line: (line: string) => void) {
    this.#line = line;
  }

  push(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split(/\r?\n/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line.slice(0, MAX_LINE));
    if (this.#rest.length > MAX_LINE) this.flush();
  }

  /** What stands after the last line end. */
  flush(): void {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = "";
    if (rest !== "") this.#line(rest.slice(0, MAX_LINE));
  }
}
