/** The one diagnostic model of the compiler; renderers (text, JSON, …) live in cli/. */
import type { Span } from "../plan/core/ast.ts";

export type Severity = "error" | "warning" | "info";

export interface Diagnostic {
  /** `SM` and three digits; the catalogue is compiler/messages/*.md. */
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  /** Null only where no source exists (a missing entry file). */
  readonly span: Span | null;
  /** How to fix it, one sentence. */
  readonly hint?: string;
  /** Further places that matter, e.g. the first declaration of a duplicate id. */
  readonly related?: readonly { readonly span: Span; readonly message: string }[];
}

/** A place as people read it: 1-based line and column, columns in UTF-16 code units. */
export interface Location {
  /** Project-relative POSIX path. */
  readonly path: string;
  readonly line: number;
  readonly column: number;
}
