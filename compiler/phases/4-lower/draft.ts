/**
 * The plan before it is printed: what phase 3 and the lowering of elements hand to agents, prompts, schemas, modules
 * and to phase 5. Expressions are still Core trees with spans.
 */
import type * as Core from "../../../plan/core/ast.ts";
import type { Json, NodeKind } from "../../../plan/types.ts";
import type * as Surface from "../../surface.ts";
import type { Closure, Code, Instance, ObjectValue, Value, WorkflowValue } from "../3-evaluate/value.ts";
import type { Definitions } from "./closed.ts";

/** Plain JSON, or an expression of the run. */
export type Field =
  | { readonly type: "json"; readonly value: Json }
  | { readonly type: "core"; readonly expr: Core.Expr };

/** What a plan node will be; see plan/types.ts for the meaning of each part. `fields` holds all that depends on the kind. */
export interface NodeDraft {
  readonly key: string;
  readonly kind: NodeKind;
  readonly parent?: string;
  readonly component?: string;
  if?: Core.Expr;
  else?: Core.Expr;
  each?: EachDraft;
  id?: Field;
  orderKey?: Field;
  readonly values: Map<string, Core.Expr>;
  readonly guards: { readonly if: Core.Expr; readonly message: Field }[];
  args?: string[];
  /** `prompt`, `output`, `agent`, `retries`, `until`, `yields`, `module`, … by their names in plan/types.ts. */
  readonly fields: Map<string, Field>;
  captures?: Map<string, Field>;
  /** Cells that the node's code can read through its snapshot of `ctx`. */
  codeReads?: readonly string[];
  readonly span: Core.Span;
  /** How the input of a child run is written, for places within it. */
  writtenInput?: Surface.Expr;
}

export interface EachDraft {
  readonly of: Core.Expr;
  readonly as: string;
  readonly index?: string;
  readonly all?: string;
  readonly key?: Core.Expr;
  readonly if?: Core.Expr;
}

/** An agent by its plan name: made by a constructor, or a plain object with `generate`. */
export type AgentSource = Instance | ObjectValue;

/** A function that runs as code in a compute process, by its plan name. `captures` are the names it takes as parameters, in order. */
export interface ModuleSource {
  readonly fn: Closure | Code;
  readonly captures: readonly string[];
}

/** A prompt file by its plan name: its template over `props`. */
export interface PromptSource {
  readonly path: string;
  readonly template: Core.Expr;
}

export interface PlanDraft {
  readonly workflow: { readonly name: string; readonly description?: string };
  readonly root: string;
  /** In document order. */
  readonly nodes: readonly NodeDraft[];
  readonly constants: ReadonlyMap<string, Core.Expr>;
  /** With those that nothing but an agent's options uses. */
  readonly everything: Definitions;
  readonly functions: ReadonlyMap<string, Core.Arrow>;
  readonly agents: ReadonlyMap<string, AgentSource>;
  readonly prompts: ReadonlyMap<string, PromptSource>;
  readonly modules: ReadonlyMap<string, ModuleSource>;
  /** Workflows that nodes run as runs of their own, by name. */
  readonly subflows: ReadonlyMap<string, WorkflowValue>;
  /** Output tables and `input`, by table name: Zod constructions. */
  readonly schemas: ReadonlyMap<string, Value>;
  /** Ids of elements that could not be read; null where the tree is whole. */
  readonly lost: ReadonlySet<string> | null;
  /** Blocks that were left, with the reason: lint SM109. */
  readonly blocks: readonly BlockDraft[];
}

export interface BlockDraft {
  readonly key: string;
  readonly why: string;
  /** Of the whole block. */
  readonly span: Core.Span;
  /** What of it only the run knows. */
  readonly at?: Core.Span;
}
