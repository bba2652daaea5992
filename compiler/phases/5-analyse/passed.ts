/** What a test of a prompt file says at the place of its use: `props.x` is there what was passed as `x`. */
import type * as Core from "../../../plan/core/ast.ts";
import { freeNames } from "../../../plan/core/index.ts";

/** The test over what was passed; null where it reads anything but props that are written out. */
export function whereUsed(test: Core.Expr, props: Core.Expr): Core.Expr | null {
  if (props.type !== "Object" || freeNames(test).some((name) => name !== "props")) return null;
  const given = new Map<string, Core.Expr>();
  for (const prop of props.props) {
    if (prop.type === "Spread" || typeof prop.key !== "string") return null;
    given.set(prop.key, prop.value);
  }
  let isWhole = true;
  const replace = <T>(part: T): T => {
    if (typeof part !== "object" || part === null) return part;
    if (Array.isArray(part)) return part.map(replace) as T;
    const node = part as unknown as Core.Member;
    if (node.type === "Member" && node.object.type === "Name" && node.object.name === "props") {
      const value = typeof node.property === "string" ? given.get(node.property) : undefined;
      isWhole &&= typeof node.property === "string";
      return (value ?? { type: "Name", name: "undefined" }) as T;
    }
    if ((node as { readonly type?: string }).type === "Name")
      isWhole &&= (part as unknown as Core.Name).name !== "props";
    return Object.fromEntries(
      Object.entries(part).map(([key, inner]) => [key, key === "span" ? inner : replace(inner)]),
    ) as T;
  };
  const replaced = replace(test);
  return isWhole ? replaced : null;
}
