/** What the engine and a compute worker say to each other: one JSON object a line, on a socket of their own. */
import type { Json } from "../../../plan/types.ts";
import type { ComputeWrite } from "../executor.ts";
import type { CtxSnapshot } from "./worker/ctx.mjs";

export interface ToolCallInfo {
  readonly toolCallId: string;
  readonly idempotencyKey: string;
}

export interface RunMessage {
  readonly type: "run";
  readonly id: number;
  /** `file:` URL of the module's code. */
  readonly url: string;
  /** Values by name, as worker/tagged.mjs encodes them. */
  readonly captures: Json;
  readonly ctx: CtxSnapshot;
  /** W3C trace context of the attempt; null where nobody traces. */
  readonly traceparent: string | null;
  readonly task: {
    readonly runId: string;
    readonly nodeId: string;
    readonly iteration: number;
    readonly attempt: number;
    /** Of an agent's tool: what its function is told of the call. */
    readonly call?: ToolCallInfo;
  };
}

export type ToWorker =
  | RunMessage
  | { readonly type: "abort"; readonly id: number; readonly name: string; readonly message: string };

export interface WorkerError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | null;
}

export type DoneMessage = {
  readonly type: "done";
  readonly id: number;
  /** Why the process must not run another task; null when it is as it was. */
  readonly spoiled: string | null;
} & (
  | { readonly ok: true; readonly raw: Json; readonly writes: readonly ComputeWrite[] }
  | { readonly ok: false; readonly error: WorkerError }
);

export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "log"; readonly id: number; readonly message: string; readonly data: Json }
  | DoneMessage;
