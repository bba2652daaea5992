/** What of a value is known before a run: JSON in which a hole stands for each part that the run works out. */
import type * as Core from "../../../plan/core/ast.ts";
import type { Field } from "../4-lower/draft.ts";

/** Stands where only the run knows what does: no schema of JSON takes it. */
const HOLE = Symbol("only the run knows");

export class KnownParts {
  readonly value: unknown;

  /** @param meaning what a name of the plan stands for */
  constructor(field: Field, meaning: (name: string) => Core.Expr | undefined) {
    this.value = field.type === "json" ? field.value : knownOf(field.expr, meaning);
  }

  /** Whether all that stands at a path is known, or that nothing does. */
  has(path: readonly PropertyKey[]): boolean {
    let at = this.value;
    for (const part of path) {
      if (typeof at !== "object" || at === null) return at !== HOLE;
      at = Object.hasOwn(at, part) ? (at as { readonly [key: PropertyKey]: unknown })[part] : undefined;
    }
    return !hasHole(at);
  }
}

function knownOf(expr: Core.Expr, meaning: (name: string) => Core.Expr | undefined): unknown {
  switch (expr.type) {
    case "Literal":
      return expr.value;
    case "Template":
      return expr.exprs.length === 0 ? expr.quasis[0] : HOLE;
    case "Unary": {
      const value = expr.op === "-" ? knownOf(expr.arg, meaning) : HOLE;
      return typeof value === "number" ? -value : HOLE;
    }
    case "Name": {
      const meant = meaning(expr.name);
      return meant && meant !== expr && meant.type !== "Name" ? knownOf(meant, () => undefined) : HOLE;
    }
    case "Array":
      return expr.elements.some((item) => item === null || item.type === "Spread")
        ? HOLE
        : (expr.elements as readonly Core.Expr[]).map((item) => knownOf(item, meaning));
    case "Object": {
      const entries: [string, unknown][] = [];
      for (const prop of expr.props) {
        if (prop.type === "Spread" || typeof prop.key !== "string") return HOLE;
        entries.push([prop.key, knownOf(prop.value, meaning)]);
      }
      return Object.fromEntries(entries);
    }
    default:
      return HOLE;
  }
}

function hasHole(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === HOLE;
  return Object.values(value).some(hasHole);
}
