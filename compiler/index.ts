/** `smithers/compiler`: sources → plan and diagnostics. The command line uses nothing else. */
import type { CatalogueEntry } from "./catalogue.ts";

export { codeFrame, formatDiagnostic, indexed, locate, type Sources } from "./code-frame.ts";
export type { SeverityOverrides } from "./collect.ts";
export type { Diagnostic, Location, Severity } from "./diagnostics.ts";
export { type BuildHost, memoryHost, nodeHost } from "./host.ts";
export { isFirm } from "./lint/registry.ts";
export { type Code, MESSAGES } from "./messages.gen.ts";
export { type BuildOptions, type BuildResult, build, check } from "./pipeline.ts";
export { newSession, type Session } from "./session.ts";
export { stalePlan } from "./stale.ts";
export { nearest } from "./suggest.ts";
export type { CatalogueEntry };

/** Every diagnostic with its whole entry, by code. Apart from the rest because a build does not need it. */
export async function loadCatalogue(): Promise<ReadonlyMap<string, CatalogueEntry>> {
  return (await import("./catalogue.ts")).catalogue;
}
