/**
 * The surface AST: what every front end (TSX now, `.px` later) gives to phases 2 to 5. It is Core (plan/core/ast.ts)
 * plus the kinds below; phase 3 evaluates them away or leaves Core behind. No TypeScript node passes this line.
 *
 * Types are gone, parentheses are gone, `as`/`satisfies`/`!` are gone; `var` is `let` at the head of its function where
 * that is the same, else hoisted with assignments; function declarations are `const` Arrows at the head of their block (kept
 * as Func where they use `async`, `this`, `arguments` or generators). `import.meta` is a Name of that spelling. Enums with
 * constant members are `const` Objects, other enums and namespaces `const` Foreigns.
 */
import type * as Core from "../plan/core/ast.ts";

export type { Span } from "../plan/core/ast.ts";

/** The kinds that Core does not have. */
export type Extra = Element | Func | Class | Construct | Foreign;

export type Expr = Core.Expr<Extra>;
export type Stmt = Core.Stmt<Extra>;
export type Pattern = Core.Pattern<Extra>;

/** `<Tag a={1} {...rest}>children</Tag>`. A fragment has no tag. JSX whitespace rules are already applied to text children. */
export interface Element {
  readonly type: "Element";
  readonly span: Core.Span;
  /** The tag as an expression (`Name`, `Member`), or for a lower-case tag its name as a Literal; null for a fragment. */
  readonly tag: Expr | null;
  readonly props: readonly (ElementProp | Core.Spread<Extra>)[];
  readonly children: readonly (Expr | Core.Spread<Extra>)[];
}

export interface ElementProp {
  readonly type: "ElementProp";
  readonly span: Core.Span;
  readonly name: string;
  readonly value: Expr;
}

/** A function that can only run as code: async, generator, or using `this` or `arguments`. Kept by source range for the module slicer. */
export interface Func {
  readonly type: "Func";
  readonly span: Core.Span;
  readonly name?: string;
  readonly params: readonly Pattern[];
  readonly rest?: Pattern;
  readonly body: Expr | Core.Block<Extra>;
  readonly async: boolean;
  /** Written as a method: its source range is no expression by itself. */
  readonly method?: true;
  /** Names used freely in it: what a slice has to bring. */
  readonly free: readonly string[];
}

export interface Class {
  readonly type: "Class";
  readonly span: Core.Span;
  readonly name?: string;
  readonly extends?: Expr;
  /** It hands its options on to the class it extends and changes nothing that a plan uses. */
  readonly handsOn?: "all" | "but preflight";
  readonly free: readonly string[];
  /** What of it runs, read when it is asked for; null where it nests too deep. No tree that is walked holds it. */
  readonly code: () => ClassCode | null;
}

export interface ClassCode {
  readonly parts: readonly ClassPart[];
  /** What is evaluated where the class stands: computed keys, and decorators as calls. */
  readonly evaluated: readonly Expr[];
}

/** A function of a class, or what it evaluates: an arrow whose first parameter is called `this`. Its `#x` is a member `#x`. */
export interface ClassPart {
  readonly kind: "constructor" | "method" | "accessor" | "field" | "block";
  readonly isStatic: boolean;
  /** An expression where it is computed. */
  readonly key: string | Expr;
  readonly run: Core.Arrow<Extra>;
  /** Fields that the class makes itself and never replaces: last parameters of `run`, called `this.NAME`, stand for them. */
  readonly own: readonly string[];
}

/** `new a.b.C(…)`: a construction whose callee is no plain name (for names: Core's New). */
export interface Construct {
  readonly type: "Construct";
  readonly span: Core.Span;
  readonly callee: Expr;
  readonly args: readonly (Expr | Core.Spread<Extra>)[];
}

/** Anything else of the host language, kept by range: legal only inside code that runs as a module. `what` names it for the diagnostic. */
export interface Foreign {
  readonly type: "Foreign";
  readonly span: Core.Span;
  readonly what: string;
  /** The function of a getter, where it is a plain one. */
  readonly getter?: Core.Arrow<Extra>;
  /** The expressions it holds, where the front end reads them: `e` of `await e`. */
  readonly parts?: readonly Expr[];
  readonly free: readonly string[];
}

export interface ImportDecl {
  readonly span: Core.Span;
  readonly from: string;
  /** `with { type: "…" }`. */
  readonly as?: string;
  /** Local name → imported name (`default`, `*` for a namespace). */
  readonly names: readonly { readonly local: string; readonly imported: string; readonly span: Core.Span }[];
}

export interface SourceModule {
  /** Index into the build's source list; what spans refer to. */
  readonly file: number;
  /** Project-relative POSIX path. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly ImportDecl[];
  /** Top-level statements in source order, exports unwrapped. */
  readonly body: readonly Stmt[];
  /** Exported name → local name; `default` of an expression is the local `*default*`. */
  readonly exports: ReadonlyMap<
    string,
    { readonly local: string } | { readonly from: string; readonly name: string }
  >;
  /** Imported names that nothing uses as a value: types, or leftovers. They lead nowhere but have to exist. */
  readonly erased: readonly ImportDecl[];
  /** Names that are exported as types only. */
  readonly types: ReadonlySet<string>;
  /** Specifiers of `export * from`. */
  readonly stars: readonly string[];
}
