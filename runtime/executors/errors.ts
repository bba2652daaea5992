import { formatIssues, type Issue } from "../../plan/zod/index.ts";
import type { AttemptResult, TaskError } from "./executor.ts";

export type Failure = Extract<AttemptResult, { readonly ok: false }>;

export function failure(
  code: string,
  message: string,
  options: Partial<Pick<TaskError, "retryable" | "retryAfterMs" | "stack">> = {},
): Failure {
  return { ok: false, error: { code, message, retryable: false, ...options } };
}

/** What an aborted attempt came to: `TIMEOUT` or `HEARTBEAT_TIMEOUT` (another attempt may help), else `CANCELLED`. */
export function aborted(signal: AbortSignal): Failure {
  const { name, message } = abortReason(signal);
  if (name === "HeartbeatTimeoutError") return failure("HEARTBEAT_TIMEOUT", message, { retryable: true });
  return name === "TimeoutError"
    ? failure("TIMEOUT", message || "The attempt took too long", { retryable: true })
    : failure("CANCELLED", message || "The attempt was cancelled");
}

/** Name and message of an aborted signal's reason. */
export function abortReason(signal: AbortSignal): { readonly name: string; readonly message: string } {
  const reason: unknown = signal.reason;
  if (reason instanceof Error) return { name: reason.name, message: reason.message };
  return { name: "AbortError", message: typeof reason === "string" ? reason : "" };
}

/** An output that does not satisfy its schema. */
export function invalidOutput(schema: string, issues: readonly Issue[]): Failure {
  const list = issues.map((issue) => `- ${formatIssues([issue])}`).join("\n");
  return failure("OUTPUT_INVALID", `The output does not satisfy schema ${schema}:\n${list}`, {
    retryable: true,
  });
}
