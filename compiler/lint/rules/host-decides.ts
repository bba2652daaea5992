/** SM503: a condition, a list, an id or a prompt that depends on the machine which runs the plan. */
import type * as Core from "../../../plan/core/ast.ts";
import { hostCall, readsOf } from "../../../plan/core/index.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import type { Field, NodeDraft } from "../../phases/4-lower/draft.ts";
import type { Model } from "../../phases/5-analyse/model.ts";
import { walk } from "../../phases/5-analyse/reads.ts";
import { problem } from "../../report.ts";
import type { Span } from "../../surface.ts";
import type { Rule } from "../rule.ts";

const CELL = "host.";

export const hostDecides: Rule = {
  code: "SM503",
  check(model) {
    const found: Diagnostic[] = [];
    for (const node of model.draft.nodes)
      for (const [what, expr] of decisions(node)) found.push(...told(model, what, expr, node));
    return found;
  },
};

/** Said of what decides, where that has a place of its own, down to the question in it; else of the question. */
function told(model: Model, what: string, expr: Core.Expr, node: NodeDraft): Diagnostic[] {
  const names = readsOf(expr, model.meaning).flatMap((cell) =>
    cell.startsWith(CELL) ? [cell.slice(CELL.length)] : [],
  );
  if (names.length === 0) return [];
  const places = placesOf(model, expr);
  return names.map((name) => {
    const asked = places.get(name);
    const decides = expr.span ?? node.span;
    const inside = asked && isWithin(asked, decides);
    const span = asked && (inside || !expr.span) ? asked : decides;
    const related = [
      ...(span !== decides && !inside ? [{ span: decides, message: "what depends on it" }] : []),
      ...(asked && span !== asked ? [{ span: asked, message: "asked here" }] : []),
    ];
    return problem(
      "SM503",
      span,
      `${what} depends on the machine that runs the plan: \`${written(name)}\`.`,
      {
        hint: "Give the input a field for it: ctx.input.NAME stands in the plan and can be reviewed.",
        related,
      },
    );
  });
}

const isWithin = (inner: Span, outer: Span): boolean =>
  inner.file === outer.file && inner.start >= outer.start && inner.end <= outer.end;

/** Where an expression, or what its names stand for, asks the machine: the first place of each. */
function placesOf(
  model: Model,
  expr: Core.Expr,
  places = new Map<string, Span>(),
  seen = new Set<Core.Expr>(),
): ReadonlyMap<string, Span> {
  if (seen.has(expr)) return places;
  seen.add(expr);
  walk(expr, (part) => {
    const name = hostCall(part, null);
    if (name !== undefined && part.span && !places.has(name)) places.set(name, part.span);
    const behind = part.type === "Name" ? model.meaning(part.name) : undefined;
    if (behind) placesOf(model, behind, places, seen);
  });
  return places;
}

/** As an author would write it. */
function written(name: string): string {
  if (name.startsWith("env.")) return `process.${name}`;
  if (name === "startedAt") return "Date.now()";
  if (name.startsWith("project")) return "import.meta";
  return name.startsWith("os.") || name === "process.cwd" ? `${name}()` : name;
}

function decisions(node: NodeDraft): [string, Core.Expr][] {
  const core = (what: string, field: Field | undefined): [string, Core.Expr][] =>
    field?.type === "core" ? [[what, field.expr]] : [];
  const conditions = [node.if, node.each?.if].filter((expr) => expr !== undefined);
  return [
    ...(node.each ? ([["A list", node.each.of]] as [string, Core.Expr][]) : []),
    ...conditions.map((expr): [string, Core.Expr] => ["A condition", expr]),
    ...(node.each?.key ? ([["A key", node.each.key]] as [string, Core.Expr][]) : []),
    ...core("An id", node.id),
    ...core("A condition", node.fields.get("until")),
    ...core("A condition", node.fields.get("skipIf")),
    ...core("A prompt", node.fields.get("prompt")),
  ];
}
