/** Classes that only hand their options on: an instance acts like one of the base class, but for its own `preflight`. */
import { ts } from "ts-morph";
import { hasModifier } from "./context.ts";

/** What the agents of the library keep on themselves: a class that sets one of these is another agent. */
const OF_BASE: ReadonlySet<string> = new Set([
  "allowTools",
  "capabilities",
  "cliEngine",
  "cwd",
  "env",
  "extraArgs",
  "hijackEngine",
  "id",
  "idleTimeoutMs",
  "instructions",
  "maxOutputBytes",
  "model",
  "opts",
  "preflight",
  "runnable",
  "settings",
  "supportsNativeStructuredOutput",
  "systemPrompt",
  "timeoutMs",
  "tools",
  "version",
  "yolo",
]);

/**
 * Whether the class has nothing but fields of its own, a constructor that gives its one parameter to `super` as it is,
 * and a `preflight`. Everything else may change what the agent does.
 */
export function handsOn(node: ts.ClassLikeDeclaration): boolean {
  return (
    !node.modifiers?.some(ts.isDecorator) &&
    node.members.every((member) => {
      if (ts.isConstructorDeclaration(member)) return !member.body || givesOn(member, member.body);
      if (ts.isSemicolonClassElement(member)) return true;
      if (!member.name || hasModifier(member, ts.SyntaxKind.StaticKeyword)) return false;
      if (ts.isMethodDeclaration(member))
        return ts.isIdentifier(member.name) && member.name.text === "preflight";
      return ts.isPropertyDeclaration(member) && isOwnField(member.name) && isReadOnly(member.initializer);
    })
  );
}

/** Of a class that hands on: its one method. */
export const hasPreflight = (node: ts.ClassLikeDeclaration): boolean =>
  node.members.some(ts.isMethodDeclaration);

const isOwnField = (name: ts.Node): boolean =>
  ts.isPrivateIdentifier(name) || (ts.isIdentifier(name) && !OF_BASE.has(name.text));

function givesOn(made: ts.ConstructorDeclaration, body: ts.Block): boolean {
  const [given, ...more] = made.parameters;
  const [first, ...rest] = body.statements;
  if (!given || more.length > 0 || !ts.isIdentifier(given.name) || given.dotDotDotToken) return false;
  if (given.modifiers?.length || !first || !ts.isExpressionStatement(first)) return false;
  if (given.initializer && !isEmptyObject(given.initializer)) return false;
  const call = first.expression;
  if (!ts.isCallExpression(call) || call.expression.kind !== ts.SyntaxKind.SuperKeyword) return false;
  const [only, ...others] = call.arguments;
  if (!only || others.length > 0 || !ts.isIdentifier(only) || only.text !== given.name.text) return false;
  return rest.every((statement) => {
    if (!ts.isExpressionStatement(statement) || !ts.isBinaryExpression(statement.expression)) return false;
    const { left, operatorToken, right } = statement.expression;
    return (
      operatorToken.kind === ts.SyntaxKind.EqualsToken &&
      ts.isPropertyAccessExpression(left) &&
      left.expression.kind === ts.SyntaxKind.ThisKeyword &&
      isOwnField(left.name) &&
      isReadOnly(right)
    );
  });
}

const isEmptyObject = (node: ts.Node): boolean =>
  ts.isObjectLiteralExpression(node) && node.properties.length === 0;

/** Nothing is written, deleted or awaited. Calls may be made: what they give only `preflight` sees. */
function isReadOnly(node: ts.Node | undefined): boolean {
  if (!node) return true;
  if (ts.isDeleteExpression(node) || ts.isPostfixUnaryExpression(node)) return false;
  if (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind)) return false;
  if (node.kind === ts.SyntaxKind.ThisKeyword || ts.isNewExpression(node)) return false;
  if (ts.isPrefixUnaryExpression(node) && node.operator >= ts.SyntaxKind.PlusPlusToken)
    if (node.operator <= ts.SyntaxKind.MinusMinusToken) return false;
  return !ts.forEachChild(node, (child) => !isReadOnly(child) || undefined);
}

const isAssignment = (kind: ts.SyntaxKind): boolean =>
  kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
