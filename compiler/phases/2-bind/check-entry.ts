/** Whether the entry file is one workflow. */
import type { Diagnostic } from "../../diagnostics.ts";
import { problem } from "../../report.ts";
import type { Expr, SourceModule, Span } from "../../surface.ts";

export function checkEntry(entry: SourceModule): Diagnostic[] {
  const problems: Diagnostic[] = [];
  const start = { file: entry.file, start: 0, end: 0 };
  const workflows = workflowCalls(entry);
  if (!entry.exports.has("default"))
    problems.push(
      problem("SM113", workflows[0] ?? start, `\`${entry.path}\` has no default export.`, {
        hint: 'Write: export default smithers((ctx) => <Workflow name="…">…</Workflow>).',
      }),
    );
  const [first, ...more] = workflows;
  for (const span of more)
    problems.push(
      problem("SM114", span, "A file holds one workflow, and this is another one.", {
        hint: "Put it into a file of its own.",
        related: [{ span: first!, message: "the first one" }],
      }),
    );
  return problems;
}

/** Where the default export stands; the head of the file where it has none of its own. */
export function defaultExportSpan(entry: SourceModule): Span {
  const target = entry.exports.get("default");
  for (const statement of entry.body)
    if (statement.type === "Declare" && statement.span && target && "local" in target)
      for (const d of statement.decls)
        if (d.target.type === "Name" && d.target.name === target.local) return statement.span;
  return { file: entry.file, start: 0, end: 0 };
}

/** Calls `smithers(fn)` that make a top-level value. */
function workflowCalls(entry: SourceModule): Span[] {
  const spans: Span[] = [];
  for (const statement of entry.body) {
    if (statement.type !== "Declare") continue;
    for (const { init } of statement.decls) {
      if (init?.type !== "Call" || !init.span || !isSmithers(init.callee)) continue;
      const [fn] = init.args;
      if (fn && (fn.type === "Arrow" || fn.type === "Func" || fn.type === "Name")) spans.push(init.span);
    }
  }
  return spans;
}

function isSmithers(callee: Expr): boolean {
  if (callee.type === "Name") return callee.name === "smithers";
  return callee.type === "Member" && callee.property === "smithers";
}
