import type { TaskError } from "../executors/executor.ts";
import { isRetryableStatus, retryAfterMs } from "./status.ts";

type Sdk = typeof import("@anthropic-ai/sdk");

/** What a failed request means for the attempt (SEMANTICS 27). @param now Unix milliseconds, for a `Retry-After` date. */
export function providerError(sdk: Sdk, error: unknown, now: number): TaskError {
  if (error instanceof sdk.APIConnectionTimeoutError) {
    return { code: "TIMEOUT", message: "The model did not answer in time", retryable: true };
  }
  if (error instanceof sdk.APIConnectionError) {
    return { code: "CONNECTION", message: `No connection to the model: ${deepest(error)}`, retryable: true };
  }
  if (error instanceof sdk.APIError && error.status !== undefined) {
    const after = error.headers === undefined ? undefined : retryAfterMs(error.headers, now);
    const message = error.apiMessage ?? error.message;
    return {
      code: error.status === 401 || error.status === 403 ? "UNAUTHORIZED" : "PROVIDER",
      message: `${error.status} ${message}${hint(error.status)}`,
      retryable: isRetryableStatus(error.status),
      ...(after === undefined ? {} : { retryAfterMs: after }),
    };
  }
  // The connection broke, or the text ended, in the middle of an answer.
  if (error instanceof SyntaxError || (error instanceof TypeError && error.cause !== undefined)) {
    return {
      code: "CONNECTION",
      message: `The model's answer broke off: ${deepest(error)}`,
      retryable: true,
    };
  }
  return { code: "PROVIDER", message: deepest(error), retryable: false };
}

function hint(status: number): string {
  switch (status) {
    case 401:
      return " (check ANTHROPIC_API_KEY)";
    case 404:
      return " (check the model's name and ANTHROPIC_BASE_URL)";
    default:
      return "";
  }
}

/** Network errors hide what happened in their causes. */
function deepest(error: unknown): string {
  let at = error;
  while (at instanceof Error && at.cause instanceof Error) at = at.cause;
  return at instanceof Error ? at.message : String(at);
}
