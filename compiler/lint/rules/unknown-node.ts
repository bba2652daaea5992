/** SM301: a node id that no node of the plan can ever have, or one whose rows go to another table. */
import type { Diagnostic } from "../../diagnostics.ts";
import type { NodeDraft } from "../../phases/4-lower/draft.ts";
import type { Model } from "../../phases/5-analyse/model.ts";
import { outputRead, tableRead, walk } from "../../phases/5-analyse/reads.ts";
import { dependsOnOf, fromProp } from "../../phases/5-analyse/waits.ts";
import { problem } from "../../report.ts";
import { nearest } from "../../suggest.ts";
import type { Span } from "../../surface.ts";
import type { Rule } from "../rule.ts";

export const unknownNode: Rule = {
  code: "SM301",
  check(model) {
    const found: Diagnostic[] = [];
    for (const { node, expr } of model.exprs) {
      walk(expr, (part) => {
        const table = tableRead(part);
        if (table) found.push(...checkTable(model, table.name, table.span ?? part.span ?? node.span));
        const read = outputRead(part);
        if (read?.nodeId?.type !== "Literal" || typeof read.nodeId.value !== "string") return;
        const span = read.nodeId.span ?? model.placeIn(read.call.span ?? node.span, read.nodeId.value);
        found.push(...checkRow(model, read.nodeId.value, read.table, span));
      });
    }
    for (const node of model.draft.nodes) found.push(...checkFields(model, node));
    return found;
  },
};

function checkTable(model: Model, name: string, span: Span): Diagnostic[] {
  const tables = [...model.draft.schemas.keys()].filter((table) => table !== "input");
  // Where no table is known at all, the schemas are what is wrong.
  if (tables.length === 0 || tables.includes(name)) return [];
  const near = nearest(name, tables);
  return [
    problem("SM301", span, `There is no output table \`${name}\`.`, {
      hint: near ? `Did you mean \`${near}\`?` : `There are: ${tables.slice(0, 8).join(", ")}.`,
    }),
  ];
}

/** A row of the node with this id is waited for or looked at. */
function checkRow(model: Model, id: string, table: string | undefined, span: Span): Diagnostic[] {
  const producers = model.producersOf(id);
  if (producers.length === 0) {
    const [container] = model.namedBy(id);
    return container ? [withoutRow(container, id, span)] : unknown(model, id, model.producers, span);
  }
  if (table === undefined) return [];
  const outputs = producers.map((node) => node.fields.get("output"));
  const names = outputs.map((output) => (output?.type === "json" ? String(output.value) : undefined));
  if (names.includes(table) || names.includes(undefined)) return [];
  return [
    problem(
      "SM301",
      span,
      `The node \`${id}\` gives rows of \`${[...new Set(names)].join("`, `")}\`, never of \`${table}\`.`,
      {
        hint: `Read the table that the node writes: ${names[0]}.`,
      },
    ),
  ];
}

function withoutRow(node: NodeDraft, id: string, span: Span): Diagnostic {
  return problem("SM301", span, `\`${id}\` is a ${node.kind}, which gives no row.`, {
    hint: `Read the row of a task in it; its end can be waited for with dependsOn={["${id}"]}.`,
  });
}

function unknown(model: Model, id: string, nodes: Model["named"], span: Span): Diagnostic[] {
  const ids = nodes.flatMap((p) => (p.id.type === "exact" ? [p.id.id] : []));
  const near = nearest(id, ids);
  // An element that could not be read may have it; a misspelling is certain all the same.
  const { lost } = model.draft;
  if (lost && (lost.has(id) || !near)) return [];
  return [
    problem("SM301", span, `No node of this workflow can have the id \`${id}\`.`, {
      hint: near
        ? `Did you mean \`${near}\`?`
        : ids.length > 0
          ? `There are: ${ids.slice(0, 8).join(", ")}.`
          : "No task has an id.",
    }),
  ];
}

/** `deps`, `needs` and `dependsOn` that are written out. */
function checkFields(model: Model, node: NodeDraft): Diagnostic[] {
  const deps = entries(node, "deps");
  const needs = new Map(entries(node, "needs"));
  const found: Diagnostic[] = [];
  const hasNeeds = node.fields.get("needs")?.type !== "core";
  for (const [local, table] of hasNeeds ? deps : []) {
    const id = needs.get(local) ?? local;
    found.push(...checkRow(model, id, table, model.placeIn(node.span, id)));
  }
  for (const id of dependsOnOf(node))
    if (model.namedBy(id).length === 0)
      found.push(...unknown(model, id, model.named, model.placeIn(fromProp(model, node, "dependsOn"), id)));
  return found;
}

function entries(node: NodeDraft, name: string): [string, string][] {
  const field = node.fields.get(name);
  if (field?.type !== "json" || typeof field.value !== "object" || field.value === null) return [];
  return Object.entries(field.value).flatMap(([key, value]) =>
    typeof value === "string" ? [[key, value]] : [],
  );
}
