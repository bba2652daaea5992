/** A text that is not Core. `offset` counts UTF-16 code units from the start of the text. */
export class CoreSyntaxError extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.name = "CoreSyntaxError";
    this.offset = offset;
  }
}
