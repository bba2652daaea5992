/** `<Subflow workflow={child}>`: which workflow it runs, and which of its rows are the node's. */
import type * as Core from "../../../plan/core/ast.ts";
import type { Json } from "../../../plan/types.ts";
import type * as Surface from "../../surface.ts";
import { type Evaluation, report } from "../3-evaluate/state.ts";
import type { ElementValue, Value, WorkflowValue } from "../3-evaluate/value.ts";
import type { NodeDraft } from "./draft.ts";
import type { Lowering } from "./place.ts";
import { propSpan } from "./props.ts";
import { listed, meant } from "./words.ts";

/** How it runs. */
const MODES = ["childRun", "inline"];

/** The table that the public library takes the result of a child run from. */
const OUTPUT = "output";

export function subflowFields(to: Lowering, node: NodeDraft, element: ElementValue, value: Value): void {
  const { ev } = to;
  const at = propSpan(element.syntax, "workflow") ?? element.span;
  if (value.type === "Choice") {
    report(
      ev,
      "SM117",
      at,
      "which workflow it runs has to be known at build time, and here only the run knows",
      "Write a <Subflow> for each, behind its condition: {a ? <Subflow workflow={one} … /> : <Subflow workflow={other} … />}.",
    );
    return;
  }
  if (value.type !== "Workflow") {
    report(
      ev,
      "SM117",
      at,
      "this is no workflow that the compiler knows",
      "Import what another file exports as smithers((ctx) => …), and name it here.",
    );
    return;
  }
  const input = writtenProp(element.syntax, "input");
  if (input) node.writtenInput = input;
  node.fields.set("workflow", { type: "json", value: nameOf(ev, value, element.syntax) });
  const result = resultOf(to, element, value);
  if (result !== null) node.fields.set("result", { type: "json", value: result });
  else noResult(ev, at);
}

/**
 * Which run a `<Subflow>` inside a block begins: no value of the run says so, it has to be a workflow by its name. Null where it is
 * none, which is reported.
 *
 * @returns its name in the plan
 */
export function subflowSite(
  { ev }: Pick<Lowering, "ev">,
  element: Surface.Element,
  written: Surface.Expr,
  workflow: Value | null,
): string | null {
  if (workflow?.type === "Workflow") return nameOf(ev, workflow, element);
  report(
    ev,
    "SM117",
    propSpan(element, "workflow") ?? written.span,
    "where only the run knows the shape of the tree, a <Subflow> has to name its workflow",
    "Import what another file exports as smithers((ctx) => …), and name it here; or write an element of its own, with a condition or an <Each> around it.",
  );
  return null;
}

/** The table of the child's rows that a `<Subflow>` inside a block takes; null where none is, which is reported. */
export function siteResult(
  { ev }: Pick<Lowering, "ev">,
  element: Surface.Element,
  workflow: string,
  output: Json | undefined,
): string | null {
  const child = ev.subflows.get(workflow);
  if (!child) return null;
  if (child.tables.has(OUTPUT)) return OUTPUT;
  if (typeof output === "string" && child.tables.has(output)) return output;
  noResult(ev, propSpan(element, "workflow") ?? element.span);
  return null;
}

function noResult(ev: Evaluation, at: Core.Span | undefined): void {
  report(
    ev,
    "SM117",
    at,
    "nothing says which rows of this workflow are the result: it has no table `output`, nor the one that is the node's output",
    "Call the table of its result `output` in its createSmithers({ … }).",
  );
}

/** A run of its own is what it is; in place it does not come here. */
export function subflowMode(
  { ev }: Pick<Lowering, "ev">,
  { syntax, span }: { readonly syntax: ElementValue["syntax"]; readonly span: Core.Span | undefined },
  mode: Json,
): void {
  if (mode === "childRun") return;
  report(
    ev,
    "SM119",
    propSpan(syntax, "mode") ?? span,
    `'mode' wants ${listed(MODES)}, this is ${JSON.stringify(mode)}`,
    meant(mode, MODES, "Give it one of them, or leave it out: it is a run of its own then."),
  );
}

function nameOf(ev: Evaluation, workflow: WorkflowValue, syntax: ElementValue["syntax"]): string {
  for (const [name, known] of ev.subflows)
    if (known.span.file === workflow.span.file && known.span.start === workflow.span.start) return name;
  const given = writtenName(syntax) ?? "workflow";
  let name = given;
  for (let number = 2; ev.subflows.has(name); number++) name = `${given}-${number}`;
  ev.subflows.set(name, workflow);
  return name;
}

/** The name by which the element has it. */
function writtenName(syntax: ElementValue["syntax"]): string | null {
  const written = writtenProp(syntax, "workflow");
  return written?.type === "Name" ? written.name : null;
}

function writtenProp(syntax: ElementValue["syntax"], name: string): Surface.Expr | null {
  if (syntax.type !== "Element") return null;
  const prop = syntax.props.find((one) => one.type === "ElementProp" && one.name === name);
  return prop?.type === "ElementProp" ? prop.value : null;
}

/** The child's table `output`, else the one that is also the node's. */
function resultOf({ tables }: Lowering, { props }: ElementValue, child: WorkflowValue): string | null {
  if (child.tables.has(OUTPUT)) return OUTPUT;
  const output = props.get("output");
  const name = output?.type === "Table" ? output.name : null;
  return name !== null && tables.has(name) && child.tables.has(name) ? name : null;
}
