/** What code asks of the file that it stands in, or of files by name: none of it means the same in a module of a plan. */
import { ts } from "ts-morph";
import type { Span } from "../../surface.ts";

export interface Reach {
  /** `import.meta`, `__dirname`, `require` or `import()`; these with the specifier where it is a literal. */
  readonly what: "import.meta" | "__dirname" | "__filename" | "require" | "import";
  readonly specifier?: string;
  readonly span: Span;
}

const MAY_REACH = /\bimport\s*[.(]|\b(?:__dirname|__filename|require)\b/;

export function reachesOf(file: number, node: ts.Node, text: string): readonly Reach[] {
  if (!MAY_REACH.test(text)) return [];
  const found: Reach[] = [];
  const spanOf = (at: ts.Node): Span => ({ file, start: at.getStart(), end: at.end });
  const visit = (at: ts.Node): void => {
    if (ts.isMetaProperty(at) && at.keywordToken === ts.SyntaxKind.ImportKeyword)
      found.push({ what: "import.meta", span: spanOf(at) });
    else if (ts.isCallExpression(at) && at.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = at.arguments;
      const known = specifier && ts.isStringLiteralLike(specifier) ? { specifier: specifier.text } : {};
      found.push({ what: "import", span: spanOf(at), ...known });
    } else if (ts.isIdentifier(at) && isFree(at))
      found.push({ what: at.text as "require", span: spanOf(at), ...requiredBy(at) });
    ts.forEachChild(at, visit);
  };
  visit(node);
  return found;
}

/** What `require("…")` names. */
function requiredBy({ parent }: ts.Identifier): { readonly specifier?: string } {
  const [specifier] = ts.isCallExpression(parent) ? parent.arguments : [];
  return specifier && ts.isStringLiteralLike(specifier) ? { specifier: specifier.text } : {};
}

/** A use of a name that CommonJS has; `typeof require` asks for nothing. */
function isFree(node: ts.Identifier): boolean {
  if (node.text !== "require" && node.text !== "__dirname" && node.text !== "__filename") return false;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return false;
  if (ts.isPropertyAssignment(parent) && parent.name === node) return false;
  return !ts.isTypeOfExpression(parent);
}
