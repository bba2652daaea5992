/**
 * The normal form of a piece of TypeScript: blind to names of its own bindings, to layout, comments, types,
 * parentheses and quotes. Two pieces with one form do the same, given that their free names mean the same.
 */
import { ts } from "ts-morph";
import { bound, hoistedVars, isErased, lexical, opensScope } from "./free.ts";

interface Scope {
  readonly ids: ReadonlyMap<string, number>;
  readonly parent: Scope | null;
}

/** `free` gives what stands for a free name; it is called in the order of occurrence. */
export function normalForm(root: ts.Node, free: (name: string) => string): string {
  let bindings = 0;
  return visit(root, null);

  function open(parent: Scope | null, names: readonly string[]): Scope {
    return { ids: new Map(names.map((name) => [name, bindings++])), parent };
  }

  function name(text: string, scope: Scope | null): string {
    for (let at = scope; at; at = at.parent) {
      const id = at.ids.get(text);
      if (id !== undefined) return `#${id}`;
    }
    return free(text);
  }

  function visit(node: ts.Node, scope: Scope | null): string {
    if (isErased(node)) return "";
    if (
      ts.isParenthesizedExpression(node) ||
      ts.isAsExpression(node) ||
      ts.isSatisfiesExpression(node) ||
      ts.isNonNullExpression(node) ||
      ts.isTypeAssertionExpression(node)
    )
      return visit(node.expression, scope);
    if (ts.isIdentifier(node)) return name(node.text, scope);
    const inner = scopeOf(node, scope);
    // `{ a }` is `{ a: a }`.
    const kind = ts.isShorthandPropertyAssignment(node) ? ts.SyntaxKind.PropertyAssignment : node.kind;
    return `(${ts.SyntaxKind[kind]}${own(node)} ${parts(node, inner)
      .filter((part) => part !== "")
      .join(" ")})`;
  }

  function scopeOf(node: ts.Node, scope: Scope | null): Scope | null {
    if (ts.isFunctionLike(node)) {
      const names = node.parameters.flatMap((p) => bound(p.name));
      if ("body" in node && node.body) names.push(...hoistedVars(node.body));
      if ((ts.isFunctionExpression(node) || ts.isFunctionDeclaration(node)) && node.name)
        names.unshift(node.name.text);
      return open(scope, names);
    }
    if (ts.isClassLike(node)) return open(scope, node.name ? [node.name.text] : []);
    if (ts.isCatchClause(node))
      return open(scope, node.variableDeclaration ? bound(node.variableDeclaration.name) : []);
    return opensScope(node) ? open(scope, lexical(node)) : scope;
  }

  function parts(node: ts.Node, scope: Scope | null): string[] {
    if (ts.isPropertyAccessExpression(node))
      return [
        visit(node.expression, scope),
        node.questionDotToken ? "?" : "",
        JSON.stringify(node.name.text),
      ];
    if (ts.isShorthandPropertyAssignment(node))
      return [
        JSON.stringify(node.name.text),
        name(node.name.text, scope),
        node.objectAssignmentInitializer ? visit(node.objectAssignmentInitializer, scope) : "",
      ];
    if (ts.isBindingElement(node)) {
      const key = node.propertyName ?? (ts.isObjectBindingPattern(node.parent) ? node.name : null);
      return [
        key ? keyOf(key as ts.PropertyName, scope) : "",
        node.dotDotDotToken ? "..." : "",
        visit(node.name, scope),
        node.initializer ? visit(node.initializer, scope) : "",
      ];
    }
    if (ts.isLabeledStatement(node)) return [JSON.stringify(node.label.text), visit(node.statement, scope)];
    if (ts.isBreakOrContinueStatement(node)) return [JSON.stringify(node.label?.text ?? "")];
    if (ts.isMetaProperty(node)) return [node.name.text];
    const out: string[] = [];
    const key = hasKey(node) ? node.name : undefined;
    ts.forEachChild(node, (child) => {
      if (child.kind === ts.SyntaxKind.ExportKeyword || child.kind === ts.SyntaxKind.DefaultKeyword) return;
      out.push(child === key ? keyOf(key as ts.PropertyName, scope) : visit(child, scope));
    });
    return out;
  }

  function keyOf(key: ts.PropertyName, scope: Scope | null): string {
    return ts.isComputedPropertyName(key) ? `[${visit(key.expression, scope)}]` : JSON.stringify(key.text);
  }
}

function hasKey(node: ts.Node): node is ts.Node & { readonly name: ts.Node } {
  return (
    ts.isPropertyAssignment(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isAccessor(node) ||
    ts.isEnumMember(node)
  );
}

/** What a node says besides its children. */
function own(node: ts.Node): string {
  if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node))
    return ` ${ts.tokenToString(node.operator)}`;
  if (ts.isVariableDeclarationList(node))
    return (node.flags & ts.NodeFlags.Const) !== 0
      ? " const"
      : (node.flags & ts.NodeFlags.Let) !== 0
        ? " let"
        : " var";
  if (ts.isLiteralExpression(node) || ts.isJsxText(node)) return ` ${JSON.stringify(node.text)}`;
  if (ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node))
    return ` ${JSON.stringify(node.text)}${JSON.stringify(node.rawText ?? "")}`;
  if (ts.isPrivateIdentifier(node)) return ` ${node.text}`;
  return "";
}
