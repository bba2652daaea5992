/** The compiler as the commands use it. Loaded only here, lazily: a plan runs where no compiler is installed. */
import path from "node:path";
import type { BuildResult } from "../compiler/index.ts";
import { formatPlan, type Plan } from "../plan/index.ts";
import { CliError, EXIT } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

type Compiler = typeof import("../compiler/index.ts");

async function load(): Promise<Compiler> {
  try {
    return await import("../compiler/index.ts");
  } catch (error) {
    throw new CliError(
      EXIT.usage,
      `The compiler is not installed here: ${(error as Error).message.split("\n")[0]}`,
      "Build the plan where it is, and run the plan here: smithers build FILE; smithers run FILE.plan.json",
    );
  }
}

/** Builds one file and prints its diagnostics: text for people, one JSON object a line for programs. */
export async function check(file: string, terminal: Terminal, format: "text" | "json"): Promise<BuildResult> {
  const compiler = await load();
  const result = await compiler.build(path.resolve(file));
  for (const diagnostic of result.diagnostics) {
    if (format === "json") terminal.out(JSON.stringify(located(diagnostic, result, compiler)));
    else
      terminal.err(
        `${paint(compiler.formatDiagnostic(result.sources, diagnostic), diagnostic.severity, terminal)}\n`,
      );
  }
  return result;
}

type Diagnostic = BuildResult["diagnostics"][number];

/** A diagnostic with places as people count them instead of offsets. */
function located(diagnostic: Diagnostic, { sources }: BuildResult, { locate }: Compiler) {
  const { code, severity, message, span, hint } = diagnostic;
  const place = span === null ? null : { ...locate(sources, span), end: locate(sources, span, span.end) };
  return { type: "diagnostic", code, severity, message, place, ...(hint === undefined ? {} : { hint }) };
}

function paint(text: string, severity: Diagnostic["severity"], terminal: Terminal): string {
  const colour = { error: terminal.paint.red, warning: terminal.paint.yellow, info: terminal.paint.cyan }[
    severity
  ];
  return text.replace(
    new RegExp(`(^|\\s)${severity} (SM\\d+)`),
    (_, before, code) => `${before}${colour(`${severity} ${code}`)}`,
  );
}

/** Builds one file; throws when there is no plan. */
export async function compile(file: string, terminal: Terminal): Promise<{ plan: Plan; text: string }> {
  const { plan, diagnostics } = await check(file, terminal, "text");
  if (plan === null) {
    const errors = diagnostics.filter(({ severity }) => severity === "error").length;
    throw new CliError(
      EXIT.negative,
      `${file} has ${errors} error${errors === 1 ? "" : "s"}; no plan was written`,
    );
  }
  return { plan, text: formatPlan(plan) };
}
