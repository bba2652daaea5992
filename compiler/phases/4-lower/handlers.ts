/**
 * Handlers and effects: functions of Core that the engine calls when something has happened. They run in the engine, so
 * what only running code can do has no place in them.
 */
import type * as Core from "../../../plan/core/ast.ts";
import { STATE_WRITES, stateCall } from "../../../plan/core/index.ts";
import { walkScoped } from "../../../plan/core/scope.ts";
import { HANDLER_FIELDS } from "../../../plan/fields.ts";
import { poisonText, reify } from "../3-evaluate/reify.ts";
import { type Evaluation, report } from "../3-evaluate/state.ts";
import { stateWrite } from "../3-evaluate/state-writes.ts";
import type { Value } from "../3-evaluate/value.ts";
import { callsCode } from "./acting.ts";
import type { Field, NodeDraft } from "./draft.ts";

const HANDLERS: ReadonlySet<string> = new Set(HANDLER_FIELDS);

/** The function that a prop gives, as Core text. SM509 where it is none that Core can hold. */
export function handlerField(ev: Evaluation, prop: string, value: Value, span: Core.Span | undefined): Field {
  return { type: "core", expr: handlerText(ev, prop, value, span) };
}

function handlerText(ev: Evaluation, prop: string, value: Value, span: Core.Span | undefined): Core.Expr {
  switch (value.type) {
    case "Closure":
      if (!callsCode(value.arrow, value.env)) return reify(ev, value);
      return noHandler(ev, prop, "calls code that only a process of its own can run", span);
    case "Code":
      return noHandler(ev, prop, "is code that only a process of its own can run", value.func.span ?? span);
    case "Choice":
      return {
        type: "Conditional",
        test: value.test,
        then: handlerText(ev, prop, value.then, span),
        else: handlerText(ev, prop, value.else, span),
      };
    case "Residual":
    case "Poison":
      return reify(ev, value);
    case "Known":
      if (!value.value) return reify(ev, value);
      return noHandler(ev, prop, "is no function", span);
    default:
      return noHandler(ev, prop, "is no function that a plan can hold", span);
  }
}

/** SM509. */
export function noHandler(ev: Evaluation, prop: string, why: string, span: Core.Span | undefined): Core.Expr {
  report(
    ev,
    "SM509",
    span,
    `'${prop}' ${why}`,
    "A handler is a plain function, as in (row, { state }) => { state.set('phase', row.phase); }. Do the work in a task, and write what came of it in its onFinished.",
  );
  return poisonText(ev);
}

/** SM508 for writes in what is evaluated to make a frame, that were not found where they are written. */
export function checkStateWrites(ev: Evaluation, nodes: readonly NodeDraft[]): void {
  const known = new Set(
    ev.diagnostics
      .filter(({ code }) => code === "SM508")
      .map(({ span }) => (span ? `${span.file} ${span.start}` : "")),
  );
  const check = (expr: Core.Expr, deep: boolean): void => {
    walkScoped(expr, (node, scope) => {
      const call = stateCall(node, scope);
      if (call && STATE_WRITES.has(call.method)) {
        const span = (node as Core.Call).span ?? expr.span;
        const place = span ? `${span.file} ${span.start}` : "";
        if (!known.has(place)) stateWrite(ev, `ctx.${call.store}.${call.method}`, span);
        known.add(place);
      }
      // A function that has a name, or that a block hands to its sites, may be a handler's.
      return !deep && node.type === "Arrow";
    });
  };
  const field = (value: Field | undefined, deep: boolean): void => {
    if (value?.type === "core") check(value.expr, deep);
  };
  for (const node of nodes) {
    for (const expr of [node.if, node.else, node.each?.of, node.each?.key, node.each?.if])
      if (expr) check(expr, true);
    field(node.id, true);
    for (const value of node.values.values()) check(value, false);
    for (const { if: when, message } of node.guards) {
      check(when, true);
      field(message, true);
    }
    for (const [name, value] of node.fields) if (!HANDLERS.has(name)) field(value, name !== "yields");
    for (const value of node.captures?.values() ?? []) field(value, true);
  }
}
