/**
 * Phase 1: TypeScript, TSX, JavaScript or JSX text to the surface AST.
 *
 * In: text with LF line endings. Out: a module, or null with every syntax error of the file. Types are erased, function
 * declarations and `var` hoisted, JSX text normalised. Nothing is evaluated and no other file is looked at.
 */
import { ts } from "ts-morph";
import type { Diagnostic } from "../../diagnostics.ts";
import { problem } from "../../report.ts";
import type { Expr, SourceModule } from "../../surface.ts";
import { type Context, spanOf } from "./context.ts";
import { expression } from "./expressions.ts";
import { moduleOf } from "./modules.ts";
import { isAssignment } from "./operators.ts";
import { binding, target } from "./patterns.ts";
import { single, statements } from "./statements.ts";

/** Levels of the tree. Later phases recurse over it; far deeper text is generated or hostile. */
const MAX_DEPTH = 1_000;

export interface SourceText {
  /** Index into the build's source list. */
  readonly file: number;
  /** Project-relative POSIX path; its extension decides the dialect. */
  readonly path: string;
  readonly text: string;
}

export interface Parsed {
  readonly module: SourceModule | null;
  readonly problems: readonly Diagnostic[];
}

export type Parse = (input: SourceText) => Parsed;

export function parseModule(input: SourceText): Parsed {
  try {
    return parseText(input);
  } catch (error) {
    // The TypeScript parser recurses without a bound of its own.
    if (!(error instanceof RangeError)) throw error;
    return { module: null, problems: [tooDeep({ file: input.file, start: 0, end: 0 })] };
  }
}

class TooDeep extends Error {
  readonly node: ts.Node;
  constructor(node: ts.Node) {
    super("too deep");
    this.node = node;
  }
}

function parseText(input: SourceText): Parsed {
  const source = ts.createSourceFile(
    input.path,
    input.text,
    {
      languageVersion: ts.ScriptTarget.ESNext,
      jsDocParsingMode: ts.JSDocParsingMode.ParseNone,
      impliedNodeFormat: ts.ModuleKind.ESNext,
    },
    false,
    scriptKind(input.path),
  );
  const errors = syntaxErrors(source, input.file);
  if (errors.length > 0) return { module: null, problems: errors };
  const ctx = contextOf(source, input.file);
  try {
    const parts = moduleOf(ctx);
    if (ctx.problems.length > 0) return { module: null, problems: ctx.problems };
    return { module: { file: input.file, path: input.path, text: input.text, ...parts }, problems: [] };
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error;
    return { module: null, problems: [tooDeep(spanOf(ctx, error.node))] };
  }
}

function tooDeep(span: { file: number; start: number; end: number }): Diagnostic {
  return problem("SM112", span, `The code nests deeper than ${MAX_DEPTH.toLocaleString("en-US")} levels.`, {
    hint: "Split the expression into named parts.",
  });
}

export function scriptKind(path: string): ts.ScriptKind {
  if (path.endsWith(".tsx")) return ts.ScriptKind.TSX;
  if (/\.[cm]?ts$/.test(path)) return ts.ScriptKind.TS;
  return ts.ScriptKind.JSX;
}

/** The parser keeps its errors on the source file; the field is not in its public types. */
function syntaxErrors(source: ts.SourceFile, file: number): Diagnostic[] {
  const { parseDiagnostics } = source as ts.SourceFile & {
    readonly parseDiagnostics: readonly ts.DiagnosticWithLocation[];
  };
  return parseDiagnostics.map((d) =>
    problem(
      "SM110",
      { file, start: d.start, end: d.start + d.length },
      ts.flattenDiagnosticMessageText(d.messageText, "\n"),
    ),
  );
}

function contextOf(source: ts.SourceFile, file: number): Context {
  let depth = 0;
  let assigned: Set<string> | null = null;
  let ofClass = false;
  const guarded = <T>(node: ts.Node, visit: () => T): T => {
    if (++depth > MAX_DEPTH) throw new TooDeep(node);
    const result = visit();
    depth--;
    return result;
  };
  const ctx: Context = {
    file,
    source,
    problems: [],
    used: new Set(),
    hoisted: new Set(),
    isAssigned: (name) => {
      assigned ??= assignedNames(source);
      return assigned.has(name);
    },
    expr: (node): Expr => guarded(node, () => expression(ctx, node)),
    binding: (node) => guarded(node, () => binding(ctx, node)),
    target: (node) => guarded(node, () => target(ctx, node)),
    statements: (nodes) => statements(ctx, nodes),
    block: (node) => ({ type: "Block", body: statements(ctx, node.statements), span: spanOf(ctx, node) }),
    stmt: (node) => guarded(node, () => single(ctx, node)),
    get isOfClass() {
      return ofClass;
    },
    ofClass: (read) => {
      const before = { depth, ofClass, problems: ctx.problems.length };
      depth = 0;
      ofClass = true;
      try {
        return read();
      } catch (error) {
        if (!(error instanceof TooDeep) && !(error instanceof RangeError)) throw error;
        return null;
      } finally {
        ({ depth, ofClass } = before);
        // What the class holds is host code: it is for the engine to say what is wrong with it.
        ctx.problems.length = before.problems;
      }
    },
  };
  return ctx;
}

function assignedNames(source: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const walk = (node: ts.Node): void => {
    let written: ts.Node | undefined;
    if (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind)) written = node.left;
    else if (ts.isForOfStatement(node) || ts.isForInStatement(node)) written = node.initializer;
    else if (ts.isPostfixUnaryExpression(node)) written = node.operand;
    else if (ts.isPrefixUnaryExpression(node)) written = node.operand;
    if (written) collect(written);
    ts.forEachChild(node, walk);
  };
  const collect = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) names.add(node.text);
    else ts.forEachChild(node, collect);
  };
  walk(source);
  return names;
}
