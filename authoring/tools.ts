/** `smithers/tools`: what agents may call. The compiler reads these names and declarations; nothing here is executed. */
import type { z } from "zod";

/** A tool of the library, for `tools` of an agent. */
export interface LibraryTool {
  readonly kind: "tool";
}

/** Reads a file of the project. */
export const read: LibraryTool = { kind: "tool" };
/** Writes a file of the project. */
export const write: LibraryTool = { kind: "tool" };
/** Changes a file of the project by a unified diff. */
export const edit: LibraryTool = { kind: "tool" };
/** Searches the project's files. */
export const grep: LibraryTool = { kind: "tool" };
/** Runs commands in the project, without network unless whoever runs the workflow allows it. */
export const bash: LibraryTool = { kind: "tool" };
/** All of them. */
export const tools = { read, write, edit, grep, bash } as const;

/** What a tool's function is told of a call. */
export interface ToolCall {
  /** Aborted when the call takes too long, or its attempt ends. */
  readonly abortSignal: AbortSignal;
  readonly toolCallId: string;
  /** The same for the same call in every attempt of the task: for services that tell repetitions by it. */
  readonly idempotencyKey: string;
}

interface Declaration<Input, Result> {
  /** As the model knows it. Default: its key in the agent's `tools`. */
  readonly name?: string;
  readonly description?: string;
  /** `always`: a person has to agree before it runs. Default `never`. */
  readonly approval?: "always" | "never";
  /** `true`: `approval: "always"`. */
  readonly needsApproval?: boolean;
  /** Whether it acts on the world; `once`: it must not do so twice. */
  readonly sideEffect?: boolean | "once";
  /** Whether it may be done again with the same input. */
  readonly idempotent?: boolean;
  /** How long one call may take. Default ten minutes. */
  readonly timeoutMs?: number;
  /** Runs in a process of its own. */
  execute(input: Input, call: ToolCall): Result | Promise<Result>;
}

/** A tool with code of the author's; what it takes under the one name or the other. */
export type ToolDeclaration<S extends z.ZodType, Result> = Declaration<z.output<S>, Result> &
  (
    | { readonly inputSchema: S; readonly schema?: undefined }
    | { readonly schema: S; readonly inputSchema?: undefined }
  );

export interface OwnTool {
  readonly kind: "own-tool";
}

/** Declares a tool whose `execute` runs as code when a model calls it. */
export const tool: <S extends z.ZodType, Result>(declaration: ToolDeclaration<S, Result>) => OwnTool =
  () => ({
    kind: "own-tool",
  });
/** The public library's name of `tool`. */
export const defineTool: typeof tool = tool;
