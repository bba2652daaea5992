/**
 * Phase 3: online partial evaluation of the module top level and of the workflow function, `ctx` unknown.
 *
 * In: the entry module and a way to resolve imports. Out: what the workflow function returns, as an abstract value over
 * a scope of named values. Problems are collected in the evaluation; nothing of the source is run.
 */
import type * as Core from "../../../plan/core/ast.ts";
import type { SourceModule } from "../../surface.ts";
import { inline } from "./calls.ts";
import { nameOf } from "./core.ts";
import { LocalEnvironment } from "./env.ts";
import { exportOf, moduleEnvironment } from "./modules.ts";
import { bind } from "./patterns.ts";
import { isPoisoned } from "./poison.ts";
import { attempt, type Evaluation, inScope, report } from "./state.ts";
import { type Closure, residual, type Value, type WorkflowValue } from "./value.ts";

/** The workflow that a module exports; undefined where a diagnostic says why there is none. */
export function findWorkflow(ev: Evaluation, entry: SourceModule): WorkflowValue | undefined {
  const value = attempt(
    ev,
    (): Value => exportOf(ev, entry, "default", null),
    (why) => report(ev, "SM113", why.span, `the workflow can't be read: ${why.message}`),
  );
  if (value.type === "Workflow") return value;
  if (!isPoisoned(value)) {
    report(
      ev,
      "SM113",
      null,
      `the default export of ${entry.path} is no workflow`,
      "Write: export default smithers((ctx) => <Workflow name=…>…</Workflow>).",
    );
  }
  return undefined;
}

/**
 * The workflow that a call of `smithers` gives, in an evaluation of its own; undefined where the call is not what the top of a
 * module gives a name to.
 */
export function workflowAt(ev: Evaluation, module: SourceModule, at: Core.Span): WorkflowValue | undefined {
  const declared = module.body
    .flatMap((stmt) => (stmt.type === "Declare" ? stmt.decls : []))
    .find(({ init }) => init?.span !== undefined && contains(init.span, at));
  if (declared?.target.type !== "Name") return undefined;
  const value = moduleEnvironment(ev, module).own(declared.target.name);
  return value?.type === "Workflow" && value.span.start === at.start ? value : undefined;
}

const contains = (outer: Core.Span, inner: Core.Span): boolean =>
  outer.file === inner.file && outer.start <= inner.start && inner.end <= outer.end;

const ctx = residual(nameOf("ctx"), { kind: "object", defined: true });

/** What the workflow function returns. With `twin` its whole body is left as one block. */
export function runWorkflow(ev: Evaluation, workflow: WorkflowValue, twin: boolean): Value {
  const { fn } = workflow;
  ev.input = workflow.tables.get("input");
  const home: Closure = { ...fn, home: ev.scope };
  return inScope(ev, ev.scope, () => (twin ? asBlock(ev, home) : inline(ev, home, [ctx], fn.arrow.span)));
}

function asBlock(ev: Evaluation, fn: Closure): Value {
  const env = new LocalEnvironment(fn.env);
  const { params, body } = fn.arrow;
  if (params[0]) bind(ev, params[0], ctx, env);
  const syntax =
    body.type === "Block"
      ? { type: "Call" as const, callee: { type: "Arrow" as const, params: [], body }, args: [] }
      : body;
  return { type: "Block", syntax, env, why: "the plain twin" };
}
