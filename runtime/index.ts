/** `smithers/runtime`: plans are run, resumed, decided and looked at through this and nothing else. */
export { loadScript as readScript, parseScript, type Script, ScriptError } from "./agents/index.ts";
export { type Exported, type ExportOptions, exportRun } from "./archive/export.ts";
export { type Imported, type ImportOptions, importRun } from "./archive/import.ts";
export { ArchiveError } from "./archive/manifest.ts";
export { type Origin, originText } from "./carried.ts";
export { type DoctorOptions, examine, type Finding } from "./doctor.ts";
export { type Question, RefusedError, type ResultRow, type RunResult } from "./engine.ts";
export { diskFiles } from "./files.ts";
export type { PreviewFrame, PreviewLoop, PreviewNode, PreviewTask } from "./frame.ts";
export { type HostSource, previewHost, systemHost } from "./host.ts";
export { InputError } from "./input.ts";
export {
  type EventsOptions,
  events,
  type InspectOptions,
  inspect,
  listRuns,
  query,
  type RunInspection,
  type RunSummary,
  readRun,
} from "./inspect.ts";
export type { Clock } from "./interpreter/clock.ts";
export type { StopLimits } from "./interpreter/limits.ts";
export type { StopRequest } from "./interpreter/run.ts";
export { outermost } from "./interpreter/run-id.ts";
export type { GivenLimits as StormLimits } from "./interpreter/storm.ts";
export { type PreviewOptions, previewFrame } from "./preview.ts";
export { type PreviewRow, PreviewRowError, parseRows } from "./preview-rows.ts";
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
export { AnswerError, type AnswerOptions, answer, type ResolveOptions, resolve } from "./requests/answer.ts";
export { type AnswerCommand, answerCommands, askerOf } from "./requests/answers.ts";
export { type DecideOptions, decide } from "./requests/decide.ts";
export { DecidedError } from "./requests/inbox.ts";
export { NotWaitingError } from "./requests/questions.ts";
export { type SignalOptions, signal, UnknownSignalError } from "./requests/signal.ts";
export { NotRunningError, type StopOptions, stop } from "./requests/stop.ts";
export { type Removed, type RetentionOptions, removeRuns } from "./retention.ts";
export { type ResumeOptions, type RunOptions, resume, run } from "./run.ts";
export { RunNameError, UnknownRunError } from "./runs.ts";
export { isStageRecord, stagesUnderWay, stageText } from "./stages.ts";
export { type SqlAnswer, type SqlCell, SqlError } from "./store/index.ts";
export * from "./store/store.ts";
export { type ForkOptions, fork, type Travelled, type TravelOptions } from "./travel/fork.ts";
export { RetryError } from "./travel/reset.ts";
export { type Retried, type RetryOptions, retry } from "./travel/retry.ts";
export { rewind } from "./travel/rewind.ts";
export type { Price, Prices } from "./usage/prices.ts";
export type { RunTotals } from "./usage/totals.ts";
export { listWaits, type Wait, type Waits } from "./waits.ts";
