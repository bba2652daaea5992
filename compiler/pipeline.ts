/** The order of the passes, and nothing else. */
import path from "node:path";
import type { Plan } from "../plan/types.ts";
import type { Sources } from "./code-frame.ts";
import { collect, offOf, type SeverityOverrides, withSeverities } from "./collect.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { type BuildHost, nodeHost } from "./host.ts";
import { type Build, type Compiled, compileWorkflow, sealed } from "./one-workflow.ts";
import type { Parse } from "./phases/1-parse/parse.ts";
import { bind } from "./phases/2-bind/bind.ts";
import { checkEntry, defaultExportSpan } from "./phases/2-bind/check-entry.ts";
import { projectRoot } from "./phases/2-bind/root.ts";
import { findWorkflow } from "./phases/3-evaluate/index.ts";
import { LIBRARY_PATH } from "./phases/3-evaluate/state.ts";
import { SyntaxEnvironments } from "./phases/3-evaluate/syntax-environment.ts";
import { silence } from "./suppress.ts";

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
  const { draft, problems, findings } = await compileEntry({ graph, syntax, twin: options.twin === true });

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
      complete: draft !== null,
      off: offOf(severity),
    },
    sources,
  );
  const firm = new Set(found);
  const judged = withSeverities(reported, severity, (d) => firm.has(d) && d.severity === "error");
  const failed = judged.some((d) => d.severity === "error");
  const plan = draft && graph.entry && !failed ? sealed(draft, graph.entry, judged) : null;
  return { plan, diagnostics: collect(judged), sources, root };
}

/** The workflow that the entry exports; nothing where there is none, which is reported. */
async function compileEntry(build: Build): Promise<Compiled> {
  const { entry } = build.graph;
  if (!entry) return { draft: null, problems: [], findings: [] };
  const problems = checkEntry(entry);
  if (!entry.exports.has("default")) return { draft: null, problems, findings: [] };
  const compiled = await compileWorkflow(build, entry, (ev) => findWorkflow(ev, entry));
  return { ...compiled, problems: [...problems, ...compiled.problems] };
}

/** Compiles without keeping the plan: all problems of a workflow file. */
export async function check(entry: string, options: BuildOptions = {}): Promise<Omit<BuildResult, "plan">> {
  const { plan: _, ...rest } = await build(entry, options);
  return rest;
}
