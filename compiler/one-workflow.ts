/** Phases 3 to 5 of one workflow of a module graph, and of those that its nodes run as runs of their own. */
import { CanonicalError, sha256 } from "../plan/canonical.ts";
import { CoreSyntaxError } from "../plan/core/index.ts";
import type { PlanDraft as Draft } from "../plan/draft.ts";
import { printable } from "../plan/render/printable.ts";
import { seal } from "../plan/seal.ts";
import type { Plan } from "../plan/types.ts";
import { validatePlan } from "../plan/validate.ts";
import type { Diagnostic } from "./diagnostics.ts";
import type { Graph } from "./phases/2-bind/bind.ts";
import { defaultExportSpan } from "./phases/2-bind/check-entry.ts";
import { workflowAt } from "./phases/3-evaluate/index.ts";
import { type Evaluation, newEvaluation, TooMuch } from "./phases/3-evaluate/state.ts";
import type { SyntaxEnvironments } from "./phases/3-evaluate/syntax-environment.ts";
import type { WorkflowValue } from "./phases/3-evaluate/value.ts";
import { lowerAgents } from "./phases/4-lower/agents.ts";
import { assemble } from "./phases/4-lower/assemble.ts";
import { capabilitiesOf } from "./phases/4-lower/capabilities.ts";
import type { PlanDraft } from "./phases/4-lower/draft.ts";
import { checkForeignChanges } from "./phases/4-lower/foreign-changes.ts";
import { lowerWorkflow } from "./phases/4-lower/index.ts";
import { type CodeRequest, lowerModules } from "./phases/4-lower/modules.ts";
import { analyse } from "./phases/5-analyse/analyse.ts";
import { problem } from "./report.ts";
import type { SourceModule } from "./surface.ts";
import { toolchain } from "./toolchain.ts";

export interface Compiled {
  /** Null where something keeps the workflow from being a plan. */
  readonly draft: Draft | null;
  /** What is wrong whatever the severities are set to. */
  readonly problems: readonly Diagnostic[];
  /** What phase 5 finds. */
  readonly findings: readonly Diagnostic[];
}

/** What all workflows of a build share. */
export interface Build {
  readonly graph: Graph;
  readonly syntax: SyntaxEnvironments;
  readonly twin: boolean;
}

/**
 * @param entry the module that the workflow stands in: what has no place of its own is said of it
 * @param find the workflow, in an evaluation of its own
 * @param around workflows that run this one, outermost first
 */
export async function compileWorkflow(
  build: Build,
  entry: SourceModule,
  find: (ev: Evaluation) => WorkflowValue | undefined,
  around: readonly WorkflowValue[] = [],
): Promise<Compiled> {
  const { graph } = build;
  const { draft, problems, values, workflow } = withinStack(entry, () =>
    evaluateAndLower(build, entry, find),
  );
  const inner: Compiled[] = [];
  const subflows: Record<string, Plan> = {};
  for (const [name, child] of draft?.subflows ?? []) {
    const outer = workflow ? [...around, workflow] : around;
    const compiled = await compileSubflow(build, child, outer);
    inner.push(compiled);
    const plan = compiled.draft ? sealed(compiled.draft, moduleOf(graph, child), problems) : null;
    if (plan) subflows[name] = plan;
  }
  const isWhole = Object.keys(subflows).length === (draft?.subflows.size ?? 0);
  const lowered = draft
    ? await withinText(entry, problems, () => lowerSources(build, draft, problems, values, subflows))
    : null;
  const broken = [...graph.problems, ...problems].some((d) => d.severity === "error");
  const findings = lowered && draft ? findingsOf(graph, entry, draft, lowered, problems, broken) : [];
  return {
    draft: isWhole ? lowered : null,
    problems: [...problems, ...inner.flatMap((one) => one.problems)],
    findings: [...findings, ...inner.flatMap((one) => one.findings)],
  };
}

async function compileSubflow(
  build: Build,
  child: WorkflowValue,
  around: readonly WorkflowValue[],
): Promise<Compiled> {
  const module = moduleOf(build.graph, child);
  const refused = (message: string, hint: string): Compiled => ({
    draft: null,
    problems: [problem("SM117", child.span, message, { hint })],
    findings: [],
  });
  if (around.some(({ span }) => span.file === child.span.file && span.start === child.span.start))
    return refused(
      "this workflow would run itself, without an end",
      "Go round with a <Loop>, or go on with <ContinueAsNew>.",
    );
  const compiled = await compileWorkflow(build, module, (ev) => workflowAt(ev, module, child.span), around);
  if (compiled.draft !== null || compiled.problems.length > 0) return compiled;
  return refused(
    "a workflow that another one runs has to stand at the top of its file",
    "Write: export default smithers((ctx) => …).",
  );
}

const moduleOf = ({ modules }: Graph, { span }: WorkflowValue): SourceModule =>
  modules.find(({ file }) => file === span.file) as SourceModule;

/** Seals a plan and reads it as a runner will: what it would refuse must not leave the compiler. */
export function sealed(draft: Draft, entry: SourceModule, problems: Diagnostic[]): Plan | null {
  try {
    const read = validatePlan(seal(draft));
    if (read.ok) return read.plan;
    const [first] = read.problems;
    if (first && first.rule !== "limit" && first.rule !== "core-syntax") {
      const message = `The plan can't hold this workflow: ${first.message} (${first.path}).`;
      problems.push(problem("SM103", defaultExportSpan(entry), message));
      return null;
    }
  } catch (error) {
    if (error instanceof CanonicalError) {
      problems.push(notText(entry, error));
      return null;
    }
    if (!(error instanceof CoreSyntaxError || error instanceof RangeError)) throw error;
  }
  problems.push(tooDeep(entry));
  return null;
}

/** A lone surrogate, say: it has no bytes, so it can't be hashed or written. */
function notText(entry: SourceModule, error: CanonicalError): Diagnostic {
  return problem(
    "SM103",
    defaultExportSpan(entry),
    `The plan can't hold this workflow: ${printable(error.message)}.`,
    {
      hint: "Every text of a plan has to be valid Unicode: write the whole character, or take it out.",
    },
  );
}

async function withinText<T>(
  entry: SourceModule,
  problems: Diagnostic[],
  run: () => Promise<T>,
): Promise<T | null> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof CanonicalError) problems.push(notText(entry, error));
    else if (error instanceof CoreSyntaxError || error instanceof RangeError) problems.push(tooDeep(entry));
    else throw error;
    return null;
  }
}

/** What phase 5 finds; what lies too deep for it is a problem of the workflow. */
function findingsOf(
  graph: Graph,
  entry: SourceModule,
  draft: PlanDraft,
  lowered: Draft,
  problems: Diagnostic[],
  broken: boolean,
): Diagnostic[] {
  try {
    return analyse(draft, lowered, graph.files.list, broken);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    problems.push(tooDeep(entry));
    return [];
  }
}

function tooDeep(entry: SourceModule): Diagnostic {
  const hint = "Split deep expressions, long chains of calls and recursion into named parts.";
  return problem("SM112", defaultExportSpan(entry), "The workflow nests deeper than can be followed.", {
    hint,
  });
}

function tooMuch(entry: SourceModule, { span, message }: TooMuch): Diagnostic {
  const hint =
    "Give the recursion an end that comes sooner, or let a list of the run decide how many there are.";
  return problem("SM118", span ?? defaultExportSpan(entry), message, { hint });
}

/** What the names of modules stand for, as far as they were evaluated. */
type Values = Evaluation["modules"];

interface Lowered {
  readonly draft: PlanDraft | null;
  readonly problems: Diagnostic[];
  readonly values: Values;
  readonly workflow: WorkflowValue | undefined;
}

function evaluateAndLower(
  { graph, syntax, twin }: Build,
  entry: SourceModule,
  find: (ev: Evaluation) => WorkflowValue | undefined,
): Lowered {
  const evaluation = newEvaluation(graph.resolve, graph.library, graph.files, syntax);
  const workflow = find(evaluation);
  const draft = workflow ? lowerWorkflow(evaluation, workflow, { twin }) : null;
  // What has no place of its own is said of the workflow as a whole.
  const span = defaultExportSpan(entry);
  const problems = [
    ...checkForeignChanges(graph, syntax, evaluation.modules),
    ...evaluation.diagnostics.map((d) => (d.span ? d : { ...d, span })),
  ];
  return { draft, problems, values: evaluation.modules, workflow };
}

/** The parser bounds nesting, but a call a level deep may cost more stack than that bound foresees. */
function withinStack(entry: SourceModule, run: () => Lowered): Lowered {
  const failed = (found: Diagnostic): Lowered => ({
    draft: null,
    problems: [found],
    values: new Map(),
    workflow: undefined,
  });
  try {
    return run();
  } catch (error) {
    if (error instanceof TooMuch) return failed(tooMuch(entry, error));
    if (!(error instanceof RangeError)) throw error;
    return failed(tooDeep(entry));
  }
}

async function lowerSources(
  { graph, syntax }: Build,
  draft: PlanDraft,
  problems: Diagnostic[],
  values: Values,
  subflows: { readonly [name: string]: Plan },
): Promise<Draft> {
  const agents = lowerAgents(draft.agents, problems, draft.everything);
  const functions = [...draft.modules].map(([name, { fn, captures }]): [string, CodeRequest] => [
    name,
    { kind: "function", fn, captures },
  ]);
  const modules = await lowerModules(
    graph,
    syntax,
    new Map([...functions, ...agents.code]),
    problems,
    values,
  );
  return assemble(
    {
      draft,
      files: graph.files.list,
      agents: agents.agents,
      modules: new Map([...modules].map(([name, { module }]) => [name, module])),
      maps: new Map([...modules].map(([name, { map }]) => [name, map])),
      subflows,
      capabilities: capabilitiesOf(agents, modules.values(), draft, Object.values(subflows)),
      toolchain: toolchain(modules.size > 0),
      sources: Object.fromEntries(graph.files.list.map((f) => [f.path, sha256(f.text)])),
    },
    problems,
  );
}
