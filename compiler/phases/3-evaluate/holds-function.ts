/** Whether Core text certainly gives a function, or something that holds one: it has no JSON form. */
import type * as Core from "../../../plan/core/ast.ts";

/** What a name stands for; undefined for what is not known, a parameter say. */
export type Meaning = (name: string) => Core.Expr | undefined;

/** The way to the function as one writes it in code: "" for the value itself; null where none is certain. */
export function functionIn(expr: Core.Expr, meaning: Meaning, depth = 0): string | null {
  if (depth > DEEPEST) return null;
  const inner = (part: Core.Expr): string | null => functionIn(part, meaning, depth + 1);
  switch (expr.type) {
    case "Arrow":
      return "";
    case "Name": {
      const value = meaning(expr.name);
      return value ? inner(value) : null;
    }
    case "Array":
      for (const [n, item] of expr.elements.entries()) {
        const found = item && item.type !== "Spread" ? inner(item) : null;
        if (found !== null) return `[${n}]${found}`;
      }
      return null;
    case "Object":
      for (const prop of expr.props) {
        const found = prop.type === "Property" && typeof prop.key === "string" ? inner(prop.value) : null;
        if (found !== null) return `.${(prop as { readonly key: string }).key}${found}`;
      }
      return null;
    case "Conditional": {
      const found = inner(expr.then);
      return found !== null && inner(expr.else) !== null ? found : null;
    }
    case "Call": {
      const { callee } = expr;
      const called = callee.type === "Name" ? meaning(callee.name) : callee;
      return called?.type === "Arrow" ? given(called, inner) : null;
    }
    case "Member":
      return ofMember(expr, meaning, inner);
    default:
      return null;
  }
}

/** Ways of names through names: circles end. */
const DEEPEST = 30;

/** What a call of a function gives, where all of its ends give a function. */
function given(arrow: Core.Arrow, inner: (part: Core.Expr) => string | null): string | null {
  if (arrow.body.type !== "Block") return inner(arrow.body);
  const returns = returnsOf(arrow.body.body);
  const found = returns.map((value) => (value ? inner(value) : null));
  return found.length > 0 && found.every((x) => x !== null) ? (found[0] ?? null) : null;
}

function returnsOf(node: unknown, into: (Core.Expr | null)[] = []): readonly (Core.Expr | null)[] {
  if (typeof node !== "object" || node === null) return into;
  if (Array.isArray(node)) {
    for (const item of node) returnsOf(item, into);
    return into;
  }
  const { type, value } = node as { readonly type?: string; readonly value?: Core.Expr };
  if (type === "Arrow") return into;
  if (type === "Return") into.push(value ?? null);
  else for (const [key, part] of Object.entries(node)) if (key !== "span") returnsOf(part, into);
  return into;
}

function ofMember(
  { object, property }: Core.Member,
  meaning: Meaning,
  inner: (part: Core.Expr) => string | null,
): string | null {
  let table: Core.Expr | undefined = object;
  for (let n = 0; table?.type === "Name" && n < DEEPEST; n++) table = meaning(table.name);
  if (table?.type !== "Object") return null;
  const values = table.props.map((prop) =>
    prop.type === "Property" && typeof prop.key === "string" ? prop : null,
  );
  if (typeof property === "string") {
    const member = values.find((prop) => prop?.key === property);
    return member ? inner(member.value) : null;
  }
  // Under a key that only the run knows: where every member has one.
  const found = values.map((prop) => (prop ? inner(prop.value) : null));
  return found.length > 0 && found.every((x) => x !== null) ? (found[0] ?? null) : null;
}
