/** What every visitor of the TypeScript tree shares. Visitors reach one another through it, so that their files need no import cycle. */
import { ts } from "ts-morph";
import type { Block } from "../../../plan/core/ast.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import { problem } from "../../report.ts";
import type { Expr, Extra, Foreign, Pattern, Span, Stmt } from "../../surface.ts";
import { freeNames } from "./free.ts";

export interface Context {
  readonly file: number;
  readonly source: ts.SourceFile;
  readonly problems: Diagnostic[];
  /** Every name that stands somewhere as a value: an import that is not among them is a type and is elided. */
  readonly used: Set<string>;
  /** `var` lists that are declared at the head of their function and assigned where they stand. */
  readonly hoisted: Set<ts.Node>;
  /** Whether a binding of this name is written anywhere in the file. */
  isAssigned(name: string): boolean;
  expr(node: ts.Expression): Expr;
  /** A declaration's or parameter's target. */
  binding(node: ts.BindingName): Pattern;
  /** The left side of an assignment. */
  target(node: ts.Expression): Pattern;
  /** A statement list with its function declarations hoisted. */
  statements(nodes: readonly ts.Statement[]): Stmt[];
  block(node: ts.Block): Block<Extra>;
  /** One statement where the grammar wants exactly one (a loop's body). */
  stmt(node: ts.Statement): Stmt;
  /** Reads code of a class, in which `this` and `super` are names; null where it nests too deep. */
  ofClass<T>(read: () => T): T | null;
  /** Whether that is being read. */
  readonly isOfClass: boolean;
}

export function spanOf(ctx: Context, node: ts.Node): Span {
  return { file: ctx.file, start: node.getStart(ctx.source), end: node.end };
}

/** A name read as a value. */
export function reference(ctx: Context, node: ts.Node, name: string): Expr & { type: "Name" } {
  ctx.used.add(name);
  return { type: "Name", name, span: spanOf(ctx, node) };
}

/** The names a piece of host code brings from outside, noted as used. */
export function captureOf(ctx: Context, node: ts.Node): string[] {
  const names = freeNames(node);
  for (const name of names) ctx.used.add(name);
  return names;
}

export function foreign(ctx: Context, node: ts.Node, what: string): Foreign {
  return { type: "Foreign", span: spanOf(ctx, node), what, free: captureOf(ctx, node) };
}

export const withParts = (host: Foreign, parts: readonly Expr[]): Foreign => ({ ...host, parts });

/** Reports what the grammar forbids but the TypeScript parser leaves to its checker. */
export function syntaxError(ctx: Context, node: ts.Node, message: string): void {
  ctx.problems.push(problem("SM110", spanOf(ctx, node), message));
}

export function hasModifier(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node)?.some((m) => m.kind === kind) ?? false);
}
