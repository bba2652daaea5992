/** Makes diagnostics; the catalogue decides how severe each code is. */
import type { Diagnostic } from "./diagnostics.ts";
import { type Code, MESSAGES } from "./messages.gen.ts";
import type { Span } from "./surface.ts";

export type { Code };

/** A problem at `span` (null: no source exists). `message` says what is wrong here, `hint` how to mend it. */
export function problem(
  code: Code,
  span: Span | null,
  message: string,
  more: Pick<Diagnostic, "hint" | "related"> = {},
): Diagnostic {
  return { code, severity: MESSAGES[code].severity, message, span, ...more };
}

/** The severity that the catalogue gives a code; null for a code it does not know. */
export function severityOf(code: string): Diagnostic["severity"] | null {
  return Object.hasOwn(MESSAGES, code) ? MESSAGES[code as Code].severity : null;
}
