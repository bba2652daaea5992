/** The compiler as the commands use it. Loaded only here, lazily: a plan runs where no compiler is installed. */
import path from "node:path";
import type { BuildResult } from "../compiler/index.ts";
import { formatPlan, type Plan } from "../plan/index.ts";
import { CliError, EXIT } from "./exit.ts";
import { renderText } from "./render/report/text.ts";
import { findingsOf } from "./report.ts";
import type { Terminal } from "./terminal.ts";

type Compiler = typeof import("../compiler/index.ts");

export async function loadCompiler(): Promise<Compiler> {
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

/** Builds one file and prints its errors and warnings; how many notes there are is said in one line. */
async function check(file: string, terminal: Terminal): Promise<BuildResult> {
  const compiler = await loadCompiler();
  const result = await compiler.build(path.resolve(file));
  const show = (absolute: string): string => path.relative(process.cwd(), absolute).split(path.sep).join("/");
  const findings = findingsOf(compiler, result, show);
  const shown = findings.filter(({ severity }) => severity !== "info");
  if (shown.length > 0) terminal.err(renderText(shown, terminal.paint));
  const hidden = findings.length - shown.length;
  if (hidden > 0)
    terminal.err(terminal.paint.dim(`${hidden} note${hidden === 1 ? "" : "s"}: smithers check ${file}`));
  return result;
}

/** Builds one file; throws when there is no plan. */
export async function compile(file: string, terminal: Terminal): Promise<{ plan: Plan; text: string }> {
  const { plan, diagnostics } = await check(file, terminal);
  if (plan === null) {
    const errors = diagnostics.filter(({ severity }) => severity === "error").length;
    throw new CliError(
      EXIT.negative,
      `${file} has ${errors} error${errors === 1 ? "" : "s"}; no plan was written`,
    );
  }
  return { plan, text: formatPlan(plan) };
}
