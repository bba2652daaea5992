/**
 * Prompt files → templates (DESIGN §4, "Prompts"): the content of the file as an expression over `props`, whose value
 * `text` prints. What the file imports or declares is read as in any other module; another prompt is called by name, so
 * that each keeps a digest of its own.
 */
import type * as Core from "../../../plan/core/ast.ts";
import { RESERVED_NAMES } from "../../../plan/core/index.ts";
import { LAYOUT } from "../1-parse/mdx/module.ts";
import { inline } from "../3-evaluate/calls.ts";
import { call, literal, nameOf } from "../3-evaluate/core.ts";
import { exportOf } from "../3-evaluate/modules.ts";
import { freeNames } from "../3-evaluate/names.ts";
import { poisonText, reify } from "../3-evaluate/reify.ts";
import { attempt, declare, type Evaluation, inScope, newScope, report } from "../3-evaluate/state.ts";
import {
  type Closure,
  lookup,
  type PromptValue,
  residual,
  type Scope,
  type Value,
} from "../3-evaluate/value.ts";
import type { PromptSource } from "./draft.ts";
import { localStatements } from "./locals.ts";
import { plainText } from "./prompts/markup.ts";
import { partsOf, sequence } from "./text.ts";

const PROPS = residual(nameOf("props"), { kind: "object", defined: true });

/** Templates of the prompts that the workflow names and of those they name, by plan name. */
export function lowerPrompts(ev: Evaluation): ReadonlyMap<string, PromptSource> {
  const lowered = new Map<string, PromptSource>();
  // Prompts that a template names are added while this goes on.
  for (const [name, prompt] of ev.prompts)
    lowered.set(name, { path: prompt.path, template: templateOf(ev, prompt) });
  for (const [name, prompt] of ev.prompts) {
    if (!reaches(name, name, lowered)) continue;
    report(
      ev,
      "SM116",
      fileSpan(prompt),
      `the prompt ${prompt.path} is part of itself`,
      "Take the import out, or render a list with map() in one file.",
    );
  }
  return lowered;
}

const fileSpan = (prompt: PromptValue): Core.Span => ({ file: prompt.module.file, start: 0, end: 0 });

function templateOf(ev: Evaluation, prompt: PromptValue): Core.Expr {
  const scope = newScope("workflow", ev.moduleScope);
  const { conditions } = ev;
  const path = ev.path.splice(0);
  ev.conditions = 0;
  const template = attempt(
    ev,
    () => inScope(ev, scope, () => withLocals(content(ev, prompt), scope)),
    (why) => {
      report(
        ev,
        "SM116",
        why.span ?? fileSpan(prompt),
        `a prompt file can't hold this: ${why.message}`,
        "Compute the value in the workflow and pass it as a prop.",
      );
      return poisonText(ev);
    },
  );
  ev.conditions = conditions;
  ev.path.push(...path);
  if (freeNames(template).has("ctx"))
    report(
      ev,
      "SM116",
      fileSpan(prompt),
      `the prompt ${prompt.path} reads ctx, which only the workflow has`,
      "Read the value in the workflow and pass it as a prop.",
    );
  return template;
}

function content(ev: Evaluation, prompt: PromptValue): Core.Expr {
  const component = exportOf(ev, prompt.module, "default", fileSpan(prompt));
  if (component.type === "Prompt")
    return call("prompt", ...(reify(ev, component) as Core.Call).args, PROPS.expr);
  if (component.type === "Poison") return poisonText(ev);
  if (component.type !== "Closure") {
    report(
      ev,
      "SM116",
      component.type === "Code" ? component.func.span : fileSpan(prompt),
      component.type === "Code"
        ? "the component of a prompt file can't be async, a generator, or use 'this'"
        : "the default export of a prompt file has to be a function that gives its text",
      "Write: export default function Prompt(props) { return <>…</>; } or Markdown alone.",
    );
    return poisonText(ev);
  }
  if (missingNames(ev, component)) return poisonText(ev);
  const parts = contentParts(ev, inline(ev, component, [PROPS], component.arrow.span));
  return sequence(withLayout(ev, prompt, parts).map(readable));
}

/** Names that neither the file nor JavaScript has; most are props that were meant as `props.x`. */
function missingNames(ev: Evaluation, component: Closure): boolean {
  const unknown = [...freeNames(component.arrow)].filter(
    (name) => !RESERVED_NAMES.has(name) && !lookup(component.env, name),
  );
  for (const name of unknown)
    report(
      ev,
      "SM116",
      placeOf(component.arrow, name) ?? component.arrow.span,
      `the prompt uses '${name}', which nothing gives it`,
      `Pass it as a prop and write {props.${name}}.`,
    );
  return unknown.length > 0;
}

function placeOf(node: unknown, name: string): Core.Span | undefined {
  if (typeof node !== "object" || node === null) return undefined;
  const { type, name: own, span } = node as { type?: string; name?: string; span?: Core.Span };
  if (type === "Name" && own === name && span) return span;
  for (const part of Object.values(node)) {
    const found = placeOf(part, name);
    if (found) return found;
  }
  return undefined;
}

/** The content inside the layout that the file gives it, if it has one. */
function withLayout(ev: Evaluation, prompt: PromptValue, parts: Core.Expr[]): Core.Expr[] {
  if (!prompt.module.exports.has(LAYOUT)) return parts;
  const layout = exportOf(ev, prompt.module, LAYOUT, fileSpan(prompt));
  const children: Core.Property = { type: "Property", key: "children", value: sequence(parts) };
  const given: Core.Expr = { type: "Object", props: [{ type: "Spread", arg: PROPS.expr }, children] };
  if (layout.type === "Prompt") return [call("prompt", ...(reify(ev, layout) as Core.Call).args, given)];
  if (layout.type !== "Closure") {
    if (layout.type !== "Poison")
      report(ev, "SM116", fileSpan(prompt), "the layout of a prompt file has to be a plain function");
    return [poisonText(ev)];
  }
  const props = residual(declare(ev, "given", given), { kind: "object", defined: true });
  return contentParts(ev, inline(ev, layout, [props], layout.arrow.span));
}

function contentParts(ev: Evaluation, value: Value): Core.Expr[] {
  return value.type === "Known" ? [literal(plainText(value.value))] : partsOf(ev, value);
}

/** Text of several lines as a template, which a plan shows line by line. */
function readable(part: Core.Expr): Core.Expr {
  if (part.type !== "Literal" || typeof part.value !== "string" || !part.value.includes("\n")) return part;
  return { type: "Template", quasis: [part.value], exprs: [] };
}

/** Names that the component gave to parts of its text, and what it throws. */
function withLocals(template: Core.Expr, scope: Scope): Core.Expr {
  if (scope.values.size === 0 && scope.guards.length === 0) return template;
  const guards = scope.guards.map((guard): Core.Stmt => {
    const error: Core.Expr = { type: "New", callee: { type: "Name", name: "Error" }, args: [guard.message] };
    return { type: "If", test: guard.if, then: { type: "Block", body: [{ type: "Throw", value: error }] } };
  });
  const body = localStatements(scope.values, template, guards);
  return call({ type: "Arrow", params: [], body: { type: "Block", body } });
}

/** Whether following the prompts that a prompt names leads to another. */
function reaches(from: string, to: string, prompts: ReadonlyMap<string, PromptSource>): boolean {
  const seen = new Set<string>();
  const open = [from];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const template = prompts.get(next)?.template;
    for (const name of template ? promptsIn(template) : []) {
      if (name === to) return true;
      if (!seen.has(name)) open.push(name);
      seen.add(name);
    }
  }
  return false;
}

function promptsIn(node: unknown, into: string[] = []): string[] {
  if (typeof node !== "object" || node === null) return into;
  if (Array.isArray(node)) {
    for (const item of node) promptsIn(item, into);
    return into;
  }
  const expr = node as Core.Expr;
  if (expr.type === "Call" && expr.callee.type === "Name" && expr.callee.name === "prompt") {
    const [name] = expr.args;
    if (name?.type === "Literal") into.push(String(name.value));
  }
  for (const [key, part] of Object.entries(node)) if (key !== "span") promptsIn(part, into);
  return into;
}
