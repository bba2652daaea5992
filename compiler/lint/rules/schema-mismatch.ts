/** SM302: a result that its table can never hold, or an input that a workflow can never take, known before anything runs. */

import type * as Core from "../../../plan/core/ast.ts";
import type { Json } from "../../../plan/types.ts";
import { formatIssues, issuesOfKnown, parseWith, takesText } from "../../../plan/zod/index.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import { functionIn } from "../../phases/3-evaluate/holds-function.ts";
import type { Field, NodeDraft } from "../../phases/4-lower/draft.ts";
import { KnownParts } from "../../phases/5-analyse/known-parts.ts";
import type { Model } from "../../phases/5-analyse/model.ts";
import { problem } from "../../report.ts";
import type * as Surface from "../../surface.ts";
import type { Span } from "../../surface.ts";
import type { Rule } from "../rule.ts";

export const schemaMismatch: Rule = {
  code: "SM302",
  check: (model) =>
    model.draft.nodes.flatMap((node) => {
      if (node.kind === "subflow") return checkInput(model, node);
      const output = node.fields.get("output");
      if (output?.type !== "json" || typeof output.value !== "string") return [];
      if (node.kind === "approval") return checkDecision(model, node, output.value);
      return node.kind === "task" ? checkPayload(model, node, output.value) : [];
    }),
};

/** What an approval stores: who decided what, and when (SEMANTICS 38). */
function decisions(node: NodeDraft): Json[] {
  const mode = node.fields.get("mode");
  const notes = [null, "a note"];
  if (mode?.type === "json" && mode.value === "select")
    return notes.map((note) => ({ selected: "a key", notes: note }));
  if (mode?.type === "json" && mode.value === "rank")
    return notes.map((note) => ({ ranked: ["a key"], notes: note }));
  const onDeny = node.fields.get("onDeny");
  const keepsDenials = onDeny?.type === "json" && onDeny.value === "continue";
  return [true, ...(keepsDenials ? [false] : [])].flatMap((approved) =>
    [null, "a note"].map((note) => ({
      approved,
      note,
      decidedBy: "somebody",
      decidedAt: "2026-01-02T03:04:05.678Z",
    })),
  );
}

function checkDecision(model: Model, node: NodeDraft, table: string): Diagnostic[] {
  const parser = model.parser(table);
  if (!parser) return [];
  for (const row of decisions(node)) {
    const parsed = parseWith(parser, row);
    if (parsed.ok) continue;
    return [
      problem(
        "SM302",
        node.span,
        `\`${table}\` can't hold the decision of an approval: ${sentence(formatIssues(parsed.issues))}`,
        {
          hint: `Give it a table of ${tableFor(node)}.`,
        },
      ),
    ];
  }
  return [];
}

function tableFor(node: NodeDraft): string {
  const mode = node.fields.get("mode");
  switch (mode?.type === "json" ? mode.value : "approve") {
    case "select":
      return "z.object({ selected: z.string(), notes: z.string().nullable() })";
    case "rank":
      return "z.object({ ranked: z.array(z.string()), notes: z.string().nullable() })";
    default:
      return "z.object({ approved: z.boolean(), note: z.string().nullable(), decidedBy: z.string(), decidedAt: z.string() })";
  }
}

function checkPayload(model: Model, node: NodeDraft, table: string): Diagnostic[] {
  if (isSkipped(node)) return [];
  const payload = node.fields.get("payload");
  if (!payload && !["agent", "prompt", "module"].some((field) => node.fields.has(field)))
    return [
      problem("SM302", node.span, "This task has neither an agent nor a child, so it gives nothing.", {
        hint: "Give it an agent and a prompt, a function, or a value: {{ … }}.",
      }),
    ];
  const parser = payload && model.parser(table);
  if (!payload || !parser) return [];
  if (isText(payload) && !takesText(parser)) {
    const type = parser._zod.def.type;
    const when = hasAgentElsewhere(model, node)
      ? "Where it has no agent, this task gives"
      : "This task gives";
    return [
      problem("SM302", node.span, `${when} text, and \`${table}\` wants ${article(type)} ${type}.`, {
        hint: "Give the task an agent, or a value that fits: {{ … }}.",
      }),
    ];
  }
  const found =
    payload.type === "core" ? functionIn(payload.expr, (name) => meaningOf(model, node, name)) : null;
  if (found !== null)
    return [
      problem(
        "SM302",
        node.span,
        found === ""
          ? "This task gives a function, which has no JSON form."
          : `What this task gives holds a function (\`${found}\`), which has no JSON form.`,
        {
          hint: "Put the function itself between the tags, and it runs when the task starts: <Task …>{() => ({ … })}</Task>.",
        },
      ),
    ];
  const parsed = payload.type === "json" ? parseWith(parser, payload.value) : null;
  if (!parsed || parsed.ok) return [];
  const issues = sentence(formatIssues(parsed.issues));
  return [
    problem("SM302", node.span, `\`${table}\` can't hold what this task gives: ${issues}`, {
      hint: "Mend the value or the schema: the task would fail in every run.",
    }),
  ];
}

/** What is known of the input of a child run, against the schema with which it begins. */
function checkInput(model: Model, node: NodeDraft): Diagnostic[] {
  const workflow = node.fields.get("workflow");
  const parser = workflow?.type === "json" ? model.inputParser(String(workflow.value)) : undefined;
  const input = node.fields.get("input");
  // What is written and could not be read is reported elsewhere.
  if (!parser || isSkipped(node) || (!input && node.writtenInput)) return [];
  const given = input ?? { type: "json", value: {} };
  const known = new KnownParts(given, (name) => meaningOf(model, node, name));
  return issuesOfKnown(parser, known.value, (path) => known.has(path)).map((issue) =>
    problem(
      "SM302",
      placeOf(node, issue.keys),
      `The workflow can't begin with this input: ${sentence(formatIssues([issue]))}`,
      { hint: "Mend the value or the workflow's `input` schema: its run would fail before it begins." },
    ),
  );
}

/** Where the part of the input stands that keys lead to, as far as it is written in the element. */
function placeOf({ span, writtenInput }: NodeDraft, keys: readonly PropertyKey[]): Span {
  let at: Surface.Expr | undefined = writtenInput;
  let place = at?.span ?? span;
  for (const key of keys) {
    at = typeof key === "number" ? item(at, key) : member(at, key);
    place = at?.span ?? place;
  }
  return place;
}

function member(object: Surface.Expr | undefined, name: PropertyKey): Surface.Expr | undefined {
  if (object?.type !== "Object") return undefined;
  const found = object.props.findLast((prop) => prop.type === "Property" && prop.key === name);
  return found?.type === "Property" ? found.value : undefined;
}

function item(array: Surface.Expr | undefined, index: number): Surface.Expr | undefined {
  const found = array?.type === "Array" ? array.elements[index] : undefined;
  return found && found.type !== "Spread" ? found : undefined;
}

/** Whether the same element is a task with an agent under another condition. */
const hasAgentElsewhere = (model: Model, { span }: NodeDraft): boolean =>
  model.draft.nodes.some(
    (other) => other.fields.has("agent") && other.span.file === span.file && other.span.start === span.start,
  );

/** Whether the task never runs. */
function isSkipped(node: NodeDraft): boolean {
  const skip = node.fields.get("skipIf");
  if (skip?.type === "json") return Boolean(skip.value);
  return skip?.expr.type === "Literal" && Boolean(skip.expr.value);
}

function meaningOf(model: Model, node: NodeDraft, name: string): Core.Expr | undefined {
  const expr = model.lookup(node, name)?.expr;
  return typeof expr === "object" ? expr : undefined;
}

const article = (noun: string): string => (/^[aeiou]/.test(noun) ? "an" : "a");

/** Whether a payload is certainly text. */
function isText(payload: Field): boolean {
  if (payload.type === "json") return typeof payload.value === "string";
  const { expr } = payload;
  if (expr.type === "Template") return true;
  return expr.type === "Call" && expr.callee.type === "Name" && expr.callee.name === "text";
}

/** Issues on one line. */
const sentence = (issues: string): string => `${issues.split("\n").join("; ").replace(/\.$/, "")}.`;
