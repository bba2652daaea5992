/** Property names of objects that statements make. */
import type * as Surface from "../../surface.ts";
import { patternNames } from "./shape.ts";
import type { Facts } from "./value.ts";

/**
 * The property names that an object made in some statements can have; nothing is said where a key is computed, or where
 * the name can stand for an object from elsewhere.
 */
export function keysOf(stmts: readonly Surface.Stmt[], name: string): Facts {
  const keys = new Set<string>();
  const declared = new Set(
    stmts
      .flatMap((stmt) => (stmt.type === "Declare" ? stmt.decls : []))
      .flatMap((x) => patternNames(x.target)),
  );
  const made = (node: Surface.Expr | undefined): boolean => {
    if (node?.type === "Conditional") return made(node.then) && made(node.else);
    return node?.type === "Object";
  };
  const spreads = (node: Surface.Expr): boolean => {
    if (node.type === "Conditional") return spreads(node.then) && spreads(node.else);
    if (node.type === "Logical") return spreads(node.right) && (node.op === "&&" || spreads(node.left));
    return node.type === "Object" || (node.type === "Name" && declared.has(node.name));
  };
  const visit = (node: unknown): boolean => {
    if (typeof node !== "object" || node === null) return true;
    if (Array.isArray(node)) return node.every(visit);
    const typed = node as Surface.Stmt | Surface.Expr;
    if (typed.type === "Object") {
      for (const prop of typed.props) {
        if (prop.type === "Spread") {
          if (!spreads(prop.arg)) return false;
        } else if (typeof prop.key === "string") keys.add(prop.key);
        else return false;
      }
    }
    if (typed.type === "Declare") {
      for (const decl of typed.decls) {
        const binds = patternNames(decl.target).includes(name);
        if (binds && (decl.target.type !== "Name" || !made(decl.init))) return false;
      }
    }
    if (typed.type === "Assign") {
      if (typed.target.type === "Member") {
        if (typeof typed.target.property !== "string") return false;
        keys.add(typed.target.property);
      } else if (patternNames(typed.target).includes(name) && !made(typed.value)) return false;
    }
    return Object.entries(typed).every(([key, part]) => key === "span" || visit(part));
  };
  return visit(stmts) ? { keys: [...keys] } : {};
}
