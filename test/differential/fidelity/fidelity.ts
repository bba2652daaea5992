/**
 * A workflow's source, rendered by a JSX runtime of a few lines in the JavaScript engine, against `smithers preview` of
 * the plan built from it and of its plain twin: tree, ids, props and prompts of every frame, byte for byte.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { MadeUp } from "../../../cli/twin/made-up.ts";
import { hash, type Random, random } from "../../../cli/twin/random.ts";
import type { Assignment } from "../../../cli/twin/sampler.ts";
import { build, type Diagnostic, isFirm, MESSAGES } from "../../../compiler/index.ts";
import { LIBRARY_PATH } from "../../../compiler/phases/3-evaluate/state.ts";
import type { Json, Plan } from "../../../plan/types.ts";
import type { PreviewFrame, PreviewNode } from "../../../runtime/frame.ts";
import { previewFrame } from "../../../runtime/preview.ts";
import type { PreviewRow } from "../../../runtime/preview-rows.ts";
import { load, loopName, type Program } from "../direct.ts";
import { MACHINE } from "../machine.ts";
import type { Mounted } from "../tree.ts";
import { type Bound, firstDifference, type Line, linesOfDirect, linesOfPreview } from "./lines.ts";
import { type Ready, Simulation, type View } from "./simulate.ts";

/** One frame that both sides have been asked for, and what direct execution said. */
export interface Case {
  readonly input: Json;
  readonly rows: readonly PreviewRow[];
  readonly expected: readonly Line[] | "an error" | "a wait" | "two nodes with one id";
}

export interface Result {
  readonly frames: number;
  readonly tasks: number;
  readonly seeds: number;
  readonly iterations: number;
  readonly cases: readonly Case[];
  /** Plan nodes that no frame had mounted. */
  readonly unseen: readonly string[];
  /** Frames in which direct execution threw, or waited as a whole. */
  readonly threw: number;
  readonly waited: number;
  readonly problem: string | undefined;
  /** Why nothing was compared: codes of errors. */
  readonly skipped: string | undefined;
  /** Why there was no twin beside the plan: codes of errors. */
  readonly twinless: string | undefined;
  readonly shape: "structural" | "block" | "none";
  readonly plan: Plan | null;
}

export interface Options {
  /** Runs at most. */
  readonly seeds: number;
  readonly root?: string;
  readonly frames?: number;
  /** Whether what only the rules find is an error of the plan as well; true by default, and never so for the twin. */
  readonly rules?: boolean;
}

const FRAMES = 24;

const isDormant = ({ props }: Mounted): boolean => props.role === "catch" || props.role === "compensation";

/** What a failure wakes, in `catch` and compensations, is not mounted in a run without one. */
function withoutDormant(program: Program): Program {
  const awake = (tree: readonly Mounted[]): Mounted[] =>
    tree.filter((node) => !isDormant(node)).map((node) => ({ ...node, children: awake(node.children) }));
  return {
    ...program,
    frame(...args) {
      const frame = program.frame(...args);
      return frame.type === "tree" ? { ...frame, tree: awake(frame.tree) } : frame;
    },
  };
}

export async function compareBuilt(file: string, options: Options): Promise<Result> {
  const root = options.root ?? path.dirname(path.resolve(file));
  const { plan, diagnostics } = await build(file, { root, ...(options.rules === false && withoutRules()) });
  const none = { frames: 0, tasks: 0, seeds: 0, iterations: 0, cases: [], unseen: [], threw: 0, waited: 0 };
  if (!plan) {
    const skipped = errorsOf(diagnostics);
    const problem = skipped === "" ? "no plan and no diagnostic" : undefined;
    return { ...none, problem, skipped, twinless: undefined, shape: "none", plan };
  }
  const twin = await build(file, { root, twin: true, ...withoutRules() });
  const program = withoutDormant(await load(file, root));
  const sources = Object.keys(plan.sources)
    .filter((name) => name !== LIBRARY_PATH)
    .map((name) => readFileSync(path.resolve(root, name), "utf8"));
  const lenient = diagnostics.some(({ code }) => code === "SM406");
  const run = new Comparison(file, program, plan, twin.plan, sources, lenient);
  const problem = run.all(options.seeds, options.frames ?? FRAMES);
  const unseen = Object.keys(plan.nodes).filter((key) => !run.seen.has(key) && !isTransparent(plan, key));
  const isBlock = Object.values(plan.nodes).some(({ kind }) => kind === "block");
  return {
    ...run.count,
    cases: run.cases,
    unseen,
    problem,
    skipped: undefined,
    twinless: twin.plan ? undefined : errorsOf(twin.diagnostics),
    shape: isBlock ? "block" : "structural",
    plan,
  };
}

/** A plan is what it is, whatever is wrong with the workflow. */
const withoutRules = () => ({
  severity: Object.fromEntries(
    Object.keys(MESSAGES).flatMap((code) => (isFirm(code) ? [] : [[code, "info" as const]])),
  ),
});

const errorsOf = (diagnostics: readonly Diagnostic[]): string =>
  [...new Set(diagnostics.filter((d) => d.severity === "error").map(({ code }) => code))].join(" ");

const isTransparent = (plan: Plan, key: string): boolean =>
  plan.nodes[key]!.kind === "group" || plan.nodes[key]!.kind === "block";

class Comparison {
  readonly cases: Case[] = [];
  readonly seen = new Set<string>();
  readonly count = { frames: 0, tasks: 0, seeds: 0, iterations: 0, threw: 0, waited: 0 };
  readonly #program: Program;
  readonly #plan: Plan;
  readonly #twin: Plan | null;
  readonly #madeUp: MadeUp;
  readonly #name: string;
  /** An error in a value that nothing uses is seen by JavaScript only; the compiler has said so. */
  readonly #lenient: boolean;
  readonly #bound: { readonly plan: Bound; readonly twin: Bound } = { plan: new Map(), twin: new Map() };

  constructor(
    file: string,
    program: Program,
    plan: Plan,
    twin: Plan | null,
    sources: readonly string[],
    lenient: boolean,
  ) {
    this.#name = path.basename(path.dirname(path.resolve(file))) + path.basename(file);
    this.#program = program;
    this.#plan = plan;
    this.#twin = twin;
    this.#lenient = lenient;
    this.#madeUp = new MadeUp(program.schemas, sources);
  }

  all(seeds: number, frames: number): string | undefined {
    for (const [seed, assignment] of this.#madeUp.assignments(seeds, random(hash(this.#name))).entries()) {
      this.count.seeds++;
      const problem = this.#run(seed, assignment, frames);
      if (problem) return problem;
    }
    return undefined;
  }

  #run(seed: number, assignment: Assignment, frames: number): string | undefined {
    const next = random(hash(this.#name) + seed * 7919);
    const given = this.#madeUp.input(assignment, next);
    if (!given) return undefined;
    const simulation = new Simulation(this.#program, given.parsed);
    for (let n = 0; n < frames; n++) {
      const view = simulation.view();
      const rows = simulation.recorded.map(({ table, nodeId, iteration, row }) => ({
        table,
        nodeId,
        iteration,
        row: row as Json,
      }));
      const at = `seed ${seed}, frame ${n}`;
      const found = this.#compare(view, given.raw, rows, simulation, at);
      if (found) return `${found}\n  input ${JSON.stringify(given.raw)}\n  rows ${JSON.stringify(rows)}`;
      const ready = view.type === "tree" ? view.ready : this.#readyOfPlan(given.raw, rows);
      if (view.type === "threw" || ready.length === 0) break;
      if (hasDoubles(view)) break;
      if (!this.#advance(simulation, ready, assignment, seed, next)) break;
    }
    this.count.iterations = Math.max(
      this.count.iterations,
      ...simulation.recorded.map(({ iteration }) => iteration),
      0,
    );
    return undefined;
  }

  #compare(
    view: View,
    input: Json,
    rows: readonly PreviewRow[],
    simulation: Simulation,
    at: string,
  ): string | undefined {
    const expected = expectationOf(view, simulation);
    this.cases.push({ input, rows, expected });
    this.count.frames++;
    if (expected === "an error") this.count.threw++;
    else if (expected === "a wait") this.count.waited++;
    else if (typeof expected !== "string")
      this.count.tasks += expected.filter(({ name }) => name.startsWith("task")).length;
    const sides = [
      ["plan", this.#plan, this.#bound.plan],
      ["twin", this.#twin, this.#bound.twin],
    ] as const;
    for (const [side, plan, bound] of sides) {
      if (!plan) continue;
      const frame = framed(plan, input, rows);
      if (side === "plan") for (const key of keysOf(frame.tree)) this.seen.add(key);
      const found = differs(plan, frame, expected, bound, this.#lenient && side === "plan");
      if (found) return `${side}, ${at}: ${found}`;
    }
    return undefined;
  }

  /** While direct execution stops at a missing output, the plan itself says which tasks could give it. */
  #readyOfPlan(input: Json, rows: readonly PreviewRow[]): readonly Ready[] {
    return framed(this.#plan, input, rows).tasks.flatMap((task) =>
      task.state === "ready" && task.output !== null && task.loop === null
        ? [{ table: task.output, nodeId: task.nodeId, kind: task.kind, place: [] }]
        : [],
    );
  }

  /** Rows for one or several of the tasks whose turn it is. */
  #advance(
    simulation: Simulation,
    ready: readonly Ready[],
    assignment: Assignment,
    seed: number,
    next: Random,
  ): boolean {
    let grew = false;
    for (const task of ready) {
      const iteration = task.place.reduce((sum, at) => sum + at.iteration, 0);
      const row = this.#madeUp.row(task, assignment, { seed, iteration }, next);
      if (!row) continue;
      simulation.record(task, row);
      // A result is a frame: `until` may close its loop for good at any of them.
      simulation.view();
      grew = true;
      if (next() < 0.5) break;
    }
    return grew;
  }
}

function framed(plan: Plan, input: Json, rows: readonly PreviewRow[]): PreviewFrame {
  return previewFrame(plan, input, rows, { runId: "run-1", now: 1_700_000_000_000, host: MACHINE });
}

function* keysOf(tree: readonly PreviewNode[]): Iterable<string> {
  for (const node of tree) {
    yield node.node;
    yield* keysOf(node.children);
  }
}

function hasDoubles(view: View): boolean {
  if (view.type !== "tree") return false;
  const ids = idsOf(view.tree);
  return new Set(ids).size < ids.length;
}

function idsOf(tree: Extract<View, { type: "tree" }>["tree"]): string[] {
  return tree.flatMap((node) => [
    ...(node.id !== null && ["task", "approval", "loop"].includes(node.kind) ? [node.id] : []),
    ...idsOf(node.children),
  ]);
}

function expectationOf(view: View, simulation: Simulation): Case["expected"] {
  if (view.type === "threw") return "an error";
  if (view.type === "waiting") return "a wait";
  // JavaScript does not mind an empty id; a plan's node must have one.
  if (idsOf(view.tree).includes("")) return "an error";
  if (hasDoubles(view)) return "two nodes with one id";
  // Nested loops have the place of their own around them.
  const places = new Map<unknown, number>();
  const walk = (nodes: typeof view.tree, place: readonly { id: string; iteration: number }[]): void => {
    for (const node of nodes) {
      if (node.kind !== "loop") {
        walk(node.children, place);
        continue;
      }
      const id = loopName(node.id);
      const iteration = simulation.iterationOf(id, place);
      places.set(node, iteration);
      walk(node.children, [...place, { id, iteration }]);
    }
  };
  walk(view.tree, []);
  return linesOfDirect(view.tree, (loop) => places.get(loop) ?? 0);
}

/** What is wrong with the plan's frame; undefined when nothing is. */
export function differs(
  plan: Plan,
  frame: PreviewFrame,
  expected: Case["expected"],
  bound: Bound,
  lenient = false,
): string | undefined {
  const errors = [
    ...(frame.fatal ? [frame.fatal.message] : []),
    ...frame.held.filter(({ error }) => error).map(({ where, waitsFor }) => `${where}: ${waitsFor}`),
  ];
  const waits = frame.held.filter(({ error }) => !error);
  switch (expected) {
    case "two nodes with one id":
      return frame.fatal?.code === "DUPLICATE_ID" ? undefined : "two nodes with one id go unseen";
    case "an error": {
      const broken =
        errors.length > 0 || frame.tasks.some(({ missing }) => Object.values(missing).some(isError));
      return broken || lenient ? undefined : "direct execution throws, the plan's frame is in no error";
    }
    case "a wait": {
      const waiting = waits.length > 0 || frame.tasks.some(({ missing }) => Object.keys(missing).length > 0);
      return waiting ? undefined : "direct execution waits for an output, the plan for nothing";
    }
    default:
      if (errors.length > 0) return `the plan's frame is in error: ${errors[0]}`;
      if (waits.length > 0) return `${waits[0]!.where} waits for ${waits[0]!.waitsFor}`;
      return firstDifference(expected, linesOfPreview(plan, frame), bound);
  }
}

const isError = (why: string): boolean => !/^(outputs\.|node )/.test(why);

/** Asks a plan for all frames again; the first difference, or undefined. */
export function replay(plan: Plan, cases: readonly Case[]): string | undefined {
  const bound: Bound = new Map();
  for (const { input, rows, expected } of cases) {
    const found = differs(plan, framed(plan, input, rows), expected, bound);
    if (found) return found;
  }
  return undefined;
}
