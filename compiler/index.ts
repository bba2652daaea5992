/** `smithers/compiler`: sources → plan and diagnostics. The command line uses nothing else. */
export { codeFrame, formatDiagnostic, locate, type Sources } from "./code-frame.ts";
export type { Diagnostic, Location, Severity } from "./diagnostics.ts";
export { type BuildHost, memoryHost, nodeHost } from "./host.ts";
export { type Code, MESSAGES } from "./messages.gen.ts";
export { type BuildOptions, type BuildResult, build, check } from "./pipeline.ts";
