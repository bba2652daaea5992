/** What `ctx` is answered from: rows, states and loops of a world, each look recorded as a read. */

import type { Value } from "../../plan/core/values.ts";
import type { Json } from "../../plan/types.ts";
import { addressKey } from "../store/rules.ts";
import { Cell, type Graph, Source } from "../values/cell.ts";
import type { Facts } from "../values/ctx.ts";
import type { ProjectFiles } from "../values/files.ts";
import { addressAt, commonLoops } from "../values/place.ts";
import type { Rows } from "../values/rows.ts";
import type { RunState } from "../values/state.ts";
import type { Containers } from "./containers.ts";
import { progressOf } from "./loop.ts";
import { randomOf, seedOfNumbers } from "./random.ts";
import { errorOf } from "./recovery.ts";
import type { States, TaskEntry } from "./states.ts";

export interface Known {
  readonly runId: string;
  readonly input: Json;
  readonly rows: Rows;
  readonly files: ProjectFiles;
  readonly state: RunState;
  readonly seed: string;
  readonly refuseWrite: (message: string) => void;
  readonly states: States;
  readonly containers: Containers;
  readonly begun: ReadonlySet<TaskEntry>;
  /** Node id → JSON of the loops around it; asked ids are added. */
  readonly loops: Map<string, Source<string>>;
  readonly graph: Graph;
  readonly now: Source<number>;
  readonly stalled: Source<boolean>;
  readonly moves: Source<number>;
}

const NO_LOOPS: readonly string[] = Object.freeze([]);

export function factsOf(known: Known): Facts {
  const {
    runId,
    input,
    rows,
    files,
    state,
    refuseWrite,
    states,
    containers,
    begun,
    loops,
    graph,
    now,
    stalled,
    moves,
  } = known;
  const iterations = new Map<string, Cell>();
  const failures = new Map<string, Cell>();
  const shown = new WeakMap<object, Value>();
  const numbers = seedOfNumbers(known.seed);
  const loopsAround = (nodeId: string, reader: Cell): readonly string[] => {
    let chain = loops.get(nodeId);
    if (!chain) {
      chain = new Source(graph, "[]");
      loops.set(nodeId, chain);
    }
    const text = chain.read(reader);
    return text === "[]" ? NO_LOOPS : (JSON.parse(text) as readonly string[]);
  };
  return {
    runId,
    input,
    rows,
    files,
    state,
    refuseWrite,
    random: (key) => randomOf(numbers, key),
    numbers,
    now: (reader) => now.read(reader),
    loopsAround,
    stateOf: (address, reader) => {
      const state = states.lookup(address, reader);
      return state === "absent" ? containers.stateOf(address.nodeId) : state;
    },
    loopClosed: (loop, place, reader) => {
      const address = addressAt(loop, place);
      states.watch(loop, reader);
      const entry = states.entries.get(addressKey(address));
      return entry?.kind === "loop" && entry.settled;
    },
    failureOf: (nodeId, place, reader) => {
      const common = commonLoops(loopsAround(nodeId, reader), place.loops);
      const here = { loops: place.loops.slice(0, common), at: place.at.slice(0, common) };
      const key = addressKey(addressAt(nodeId, here));
      // A cell of its own: whoever asks is told of another failure only, not of what is mounted.
      let failure = failures.get(key);
      if (!failure) {
        failure = new Cell(graph, `failure of ${nodeId}`, (own) => {
          states.watch(nodeId, own);
          return errorOf(states.entries.get(key), shown);
        });
        failures.set(key, failure);
      }
      return failure.read(reader);
    },
    stalled: (reader) => stalled.read(reader),
    iterations: (place, reader) => {
      moves.read(reader);
      const all: { [loop: string]: number } = {};
      for (const entry of begun) all[entry.address.nodeId] = iterationIn(entry);
      for (const [level, loop] of place.loops.entries()) all[loop] = place.at[level] as number;
      return Object.freeze(all);
    },
    iterationOf: (loop, place, reader) => {
      const key = addressKey(addressAt(loop, place));
      // A cell of its own: whoever asks is told of this loop's moves only.
      let at = iterations.get(key);
      if (!at) {
        at = new Cell(graph, `iteration of ${loop}`, (own) => {
          moves.read(own);
          return iterationIn(states.entries.get(key) ?? null);
        });
        iterations.set(key, at);
      }
      return at.read(reader) as number;
    },
  };
}

/** Where a loop stands; a closed one in its last iteration. */
function iterationIn(loop: TaskEntry | null): number {
  const { phase, iteration } = progressOf(loop);
  return phase === "closed" ? Math.max(0, iteration - 1) : iteration;
}
