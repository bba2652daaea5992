/** The catalogue of diagnostics in full: what reports and documents show of a code. Not loaded by a build. */
import type { Severity } from "./diagnostics.ts";
import { HELP, type Help } from "./help.gen.ts";
import { type Code, MESSAGES } from "./messages.gen.ts";

export interface CatalogueEntry extends Help {
  readonly title: string;
  readonly severity: Severity;
}

export const catalogue: ReadonlyMap<string, CatalogueEntry> = new Map(
  Object.entries(HELP).map(([code, help]) => [code, { ...MESSAGES[code as Code], ...help }]),
);
