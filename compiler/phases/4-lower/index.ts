/**
 * Phase 4, the tree: what the workflow function returned → nodes of the plan.
 *
 * In: the evaluation and the workflow. Out: a PlanDraft whose agents, prompts, schemas and modules are still sources; null
 * where there is no tree at all. What was reported stands in it as poison, for phase 5 to find what else is wrong.
 */
import type * as Core from "../../../plan/core/ast.ts";
import { runWorkflow } from "../3-evaluate/index.ts";
import { attempt, type Bail, type Evaluation, inScope, report } from "../3-evaluate/state.ts";
import type { Value, WorkflowValue } from "../3-evaluate/value.ts";
import { lazySchemas } from "../3-evaluate/zod-lazy.ts";
import { checkBlock } from "./blocks.ts";
import type { NodeDraft, PlanDraft } from "./draft.ts";
import { checkStateWrites } from "./handlers.ts";
import { lowerChildren } from "./nodes.ts";
import { addNode, type Lowering, newLowering, type Place } from "./place.ts";
import { lowerPrompts } from "./prompts.ts";
import { prune } from "./prune.ts";
import { renumber } from "./renumber.ts";

export interface LowerOptions {
  /** Leave the whole workflow function as one block: the partial evaluator's plain twin. */
  readonly twin?: boolean;
}

export function lowerWorkflow(
  ev: Evaluation,
  workflow: WorkflowValue,
  options: LowerOptions = {},
): PlanDraft | null {
  const to = newLowering(ev, workflow.tables, [workflow]);
  ev.checkBlock = (block) => checkBlock(ev, workflow.tables, block);
  const place: Place = { parent: undefined, owner: "workflow", scope: ev.scope, conditions: [] };
  const lowered = attempt(
    ev,
    () => {
      const value = runWorkflow(ev, workflow, options.twin === true);
      inScope(ev, ev.scope, () => lowerRoot(to, value, place));
      return true;
    },
    (why) => asTwin(to, workflow, place, why),
  );
  if (!lowered) return null;
  renumber(to);
  checkStateWrites(ev, to.nodes);
  const [root] = to.nodes;
  if (!root) return null;
  return prune({
    workflow: { name: nameOfWorkflow(to.nodes) },
    root: root.key,
    nodes: to.nodes,
    constants: ev.constants,
    everything: { constants: ev.constants, functions: ev.functions },
    functions: ev.functions,
    agents: ev.agents,
    prompts: lowerPrompts(ev),
    modules: ev.codeModules,
    subflows: usedBy(to.nodes, ev.subflows),
    schemas: new Map([...workflow.tables, ...lazySchemas(ev, workflow.tables)]),
    lost: ev.lost,
    blocks: to.blocks,
  });
}

/** Those that nodes run; what was given up on the way may have named others. */
function usedBy(nodes: readonly NodeDraft[], subflows: PlanDraft["subflows"]): PlanDraft["subflows"] {
  const names = new Set(
    nodes.flatMap(({ fields }) => (fields.get("workflow") as { value?: unknown })?.value ?? []),
  );
  return new Map([...subflows].filter(([name]) => names.has(name)));
}

/** What can't be lowered structurally at all is left as one block. */
function asTwin(to: Lowering, workflow: WorkflowValue, place: Place, why: Bail): boolean {
  const { ev } = to;
  to.nodes.length = 0;
  to.keys.clear();
  to.given.clear();
  ev.scope.values.clear();
  ev.scope.guards.length = 0;
  return attempt(
    ev,
    () => {
      const value = runWorkflow(ev, workflow, true);
      lowerRoot(to, value, place);
      return true;
    },
    (inner) => {
      report(
        ev,
        "SM101",
        inner.span ?? why.span,
        `this can't be kept in a plan: ${inner.message}`,
        "Build the tree with elements, conditions and list.map(); keep other code in compute tasks.",
      );
      return false;
    },
  );
}

/** The root is the workflow's node where there is exactly one; otherwise a group over what may be it. */
function lowerRoot(to: Lowering, value: Value, place: Place): void {
  const { ev } = to;
  lowerChildren(to, value, place);
  const roots = to.nodes.filter((node) => node.parent === undefined);
  const [only] = roots;
  if (only && roots.length === 1 && only.kind === "workflow" && !only.if && !only.else && !only.each) {
    only.values.clear();
    (only as { values: NodeDraft["values"] }).values = ev.scope.values;
    guards(only, ev);
    return;
  }
  const nodes = to.nodes.splice(0);
  const root = addNode(to, place, "group", "workflow", undefined, only?.span ?? NOWHERE);
  (root as { values: NodeDraft["values"] }).values = ev.scope.values;
  guards(root, ev);
  for (const node of nodes) {
    if (node.parent === undefined) (node as { parent?: string }).parent = root.key;
    to.nodes.push(node);
  }
}

const NOWHERE: Core.Span = { file: 0, start: 0, end: 0 };

function guards(node: NodeDraft, ev: Evaluation): void {
  for (const guard of ev.scope.guards)
    node.guards.push({ if: guard.if, message: { type: "core", expr: guard.message } });
}

function nameOfWorkflow(nodes: readonly NodeDraft[]): string {
  const node = nodes.find((x) => x.kind === "workflow");
  const name = node?.fields.get("name");
  return name?.type === "json" ? String(name.value) : (node?.key ?? "workflow");
}
