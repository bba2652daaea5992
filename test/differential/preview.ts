/** The runtime's own reading of a finished plan against direct execution: `build`, then `previewFrame`. */
import path from "node:path";
import { build } from "../../compiler/index.ts";
import { isLeaf } from "../../plan/fields.ts";
import type { Json, NodeKind, Plan } from "../../plan/types.ts";
import { type PreviewTask, previewFrame } from "../../runtime/preview.ts";
import type { PreviewRow } from "../../runtime/preview-rows.ts";
import { advance } from "./compare.ts";
import { load, type Store } from "./direct.ts";
import { FILES, MACHINE } from "./machine.ts";
import { hash, random, sample } from "./rows.ts";
import { canonical, type Mounted } from "./tree.ts";

export interface Previewed {
  readonly frames: number;
  readonly tasks: number;
  readonly problem: string | undefined;
}

/** Compares every frame that direct execution gives; null where no plan is built. Loops are left out: their bodies wait for their turn. */
export async function comparePreview(file: string, name: string, seeds: number): Promise<Previewed | null> {
  const { plan } = await build(file, { root: path.dirname(file) });
  if (!plan || Object.values(plan.nodes).some((node) => node.kind === "loop")) return null;
  const program = await load(file);
  const count = { frames: 0, tasks: 0 };
  for (let seed = 0; seed < seeds; seed++) {
    const next = random(hash(name) + seed * 977);
    const input = sample(program.schemas.input, next) ?? {};
    const store: Record<string, Record<string, unknown>[]> = {};
    for (const table of Object.keys(program.schemas)) if (table !== "input") store[table] = [];
    for (let n = 0; n < 6; n++) {
      const direct = program.frame(structuredClone(input), structuredClone(store));
      if (direct.type !== "tree") break;
      const problem = differs(plan, direct.tree, input, store);
      count.frames++;
      count.tasks += tasksOf(direct.tree).length;
      if (problem)
        return { ...count, problem: `seed ${seed}, frame ${n}: ${problem}\n  rows ${JSON.stringify(store)}` };
      // a run ends where two nodes have one id
      const ids = tasksOf(direct.tree).map((task) => task.id);
      if (new Set(ids).size < ids.length) break;
      if (!advance(name, program, direct.tree, store, seed)) break;
    }
  }
  return { ...count, problem: undefined };
}

function differs(plan: Plan, tree: readonly Mounted[], input: Json, store: Store): string | undefined {
  const ids = tasksOf(tree).map((task) => task.id);
  const frame = previewFrame(plan, input, rowsOf(store), {
    runId: "run-1",
    now: 1_700_000_000_000,
    host: MACHINE,
    files: FILES,
  });
  // two nodes with one id: JavaScript does not mind, a run must
  if (new Set(ids).size < ids.length) return frame.fatal ? undefined : "two nodes with one id go unseen";
  if (frame.fatal) return `the run would fail: ${frame.fatal.message}`;
  const [held] = frame.held;
  if (held) return `${held.where} waits for ${held.waitsFor}`;
  const direct = tasksOf(tree).map(lineOfDirect);
  const preview = frame.tasks.map(lineOfPreview);
  for (let n = 0; n < Math.max(direct.length, preview.length); n++) {
    if (direct[n] !== preview[n])
      return `task ${n}:\n  direct  ${direct[n] ?? "(nothing)"}\n  preview ${preview[n] ?? "(nothing)"}`;
  }
  return undefined;
}

function rowsOf(store: Store): PreviewRow[] {
  return Object.entries(store).flatMap(([table, rows]) =>
    rows.map(({ nodeId, iteration, ...row }) => ({
      table,
      nodeId: String(nodeId),
      iteration: Number(iteration),
      row: row as Json,
    })),
  );
}

const tasksOf = (tree: readonly Mounted[]): Mounted[] =>
  tree.flatMap((node) => {
    if (isLeaf(node.kind as NodeKind)) return [node];
    // what is mounted after a failure only
    const dormant = node.props.role === "catch" || node.props.role === "compensation";
    return dormant ? [] : tasksOf(node.children);
  });

/** What both sides say of a task; a task that waits for its deps has no prompt yet. */
function lineOfDirect({ kind, id, props }: Mounted): string {
  const isAgent = props.agent !== undefined;
  const what = kind !== "task" ? kind : props.compute ? "compute" : isAgent ? "agent" : "static";
  const text = (isAgent || kind === "human") && !props.blocked ? (props.prompt ?? "") : null;
  return canonical([
    id,
    what,
    text,
    what === "static" && !props.blocked ? (props.payload ?? null) : null,
    props.output ?? null,
    props.skipIf ?? false,
  ]);
}

function lineOfPreview(task: PreviewTask): string {
  const text =
    (task.kind === "agent" || task.kind === "human") && !("prompt" in task.missing)
      ? (task.prompt ?? "")
      : null;
  const payload = task.kind === "static" && !("payload" in task.missing) ? task.payload : null;
  return canonical([
    task.kind === "continue-as-new" ? null : task.nodeId,
    task.kind,
    text,
    payload,
    task.output,
    task.skipIf ?? false,
  ]);
}
