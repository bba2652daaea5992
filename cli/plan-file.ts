/** Where a command takes `PLAN|FILE`: a .json file is a plan, anything else is compiled. */
import { loadPlan, type Plan } from "../plan/index.ts";
import { compile } from "./compile.ts";
import { CliError, EXIT } from "./exit.ts";
import { readText } from "./options.ts";
import type { Terminal } from "./terminal.ts";

export async function openPlan(file: string, terminal: Terminal): Promise<Plan> {
  if (!file.endsWith(".json")) return (await compile(file, terminal)).plan;
  return parsePlan(readText(file, "Plan"), file);
}

/** Problems shown at most; the rest is counted. */
const SHOWN = 12;

export function parsePlan(text: string, name: string): Plan {
  const loaded = loadPlan(text);
  if (loaded.ok) return loaded.plan;
  const shown = loaded.problems
    .slice(0, SHOWN)
    .map(({ path, message }) => `  ${path === "" ? "(plan)" : path}: ${message}`);
  const rest = loaded.problems.length - shown.length;
  const refused = loaded.problems.some(({ rule }) => REFUSED.has(rule));
  throw new CliError(
    refused ? EXIT.refused : EXIT.usage,
    [`${name} is not a plan that can be used:`, ...shown, ...(rest > 0 ? [`  … and ${rest} more`] : [])].join(
      "\n",
    ),
    "Build it again from its source with `smithers build`; a plan is not edited by hand.",
  );
}

/** Rules that mean "a plan, but not one for this program": an incompatible plan is refused (exit 4), not a usage error. */
const REFUSED: ReadonlySet<string> = new Set(["version", "requires", "integrity"]);
