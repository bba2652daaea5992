/** The state of one evaluation: what it has found and registered so far. Handed to every function of the phase. */

import type * as Core from "../../../plan/core/ast.ts";
import { RESERVED_NAMES } from "../../../plan/core/index.ts";
import type { Json } from "../../../plan/types.ts";
import type { Diagnostic, Severity } from "../../diagnostics.ts";
import { Numbered } from "../../numbered.ts";
import type { SourceModule, Span } from "../../surface.ts";
import type { AgentSource, ModuleSource } from "../4-lower/draft.ts";
import { mentionsPoison, POISON_MARK } from "./poison.ts";
import type { SyntaxEnvironments } from "./syntax-environment.ts";
import type { BlockValue, Closure, Environment, PromptValue, Scope, Value, WorkflowValue } from "./value.ts";
import { POISON, type PoisonValue } from "./value.ts";

/** What an import specifier leads to; answered by phase 2. */
export type Resolved =
  | { readonly type: "source"; readonly module: SourceModule }
  | { readonly type: "prompt"; readonly module: SourceModule }
  | { readonly type: "json"; readonly value: Json }
  /** `from`: the specifier under the package's usual name. */
  | { readonly type: "smithers"; readonly from: string }
  | { readonly type: "zod" }
  | { readonly type: "external"; readonly name: string }
  /** Phase 2 has reported it. */
  | { readonly type: "missing" };

/** Reads at build time, confined to the project by real path; paths are absolute or relative to the project. */
export interface ProjectFiles {
  /** Absolute. */
  readonly root: string;
  /** The text, recorded among the plan's sources; null where that can't be, which is reported at `at`. */
  readText(path: string, at: Span): string | null;
  /** Null outside the project, which is reported. */
  kind(path: string, at: Span): "file" | "directory" | "none" | null;
  /** Sorted by name. */
  entries(
    path: string,
    at: Span,
  ): readonly { readonly name: string; readonly kind: "file" | "directory" }[] | null;
  /** Bytes of a file. */
  size(path: string): number;
}

export type Resolve = (importer: SourceModule, specifier: string) => Resolved;

/** Where the library's patterns stand among the sources of a plan; no file of a project. */
export const LIBRARY_PATH = "smithers/library/patterns.jsx";

export interface Evaluation {
  readonly resolve: Resolve;
  readonly syntax: SyntaxEnvironments;
  /** The module of the library's patterns. */
  readonly library: () => SourceModule;
  readonly diagnostics: Diagnostic[];
  readonly modules: Map<SourceModule, Environment>;
  readonly constants: Map<string, Core.Expr>;
  readonly functions: Map<string, Core.Arrow>;
  readonly agents: Map<string, AgentSource>;
  readonly prompts: Map<string, PromptValue>;
  readonly codeModules: Map<string, ModuleSource>;
  /** Workflows that nodes run as runs of their own, by the names under which their plans stand in this one. */
  readonly subflows: Map<string, WorkflowValue>;
  /** Names under which values stand in the plan. */
  readonly agentNames: Map<AgentSource, string>;
  readonly closureNames: Map<Closure, { readonly name: string; readonly scope: Scope | null }>;
  readonly codeNames: Map<object, string>;
  /** Schemas that are read late, by the names that stand for them. */
  readonly lazySchemas: Map<string, Closure>;
  /** Every name ever given in the plan. */
  readonly taken: Numbered;
  /** Them again in order, so that a try that failed can give its names back. */
  readonly takenInOrder: { readonly name: string; readonly scope: Scope | null }[];
  /** Component closures being called, outermost first, with the number of open conditions at the call. */
  readonly calls: { readonly arrow: unknown; readonly conditions: number }[];
  /** Functions and components read in place so far. */
  expansions: number;
  /** Open conditions that only the run decides. */
  conditions: number;
  /** The tests among them. */
  readonly path: { readonly test: Core.Expr; readonly holds: boolean }[];
  /** What module top levels name: constants. */
  readonly moduleScope: Scope;
  scope: Scope;
  /** Throws Bail where a region can't be a block by itself; set by phase 4, which writes blocks. */
  checkBlock: (block: BlockValue) => void;
  /** Ids of elements that could not be lowered; null while every element was. */
  lost: Set<string> | null;
  /** What modules may read while they are loaded; null where there is no disk. */
  readonly project: ProjectFiles | null;
  /**
   * Statements of a module's top level are being written as text: what they read is read at build time. `guarded`: in a
   * `try`, where a file that is not there is something to be caught.
   */
  loading: false | "plain" | "guarded";
  /** The schema of the input of the workflow that is being read. */
  input: Value | undefined;
  /** Elementary steps left before the build gives up. */
  fuel: number;
}

/** Names that Core or the runtime give a meaning; no value or parameter of a plan is called so. */
export const RESERVED: ReadonlySet<string> = new Set([...RESERVED_NAMES, "ctx", "deps", "z", "props", "py"]);

/** Thrown when a region can't be lowered structurally; the nearest region that can be a block catches it. Never a user error. */
export class Bail extends Error {
  readonly span: Core.Span | undefined;
  constructor(why: string, span?: Core.Span) {
    super(why);
    this.name = "Bail";
    this.span = span;
  }
}

/** How often one place of the source may be read in place, or stand in the tree: a real workflow stays far below. */
export const MAX_EXPANSIONS = 50_000;

/** The build unrolled more than it may: nothing can be read of the workflow. The message is the user's. */
export class TooMuch extends Error {
  readonly span: Core.Span | undefined;
  constructor(message: string, span: Core.Span | undefined) {
    super(message);
    this.name = "TooMuch";
    this.span = span;
  }
}

export const newScope = (kind: Scope["kind"], parent: Scope | null): Scope => ({
  kind,
  parent,
  values: new Map(),
  guards: [],
});

export function newEvaluation(
  resolve: Resolve,
  library: () => SourceModule,
  project: ProjectFiles | null,
  syntax: SyntaxEnvironments,
): Evaluation {
  const constants = new Map<string, Core.Expr>();
  const moduleScope: Scope = { kind: "workflow", parent: null, values: constants, guards: [] };
  return {
    resolve,
    syntax,
    library,
    diagnostics: [],
    modules: new Map(),
    constants,
    functions: new Map(),
    agents: new Map(),
    prompts: new Map(),
    codeModules: new Map(),
    subflows: new Map(),
    agentNames: new Map(),
    closureNames: new Map(),
    codeNames: new Map(),
    lazySchemas: new Map(),
    taken: new Numbered(),
    takenInOrder: [],
    calls: [],
    expansions: 0,
    conditions: 0,
    path: [],
    moduleScope,
    scope: newScope("workflow", null),
    checkBlock: () => {},
    lost: null,
    project,
    loading: false,
    input: undefined,
    fuel: 2_000_000,
  };
}

/** Reports a problem once and gives the value that keeps whatever uses it silent. */
export function report(
  ev: Evaluation,
  code: string,
  span: Core.Span | null | undefined,
  message: string,
  hint?: string,
  severity: Severity = "error",
): PoisonValue {
  const at = span ?? null;
  const known = ev.diagnostics.some(
    (d) => d.code === code && d.span?.start === at?.start && d.span?.file === at?.file,
  );
  if (!known) {
    ev.diagnostics.push(
      hint ? { code, severity, message, span: at, hint } : { code, severity, message, span: at },
    );
  }
  return POISON;
}

/** Runs `body` in a scope; values named meanwhile belong to it. */
export function inScope<T>(ev: Evaluation, scope: Scope, body: () => T): T {
  const before = ev.scope;
  ev.scope = scope;
  try {
    return body();
  } finally {
    ev.scope = before;
  }
}

/** Runs `body` under a condition that only the run decides. */
export function underCondition<T>(ev: Evaluation, body: () => T): T {
  ev.conditions++;
  try {
    return body();
  } finally {
    ev.conditions--;
  }
}

/** Tries a structural reading; when it bails out, what it reported is taken back and `otherwise` is used. */
export function attempt<T>(ev: Evaluation, body: () => T, otherwise: (why: Bail) => T): T {
  const reported = ev.diagnostics.length;
  const { scope, conditions } = ev;
  const calls = ev.calls.length;
  const path = ev.path.length;
  const taken = ev.takenInOrder.length;
  try {
    return body();
  } catch (error) {
    if (!(error instanceof Bail)) throw error;
    giveBack(ev, taken);
    ev.diagnostics.length = reported;
    ev.scope = scope;
    ev.conditions = conditions;
    ev.calls.length = calls;
    ev.path.length = path;
    return otherwise(error);
  }
}

/** Frees the names given since; those of module top levels stay, for they are evaluated once. */
function giveBack(ev: Evaluation, from: number): void {
  const freed = new Set<string>();
  for (const entry of ev.takenInOrder.splice(from)) {
    if (ev.constants.has(entry.name) || ev.functions.has(entry.name)) {
      ev.takenInOrder.push(entry);
      continue;
    }
    freed.add(entry.name);
    ev.taken.delete(entry.name);
    entry.scope?.values.delete(entry.name);
  }
  for (const [closure, { name }] of ev.closureNames) if (freed.has(name)) ev.closureNames.delete(closure);
}

/** Why something is left as a block, and what asked for it. */
export const reasonOf = ({ message, span }: Bail): Pick<BlockValue, "why" | "at"> => ({
  why: message,
  ...(span && { at: span }),
});

/** A region left as a block; the region around it is tried where this one can't be one by itself. */
export function blockOf(
  ev: Evaluation,
  syntax: BlockValue["syntax"],
  env: Environment,
  why: Bail,
): BlockValue {
  const block: BlockValue = { type: "Block", syntax, env, ...reasonOf(why) };
  ev.checkBlock(block);
  return block;
}

/** A name of the plan that no other value has. */
export function freshName(ev: Evaluation, wanted: string, scope: Scope | null = null): string {
  const base = wanted.replace(/[^\w$]/g, "_").replace(/^(?=\d)/, "_") || "value";
  const name = ev.taken.take(base, "_", (x) => RESERVED.has(x));
  ev.takenInOrder.push({ name, scope });
  return name;
}

/** Names a value on a scope. */
export function declare(ev: Evaluation, name: string, expr: Core.Expr, scope: Scope = ev.scope): Core.Name {
  const poisoned = ev.diagnostics.length > 0 && mentionsPoison(expr);
  const unique = freshName(ev, poisoned ? `${POISON_MARK}${name}` : name, scope);
  scope.values.set(unique, expr);
  return { type: "Name", name: unique };
}

/** Notes that elements are missing from the tree, with the id of one where it is known. */
export function lose(ev: Evaluation, id?: Value): void {
  ev.lost ??= new Set();
  if (id?.type === "Known") ev.lost.add(String(id.value));
}

export function spend(ev: Evaluation, span?: Core.Span): void {
  if (--ev.fuel < 0) throw new Bail("the build's step limit", span);
}

export type { Value };
