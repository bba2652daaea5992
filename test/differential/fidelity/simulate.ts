/**
 * A run of the source itself, with made-up results: which task's turn it is, how loops go on and close. Written from
 * DESIGN §6 alone; it shares nothing with the runtime.
 */
import type { Loops, Place, Program } from "../direct.ts";
import { highest, loopName } from "../direct.ts";
import type { Frame, Mounted } from "../tree.ts";

export type Row = Record<string, unknown>;

export interface Recorded {
  readonly table: string;
  readonly nodeId: string;
  readonly iteration: number;
  readonly row: Row;
  /** Iterations of the loops around, outermost first. */
  readonly at: readonly number[];
  readonly loops: readonly string[];
}

export interface Ready {
  readonly table: string;
  readonly nodeId: string;
  readonly kind: string;
  readonly place: Place;
}

export type View =
  | { readonly type: "tree"; readonly tree: readonly Mounted[]; readonly ready: readonly Ready[] }
  | Exclude<Frame, { readonly type: "tree" }>;

interface Progress {
  iteration: number;
  begun: boolean;
  closed: boolean;
}

const MAX = 5;
const nameOf = (loop: Mounted): string => loopName(loop.id);

export class Simulation {
  readonly recorded: Recorded[] = [];
  readonly #program: Program;
  readonly #input: unknown;
  readonly #loops = new Map<string, Progress>();
  #moved = false;

  constructor(program: Program, input: unknown) {
    this.#program = program;
    this.#input = input;
  }

  record({ table, nodeId, place }: Ready, row: Row): void {
    const at = place.map(({ iteration }) => iteration);
    const loops = place.map(({ id }) => id);
    this.recorded.push({ table, nodeId, iteration: at.at(-1) ?? 0, row, at, loops });
  }

  iterationOf(loop: string, place: Place): number {
    return this.#progress(loop, place).iteration;
  }

  /** The frame as the rows have it, after every loop has gone on that could. */
  view(): View {
    for (let moves = 0; moves < 50; moves++) {
      const frame = this.#render();
      if (frame.type !== "tree") return frame;
      const ready: Ready[] = [];
      this.#moved = false;
      this.#settle(frame.tree, [], "sequence", true, ready);
      if (!this.#moved) return { type: "tree", tree: frame.tree, ready };
    }
    throw new Error("the loops never stand still");
  }

  #progress(loop: string, place: Place): Progress {
    const key = [...place.map(({ id, iteration }) => `${id}=${iteration}`), loop].join("/");
    let progress = this.#loops.get(key);
    if (!progress) {
      progress = { iteration: 0, begun: false, closed: false };
      this.#loops.set(key, progress);
    }
    return progress;
  }

  /**
   * `ctx.iteration` is one value a render: the frame is rendered once for every iteration that a loop stands at, and
   * each loop's body taken from the render of its own.
   */
  #render(): Frame {
    const trees = new Map<number, Frame>();
    const treeAt = (iteration: number): Frame => {
      const known = trees.get(iteration);
      if (known) return known;
      const frame = this.#renderAt(iteration);
      trees.set(iteration, frame);
      return frame;
    };
    const outside = treeAt(0);
    if (outside.type !== "tree") return outside;
    let failed: Frame | undefined;
    const merge = (nodes: readonly Mounted[], place: Place): readonly Mounted[] =>
      nodes.map((node) => {
        if (node.kind !== "loop") return { ...node, children: merge(node.children, place) };
        const iteration = this.iterationOf(nameOf(node), place);
        const frame = treeAt(iteration);
        if (frame.type !== "tree") {
          failed ??= frame;
          return node;
        }
        const own = find(frame.tree, nameOf(node)) ?? node;
        return {
          ...node,
          props: { ...node.props, until: own.props.until },
          children: merge(own.children, [...place, { id: nameOf(node), iteration }]),
        };
      });
    const tree = merge(outside.tree, []);
    return failed ?? { type: "tree", tree, waiting: false };
  }

  #renderAt(iteration: number): Frame {
    const store: Record<string, Row[]> = {};
    for (const { table, nodeId, iteration: n, row, at } of this.recorded) {
      const copy: Row = { ...structuredClone(row), nodeId, iteration: n };
      Object.defineProperty(copy, "at", { value: at.length > 0 ? at : [0], enumerable: false });
      store[table] ??= [];
      store[table].push(copy);
    }
    for (const table of Object.keys(this.#program.schemas)) if (table !== "input") store[table] ??= [];
    const loops: Loops = {
      iteration,
      iterations: {},
      iterationOf: (loop, place) => this.iterationOf(loop, place),
      dep: (table, nodeId, place) => this.#dep(store[table] ?? [], table, nodeId, place),
    };
    return this.#program.frame(structuredClone(this.#input), store, loops);
  }

  /** The row that `output` gives at `place`: of the same iteration, from outside of a closed loop. */
  #dep(rows: readonly Row[], table: string, nodeId: string, place: Place): Row | undefined {
    const producer = this.recorded.find((row) => row.table === table && row.nodeId === nodeId);
    if (!producer) return undefined;
    let common = 0;
    while (common < producer.loops.length && producer.loops[common] === place[common]?.id) common++;
    const outer = place.slice(0, common);
    if (common < producer.loops.length && !this.#progress(producer.loops[common]!, outer).closed)
      return undefined;
    const at = (row: Row): readonly number[] => row.at as readonly number[];
    return highest(
      rows.filter(
        (row) => row.nodeId === nodeId && outer.every(({ iteration }, level) => at(row)[level] === iteration),
      ),
    );
  }

  /** Whether all of `nodes` have settled; what may start is added to `ready`. */
  #settle(
    nodes: readonly Mounted[],
    place: Place,
    mode: "sequence" | "parallel",
    active: boolean,
    ready: Ready[],
  ): boolean {
    let settled = true;
    for (const node of nodes) {
      const turn = active && (mode === "parallel" || settled);
      if (!this.#settleNode(node, place, turn, ready)) settled = false;
    }
    return settled;
  }

  #settleNode(node: Mounted, place: Place, active: boolean, ready: Ready[]): boolean {
    switch (node.kind) {
      case "task":
      case "approval":
        return this.#settleTask(node, place, active, ready);
      case "parallel":
        return this.#settle(node.children, place, "parallel", active, ready);
      case "loop":
        return this.#settleLoop(node, place, active, ready);
      case "timer":
        // No time passes here.
        return active && Boolean(node.props.skipIf);
      default:
        return this.#settle(node.children, place, "sequence", active, ready);
    }
  }

  #settleTask({ id, kind, props }: Mounted, place: Place, active: boolean, ready: Ready[]): boolean {
    const at = place.map(({ iteration }) => iteration);
    const has = this.recorded.some((row) => row.nodeId === id && String(row.at) === String(at));
    if (has) return true;
    if (!active || props.blocked) return false;
    const after = [props.dependsOn ?? []].flat().filter(Boolean).map(String);
    if (!after.every((other) => this.#ended(other, place))) return false;
    if (props.skipIf) return true;
    if (id !== null && typeof props.output === "string")
      ready.push({ table: props.output, nodeId: id, kind, place });
    return false;
  }

  #ended(nodeId: string, place: Place): boolean {
    const at = place.map(({ iteration }) => iteration);
    return this.recorded.some(
      (row) => row.nodeId === nodeId && String(row.at) === String(at.slice(0, row.at.length)),
    );
  }

  #settleLoop(node: Mounted, place: Place, active: boolean, ready: Ready[]): boolean {
    const progress = this.#progress(nameOf(node), place);
    if (progress.closed) return true;
    if (!active) return false;
    const { until, maxIterations } = node.props;
    const max = typeof maxIterations === "number" && !Number.isNaN(maxIterations) ? maxIterations : MAX;
    if (until || progress.iteration >= max) {
      // The last iteration is the last one that began.
      if (!progress.begun && progress.iteration > 0) progress.iteration--;
      progress.closed = true;
      this.#moved = true;
      return true;
    }
    progress.begun = true;
    const inside = [...place, { id: nameOf(node), iteration: progress.iteration }];
    if (!this.#settle(node.children, inside, "sequence", true, ready)) return false;
    this.#moved = true;
    if (progress.iteration + 1 >= max) progress.closed = true;
    else {
      progress.iteration++;
      progress.begun = false;
    }
    return progress.closed;
  }
}

function find(tree: readonly Mounted[], loop: string): Mounted | undefined {
  for (const node of tree) {
    if (node.kind === "loop" && nameOf(node) === loop) return node;
    const inside = find(node.children, loop);
    if (inside) return inside;
  }
  return undefined;
}
