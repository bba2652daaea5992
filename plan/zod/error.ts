import type { Span } from "../core/ast.ts";

/** The text of a schema can't be built: outside the whitelist, or refused by Zod itself. `span` points into that text. */
export class ZodBuildError extends Error {
  readonly span: Span | undefined;
  constructor(message: string, span?: Span, options?: ErrorOptions) {
    super(message, options);
    this.name = "ZodBuildError";
    this.span = span;
  }
}
