/**
 * Core: the one small language of plans (DESIGN §3). A node is plain data; `type` tells the kinds apart.
 *
 * The same tree is what front ends lower to (with the extra kinds of compiler/surface.ts), what the
 * partial evaluator leaves behind, what plan/core/print.ts writes into a plan as canonical text, and
 * what plan/core/evaluate.ts runs. `X` stands for kinds that a superset adds;
 * Core itself has none.
 */

/** Where a node comes from. Offsets are UTF-16 code units, half-open. `file` indexes the build's source list; 0 for text parsed from a plan. */
export interface Span {
  readonly file: number;
  readonly start: number;
  readonly end: number;
}

interface Base {
  readonly span?: Span;
}

export type Expr<X = never> =
  | Literal
  | RegexLiteral
  | Template<X>
  | Name
  | ArrayExpr<X>
  | ObjectExpr<X>
  | Arrow<X>
  | Unary<X>
  | Binary<X>
  | Logical<X>
  | Conditional<X>
  | Assign<X>
  | Update<X>
  | Call<X>
  | New<X>
  | Member<X>
  | Chain<X>
  | Comma<X>
  | X;

/** `undefined`, `NaN` and `Infinity` are Names. Numbers are finite and not negative (`-1` and `-0` are Unary). */
export interface Literal extends Base {
  readonly type: "Literal";
  readonly value: string | number | boolean | null;
}

export interface RegexLiteral extends Base {
  readonly type: "Regex";
  readonly pattern: string;
  readonly flags: string;
}

/** `quasis` are cooked strings; there is always one more of them than of `exprs`. */
export interface Template<X = never> extends Base {
  readonly type: "Template";
  readonly quasis: readonly string[];
  readonly exprs: readonly Expr<X>[];
}

export interface Name extends Base {
  readonly type: "Name";
  readonly name: string;
}

/** A `null` element is a hole. */
export interface ArrayExpr<X = never> extends Base {
  readonly type: "Array";
  readonly elements: readonly (Expr<X> | Spread<X> | null)[];
}

export interface Spread<X = never> extends Base {
  readonly type: "Spread";
  readonly arg: Expr<X>;
}

export interface ObjectExpr<X = never> extends Base {
  readonly type: "Object";
  readonly props: readonly (Property<X> | Spread<X>)[];
}

/** A string key is the property's name itself; an expression is a computed key. Methods and shorthand are Properties too. */
export interface Property<X = never> extends Base {
  readonly type: "Property";
  readonly key: string | Expr<X>;
  readonly value: Expr<X>;
}

/** Every function of Core. No `this`, no `arguments`, not a constructor; a function declaration is a `const` at the head of its block. */
export interface Arrow<X = never> extends Base {
  readonly type: "Arrow";
  readonly params: readonly Pattern<X>[];
  readonly rest?: Pattern<X>;
  readonly body: Expr<X> | Block<X>;
}

export interface Unary<X = never> extends Base {
  readonly type: "Unary";
  readonly op: "-" | "+" | "!" | "~" | "typeof" | "void" | "delete";
  readonly arg: Expr<X>;
}

export type BinaryOp =
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "**"
  | "=="
  | "!="
  | "==="
  | "!=="
  | "<"
  | "<="
  | ">"
  | ">="
  | "&"
  | "|"
  | "^"
  | "<<"
  | ">>"
  | ">>>"
  | "in"
  | "instanceof";

export interface Binary<X = never> extends Base {
  readonly type: "Binary";
  readonly op: BinaryOp;
  readonly left: Expr<X>;
  readonly right: Expr<X>;
}

export interface Logical<X = never> extends Base {
  readonly type: "Logical";
  readonly op: "&&" | "||" | "??";
  readonly left: Expr<X>;
  readonly right: Expr<X>;
}

export interface Conditional<X = never> extends Base {
  readonly type: "Conditional";
  readonly test: Expr<X>;
  readonly then: Expr<X>;
  readonly else: Expr<X>;
}

export interface Assign<X = never> extends Base {
  readonly type: "Assign";
  readonly op:
    | "="
    | "+="
    | "-="
    | "*="
    | "/="
    | "%="
    | "**="
    | "&="
    | "|="
    | "^="
    | "<<="
    | ">>="
    | ">>>="
    | "&&="
    | "||="
    | "??=";
  /** Only `=` takes a destructuring pattern. */
  readonly target: Pattern<X>;
  readonly value: Expr<X>;
}

export interface Update<X = never> extends Base {
  readonly type: "Update";
  readonly op: "++" | "--";
  readonly prefix: boolean;
  readonly target: Name | Member<X>;
}

export interface Call<X = never> extends Base {
  readonly type: "Call";
  readonly callee: Expr<X>;
  readonly args: readonly (Expr<X> | Spread<X>)[];
  /** `f?.()`; legal only inside a Chain. */
  readonly optional?: true;
}

/** `new Set(…)`, `new Map(…)`, `new Date(…)`, `new Error(…)` and kin, `new RegExp(…)`, `new Array(…)`; the checker holds the list. */
export interface New<X = never> extends Base {
  readonly type: "New";
  readonly callee: Name;
  readonly args: readonly (Expr<X> | Spread<X>)[];
}

/** `o.name` has a string, `o[expr]` an expression. */
export interface Member<X = never> extends Base {
  readonly type: "Member";
  readonly object: Expr<X>;
  readonly property: string | Expr<X>;
  /** `o?.p`; legal only inside a Chain. */
  readonly optional?: true;
}

/** The extent of one optional chain: a short-circuit inside yields undefined for the whole of it. */
export interface Chain<X = never> extends Base {
  readonly type: "Chain";
  readonly expr: Expr<X>;
}

export interface Comma<X = never> extends Base {
  readonly type: "Comma";
  readonly exprs: readonly Expr<X>[];
}

// Patterns. In declarations and parameters a target is a Name; in assignments it may be a Member.

export type Pattern<X = never> = Name | Member<X> | ArrayPattern<X> | ObjectPattern<X> | DefaultPattern<X>;

export interface ArrayPattern<X = never> extends Base {
  readonly type: "ArrayPattern";
  readonly elements: readonly (Pattern<X> | null)[];
  readonly rest?: Pattern<X>;
}

export interface ObjectPattern<X = never> extends Base {
  readonly type: "ObjectPattern";
  /** `span` is that of the key. */
  readonly props: readonly {
    readonly key: string | Expr<X>;
    readonly value: Pattern<X>;
    readonly span?: Span;
  }[];
  readonly rest?: Pattern<X>;
}

export interface DefaultPattern<X = never> extends Base {
  readonly type: "DefaultPattern";
  readonly target: Pattern<X>;
  readonly value: Expr<X>;
}

export type Stmt<X = never> =
  | Declare<X>
  | ExprStmt<X>
  | Block<X>
  | If<X>
  | Switch<X>
  | ForOf<X>
  | For<X>
  | While<X>
  | DoWhile<X>
  | Break
  | Continue
  | Return<X>
  | Throw<X>
  | Try<X>
  | X;

export interface Declare<X = never> extends Base {
  readonly type: "Declare";
  readonly kind: "let" | "const";
  readonly decls: readonly { readonly target: Pattern<X>; readonly init?: Expr<X> }[];
}

export interface ExprStmt<X = never> extends Base {
  readonly type: "ExprStmt";
  readonly expr: Expr<X>;
}

export interface Block<X = never> extends Base {
  readonly type: "Block";
  readonly body: readonly Stmt<X>[];
}

export interface If<X = never> extends Base {
  readonly type: "If";
  readonly test: Expr<X>;
  readonly then: Stmt<X>;
  readonly else?: Stmt<X>;
}

export interface Switch<X = never> extends Base {
  readonly type: "Switch";
  readonly value: Expr<X>;
  /** A case without `test` is `default`. */
  readonly cases: readonly { readonly test?: Expr<X>; readonly body: readonly Stmt<X>[] }[];
}

export interface ForOf<X = never> extends Base {
  readonly type: "ForOf";
  /** Without `kind` the target is an existing binding or member. */
  readonly kind?: "let" | "const";
  readonly target: Pattern<X>;
  readonly of: Expr<X>;
  readonly body: Stmt<X>;
}

export interface For<X = never> extends Base {
  readonly type: "For";
  readonly init?: Declare<X> | ExprStmt<X>;
  readonly test?: Expr<X>;
  readonly update?: Expr<X>;
  readonly body: Stmt<X>;
}

export interface While<X = never> extends Base {
  readonly type: "While";
  readonly test: Expr<X>;
  readonly body: Stmt<X>;
}

export interface DoWhile<X = never> extends Base {
  readonly type: "DoWhile";
  readonly body: Stmt<X>;
  readonly test: Expr<X>;
}

export interface Break extends Base {
  readonly type: "Break";
}

export interface Continue extends Base {
  readonly type: "Continue";
}

export interface Return<X = never> extends Base {
  readonly type: "Return";
  readonly value?: Expr<X>;
}

export interface Throw<X = never> extends Base {
  readonly type: "Throw";
  readonly value: Expr<X>;
}

export interface Try<X = never> extends Base {
  readonly type: "Try";
  readonly block: Block<X>;
  readonly param?: Pattern<X>;
  readonly handler?: Block<X>;
  readonly finalizer?: Block<X>;
}

export type Node<X = never> = Expr<X> | Stmt<X> | Pattern<X> | Spread<X> | Property<X>;
