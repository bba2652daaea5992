/** Lint SM406: values that nothing uses. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { mentionedNames } from "./names.ts";
import { type Evaluation, report } from "./state.ts";

/** A value that nothing uses is never evaluated: an error in it would go unseen (COMPILER 16). */
export function unused(
  ev: Evaluation,
  stmt: Core.Declare<Surface.Extra>,
  isUsedLater: (name: string) => boolean,
): void {
  for (const [n, decl] of stmt.decls.entries()) {
    if (decl.target.type !== "Name" || !decl.init || !mayThrow(decl.init)) continue;
    const { name } = decl.target;
    if (isUsedLater(name) || mentionedNames(stmt.decls.slice(n + 1)).has(name)) continue;
    report(
      ev,
      "SM406",
      decl.target.span,
      `'${name}' is never used, so it is never evaluated: an error in it would not be seen`,
      "Remove it; or throw where the value is needed: if (!row) throw new Error('…').",
      "warning",
    );
  }
}

/** Property access on something that may be nothing. */
function mayThrow(node: unknown): boolean {
  if (typeof node !== "object" || node === null) return false;
  if (Array.isArray(node)) return node.some(mayThrow);
  const typed = node as Surface.Expr;
  if (typed.type === "Arrow" || typed.type === "Func" || typed.type === "Element") return false;
  if (typed.type === "Member" && !typed.optional) {
    if (typed.object.type === "Member" || typed.object.type === "Call") return true;
    if (
      typed.object.type === "Name" &&
      !["ctx", "outputs", "Math", "JSON", "Object"].includes(typed.object.name)
    )
      return true;
  }
  return Object.entries(typed).some(([key, part]) => key !== "span" && mayThrow(part));
}
