/** Compares, for one workflow file, the frames of direct execution with those of its plan and of its plain twin. */
import path from "node:path";
import { type Compiled, compile } from "./compile.ts";
import { load, type Program, type Store } from "./direct.ts";
import { type PlanFrame, planFrame } from "./frame.ts";
import { hash, type Random, random, sample } from "./rows.ts";
import { difference, type Mounted } from "./tree.ts";

export interface Comparison {
  readonly name: string;
  /** `structural`, `block`, or the codes of its diagnostics. */
  readonly shape: string;
  readonly frames: number;
  readonly nodes: number;
  readonly bothThrew: number;
  /** What was wrong first; undefined when all frames agree. */
  readonly problem: string | undefined;
}

export interface Options {
  readonly seeds: number;
  /** Changes the plan before it is compared: a test of the comparison itself. */
  readonly damage?: (compiled: Compiled) => Compiled;
}

const FRAMES = 6;

export async function compareFile(file: string, options: Options): Promise<Comparison> {
  const name =
    path.basename(file) === "workflow.tsx"
      ? path.basename(path.dirname(path.resolve(file)))
      : path.basename(file, ".tsx");
  const compiled = options.damage ? options.damage(await compile(file)) : await compile(file);
  const { draft } = compiled;
  const none = { name, frames: 0, nodes: 0, bothThrew: 0 };
  if (!draft) {
    const codes = [...new Set(compiled.diagnostics.filter((d) => d.severity === "error").map((d) => d.code))];
    return {
      ...none,
      shape: codes.join(" ") || "nothing",
      problem: codes.length ? undefined : "no plan and no diagnostic",
    };
  }
  const warnings = [...new Set(compiled.diagnostics.map((d) => d.code))];
  const shape = [draft.blocks.length ? `block (${draft.blocks.length})` : "structural", ...warnings].join(
    " ",
  );
  const twin = await compile(file, true);
  // The library's patterns are read in place; a block can't hold them.
  const noTwin = twin.diagnostics.some(({ message }) => message.includes("stands inside a block"));
  if (!twin.draft && !noTwin)
    return {
      ...none,
      shape,
      problem: `the twin has no plan: ${twin.diagnostics.map((d) => `${d.code} ${d.message}`).join("; ")}`,
    };
  const program = await load(file);
  const sides: Side[] = [
    { name: "plan", plan: planFrame(draft), unseen: warnings.includes("SM406") },
    ...(twin.draft ? [{ name: "twin", plan: planFrame(twin.draft), unseen: false }] : []),
  ];
  const count = { frames: 0, nodes: 0, bothThrew: 0 };
  for (let seed = 0; seed < options.seeds; seed++) {
    const problem = compareSeed(name, program, sides, seed, count);
    if (problem) return { name, shape, ...count, problem };
  }
  return { name, shape, ...count, problem: undefined };
}

interface Side {
  readonly name: string;
  readonly plan: PlanFrame;
  readonly unseen: boolean;
}

/** One made-up run: frames advance by rows of the tasks that are mounted. */
function compareSeed(
  name: string,
  program: Program,
  sides: readonly Side[],
  seed: number,
  count: { frames: number; nodes: number; bothThrew: number },
): string | undefined {
  const next = random(hash(name) + seed * 977);
  const input = sample(program.schemas.input, next) ?? {};
  const store: Record<string, Record<string, unknown>[]> = {};
  if (seed % 2) for (const table of Object.keys(program.schemas)) if (table !== "input") store[table] = [];
  for (let n = 0; n < FRAMES; n++) {
    const direct = program.frame(structuredClone(input), structuredClone(store));
    let mounted = direct.type === "tree" ? direct.tree : [];
    for (const side of sides) {
      const plan = side.plan.frame(input, store as Store);
      count.frames++;
      // while direct execution stops at a missing output, the plan's own tree says which tasks could give it
      if (direct.type === "waiting" && plan.type === "tree") mounted = plan.tree;
      if (direct.type === "threw" && plan.type === "threw") count.bothThrew++;
      // an error in a value that nothing uses is seen by JavaScript only; the compiler has said so
      if (direct.type === "threw" && plan.type === "tree" && side.unseen) continue;
      const found = difference(direct, plan);
      if (found)
        return `${side.name}, seed ${seed}, frame ${n}: ${found}\n  input ${JSON.stringify(input)}\n  rows ${JSON.stringify(store)}`;
    }
    count.nodes += size(mounted);
    if (!advance(name, program, mounted, store, seed)) break;
  }
  return undefined;
}

const size = (tree: readonly Mounted[]): number =>
  tree.reduce((sum, node) => sum + 1 + size(node.children), 0);

/** Gives rows to some of the mounted tasks that have none; false when none is left. */
export function advance(
  name: string,
  program: Program,
  tree: readonly Mounted[],
  store: Record<string, Record<string, unknown>[]>,
  seed: number,
): boolean {
  let grew = false;
  const next: Random = random(hash(name) + seed * 31 + size(tree) + Object.values(store).flat().length);
  const visit = (nodes: readonly Mounted[]): boolean =>
    nodes.some((node) => {
      const table = node.props.output;
      if (typeof table === "string" && node.id !== null && !node.props.blocked && program.schemas[table]) {
        store[table] ??= [];
        const rows = store[table];
        if (!rows.some((row) => row.nodeId === node.id)) {
          const row = sample(program.schemas[table], next);
          // the stand-in for a store keeps objects only
          if (typeof row === "object" && row !== null) {
            rows.push({ ...row, nodeId: node.id, iteration: 0 });
            grew = true;
            if (next() < 0.4) return true;
          }
        }
      }
      return visit(node.children);
    });
  visit(tree);
  return grew;
}
