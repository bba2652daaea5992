/** A workflow file → the draft of its plan, or what is wrong with it. */
import path from "node:path";
import type { Diagnostic } from "../../compiler/diagnostics.ts";
import { nodeHost } from "../../compiler/host.ts";
import { bind } from "../../compiler/phases/2-bind/bind.ts";
import { findWorkflow } from "../../compiler/phases/3-evaluate/index.ts";
import { newEvaluation } from "../../compiler/phases/3-evaluate/state.ts";
import type { PlanDraft } from "../../compiler/phases/4-lower/draft.ts";
import { lowerWorkflow } from "../../compiler/phases/4-lower/index.ts";

export interface Compiled {
  readonly draft: PlanDraft | null;
  readonly diagnostics: readonly Diagnostic[];
}

export async function compile(file: string, twin = false): Promise<Compiled> {
  const root = path.dirname(path.resolve(file));
  const graph = await bind(nodeHost(), root, path.resolve(file));
  if (!graph.entry || graph.problems.length > 0) return { draft: null, diagnostics: graph.problems };
  const ev = newEvaluation(graph.resolve, graph.library, graph.files);
  const workflow = findWorkflow(ev, graph.entry);
  const draft = workflow ? lowerWorkflow(ev, workflow, { twin }) : null;
  const failed = ev.diagnostics.some((d) => d.severity === "error");
  return { draft: failed ? null : draft, diagnostics: ev.diagnostics };
}
