/** The frame a plan gives when exactly these rows have been recorded. Nothing is run, nothing is stored. */
import type { Json, Plan } from "../plan/types.ts";
import { memoryFiles } from "./files.ts";
import { frameOf, type PreviewFrame } from "./frame.ts";
import { parseInput } from "./input.ts";
import { World } from "./interpreter/world.ts";
import { PreviewHandlers } from "./preview-handlers.ts";
import { applyRow, Doubles, type PreviewRow, RowRules } from "./preview-rows.ts";
import { type FileSource, ProjectFiles } from "./values/files.ts";

export interface PreviewOptions {
  readonly runId?: string;
  /** What `ctx.now()` gives; 0 by default, so that a preview depends on nothing else. */
  readonly now?: number;
  /** Host values by name, as `process.cwd` and `env.HOME`; none by default, so that a preview asks no machine. */
  readonly host?: { readonly [name: string]: Json };
  /** What `ctx.fs` reads: content by path, as the plan asks for it; or a source of files. None by default. */
  readonly files?: { readonly [path: string]: string } | FileSource;
}

/**
 * Evaluates the frame from scratch; the rows are applied in their order, as results of a run would be. A row of a later
 * iteration means that its loop has come that far. Handlers and effects write state as they do in a run. Rows are taken as they are: what a schema fills in is not filled in.
 * @throws InputError when the input does not fit the plan's schema.
 * @throws PreviewRowError for a row that no node of the plan can have recorded.
 */
export function previewFrame(
  plan: Plan,
  input: Json,
  rows: readonly PreviewRow[],
  { runId = "preview", now = 0, host = {}, files = {} }: PreviewOptions = {},
): PreviewFrame {
  const world = new World(plan, {
    runId,
    input: parseInput(plan, input),
    now,
    host,
    files: filesOf(files),
    showClosed: true,
    inOne: true,
  });
  const moving = () => true;
  const handlers = new PreviewHandlers(plan, world);
  world.begin();
  world.evaluate(moving);
  handlers.runEffects();
  const rules = new RowRules(plan);
  const warnings = rows.flatMap((row, index) => rules.check(row, index) ?? []);
  const doubles = new Doubles();
  for (const [index, row] of rows.entries()) {
    const double = doubles.check(
      applyRow(world, row, (entry, value) => handlers.settled(entry, value)),
      index,
    );
    if (double !== null) warnings.push(double);
    handlers.runEffects();
  }
  return frameOf(world, [...warnings, ...handlers.warnings]);
}

const filesOf = (files: NonNullable<PreviewOptions["files"]>): ProjectFiles =>
  new ProjectFiles(typeof files === "function" ? files : memoryFiles(files));
