/**
 * The declarations of a TypeScript module as pieces that can be put into a program of their own: what the slicer of
 * compute functions (phases/4-lower/modules.ts) asks of a front end. Made on demand; parses the module again.
 */
import { ts } from "ts-morph";
import type { SourceModule, Span } from "../../surface.ts";
import { bound } from "./free.ts";
import { normalForm } from "./normal.ts";
import { type Reach, reachesOf } from "./reaches.ts";

export interface Piece {
  readonly span: Span;
  /** Source text: for a declaration a statement without `export`, for a function or object an expression. */
  readonly text: string;
  /** Names that the statement declares; the default export's is `__default`. */
  readonly names: readonly string[];
  /** Names bound by `const { key: name } = …` → key. */
  readonly keys: ReadonlyMap<string, string>;
  readonly hasJsx: boolean;
  /** What it asks of its file, or of files by name. */
  readonly reaches: readonly Reach[];
  /** The normal form; `free` is asked for every free name in the order of occurrence. */
  normal(free: (name: string) => string): string;
}

export interface Pieces {
  /** The statement that declares a top-level name. */
  declaration(name: string): Piece | undefined;
  /** Statements at the top level that declare nothing, in order. */
  readonly effects: readonly Piece[];
  /** The expression (function, method, object) with exactly this source range. */
  expression(span: Span): Piece | undefined;
}

export const DEFAULT_NAME = "__default";

export function piecesOf(module: SourceModule): Pieces {
  const source = ts.createSourceFile(
    module.path,
    module.text,
    { languageVersion: ts.ScriptTarget.ESNext, jsDocParsingMode: ts.JSDocParsingMode.ParseNone },
    true,
  );
  const declarations = new Map<string, Piece>();
  const effects: Piece[] = [];
  for (const statement of source.statements) {
    if (isElsewhere(statement) || isIdle(statement)) continue;
    const piece = pieceOf(module, statement, statementText(source, statement), namesOf(statement));
    if (piece.names.length === 0) effects.push(piece);
    for (const name of piece.names) declarations.set(name, piece);
  }
  // A function that calls itself meets itself again.
  const expressions = new Map<string, Piece | undefined>();
  return {
    declaration: (name) => declarations.get(name === "*default*" ? DEFAULT_NAME : name),
    effects,
    expression(span) {
      const key = `${span.start}:${span.end}`;
      if (!expressions.has(key)) {
        const node = find(source, span);
        expressions.set(key, node && pieceOf(module, node, expressionText(source, node), []));
      }
      return expressions.get(key);
    },
  };
}

function pieceOf(module: SourceModule, node: ts.Node, text: string, names: readonly string[]): Piece {
  return {
    span: { file: module.file, start: node.getStart(), end: node.end },
    text,
    names,
    keys: keysOf(node),
    hasJsx: holdsJsx(node),
    reaches: reachesOf(module.file, node, text),
    normal: (free) =>
      normalForm(node, (name) => (names.includes(name) ? `own.${names.indexOf(name)}` : free(name))),
  };
}

/** Statements that do nothing in a module which others import: `void name;`, `if (import.meta.main) …`. */
function isIdle(node: ts.Statement): boolean {
  if (ts.isIfStatement(node)) return node.elseStatement === undefined && isMainTest(node.expression);
  if (!ts.isExpressionStatement(node)) return false;
  const value = ts.isVoidExpression(node.expression) ? node.expression.expression : node.expression;
  return ts.isIdentifier(value) || ts.isLiteralExpression(value);
}

/** Whether the file is the program that was started: a workflow's never is. */
const isMainTest = (node: ts.Expression): boolean =>
  /^(import\.meta\.main|require\.main\s*===?\s*module)$/.test(node.getText());

/** Imports and export lists are taken from the surface module; types need no statement. */
function isElsewhere(node: ts.Statement): boolean {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isEmptyStatement(node)) return true;
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true;
  if (ts.isFunctionDeclaration(node) && !node.body) return true;
  return modifiersOf(node).some((m) => m.kind === ts.SyntaxKind.DeclareKeyword);
}

function modifiersOf(node: ts.Node): readonly ts.ModifierLike[] {
  return (ts.canHaveModifiers(node) && ts.getModifiers(node)) || [];
}

function namesOf(node: ts.Statement): string[] {
  if (ts.isVariableStatement(node)) return node.declarationList.declarations.flatMap((d) => bound(d.name));
  if (ts.isExportAssignment(node)) return [DEFAULT_NAME];
  if (
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isEnumDeclaration(node) ||
    ts.isModuleDeclaration(node)
  )
    return [node.name?.text ?? DEFAULT_NAME];
  return [];
}

function keysOf(node: ts.Node): Map<string, string> {
  const keys = new Map<string, string>();
  if (!ts.isVariableStatement(node)) return keys;
  for (const { name } of node.declarationList.declarations) {
    if (!ts.isObjectBindingPattern(name)) continue;
    for (const e of name.elements) {
      if (!ts.isIdentifier(e.name)) continue;
      const key = e.propertyName ?? e.name;
      if (!ts.isComputedPropertyName(key)) keys.set(e.name.text, key.text);
    }
  }
  return keys;
}

/** The text from behind `export` and `default` on. */
function bareText(source: ts.SourceFile, node: ts.Node): string {
  let start = node.getStart();
  for (const m of modifiersOf(node))
    if (m.kind === ts.SyntaxKind.ExportKeyword || m.kind === ts.SyntaxKind.DefaultKeyword) start = m.end;
  return source.text.slice(start, node.end).trim();
}

function statementText(source: ts.SourceFile, node: ts.Statement): string {
  if (ts.isExportAssignment(node)) return `const ${DEFAULT_NAME} = (${node.expression.getText()});`;
  const text = bareText(source, node);
  const isNameless = (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) && !node.name;
  return isNameless ? `const ${DEFAULT_NAME} = ${text};` : text;
}

function expressionText(source: ts.SourceFile, node: ts.Node): string {
  // A method is a function only inside its object.
  if (ts.isMethodDeclaration(node)) return `Object.values({ ${node.getText()} })[0]`;
  return ts.isFunctionDeclaration(node) ? bareText(source, node) : node.getText();
}

function find(source: ts.SourceFile, span: Span): ts.Node | undefined {
  const search = (node: ts.Node): ts.Node | undefined => {
    if (node.getStart() === span.start && node.end === span.end && isWanted(node)) return node;
    if (node.pos > span.start || node.end < span.end) return undefined;
    return ts.forEachChild(node, search);
  };
  return search(source);
}

function isWanted(node: ts.Node): boolean {
  return (
    ts.isArrowFunction(node) ||
    ts.isFunctionExpression(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isObjectLiteralExpression(node) ||
    ts.isNewExpression(node)
  );
}

function holdsJsx(node: ts.Node): boolean {
  return (
    ts.isJsxElement(node) ||
    ts.isJsxSelfClosingElement(node) ||
    ts.isJsxFragment(node) ||
    (ts.forEachChild(node, (child) => holdsJsx(child) || undefined) ?? false)
  );
}
