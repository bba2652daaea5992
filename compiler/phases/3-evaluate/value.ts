/**
 * Abstract values: what phase 3 knows of an expression while `ctx` is unknown.
 *
 * By the time an expression is evaluated, code that mutates has been cut out into Core blocks (regions.ts), so
 * values here are immutable. Identity is kept by names: an allocation that has a name is always written as that name.
 */
import type * as Core from "../../../plan/core/ast.ts";
import type { Json } from "../../../plan/types.ts";
import type * as Surface from "../../surface.ts";

export type Value =
  | Known
  | Residual
  | ArrayValue
  | ObjectValue
  | Choice
  | Select
  | ElementValue
  | EachValue
  | BlockValue
  | Closure
  | Code
  | ClassValue
  | ComponentValue
  | Instance
  | External
  | SchemaValue
  | TableValue
  | PromptValue
  | NamespaceValue
  | NativeValue
  | WorkflowValue
  | FailValue
  | PoisonValue;

/** A primitive that is known at build time. */
export interface Known {
  readonly type: "Known";
  readonly value: string | number | boolean | null | undefined;
}

/** What is known of a value that only the run knows. */
export interface Facts {
  readonly kind?: "string" | "number" | "boolean" | "array" | "object";
  /** Never undefined and never null. */
  readonly defined?: true;
  /** A regular expression with `g` or `y` under a name: `test` and `exec` would move its lastIndex. */
  readonly stateful?: true;
  /** The only property names the object can have, where that is known. */
  readonly keys?: readonly string[];
  /** All that it can be, where that is known: the members of a list or table. Undefined and false stand for all that is falsy. */
  readonly among?: readonly Value[];
  /** A lookup that may find nothing, which is then undefined. */
  readonly missable?: true;
}

/** Left for the run: Core text over the names of the scope chain. */
export interface Residual {
  readonly type: "Residual";
  readonly expr: Core.Expr;
  readonly facts: Facts;
}

/** A list part whose members are spread into the array around it. */
export interface SpreadItem {
  readonly type: "SpreadItem";
  readonly value: Value;
}

export interface ArrayValue {
  readonly type: "Array";
  readonly items: readonly (Value | SpreadItem)[];
  /** Several children of an element, as against an array literal. */
  readonly kids?: true;
  /** The name under which this allocation stands in the plan; residuals must use it. */
  readonly ref?: Core.Expr;
}

export interface ObjectValue {
  readonly type: "Object";
  readonly props: ReadonlyMap<string, Value>;
  readonly ref?: Core.Expr;
  /** Binding path in the source, e.g. `domainHandlers`; names agents and constants. */
  readonly name?: string;
  readonly span?: Core.Span;
}

/** One of two values, decided by the run. */
export interface Choice {
  readonly type: "Choice";
  readonly test: Core.Expr;
  readonly then: Value;
  readonly else: Value;
}

/** A member of a known table under a key that only the run knows; `other` where no case has the key. */
export interface Select {
  readonly type: "Select";
  readonly key: Core.Expr;
  readonly cases: readonly { readonly key: string; readonly value: Value }[];
  readonly other: Value;
}

/** `<Tag …/>`. A user component is not called before the element is lowered, as in React. */
export interface ElementValue {
  readonly type: "Element";
  /** Null for a fragment; a string for a lower-case tag. */
  readonly tag: Value | string | null;
  /** In source order, spreads resolved; `children` among them. */
  readonly props: ReadonlyMap<string, Value>;
  /** Stands for `props` where a spread brings names that only the run knows: the props of a prompt or component as data. */
  readonly opaque?: Value;
  readonly key?: Value;
  readonly span: Core.Span;
  /** Syntax and environment, so that the element can also be left as a block. */
  readonly syntax: Surface.Expr;
  readonly env: Environment;
}

/** `list.map(item => …elements…)`. */
export interface EachValue {
  readonly type: "Each";
  readonly of: Core.Expr;
  readonly as: string;
  readonly index?: string;
  readonly all?: string;
  /** Named values and guards of the item. */
  readonly scope: Scope;
  readonly body: Value;
  readonly span: Core.Span;
}

/** Elements whose number or shape only the run knows: Core that yields instances of sites. */
export interface BlockValue {
  readonly type: "Block";
  readonly syntax: Surface.Expr;
  readonly env: Environment;
  readonly why: string;
  /** What of it only the run knows; absent where that is the whole. */
  readonly at?: Core.Span;
}

/** A pure function of the source and where its free names are found. */
export interface Closure {
  readonly type: "Closure";
  readonly arrow: Core.Arrow<Surface.Extra>;
  readonly env: Environment;
  /** The scope in which it was made; null for one of a module's top level. */
  readonly home: Scope | null;
  readonly name?: string;
  /** `get name() { … }` of an object literal: the value is what it gives. */
  readonly getter?: true;
}

/** A function that only runs as a module (async, `this`, generator). */
export interface Code {
  readonly type: "Code";
  readonly func: Surface.Func;
  readonly env: Environment;
  readonly name?: string;
}

export interface ClassValue {
  readonly type: "Class";
  readonly syntax: Surface.Class;
  readonly env: Environment;
  readonly name?: string;
}

/** A component of the public library, by its name: `Task`, `Sequence`, … */
export interface ComponentValue {
  readonly type: "Component";
  readonly name: string;
}

/** `new AnthropicAgent({…})`, `openai("…")`: made by something outside the source. Agents are named by binding path. */
export interface Instance {
  readonly type: "Instance";
  readonly callee: External | ClassValue;
  readonly construct: boolean;
  readonly args: readonly Value[];
  readonly name?: string;
  readonly span: Core.Span;
}

/** An import of a package that is not compiled; `path` leads from the module to the value. */
export interface External {
  readonly type: "External";
  readonly from: string;
  readonly path: readonly string[];
  readonly span: Core.Span;
}

/** A Zod construction: Core text over the intrinsic `z`. */
export interface SchemaValue {
  readonly type: "Schema";
  readonly expr: Core.Expr;
  readonly name?: string;
  readonly span: Core.Span;
}

/** `outputs.x`. In Core text it is the string `'x'`. */
export interface TableValue {
  readonly type: "Table";
  readonly name: string;
  readonly schema: Value;
}

/** An imported `.md` or `.mdx` file. */
export interface PromptValue {
  readonly type: "Prompt";
  /** Project-relative path of the file. */
  readonly path: string;
  readonly module: Surface.SourceModule;
  readonly span: Core.Span;
}

/** `import * as x`, and objects of the library whose members are made on demand. */
export interface NamespaceValue {
  readonly type: "Namespace";
  /** Stands for the machine: only its members are values. `span` is where it is named. */
  readonly host?: { readonly span: Core.Span | undefined };
  readonly name: string;
  /** What `createSmithers` gave (`*`), or its tables: in code that runs as a module, tables are their names. */
  readonly tables?: "*" | "outputs";
  /** Undefined where there is no such member. */
  member(key: string, span: Core.Span): Value | undefined;
  /** Property names, where they are finite. */
  keys(): readonly string[];
}

/** A function of the library that the compiler answers itself: `createSmithers`, `smithers`, `useCtx`, `z`. */
export interface NativeValue {
  readonly type: "Native";
  readonly name: string;
  call(args: readonly Value[], span: Core.Span): Value;
  readonly readsDisk?: true;
  /** The call as text, where its arguments are. Without it only calls that name no locals can stand in a text. */
  text?(args: readonly (Core.Expr | Core.Spread)[], span: Core.Span): Core.Expr;
  /** How many arguments it looks at, where it is handed on as a function: 0 for any number. */
  readonly arity?: number;
}

/** `smithers(ctx => …)`. */
export interface WorkflowValue {
  readonly type: "Workflow";
  readonly fn: Closure;
  /** Where `smithers` is called: what tells it from others. */
  readonly span: Core.Span;
  /** Output tables of the `createSmithers` it came from, `input` among them: table → construction. */
  readonly tables: ReadonlyMap<string, Value>;
  readonly options: Value;
}

/** A path that throws when it is reached. */
export interface FailValue {
  readonly type: "Fail";
  readonly message: Core.Expr;
}

/** A problem was reported here; whatever uses it stays silent. */
export interface PoisonValue {
  readonly type: "Poison";
}

/** Where names of the source are found. */
export interface Environment {
  readonly parent: Environment | null;
  /** Set on the environment of a module's top level. */
  readonly module: Surface.SourceModule | null;
  /** The value bound to a name of this very environment, evaluated on demand; undefined when it binds no such name. */
  own(name: string): Value | undefined;
  /** The same where it was evaluated before; undefined otherwise. */
  settled?(name: string): Value | undefined;
}

/** A place in the tree where values have names: the workflow, a component instance, each item, a loop. */
export interface Scope {
  readonly kind: "workflow" | "component" | "each" | "node";
  readonly parent: Scope | null;
  /** In order of declaration. */
  readonly values: Map<string, Core.Expr>;
  readonly guards: { readonly if: Core.Expr; readonly message: Core.Expr }[];
}

/** The module that an environment is part of. */
export function moduleOf(env: Environment): Surface.SourceModule | null {
  for (let at: Environment | null = env; at; at = at.parent) if (at.module) return at.module;
  return null;
}

/** The value of a name, and the environment that binds it. */
export function lookup(
  env: Environment,
  name: string,
): { readonly value: Value; readonly env: Environment } | undefined {
  for (let at: Environment | null = env; at; at = at.parent) {
    const value = at.own(name);
    if (value) return { value, env: at };
  }
  return undefined;
}

/** The same below the top level of the module, none of whose declarations is evaluated for it. */
export function lookupLocal(
  env: Environment,
  name: string,
): { readonly value: Value; readonly env: Environment } | undefined {
  for (let at: Environment | null = env; at && !at.module; at = at.parent) {
    const value = at.own(name);
    if (value) return { value, env: at };
  }
  return undefined;
}

export const known = (value: Known["value"]): Known => ({ type: "Known", value });
export const UNDEFINED: Known = known(undefined);
export const POISON: PoisonValue = { type: "Poison" };
export const residual = (expr: Core.Expr, facts: Facts = {}): Residual => ({ type: "Residual", expr, facts });
export const array = (items: readonly (Value | SpreadItem)[]): ArrayValue => ({ type: "Array", items });
export const object = (props: Iterable<readonly [string, Value]>): ObjectValue => ({
  type: "Object",
  props: new Map(props),
});

/** The JSON that a value is, if it is known through and through (undefined properties are left out); otherwise undefined. */
export function toJson(value: Value): Json | undefined {
  switch (value.type) {
    case "Known":
      if (typeof value.value === "number" && !Number.isFinite(value.value)) return undefined;
      return value.value;
    case "Array": {
      const items: Json[] = [];
      for (const item of value.items) {
        const json = item.type === "SpreadItem" ? undefined : toJson(item);
        if (json === undefined) return undefined;
        items.push(json);
      }
      return items;
    }
    case "Object": {
      const entries: [string, Json][] = [];
      for (const [key, member] of value.props) {
        if (member.type === "Known" && member.value === undefined) continue;
        const json = toJson(member);
        if (json === undefined) return undefined;
        entries.push([key, json]);
      }
      return Object.fromEntries(entries);
    }
    case "Table":
      return value.name;
    default:
      return undefined;
  }
}
