/** Writes to `ctx.state` and `ctx.vol` where a frame is evaluated: SM508 (SEMANTICS 2). */
import type * as Core from "../../../plan/core/ast.ts";
import { STATE_WRITES } from "../../../plan/core/index.ts";
import type * as Surface from "../../surface.ts";
import { type Evaluation, report } from "./state.ts";
import { type Environment, lookup } from "./value.ts";

/** SM508. */
export function stateWrite(ev: Evaluation, call: string, span: Core.Span | undefined): void {
  report(
    ev,
    "SM508",
    span,
    `${call}(…) writes while the workflow is rendered: that happens at every frame, so state would never come to rest`,
    "Write it when something has happened: onFinished={(row, { state }) => { state.set(…); }}, or in an <Effect>.",
  );
}

/**
 * Reports the writes in statements that are evaluated with the frame; those in functions are left, since handlers may be
 * what calls them.
 * @returns where all of them start
 */
export function stateWritesIn(
  ev: Evaluation,
  stmts: readonly Surface.Stmt[],
  env: Environment,
): ReadonlySet<number> {
  const found = new Set<number>();
  const stores = storesNamed(stmts, env);
  const visit = (node: unknown, rendering: boolean): void => {
    if (typeof node !== "object" || node === null) return;
    if (Array.isArray(node)) {
      for (const part of node) visit(part, rendering);
      return;
    }
    const { type } = node as { readonly type?: unknown };
    const inner = rendering && type !== "Arrow" && type !== "Func" && type !== "Class";
    if (type === "Call") {
      const { callee, span } = node as Core.Call<Surface.Extra>;
      const call = writeOf(callee, stores, env);
      if (call !== null) {
        if (span) found.add(span.start);
        if (inner) stateWrite(ev, call, span);
      }
    }
    for (const [field, part] of Object.entries(node)) if (field !== "span") visit(part, inner);
  };
  for (const stmt of stmts) visit(stmt, true);
  return found;
}

type Store = "state" | "vol";

const isStore = (name: unknown): name is Store => name === "state" || name === "vol";

/** Names that the statements give to the stores: `const { state } = ctx`, `const notes = ctx.vol`. */
function storesNamed(stmts: readonly Surface.Stmt[], env: Environment): ReadonlyMap<string, Store> {
  const stores = new Map<string, Store>();
  for (const stmt of stmts) {
    if (stmt.type !== "Declare") continue;
    for (const { target, init } of stmt.decls) {
      if (!init) continue;
      if (
        target.type === "Name" &&
        init.type === "Member" &&
        isStore(init.property) &&
        isCtx(init.object, env)
      )
        stores.set(target.name, init.property);
      if (target.type === "ObjectPattern" && isCtx(init, env))
        for (const { key, value } of target.props)
          if (isStore(key) && value.type === "Name") stores.set(value.name, key);
    }
  }
  return stores;
}

/** `ctx.state.set`, with whatever name the workflow has for `ctx`; null for other callees. */
function writeOf(callee: Surface.Expr, stores: ReadonlyMap<string, Store>, env: Environment): string | null {
  if (callee.type !== "Member" || !STATE_WRITES.has(String(callee.property))) return null;
  const { object } = callee;
  const named = object.type === "Name" ? stores.get(object.name) : undefined;
  const isMember = object.type === "Member" && isStore(object.property) && isCtx(object.object, env);
  const store = isMember ? String(object.property) : named;
  return store === undefined ? null : `ctx.${store}.${String(callee.property)}`;
}

function isCtx(expr: Surface.Expr, env: Environment): boolean {
  if (expr.type !== "Name") return false;
  const value = lookup(env, expr.name)?.value;
  return value?.type === "Residual" && value.expr.type === "Name" && value.expr.name === "ctx";
}
