/** `smithers/runtime`: plans are run, resumed, decided and looked at through this and nothing else. */
export { loadScript as readScript, parseScript, type Script, ScriptError } from "./agents/index.ts";
export { AnswerError, type AnswerOptions, answer, type ResolveOptions, resolve } from "./answer.ts";
export { type DecideOptions, decide } from "./decide.ts";
export { type Question, RefusedError, type ResultRow, type RunResult } from "./engine.ts";
export { diskFiles } from "./files.ts";
export type { PreviewFrame, PreviewLoop, PreviewNode, PreviewTask } from "./frame.ts";
export { type HostSource, previewHost, systemHost } from "./host.ts";
export { DecidedError } from "./inbox.ts";
export { InputError } from "./input.ts";
export {
  type EventsOptions,
  events,
  type InspectOptions,
  inspect,
  listRuns,
  type RunInspection,
  type RunSummary,
} from "./inspect.ts";
export type { Clock } from "./interpreter/clock.ts";
export type { StopRequest } from "./interpreter/run.ts";
export { type PreviewOptions, previewFrame } from "./preview.ts";
export { type PreviewRow, PreviewRowError, parseRows } from "./preview-rows.ts";
export { NotWaitingError } from "./questions.ts";
export {
  type Divergence,
  frameAt,
  type Reason,
  type Replay,
  type RunFrame,
  replay,
  UnknownFrameError,
  UnknownNodeError,
  why,
} from "./replay/index.ts";
export { type ResumeOptions, type RunOptions, resume, run } from "./run.ts";
export { RunNameError, UnknownRunError } from "./runs.ts";
export { type SignalOptions, signal, UnknownSignalError } from "./signal.ts";
export { NotRunningError, type StopOptions, stop } from "./stop.ts";
export * from "./store/store.ts";
