/** Free names of a piece of TypeScript: what a slice of host code has to bring. Types do not count. */
import { ts } from "ts-morph";

interface Scope {
  readonly names: Set<string>;
  readonly parent: Scope | null;
}

/** Names that `root` reads or writes and does not declare, sorted. */
export function freeNames(root: ts.Node): string[] {
  const free = new Set<string>();
  visit(root, { names: new Set(), parent: null });
  return [...free].sort();

  function use(name: string, scope: Scope): void {
    for (let s: Scope | null = scope; s; s = s.parent) if (s.names.has(name)) return;
    free.add(name);
  }

  function each(node: ts.Node, scope: Scope): void {
    ts.forEachChild(node, (child) => visit(child, scope));
  }

  function visit(node: ts.Node, scope: Scope): void {
    if (isErased(node) || ts.isJsxClosingElement(node)) return;
    if (ts.isMetaProperty(node) || ts.isBreakOrContinueStatement(node)) return;
    if (ts.isFunctionLike(node)) visitFunction(node, scope);
    else if (ts.isClassLike(node)) visitClass(node, scope);
    else if (ts.isPropertyAccessExpression(node)) visit(node.expression, scope);
    else if (ts.isIdentifier(node)) use(node.text, scope);
    else if (ts.isShorthandPropertyAssignment(node)) {
      use(node.name.text, scope);
      if (node.objectAssignmentInitializer) visit(node.objectAssignmentInitializer, scope);
    } else if (ts.isPropertyAssignment(node) || ts.isPropertyDeclaration(node)) {
      visitKey(node.name, scope);
      if (node.initializer) visit(node.initializer, scope);
    } else if (ts.isVariableDeclaration(node) || ts.isBindingElement(node)) {
      if (ts.isBindingElement(node) && node.propertyName) visitKey(node.propertyName, scope);
      if (!ts.isIdentifier(node.name)) visit(node.name, scope);
      if (node.initializer) visit(node.initializer, scope);
    } else if (ts.isJsxAttribute(node)) {
      if (node.initializer) visit(node.initializer, scope);
    } else if (ts.isJsxOpeningElement(node) || ts.isJsxSelfClosingElement(node)) {
      visitTag(node.tagName, scope);
      visit(node.attributes, scope);
    } else if (ts.isLabeledStatement(node)) visit(node.statement, scope);
    else if (ts.isEnumDeclaration(node)) visitEnum(node, scope);
    else if (ts.isModuleDeclaration(node)) {
      if (node.body) each(node.body, open(scope, [...lexical(node.body), node.name.text]));
    } else if (ts.isCatchClause(node)) {
      const inner = open(scope, node.variableDeclaration ? bound(node.variableDeclaration.name) : []);
      if (node.variableDeclaration) visit(node.variableDeclaration, inner);
      visit(node.block, inner);
    } else each(node, opensScope(node) ? open(scope, lexical(node)) : scope);
  }

  function visitEnum(node: ts.EnumDeclaration, scope: Scope): void {
    const names = node.members.flatMap((m) => (ts.isIdentifier(m.name) ? [m.name.text] : []));
    const inner = open(scope, [...names, node.name.text]);
    for (const member of node.members) if (member.initializer) visit(member.initializer, inner);
  }

  function visitFunction(node: ts.SignatureDeclaration, scope: Scope): void {
    if ("name" in node && node.name && ts.isComputedPropertyName(node.name))
      visit(node.name.expression, scope);
    const body = "body" in node ? node.body : undefined;
    if (!body) return;
    const inner = open(
      scope,
      node.parameters.flatMap((p) => bound(p.name)),
    );
    if (!ts.isArrowFunction(node)) inner.names.add("arguments");
    if ((ts.isFunctionExpression(node) || ts.isFunctionDeclaration(node)) && node.name)
      inner.names.add(node.name.text);
    for (const name of hoistedVars(body)) inner.names.add(name);
    for (const parameter of node.parameters) {
      if (!ts.isIdentifier(parameter.name)) visit(parameter.name, inner);
      if (parameter.initializer) visit(parameter.initializer, inner);
    }
    visit(body, inner);
  }

  function visitClass(node: ts.ClassLikeDeclaration, scope: Scope): void {
    const inner = open(scope, node.name ? [node.name.text] : []);
    for (const clause of node.heritageClauses ?? [])
      if (clause.token === ts.SyntaxKind.ExtendsKeyword)
        for (const type of clause.types) visit(type.expression, inner);
    for (const modifier of node.modifiers ?? []) if (ts.isDecorator(modifier)) visit(modifier, inner);
    for (const member of node.members) visit(member, inner);
  }

  function visitKey(name: ts.PropertyName | ts.BindingName, scope: Scope): void {
    if (ts.isComputedPropertyName(name)) visit(name.expression, scope);
  }

  function visitTag(tag: ts.JsxTagNameExpression, scope: Scope): void {
    if (ts.isIdentifier(tag) && /^[a-z]/.test(tag.text)) return;
    if (!ts.isJsxNamespacedName(tag)) visit(tag, scope);
  }
}

/** Types, and what only the checker sees. */
export function isErased(node: ts.Node): boolean {
  if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return true;
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true;
  if (ts.isTypeParameterDeclaration(node)) return true;
  return (
    ts.canHaveModifiers(node) &&
    (ts.getModifiers(node)?.some((m) => m.kind === ts.SyntaxKind.DeclareKeyword) ?? false)
  );
}

function open(parent: Scope, names: readonly string[]): Scope {
  return { names: new Set(names), parent };
}

export function opensScope(node: ts.Node): boolean {
  return (
    ts.isBlock(node) ||
    ts.isSourceFile(node) ||
    ts.isCaseBlock(node) ||
    ts.isForStatement(node) ||
    ts.isForOfStatement(node) ||
    ts.isForInStatement(node) ||
    ts.isClassStaticBlockDeclaration(node)
  );
}

/** Names that a scope-opening node declares itself. `var` counts for the block it stands in as well: wider never hides a true free name of another block. */
export function lexical(node: ts.Node): string[] {
  const names: string[] = [];
  const declare = (statement: ts.Node): void => {
    if (ts.isVariableStatement(statement)) declare(statement.declarationList);
    else if (ts.isVariableDeclarationList(statement))
      names.push(...statement.declarations.flatMap((d) => bound(d.name)));
    else if (
      (ts.isFunctionDeclaration(statement) ||
        ts.isClassDeclaration(statement) ||
        ts.isEnumDeclaration(statement) ||
        ts.isModuleDeclaration(statement)) &&
      statement.name
    )
      names.push(statement.name.text);
  };
  if (ts.isCaseBlock(node)) for (const clause of node.clauses) clause.statements.forEach(declare);
  else ts.forEachChild(node, declare);
  return names;
}

/** `var` names anywhere in a function's body, nested functions apart. */
export function hoistedVars(body: ts.Node): string[] {
  const names: string[] = [];
  const walk = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) || ts.isClassLike(node)) return;
    if (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) === 0)
      names.push(...node.declarations.flatMap((d) => bound(d.name)));
    ts.forEachChild(node, walk);
  };
  walk(body);
  return names;
}

/** The names a binding declares. */
export function bound(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((e) => (ts.isOmittedExpression(e) ? [] : bound(e.name)));
}

/** Whether a function's own code needs what Core functions lack: `this`, `arguments`, `super`, `new.target`. */
export function needsHostFunction(body: ts.Node): boolean {
  let found = false;
  const walk = (node: ts.Node): void => {
    if (found) return;
    if (
      node.kind === ts.SyntaxKind.ThisKeyword ||
      node.kind === ts.SyntaxKind.SuperKeyword ||
      (ts.isIdentifier(node) && node.text === "arguments") ||
      (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.NewKeyword)
    ) {
      found = true;
      return;
    }
    if (isErased(node) || ts.isClassLike(node)) return;
    if (ts.isFunctionLike(node) && !ts.isArrowFunction(node)) return;
    ts.forEachChild(node, walk);
  };
  walk(body);
  return found;
}
