/** SM309: a key of state that is read, and that nothing of the workflow ever writes. */
import type * as Core from "../../../plan/core/ast.ts";
import { STATE_WRITES, stateCall } from "../../../plan/core/index.ts";
import { walkScoped } from "../../../plan/core/scope.ts";
import { HANDLER_FIELDS } from "../../../plan/fields.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import type { Model, Placed } from "../../phases/5-analyse/model.ts";
import { walk } from "../../phases/5-analyse/reads.ts";
import { problem } from "../../report.ts";
import { nearest } from "../../suggest.ts";
import type { Rule } from "../rule.ts";

export const unwrittenState: Rule = {
  code: "SM309",
  ofWhole: true,
  check(model) {
    const written = writtenKeys(model);
    if (!written) return [];
    const found: Diagnostic[] = [];
    for (const { node, expr } of model.exprs) {
      walkScoped(expr, (part, scope) => {
        const read = stateCall(part, scope);
        if (!read || (read.method !== "get" && read.method !== "has")) return false;
        if (read.key?.type !== "Literal" || typeof read.key.value !== "string") return false;
        const key = read.key.value;
        if (written.maybe.has(key)) return false;
        const span = model.placeIn((part as Core.Call).span ?? node.span, key);
        found.push(unwritten(read.store, key, [...written.keys], span));
        return false;
      });
    }
    return found;
  },
};

function unwritten(store: string, key: string, written: readonly string[], span: Core.Span): Diagnostic {
  const near = nearest(key, written);
  const those =
    written.length > 0 ? `Written are: ${written.slice(0, 8).join(", ")}.` : "No handler writes state.";
  return problem("SM309", span, `Nothing ever writes \`${key}\` of ctx.${store}.`, {
    hint: near ? `Did you mean \`${near}\`?` : those,
  });
}

interface Written {
  /** Keys that are written, to suggest. */
  readonly keys: ReadonlySet<string>;
  /** Every text in what may write: a helper may be told the key. */
  readonly maybe: ReadonlySet<string>;
}

/** Null where a key is worked out by the run. */
function writtenKeys({ draft, exprs }: Model): Written | null {
  // Whoever is handed all of `ctx` may write what it likes.
  if (draft.nodes.some(({ codeReads }) => codeReads?.includes("ctx"))) return null;
  const keys = new Set<string>();
  const maybe = new Set<string>();
  let open = false;
  const look = (tree: unknown): void =>
    walk(tree, (node) => {
      if (node.type === "Literal" && typeof node.value === "string") maybe.add(node.value);
      if (node.type !== "Call") return;
      if (node.args.some(isStore) && !node.args.every((arg) => isStore(arg) || arg.type === "Literal"))
        open = true;
      const { callee } = node;
      if (callee.type !== "Member" || !STATE_WRITES.has(String(callee.property))) return;
      const [key] = node.args;
      if (key?.type === "Literal" && typeof key.value === "string") keys.add(key.value);
      else if (isStore(callee.object)) open = true;
    });
  for (const { role, expr } of exprs) if (mayWrite(role, expr)) look(expr);
  for (const arrow of draft.functions.values()) look(arrow);
  for (const { fn } of draft.modules.values()) look(fn.type === "Closure" ? fn.arrow : fn.func);
  return open ? null : { keys, maybe };
}

const HANDLERS: ReadonlySet<string> = new Set(HANDLER_FIELDS);

/** Handlers, the functions that they may call, and what a block hands to its sites. */
const mayWrite = (role: Placed["role"], expr: Core.Expr): boolean =>
  role.type === "field"
    ? HANDLERS.has(role.name) || role.name === "yields"
    : role.type === "value" && expr.type === "Arrow";

/** `state`, `ctx.vol`: what is called otherwise may be a Map, or was handed on as one of these. */
function isStore(object: Core.Expr | Core.Spread): boolean {
  const name = object.type === "Name" ? object.name : object.type === "Member" ? object.property : "";
  return name === "state" || name === "vol";
}
