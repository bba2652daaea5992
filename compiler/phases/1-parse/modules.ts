/** Imports, exports and the module's own statements. */
import { ts } from "ts-morph";
import type { ImportDecl, SourceModule, Stmt } from "../../surface.ts";
import { type Context, hasModifier, spanOf } from "./context.ts";
import { dynamicImports } from "./dynamic-imports.ts";
import { bound } from "./free.ts";
import { classOf, functionOf } from "./functions.ts";
import { hoistedLet, hoistVars } from "./variables.ts";

const DEFAULT = "*default*";

type Exports = Map<string, { readonly local: string } | { readonly from: string; readonly name: string }>;

export type ModuleParts = Pick<SourceModule, "imports" | "erased" | "body" | "exports" | "types" | "stars">;

export function moduleOf(ctx: Context): ModuleParts {
  const { source } = ctx;
  const dynamic = dynamicImports(ctx);
  const imports: ImportDecl[] = [...dynamic.imports];
  const exports: Exports = new Map();
  const stars: string[] = [];
  const types = typeNames(source);
  const exportedTypes = new Set<string>();
  const plain: ts.Statement[] = [];
  const tail: Stmt[] = [];
  const hoisted = hoistVars(ctx, source, []);
  for (const node of source.statements) {
    if (dynamic.taken.has(node)) continue;
    if (ts.isImportDeclaration(node)) {
      const decl = importOf(ctx, node);
      if (decl) imports.push(decl);
    } else if (ts.isExportDeclaration(node)) exportList(ctx, node, { exports, stars, types, exportedTypes });
    else if (ts.isExportAssignment(node)) {
      exports.set("default", { local: DEFAULT });
      tail.push(defaultExport(ctx, node));
    } else {
      if (hasModifier(node, ts.SyntaxKind.ExportKeyword)) exportDeclared(ctx, node, exports, exportedTypes);
      plain.push(node);
    }
  }
  const body = [
    ...(hoisted.length > 0 ? [hoistedLet(ctx, hoisted, source)] : []),
    ...ctx.statements(plain),
    ...tail,
  ];
  const parted = imports.map((decl) => elided(ctx, decl));
  return {
    imports: parted.flatMap(({ kept }) => kept),
    erased: parted.flatMap(({ erased }) => erased),
    body,
    exports,
    types: exportedTypes,
    stars,
  };
}

/** `with { type: "text" }` */
function typeAttribute(node: ts.ImportDeclaration): string | undefined {
  const found = node.attributes?.elements.find((x) => x.name.text === "type")?.value;
  return found && ts.isStringLiteralLike(found) ? found.text : undefined;
}

function importOf(ctx: Context, node: ts.ImportDeclaration): ImportDecl | null {
  const clause = node.importClause;
  if (clause?.isTypeOnly || !ts.isStringLiteral(node.moduleSpecifier)) return null;
  const names: { local: string; imported: string; span: ReturnType<typeof spanOf> }[] = [];
  const add = (at: ts.Node, local: string, imported: string): void => {
    names.push({ local, imported, span: spanOf(ctx, at) });
  };
  if (clause?.name) add(clause.name, clause.name.text, "default");
  const named = clause?.namedBindings;
  if (named && ts.isNamespaceImport(named)) add(named, named.name.text, "*");
  if (named && ts.isNamedImports(named))
    for (const e of named.elements) if (!e.isTypeOnly) add(e, e.name.text, (e.propertyName ?? e.name).text);
  // `import { type A } from` names types only; `import "x"` and `import {} from "x"` name nothing and stay.
  if (names.length === 0 && named && ts.isNamedImports(named) && named.elements.length > 0) return null;
  const as = typeAttribute(node);
  const from = node.moduleSpecifier.text;
  return { span: spanOf(ctx, node.moduleSpecifier), from, names, ...(as !== undefined && { as }) };
}

/** Drops names that are never used as values, as TypeScript and esbuild do; an import of nothing but such names goes whole. */
function elided(
  ctx: Context,
  decl: ImportDecl,
): { readonly kept: ImportDecl[]; readonly erased: ImportDecl[] } {
  if (decl.names.length === 0 || /\.[cm]?jsx?$/.test(ctx.source.fileName))
    return { kept: [decl], erased: [] };
  const part = (used: boolean): ImportDecl[] => {
    const names = decl.names.filter((n) => ctx.used.has(n.local) === used);
    return names.length === 0 ? [] : [{ ...decl, names }];
  };
  return { kept: part(true), erased: part(false) };
}

function exportList(
  ctx: Context,
  node: ts.ExportDeclaration,
  to: {
    readonly exports: Exports;
    readonly stars: string[];
    readonly types: ReadonlySet<string>;
    readonly exportedTypes: Set<string>;
  },
): void {
  const { exports, stars, types, exportedTypes } = to;
  if (node.isTypeOnly) {
    const names = node.exportClause && ts.isNamedExports(node.exportClause) ? node.exportClause.elements : [];
    for (const e of names) exportedTypes.add(e.name.text);
    return;
  }
  const from =
    node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier) ? node.moduleSpecifier.text : null;
  const clause = node.exportClause;
  if (!clause) {
    if (from !== null) stars.push(from);
    return;
  }
  if (ts.isNamespaceExport(clause)) {
    if (from !== null) exports.set(clause.name.text, { from, name: "*" });
    return;
  }
  for (const e of clause.elements) {
    if (e.isTypeOnly) {
      exportedTypes.add(e.name.text);
      continue;
    }
    const name = (e.propertyName ?? e.name).text;
    if (from !== null) exports.set(e.name.text, { from, name });
    else if (!types.has(name)) {
      ctx.used.add(name);
      exports.set(e.name.text, { local: name });
    } else exportedTypes.add(e.name.text);
  }
}

/** Names that exist only as types in this file. */
function typeNames(source: ts.SourceFile): Set<string> {
  const types = new Set<string>();
  for (const s of source.statements)
    if (ts.isInterfaceDeclaration(s) || ts.isTypeAliasDeclaration(s)) types.add(s.name.text);
  for (const s of source.statements) {
    if (ts.isVariableStatement(s))
      for (const d of s.declarationList.declarations) for (const n of bound(d.name)) types.delete(n);
    else if ((ts.isFunctionDeclaration(s) || ts.isClassDeclaration(s)) && s.name) types.delete(s.name.text);
  }
  return types;
}

function exportDeclared(
  ctx: Context,
  node: ts.Statement,
  exports: Exports,
  exportedTypes: Set<string>,
): void {
  const isDefault = hasModifier(node, ts.SyntaxKind.DefaultKeyword);
  const isDeclared = hasModifier(node, ts.SyntaxKind.DeclareKeyword);
  const isType = ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
  if (isType) exportedTypes.add(isDefault ? "default" : node.name.text);
  if (isDeclared && (ts.isClassDeclaration(node) || ts.isEnumDeclaration(node)) && node.name)
    exportedTypes.add(node.name.text);
  if (isDeclared || isType) return;
  if (ts.isVariableStatement(node)) {
    for (const d of node.declarationList.declarations)
      for (const name of bound(d.name)) exports.set(name, { local: name });
    return;
  }
  if (ts.isFunctionDeclaration(node) && !node.body) return;
  if (
    (ts.isFunctionDeclaration(node) ||
      ts.isClassDeclaration(node) ||
      ts.isEnumDeclaration(node) ||
      ts.isModuleDeclaration(node)) &&
    (isDefault || node.name)
  ) {
    const local = node.name?.text ?? DEFAULT;
    exports.set(isDefault ? "default" : local, { local });
    if (node.name) ctx.used.add(local);
  }
}

function defaultExport(ctx: Context, node: ts.ExportAssignment): Stmt {
  const span = spanOf(ctx, node);
  const target = { type: "Name", name: DEFAULT, span } as const;
  const inner = node.expression;
  const init =
    ts.isFunctionExpression(inner) || ts.isArrowFunction(inner)
      ? functionOf(ctx, inner)
      : ts.isClassExpression(inner)
        ? classOf(ctx, inner)
        : ctx.expr(inner);
  return { type: "Declare", kind: "const", decls: [{ target, init }], span };
}
