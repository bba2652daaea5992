/** SM305: a row that is read where it can't be, or need not be, there yet. */
import { printExpr } from "../../../plan/core/index.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import type { NodeDraft } from "../../phases/4-lower/draft.ts";
import { cellsOf, isFixed } from "../../phases/5-analyse/cells.ts";
import { isInBlock } from "../../phases/5-analyse/conditions.ts";
import type { Model, Placed } from "../../phases/5-analyse/model.ts";
import type { Order } from "../../phases/5-analyse/order.ts";
import { knownAround, unguardedIn } from "../../phases/5-analyse/presence.ts";
import { outputRead, walkThrough } from "../../phases/5-analyse/reads.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

export const undominatedRead: Rule = {
  code: "SM305",
  ofWhole: true,
  check: (model) =>
    model.exprs.flatMap((placed) => {
      const { role } = placed;
      if (role.type === "value" || role.type === "else") return [];
      if (isEvaluatedAtStart(placed)) {
        const never = neverThere(model, placed);
        return never.length > 0 ? never : unguarded(model, placed, model.order);
      }
      return unguarded(model, placed, null);
    }),
};

/** Prompts, payloads and the like are evaluated when the task starts; conditions, ids and `until` at every frame. */
function isEvaluatedAtStart({ node, role }: Placed): boolean {
  if (node.kind !== "task" && node.kind !== "approval") return false;
  return role.type === "field" || role.type === "capture";
}

/** Reads of what can only run later: they give nothing in every run. */
function neverThere(model: Model, { node, scope, expr }: Placed): Diagnostic[] {
  if (!isThereFromTheStart(model, node)) return [];
  const found: Diagnostic[] = [];
  walkThrough(model, scope, expr, (part) => {
    const read = outputRead(part);
    if (!read || read.method === "output" || read.method === "iterationCount") return;
    if (read.nodeId?.type !== "Literal" || typeof read.nodeId.value !== "string") return;
    const id = read.nodeId.value;
    const producers = model.producersOf(id);
    const comesLater = (producer: NodeDraft): boolean =>
      (producer === node || model.order.comesAfter(producer, node)) && !shareLoop(model, producer, node);
    if (producers.length === 0 || !producers.every(comesLater)) return;
    const around = read.call.span ?? node.span;
    found.push(
      problem(
        "SM305",
        read.nodeId.span ?? model.placeIn(around, id),
        producers.includes(node)
          ? `\`${id}\` reads its own output before it has one: there is never a row.`
          : `\`${node.key}\` reads \`${id}\`, which only runs after it, so there is never a row.`,
        {
          hint: producers.includes(node)
            ? "Put it into a Loop to read the iteration before, or leave the read out."
            : `Move \`${id}\` in front, or put both into a Loop.`,
          related: producers.includes(node)
            ? []
            : [
                { span: node.span, message: `\`${node.key}\`, which reads it` },
                { span: producers[0]!.span, message: `\`${id}\`, which gives it` },
              ],
        },
      ),
    );
  });
  return found;
}

/** Whether nothing but what is fixed throughout a run decides that a node is mounted: then it starts in its turn. */
function isThereFromTheStart(model: Model, node: NodeDraft): boolean {
  if (isInBlock(model, node)) return false;
  return [node, ...model.above(node)].every((at) => {
    if (at.each) return false;
    const [scope = at] = model.above(at);
    return [at.if, at.else].every((test) => !test || [...cellsOf(model, scope, test)].every(isFixed));
  });
}

function shareLoop(model: Model, a: NodeDraft, b: NodeDraft): boolean {
  const above = new Set(model.above(a));
  return model.above(b).some((at) => at.kind === "loop" && above.has(at));
}

/** Fields of rows that may not be there, read without `?.`; `order` is null where what runs before says nothing. */
function unguarded(model: Model, { node, role, scope, expr }: Placed, order: Order | null): Diagnostic[] {
  if (unguardedIn(model, scope, expr, new Set()).length === 0) return [];
  const known = knownAround(model, node, role.type !== "if");
  return unguardedIn(model, scope, expr, known).flatMap(({ read, member }) => {
    const id = read.nodeId;
    if (id?.type !== "Literal" || typeof id.value !== "string") return [];
    const producers = model.producersOf(id.value);
    if (producers.length === 0) return [];
    if (order && producers.some((producer) => order.isBefore(producer, node))) return [];
    const field = typeof member.property === "string" ? `.${member.property}` : "[…]";
    const { span } = member;
    const text = printExpr(read.call);
    return [
      problem(
        "SM305",
        span ?? node.span,
        `There is no row of \`${id.value}\` before it has finished, and this reads \`${field}\` of it.`,
        {
          hint: `Write ?${field.startsWith("[") ? ".[…]" : field}, or wait for it with ${text.replace(/^ctx\.(outputMaybe|latest)\((.*?),.*$/s, `ctx.output($2, { nodeId: '${id.value}' })`)}.`,
        },
      ),
    ];
  });
}
