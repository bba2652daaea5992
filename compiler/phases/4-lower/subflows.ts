/** `<Subflow workflow={child}>`: which workflow it runs, and which of its rows are the node's. */
import { report } from "../3-evaluate/state.ts";
import type { ElementValue, Value, WorkflowValue } from "../3-evaluate/value.ts";
import type { NodeDraft } from "./draft.ts";
import type { Lowering } from "./place.ts";
import { propSpan } from "./props.ts";

/** The table that the public library takes the result of a child run from. */
const OUTPUT = "output";

export function subflowFields(to: Lowering, node: NodeDraft, element: ElementValue, value: Value): void {
  const { ev } = to;
  const at = propSpan(element.syntax, "workflow") ?? element.span;
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
  node.fields.set("workflow", { type: "json", value: nameOf(to, value, element) });
  const result = resultOf(to, element, value);
  if (result !== null) node.fields.set("result", { type: "json", value: result });
  else
    report(
      ev,
      "SM117",
      at,
      "nothing says which rows of this workflow are the result: it has no table `output`, nor the one that is the node's output",
      "Call the table of its result `output` in its createSmithers({ … }).",
    );
}

function nameOf({ ev }: Lowering, workflow: WorkflowValue, { syntax }: ElementValue): string {
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
  if (syntax.type !== "Element") return null;
  const prop = syntax.props.find((one) => one.type === "ElementProp" && one.name === "workflow");
  return prop?.type === "ElementProp" && prop.value.type === "Name" ? prop.value.name : null;
}

/** The child's table `output`, else the one that is also the node's. */
function resultOf({ tables }: Lowering, { props }: ElementValue, child: WorkflowValue): string | null {
  if (child.tables.has(OUTPUT)) return OUTPUT;
  const output = props.get("output");
  const name = output?.type === "Table" ? output.name : null;
  return name !== null && tables.has(name) && child.tables.has(name) ? name : null;
}
