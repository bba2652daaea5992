/** The order of the passes, and nothing else. */
import path from "node:path";
import { CanonicalError, sha256 } from "../plan/canonical.ts";
import { CoreSyntaxError } from "../plan/core/index.ts";
import { printable } from "../plan/render/printable.ts";
import { seal } from "../plan/seal.ts";
import type { Plan } from "../plan/types.ts";
import { validatePlan } from "../plan/validate.ts";
import type { Sources } from "./code-frame.ts";
import { collect, offOf, type SeverityOverrides, withSeverities } from "./collect.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { type BuildHost, nodeHost } from "./host.ts";
import type { Parse } from "./phases/1-parse/parse.ts";
import { bind, type Graph } from "./phases/2-bind/bind.ts";
import { checkEntry, defaultExportSpan } from "./phases/2-bind/check-entry.ts";
import { projectRoot } from "./phases/2-bind/root.ts";
import { findWorkflow } from "./phases/3-evaluate/index.ts";
import { type Evaluation, LIBRARY_PATH, newEvaluation, TooMuch } from "./phases/3-evaluate/state.ts";
import { SyntaxEnvironments } from "./phases/3-evaluate/syntax-environment.ts";
import { lowerAgents } from "./phases/4-lower/agents.ts";
import { assemble } from "./phases/4-lower/assemble.ts";
import { capabilitiesOf } from "./phases/4-lower/capabilities.ts";
import type { PlanDraft } from "./phases/4-lower/draft.ts";
import { checkForeignChanges } from "./phases/4-lower/foreign-changes.ts";
import { lowerWorkflow } from "./phases/4-lower/index.ts";
import { type CodeRequest, lowerModules } from "./phases/4-lower/modules.ts";
import { analyse } from "./phases/5-analyse/analyse.ts";
import { problem } from "./report.ts";
import { silence } from "./suppress.ts";
import type { SourceModule } from "./surface.ts";
import { toolchain } from "./toolchain.ts";

export interface BuildOptions {
  /** Project root; nothing outside it is read. Default: the nearest directory with a package.json, .git or tsconfig.json. */
  readonly root?: string;
  /** Default: the file system. */
  readonly host?: BuildHost;
  /** Leave the workflow function as one block: the plain twin of partial evaluation (COMPILER.md). */
  readonly twin?: boolean;
  /** Other severities than the catalogue's, or "off". Errors without whose mending there is no plan stay errors. */
  readonly severity?: SeverityOverrides;
  /** Default: the parser. A session remembers what it gave. */
  readonly parse?: Parse;
}

export interface BuildResult {
  /** Null when there are errors. */
  readonly plan: Plan | null;
  /** All problems of all files, in order of place. */
  readonly diagnostics: readonly Diagnostic[];
  /** What the spans of diagnostics refer to. */
  readonly sources: Sources;
  /** Absolute; paths of sources are relative to it. */
  readonly root: string;
}

/** Compiles a workflow file. Reads sources, executes none of them. Throws only for faults of the compiler itself. */
export async function build(entry: string, options: BuildOptions = {}): Promise<BuildResult> {
  const host = options.host ?? nodeHost();
  const file = path.resolve(entry);
  const root = options.root === undefined ? projectRoot(host, file) : path.resolve(options.root);

  const graph = await bind(host, root, file, options.parse);
  const syntax = new SyntaxEnvironments(graph.resolve, graph.modules);
  const draft =
    graph.entry && withinStack(graph.entry, () => evaluateAndLower(graph, syntax, options.twin === true));
  const problems = draft?.problems ?? [];
  const lowered = draft?.draft ? await withinText(graph, syntax, draft.draft, problems, draft.values) : null;
  const broken = [...graph.problems, ...problems].some((d) => d.severity === "error");
  const findings = lowered && draft?.draft ? findingsOf(graph, draft.draft, lowered, problems, broken) : [];

  const sources = graph.files.list;
  const { severity = {} } = options;
  // What is wrong inside a pattern of the library is said of the workflow that uses it.
  const ofWorkflow = (d: Diagnostic): Diagnostic =>
    graph.entry && sources[d.span?.file ?? 0]?.path === LIBRARY_PATH
      ? { ...d, span: defaultExportSpan(graph.entry) }
      : d;
  const found = [...graph.problems, ...problems].map(ofWorkflow);
  const reported = silence(
    {
      firm: found.filter((d) => d.severity === "error"),
      soft: [...found.filter((d) => d.severity !== "error"), ...findings.map(ofWorkflow)],
      complete: lowered !== null,
      off: offOf(severity),
    },
    sources,
  );
  const firm = new Set(found);
  const judged = withSeverities(reported, severity, (d) => firm.has(d) && d.severity === "error");
  const failed = judged.some((d) => d.severity === "error");
  const plan = lowered && graph.entry && !failed ? sealed(lowered, graph.entry, judged) : null;
  return { plan, diagnostics: collect(judged), sources, root };
}

/** Seals the plan and reads it as a runner will: what it would refuse must not leave the compiler. */
function sealed(draft: Parameters<typeof seal>[0], entry: SourceModule, problems: Diagnostic[]): Plan | null {
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

async function withinText(
  graph: Graph,
  syntax: SyntaxEnvironments,
  draft: PlanDraft,
  problems: Diagnostic[],
  values: Values,
) {
  try {
    return await lowerSources(graph, syntax, draft, problems, values);
  } catch (error) {
    if (!graph.entry) throw error;
    if (error instanceof CanonicalError) problems.push(notText(graph.entry, error));
    else if (error instanceof CoreSyntaxError || error instanceof RangeError)
      problems.push(tooDeep(graph.entry));
    else throw error;
    return null;
  }
}

/** What phase 5 finds; what lies too deep for it is a problem of the workflow. */
function findingsOf(
  graph: Graph,
  draft: PlanDraft,
  lowered: Parameters<typeof seal>[0],
  problems: Diagnostic[],
  broken: boolean,
): Diagnostic[] {
  try {
    return analyse(draft, lowered, graph.files.list, broken);
  } catch (error) {
    if (!(error instanceof RangeError) || !graph.entry) throw error;
    problems.push(tooDeep(graph.entry));
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

/** Compiles without keeping the plan: all problems of a workflow file. */
export async function check(entry: string, options: BuildOptions = {}): Promise<Omit<BuildResult, "plan">> {
  const { plan: _, ...rest } = await build(entry, options);
  return rest;
}

/** What the names of modules stand for, as far as they were evaluated. */
type Values = Evaluation["modules"];

function evaluateAndLower(
  graph: Graph,
  syntax: SyntaxEnvironments,
  twin: boolean,
): { readonly draft: PlanDraft | null; readonly problems: Diagnostic[]; readonly values: Values } {
  const entry = graph.entry!;
  const problems = checkEntry(entry);
  if (!entry.exports.has("default")) return { draft: null, problems, values: new Map() };
  const evaluation = newEvaluation(graph.resolve, graph.library, graph.files, syntax);
  const workflow = findWorkflow(evaluation, entry);
  const draft = workflow ? lowerWorkflow(evaluation, workflow, { twin }) : null;
  // What has no place of its own is said of the workflow as a whole.
  const span = defaultExportSpan(entry);
  problems.push(...checkForeignChanges(graph, syntax, evaluation.modules));
  problems.push(...evaluation.diagnostics.map((d) => (d.span ? d : { ...d, span })));
  return { draft, problems, values: evaluation.modules };
}

/** The parser bounds nesting, but a call a level deep may cost more stack than that bound foresees. */
function withinStack(
  entry: SourceModule,
  run: () => ReturnType<typeof evaluateAndLower>,
): ReturnType<typeof evaluateAndLower> {
  try {
    return run();
  } catch (error) {
    if (error instanceof TooMuch)
      return { draft: null, problems: [tooMuch(entry, error)], values: new Map() };
    if (!(error instanceof RangeError)) throw error;
    return { draft: null, problems: [tooDeep(entry)], values: new Map() };
  }
}

async function lowerSources(
  graph: Graph,
  syntax: SyntaxEnvironments,
  draft: PlanDraft,
  problems: Diagnostic[],
  values: Values,
) {
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
      capabilities: capabilitiesOf(agents, modules.values(), draft),
      toolchain: toolchain(modules.size > 0),
      sources: Object.fromEntries(graph.files.list.map((f) => [f.path, sha256(f.text)])),
    },
    problems,
  );
}
