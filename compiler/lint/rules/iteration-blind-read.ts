/** SM307: a read that stays with one iteration where each iteration is meant. */
import type * as Core from "../../../plan/core/ast.ts";
import { isLocal, walkScoped } from "../../../plan/core/scope.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import type { NodeDraft } from "../../phases/4-lower/draft.ts";
import { writersOf } from "../../phases/5-analyse/cells.ts";
import type { Model } from "../../phases/5-analyse/model.ts";
import { outputRead, tableRead, walk } from "../../phases/5-analyse/reads.ts";
import { problem } from "../../report.ts";
import type { Span } from "../../surface.ts";
import type { Rule } from "../rule.ts";

export const iterationBlindRead: Rule = {
  code: "SM307",
  ofWhole: true,
  check: (model) => [...named(model), ...inBlocks(model), ...firstRows(model)],
};

/** `const n = ctx.iteration` (or a wait for a row) outside of a loop, used inside of it. */
function named(model: Model): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const { node, scope, expr } of model.exprs)
    walk(expr, (part) => {
      if (part.type !== "Name") return;
      const meaning = model.lookup(scope, part.name);
      if (!meaning || typeof meaning.expr === "string") return;
      const outside = [meaning.from, ...model.above(meaning.from)];
      const loops = [scope, ...model.above(scope)].filter((x) => x.kind === "loop" && !outside.includes(x));
      if (loops.length === 0) return;
      const place = scopedRead(model, meaning.expr, loops);
      if (!place) {
        found.push(...earlierRows(model, part, meaning.expr, { from: meaning.from, node, scope }));
        return;
      }
      found.push(
        problem(
          "SM307",
          place.span ?? meaning.expr.span ?? node.span,
          `\`${part.name}\` reads ${place.what} outside of the loop that uses it, so it is not that of the loop's iteration.`,
          {
            hint: `Read it where it is used, inside of the loop.`,
            related: part.span ? [{ span: part.span, message: "used here" }] : [],
          },
        ),
      );
    });
  return found;
}

/** What in a named value depends on the loop it stands in. */
function scopedRead(
  model: Model,
  expr: Core.Expr,
  loops: readonly NodeDraft[],
): { readonly what: string; readonly span: Span | undefined } | null {
  let found: { readonly what: string; readonly span: Span | undefined } | null = null;
  walk(expr, (part) => {
    // Without a span it is no read of the author's: what was sent to a signal is just that of its iteration.
    if (
      part.type === "Member" &&
      part.property === "iteration" &&
      part.object.type === "Name" &&
      part.object.name === "ctx" &&
      part.span
    )
      found ??= { what: "`ctx.iteration`", span: part.span };
    const read = outputRead(part);
    if (read?.method !== "output" || read.iteration || read.nodeId?.type !== "Literal") return;
    const producers = model.producersOf(String(read.nodeId.value));
    if (producers.length > 0 && producers.every((x) => model.above(x).some((at) => loops.includes(at))))
      found ??= { what: "a row with `ctx.output`", span: part.span };
  });
  return found;
}

/**
 * A row that is looked for outside of nested loops which hold its node and the one that uses it: inside it is one of their own
 * enclosing iteration or none, outside it is that of an earlier one as well (SEMANTICS 20).
 */
function earlierRows(
  model: Model,
  name: Core.Name,
  expr: Core.Expr,
  { from, node, scope }: { readonly from: NodeDraft; readonly node: NodeDraft; readonly scope: NodeDraft },
): Diagnostic[] {
  const found: Diagnostic[] = [];
  const loopsAround = (at: NodeDraft): NodeDraft[] =>
    [at, ...model.above(at)].filter(({ kind }) => kind === "loop");
  walk(expr, (part) => {
    const read = outputRead(part);
    if (!read || read.method === "output" || read.iteration || read.nodeId?.type !== "Literal") return;
    const id = String(read.nodeId.value);
    const [producer, ...others] = model.producersOf(id);
    if (!producer || others.length > 0 || model.order.comesAfter(node, producer)) return;
    const loops = loopsAround(producer);
    const count = (at: NodeDraft): number => {
      const around = loopsAround(at);
      return loops.filter((loop) => around.includes(loop)).length;
    };
    if (count(scope) < 2 || count(from) === count(scope)) return;
    const [, outer] = loops.slice(-count(scope));
    found.push(
      problem(
        "SM307",
        part.span ?? expr.span ?? node.span,
        `\`${name.name}\` looks for the row of \`${id}\` outside of the loops that use it: before there is one in an iteration of \`${outer!.key}\`, it is that of an earlier one.`,
        {
          hint: "Read it where it is used, inside of the loops.",
          related: name.span ? [{ span: name.span, message: "used here" }] : [],
        },
      ),
    );
  });
  return found;
}

/** A block is evaluated as a whole, around the loops that it yields: what it reads is not of their iterations. */
function inBlocks(model: Model): Diagnostic[] {
  const loops = [...model.nodes.values()].filter((node) => node.kind === "loop");
  return model.exprs.flatMap(({ node, role, expr }) => {
    if (role.type !== "field" || role.name !== "yields") return [];
    const loop = loops.find((one) => model.above(one).includes(node));
    if (!loop) return [];
    const found: Diagnostic[] = [];
    walkScoped(expr, (part, at) => {
      // What a function was handed is that of the place where it is called.
      if (!isIteration(part) || isLocal(at, "ctx")) return false;
      const message = `\`ctx.iteration\` is read for the whole of a part whose shape is known only at run time, so for what stands in \`${loop.key}\` it is not that of the loop's iteration.`;
      found.push(
        problem("SM307", part.span ?? node.span, message, {
          hint: "Read it among the children of the loop, which needs an id, or directly in the prompt or prop of a task.",
        }),
      );
      return false;
    });
    return found;
  });
}

/** `ctx.iteration`; among the children of a loop it is written as it is seen there. */
const isIteration = (part: Core.Node): part is Core.Member =>
  part.type === "Member" &&
  part.property === "iteration" &&
  part.object.type === "Name" &&
  part.object.name === "ctx";

/** `ctx.outputs.t[0]` and `{ iteration: 0 }` in the loop that writes the table: always the first iteration's row. */
function firstRows(model: Model): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const { node, scope, role, expr } of model.exprs) {
    // A prompt may well quote how it all began; what decides must not.
    const decides =
      role.type === "if" || (role.type === "field" && (role.name === "until" || role.name === "skipIf"));
    const inside =
      node.kind === "loop" && role.type === "field" ? [node, ...model.above(node)] : model.above(node);
    const loop = inside.find((at) => at.kind === "loop");
    if (!decides || !loop) continue;
    const seen = new Set<Core.Expr>();
    const search = (tree: Core.Expr, at: NodeDraft): void => {
      if (seen.has(tree)) return;
      seen.add(tree);
      walk(tree, (part) => {
        if (part.type === "Name") {
          const meaning = model.lookup(at, part.name);
          if (meaning && typeof meaning.expr !== "string" && meaning.expr.type !== "Arrow")
            search(meaning.expr, meaning.from);
        }
        const table = firstRow(part) ?? firstIteration(part);
        if (!table) return;
        const writers = writersOf(model, `outputs.${table.cell}`) ?? [];
        const isOwn = (writer: NodeDraft): boolean => !writer.each && nearestLoop(model, writer) === loop;
        if (writers.length !== 1 || !writers.every(isOwn)) return;
        found.push(
          problem(
            "SM307",
            table.span ?? node.span,
            `This is always the row of the first iteration of \`${loop.key}\`.`,
            { hint: `Take the newest: ctx.latest('${table.name}', ID), or .at(-1).` },
          ),
        );
      });
    };
    search(expr, scope);
  }
  return found;
}

function nearestLoop(model: Model, node: NodeDraft): NodeDraft | undefined {
  const above = model.above(node);
  const each = above.findIndex((at) => at.each);
  const loop = above.findIndex((at) => at.kind === "loop");
  return each >= 0 && each < loop ? undefined : above[loop];
}

interface First {
  readonly name: string;
  readonly cell: string;
  readonly span: Span | undefined;
}

/** `ctx.outputs.t[0]`, `ctx.outputs.t.at(0)`. */
function firstRow(part: Core.Node): First | null {
  const member = part.type === "Call" && part.callee.type === "Member" ? part.callee : part;
  if (member.type !== "Member") return null;
  const isAt = part.type === "Call" && member.property === "at";
  const [arg] = part.type === "Call" ? part.args : [];
  const index = isAt ? arg : part.type === "Member" ? member.property : undefined;
  if (typeof index !== "object" || index.type !== "Literal" || index.value !== 0) return null;
  const table = tableRead(member.object);
  return table && !outputRead(member.object) ? { name: table.name, cell: table.name, span: part.span } : null;
}

/** `ctx.outputMaybe('t', { nodeId: 'n', iteration: 0 })`. */
function firstIteration(part: Core.Node): First | null {
  const read = outputRead(part);
  if (!read?.table || read.iteration?.type !== "Literal" || read.nodeId?.type !== "Literal") return null;
  return {
    name: read.table,
    cell: `${read.table}@${String(read.nodeId.value)}`,
    span: read.iteration.span ?? read.call.span,
  };
}
