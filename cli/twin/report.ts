/** `check --twin`: compiles the file again as one block, compares both plans, and says what came of it. */
import path from "node:path";
import type { BuildResult } from "../../compiler/index.ts";
import { type Plan, printable } from "../../plan/index.ts";
import { previewHost, systemHost } from "../../runtime/index.ts";
import type { Action, Compiler, Outcome } from "../batch.ts";
import type { TwinReport } from "../report.ts";
import type { Terminal } from "../terminal.ts";
import { compareTwin, type TwinComparison } from "./compare.ts";

/** Enough for every pair of decisions in most workflows, and for loops to end. */
const LIMITS = { runs: 24, frames: 24 };
/** What `ctx.now()` gives: a made-up run is the same every day. */
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

export function twinAction({ paint }: Terminal): Action {
  return async (file, result, compiler): Promise<Outcome> => {
    const name = path.relative(process.cwd(), file).split(path.sep).join("/");
    const twin = await reportOf(file, result, compiler);
    const mark = { true: paint.green("twin"), false: paint.red("twin"), null: paint.yellow("twin") };
    const line = `${mark[`${twin.agrees}`]}  ${name}: ${printable(saidOf(twin))}`;
    return { diagnostics: [], plan: null, line, twin };
  };
}

const NOTHING = { frames: 0, nodes: 0, runs: 0, waiting: 0, difference: null };

async function reportOf(file: string, result: BuildResult, compiler: Compiler): Promise<TwinReport> {
  const { plan, root, sources, diagnostics } = result;
  if (plan === null)
    return { ...NOTHING, agrees: null, why: "there is no plan: its errors have to be mended first" };
  // What the rules say of it does not matter: a block that waits for one of its own tasks is still a plan.
  const soft = Object.keys(compiler.MESSAGES).filter((code) => !compiler.isFirm(code));
  const severity = Object.fromEntries(soft.map((code) => [code, "info" as const]));
  const built = await compiler.build(file, { root, twin: true, severity });
  if (built.plan === null) {
    const errors = built.diagnostics.filter(({ severity }) => severity === "error");
    const why = `the plain twin does not compile, because a block can't hold everything: ${errors.map(({ code, message }) => `${code} ${message}`).join(" ")}`;
    return { ...NOTHING, agrees: null, why };
  }
  const compared = compareTwin(plan, built.plan, {
    ...LIMITS,
    sources: sources.map(({ text }) => text),
    lenient: diagnostics.some(({ code }) => code === "SM406"),
    runId: "twin",
    now: NOW,
    host: { ...hostOf(built.plan, root), ...hostOf(plan, root) },
  });
  return summaryOf(compared);
}

const hostOf = (plan: Plan, root: string) => previewHost(plan, systemHost(root), NOW);

function summaryOf({ difference, ...counts }: TwinComparison): TwinReport {
  if (difference) return { ...counts, agrees: false, why: null, difference };
  if (counts.frames === 0) {
    const why =
      counts.waiting > 0
        ? "every frame waits at a condition"
        : "no input could be made up that its schema accepts";
    return { ...counts, agrees: null, why, difference };
  }
  return { ...counts, agrees: true, why: null, difference };
}

function saidOf({ agrees, why, frames, nodes, runs, waiting, difference }: TwinReport): string {
  if (why !== null) return `not compared: ${why}`;
  const many = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;
  const after = `${many(frames, "frame")} with ${many(nodes, "node")} in ${many(runs, "run")}`;
  const left =
    waiting === 0 ? "" : `; ${many(waiting, "frame")} not compared, because a condition waits there`;
  if (agrees) return `${after} agree with the plain twin${left}`;
  const { node, field, plan, twin, input, rows } = difference!;
  return [
    `differs from its plain twin after ${many(frames, "equal frame")}`,
    `  node   ${node}`,
    ...(field === null ? [] : [`  field  ${field}`]),
    `  plan   ${JSON.stringify(plan)}`,
    `  twin   ${JSON.stringify(twin)}`,
    `  input  ${JSON.stringify(input)}`,
    `  rows   ${JSON.stringify(rows)}`,
  ].join("\n");
}
