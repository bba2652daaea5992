/**
 * The plan: what `smithers build` writes, people review and `smithers run` executes (DESIGN §5).
 * The only definition of the IR; plan.schema.json is its published JSON Schema.
 */

export const PLAN_KIND = "smithers.plan";
export const IR_VERSION = "1.0";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Canonical Core text; several lines are an array of lines. */
export type CoreText = string | readonly string[];

/** Plain JSON, or Core text where the field depends on the run. */
export type Dynamic<T> = T | { readonly $: CoreText };

/** `sha256:` and 64 hex digits. */
export type Digest = string;

export interface Plan {
  readonly kind: typeof PLAN_KIND;
  /** `major.minor`. Readers ignore unknown fields of a newer minor version and refuse a newer major one. */
  readonly irVersion: string;
  /** Features a runner must know; a runner refuses a name it does not. */
  readonly requires: readonly string[];
  /** Of the meaning: blind to names, order of declarations, layout, comments, files. */
  readonly digest: Digest;
  /** Of the bytes: the RFC 8785 form of the plan without this field. */
  readonly integrity: Digest;
  readonly workflow: { readonly name: string; readonly description?: string };
  readonly input: { readonly schema: string } | null;
  readonly schemas: { readonly [name: string]: Schema };
  readonly constants: { readonly [name: string]: Constant };
  readonly agents: { readonly [name: string]: Agent };
  readonly prompts: { readonly [name: string]: Prompt };
  /** Pure helpers: Core arrow functions that residuals call by name; they may call one another. */
  readonly functions: { readonly [name: string]: CoreText };
  readonly modules: { readonly [name: string]: Module };
  /** Plans of the workflows that nodes run as runs of their own; whole, with their own seals, but for what is not semantic. */
  readonly subflows?: { readonly [name: string]: Plan };
  /** Key of the first node; every other node has a parent. */
  readonly root: string;
  /** Flat, in document order (preorder); siblings in source order. */
  readonly nodes: { readonly [key: string]: Node };
  readonly capabilities: Capabilities;
  /** Not semantic: compiler and library versions, e.g. `{ "smithers": "0.1.0", "zod": "4.6.7" }`. */
  readonly toolchain: { readonly [name: string]: string };
  /** Not semantic: project-relative POSIX path → digest of the bytes with LF line endings. The order gives file numbers to `spans`. */
  readonly sources: { readonly [path: string]: Digest };
  /** Not semantic: one encoded line, see plan/spans.ts. Keys are paths such as `nodes.fix.prompt`. */
  readonly spans: string;
  /** Not semantic: lines of modules' code → the author's, by module. */
  readonly maps?: { readonly [module: string]: SourceMap };
}

export interface Schema {
  /**
   * The construction in Core text over the intrinsic `z` (`z.object({ id: z.string().min(1) })`): driving the pinned
   * Zod with it gives exactly the author's parser. Transforms and refinements are Core arrow functions in place.
   */
  readonly zod: CoreText;
  /**
   * Derived, for reviewers and checks: the output form for outputs, the input form for the workflow input. What a model
   * is asked for is the input form of an output; the runner takes it from the construction.
   */
  readonly jsonSchema: Json;
  /** Digest of the stored shape: field names and JSON types. */
  readonly physical: Digest;
  /** Digest of the whole construction: bounds, defaults, descriptions, refinements. */
  readonly semantic: Digest;
}

/** A literal table as JSON, or Core text where it holds handles, Maps, closures. */
export type Constant = { readonly value: Json } | { readonly expr: CoreText };

export type Agent =
  | {
      /** `anthropic` is built in; `cli:claude-code` and kin and `ai-sdk:openai` are declared here and served by later drivers. */
      readonly kind: string;
      /** Dynamic parts, options included at any depth, hang on host values and constants only; resolved for each call, never stored. */
      readonly model?: Dynamic<string>;
      readonly instructions?: Dynamic<string>;
      /** Constructor options as JSON, in source order, without those named above. */
      readonly options: { readonly [name: string]: Json };
    }
  | {
      /** A plain object with `generate`: run as a module in a compute process. */
      readonly kind: "module";
      readonly module: string;
      readonly options: { readonly [name: string]: Json };
    };

/** A Markdown template: Core text of one template literal over `props`. */
export interface Prompt {
  readonly source: string;
  readonly template: CoreText;
  readonly digest: Digest;
}

/** A source map (ECMA-426) without what the plan has already; sources by their paths in the project. */
export interface SourceMap {
  readonly sources: readonly string[];
  readonly mappings: string;
}

export interface Module {
  /** Readable ESM lines; the default export is `(captures, ctx, task) => result`. */
  readonly code: readonly string[];
  /** Names the code takes as parameters, in order. */
  readonly captures: readonly string[];
  /** External packages the code imports → version from the lock file. */
  readonly externals: { readonly [name: string]: string };
  /** Semantic: alpha-normalised source closure and externals. */
  readonly digest: Digest;
  /** Of `code`; checked at load, not semantic. */
  readonly artifact: Digest;
}

export interface Capabilities {
  readonly net: readonly string[];
  readonly env: readonly string[];
  readonly exec: readonly string[];
  readonly fs: readonly string[];
  readonly host: readonly string[];
}

export type Node =
  | WorkflowNode
  | SequenceNode
  | ParallelNode
  | BranchNode
  | LoopNode
  | GroupNode
  | BlockNode
  | WorktreeNode
  | AspectsNode
  | TryNode
  | SagaNode
  | StageNode
  | EffectNode
  | LeafNode;

/** What holds no other nodes and settles by itself. */
export type LeafNode =
  | TaskNode
  | ApprovalNode
  | TimerNode
  | WaitNode
  | HumanNode
  | SubflowNode
  | ContinueNode
  | StopNode
  | EndNode;

export type NodeKind = Node["kind"];

/**
 * A node is mounted when its parent is, `if` is truthy and `else` falsy (both are evaluated in the parent's scope;
 * an `else` repeats the `if` text of its counterpart). Then `each` multiplies it: one instance an item, whose scope
 * holds the item, `values` and `guards`; all other fields are evaluated in that scope.
 */
export interface NodeBase {
  readonly parent?: string;
  /** Display name of the component the element came from. Cosmetic. */
  readonly component?: string;
  readonly if?: CoreText;
  readonly else?: CoreText;
  readonly each?: Each;
  /** Explicit id. Without one the address is built from the node's key (see DESIGN §6, Identity). */
  readonly id?: Dynamic<string>;
  /** Order hint of a single element outside an `each`; with `each` the key stands there. */
  readonly key?: Dynamic<string>;
  /** Named values of this scope: lazy cells, resolved lexically up the parents. */
  readonly values?: { readonly [name: string]: NamedValue };
  /** A truthy `if` fails the run with the author's message. */
  readonly guards?: readonly { readonly if: CoreText; readonly message: Dynamic<string> }[];
  /** Site under a block: the names its fields may use, filled by `site(key, { name: … })`. */
  readonly args?: readonly string[];
  /** Cells that this node's own residuals can read, sorted (plan/core/reads.ts). */
  readonly reads?: readonly string[];
  readonly digests: NodeDigests;
}

export interface Each {
  readonly of: CoreText;
  readonly as: string;
  readonly index?: string;
  /** Name of the source array inside the item scope. */
  readonly all?: string;
  readonly key?: CoreText;
  /** Mounts the item only when truthy; evaluated in the item's scope. */
  readonly if?: CoreText;
}

export interface NamedValue {
  readonly expr: CoreText;
  readonly reads: readonly string[];
}

export interface NodeDigests {
  /** Id pattern, kind, scope (enclosing loops and eaches). */
  readonly identity: Digest;
  /** Output schema. */
  readonly interface: Digest;
  /** Prompt, agent, module, payload, conditions. */
  readonly behaviour: Digest;
  /** Retries, timeouts, concurrency, cache. */
  readonly policy: Digest;
}

export interface WorkflowNode extends NodeBase {
  readonly kind: "workflow";
  readonly name?: Dynamic<string>;
  /** Results of tasks with equal inputs may be taken from earlier runs. Default false. */
  readonly cache?: Dynamic<Json>;
}

export interface SequenceNode extends NodeBase {
  readonly kind: "sequence";
  /** What part of a `try` or `saga` above it this is; only there. */
  readonly role?: Role;
  /** The saga's step that it does or undoes. */
  readonly step?: Dynamic<string>;
  /** For people: what it is called. */
  readonly label?: Dynamic<string>;
}

export type Role = (typeof ROLES)[number];

export const ROLES = ["try", "catch", "finally", "action", "compensation"] as const;

export interface ParallelNode extends NodeBase {
  readonly kind: "parallel";
  readonly maxConcurrency?: Dynamic<number>;
  /**
   * What a failure of one of its branches does. `fail` (default): nothing new starts, what is in flight ends; `fail-fast`: what is
   * in flight beside it is aborted; `finish`: the other branches go on to their end, then the failure is passed on; `continue`: they
   * do, and the branch counts as done.
   */
  readonly failurePolicy?: "fail" | "fail-fast" | "finish" | "continue";
}

/** `<Branch>`: its children run in sequence; the alternatives are `if` and `else` of the children. */
export interface BranchNode extends NodeBase {
  readonly kind: "branch";
}

export interface LoopNode extends NodeBase {
  readonly kind: "loop";
  readonly until?: CoreText;
  /** Default 5. */
  readonly maxIterations?: Dynamic<number>;
  /** Default `return-last`. */
  readonly onMaxReached?: "return-last" | "fail";
  /** Go on in a new run after this many iterations, so that no run grows without end. */
  readonly continueAsNewEvery?: Dynamic<number>;
}

/** A git worktree: what its children run works in it. They run in sequence. */
export interface WorktreeNode extends NodeBase {
  readonly kind: "worktree";
  readonly path: Dynamic<string>;
  /** Default: the branch that is checked out there. */
  readonly branch?: Dynamic<string>;
  readonly baseBranch?: Dynamic<string>;
}

/** Budgets over all tasks inside; its children run in the mode of the container around it. */
export interface AspectsNode extends NodeBase {
  readonly kind: "aspects";
  readonly tokenBudget?: Dynamic<Json>;
  readonly latencySlo?: Dynamic<Json>;
  readonly costBudget?: Dynamic<Json>;
  readonly tracking?: Dynamic<Json>;
}

/** Its children are sequences, with the roles `try`, `catch`, `finally` in this order. */
export interface TryNode extends NodeBase {
  readonly kind: "try";
  /** Error codes that `catch` is for. Default: all. */
  readonly catchErrors?: Dynamic<readonly string[]>;
}

/** Its children are sequences: each step's `action`, then its `compensation`. Compensations run in reverse order of completion. */
export interface SagaNode extends NodeBase {
  readonly kind: "saga";
  /** Default `compensate`. */
  readonly onFailure?: "compensate" | "compensate-and-fail" | "fail";
}

/** A sequence whose beginning and end are kept in the journal, for people to follow. */
export interface StageNode extends NodeBase {
  readonly kind: "phase" | "step";
  readonly name: Dynamic<string>;
  /** Asked when its turn comes. */
  readonly skipIf?: CoreText;
}

/** Transparent: a scope of a component, fragment or early return that holds values, guards or a shared condition. */
export interface GroupNode extends NodeBase {
  readonly kind: "group";
}

/** The sound fallback: `yields` is one Core expression giving site instances in nested arrays; its sites are the node's children. */
export interface BlockNode extends NodeBase {
  readonly kind: "block";
  readonly yields: CoreText;
}

/**
 * Writes state after a frame in which what it watches differs from its last run (SEMANTICS 14), whatever stands around it has come
 * to. It holds up nothing and gives no row.
 */
export interface EffectNode extends NodeBase {
  readonly kind: "effect";
  /** `deps`, compared by canonical JSON. Default: `[]`, so that it runs once. */
  readonly watches?: Dynamic<Json>;
  /** A function `(deps, ctx) => void`. */
  readonly run: CoreText;
  /** A function `(deps, ctx) => void` of the deps of the last run: before the next run, and when the node is unmounted. */
  readonly cleanup?: CoreText;
}

/** What writes state when a node settles: functions of Core, all or nothing (SEMANTICS 1, 8). */
export interface Handlers {
  /** `(row, ctx) => void`; of a node without a row, `(undefined, ctx) => void`. */
  readonly onFinished?: CoreText;
  /** `(error, ctx) => void`, of a failure for good; `error` is `{ code, message }`. */
  readonly onError?: CoreText;
}

/** What every node that yields an output row has. */
export interface Producer extends NodeBase, Handlers {
  readonly output?: Dynamic<string>;
  /** Node ids that must have settled first. */
  readonly dependsOn?: Dynamic<readonly string[]>;
  readonly skipIf?: CoreText;
  readonly label?: Dynamic<string>;
  readonly meta?: Dynamic<Json>;
  readonly continueOnFail?: Dynamic<boolean>;
  /** Attempts after the first. Default 3 for agents, 0 for compute and static. */
  readonly retries?: Dynamic<number>;
  /** Default: exponential from 1,000 ms, factor 2, at most 60,000 ms, 10 % jitter. */
  readonly retryPolicy?: Dynamic<{
    readonly backoff?: "exponential" | "linear" | "fixed";
    readonly initialDelayMs?: number;
    readonly maxDelayMs?: number;
  }>;
  readonly timeoutMs?: Dynamic<number>;
  readonly heartbeatTimeoutMs?: Dynamic<number>;
  readonly onUnmount?: "finish" | "cancel";
  /** Local name → node id, where it is not the name itself; no edge of its own (SEMANTICS 24). */
  readonly needs?: Dynamic<{ readonly [name: string]: string }>;
  /** `{ by, version, key, ttl, scope }`: take the result of an equal attempt. */
  readonly cache?: Dynamic<Json>;
  /** While it waits for a person or a signal, what follows it may start. */
  readonly async?: Dynamic<boolean>;
}

/** Exactly one of: `agent` with `prompt`; `module` (compute); `payload` (static). */
export interface TaskNode extends Producer {
  readonly kind: "task";
  /** Agent name, list of names (fallbacks in order), or an expression giving agent handles. */
  readonly agent?: Dynamic<string | readonly string[]>;
  readonly prompt?: Dynamic<string>;
  /** Corrections of an answer that fails its schema. Default 3. */
  readonly maxSchemaRetries?: Dynamic<number>;
  readonly module?: string;
  readonly captures?: { readonly [name: string]: Dynamic<Json> };
  readonly payload?: Dynamic<Json>;
  /** Local name → output table (or `{ $ }` giving such an object); fills `deps` in prompt and payload. */
  readonly deps?: Dynamic<{ readonly [name: string]: string }>;
  /** `deps` lacks the rows that will not come, instead of the task failing for them. */
  readonly depsOptional?: Dynamic<boolean>;
  /** What to recall into the prompt and to remember of the result: `{ recall, remember, threadId }`. */
  readonly memory?: Dynamic<Json>;
  /** A person has to agree before it starts. */
  readonly needsApproval?: Dynamic<boolean>;
  /** Tools that the agent may use; default all it has. */
  readonly allowTools?: Dynamic<readonly string[]>;
  /** What becomes of a conversation in which tools were called when its attempt is lost or fails. Default `continue`. */
  readonly onResume?: "continue" | "restart" | "fail";
  /** Of ready tasks the one with the highest starts first. Default 0. */
  readonly priority?: Dynamic<number>;
  /** It acts on the world and must not do so twice: an attempt whose outcome nobody knows is never repeated by itself. */
  readonly sideEffect?: "once";
  /** Hand the agent's session to a person as soon as it starts. */
  readonly hijack?: Dynamic<boolean>;
  readonly onHijackExit?: "complete" | "reopen";
  /** `(progress, ctx) => void`; `progress` is what an attempt says while it runs: `{ type, … }`. */
  readonly onProgress?: CoreText;
}

/** Output row by mode: `{ approved, note, decidedBy, decidedAt }`, `{ selected, notes }`, `{ ranked, notes }`. */
export interface ApprovalNode extends Producer {
  readonly kind: "approval";
  /** Default `approve`. */
  readonly mode?: "approve" | "select" | "rank";
  /** `[{ key, label, summary, metadata }]`: what to choose from. */
  readonly options?: Dynamic<Json>;
  readonly allowedScopes?: Dynamic<readonly string[]>;
  readonly allowedUsers?: Dynamic<readonly string[]>;
  /** `{ after, condition, audit, revertOn }`: when no person is needed. */
  readonly autoApprove?: Dynamic<Json>;
  readonly title?: Dynamic<string>;
  readonly summary?: Dynamic<string>;
  /** Default `fail`. */
  readonly onDeny?: "fail" | "continue" | "skip";
}

/** Exactly one of `duration`, `at` and `every`. Gives no row. */
export interface TimerNode extends Producer {
  readonly kind: "timer";
  /** `500ms`, `3s`, `30m`, `1h`, `7d`. */
  readonly duration?: Dynamic<string>;
  /** An ISO 8601 time, or an expression that gives one or a Date. */
  readonly at?: Dynamic<string>;
  /**
   * As `duration`. In a loop the points of time are this far apart, counted from where the turn of its first such timer came; it is
   * due at the next one that is still ahead.
   */
  readonly every?: Dynamic<string>;
}

/** Waits for an event or signal by name; its payload is the output row. */
export interface WaitNode extends Producer {
  readonly kind: "wait";
  readonly event: Dynamic<string>;
  /** Which event of that name is meant. */
  readonly correlationId?: Dynamic<string>;
  /** Default `fail`. */
  readonly onTimeout?: "fail" | "skip" | "continue";
}

/** A person gives the output row. */
export interface HumanNode extends Producer {
  readonly kind: "human";
  readonly prompt: Dynamic<string>;
  /** Answers that may fail the schema before the task does. Default 10. */
  readonly maxAttempts?: Dynamic<number>;
}

/** Runs another workflow as a run of its own. Its row is what that run gave in a table. */
export interface SubflowNode extends Producer {
  readonly kind: "subflow";
  /** Name of an entry of `subflows`. */
  readonly workflow: string;
  /** Its run's input. Default `{}`. */
  readonly input?: Dynamic<Json>;
  /** Table of that run: of one row the row, of several all of them. */
  readonly result: string;
}

/** Ends the run here and goes on in a new one. */
export interface ContinueNode extends Producer {
  readonly kind: "continue-as-new";
  /** What the new run begins with. */
  readonly state?: Dynamic<Json>;
}

/** Pauses the run once what is in flight has ended; a resume goes on after it. */
export interface StopNode extends Producer {
  readonly kind: "stop";
  readonly reason: Dynamic<string>;
}

/** Ends the run: what is in flight is aborted, and what is done in every outcome still is. */
export interface EndNode extends Producer {
  readonly kind: "end";
  /** Default `finished`. */
  readonly status?: "finished" | "failed";
  /** What it came to. */
  readonly summary?: Dynamic<Json>;
}
