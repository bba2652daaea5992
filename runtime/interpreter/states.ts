/** What became of every address: the part of a frame that is remembered, not evaluated (journal: TaskRecord). */
import type { Json } from "../../plan/types.ts";
import type { TaskRequest } from "../executors/executor.ts";
import { addressKey } from "../store/rules.ts";
import type { Address, TaskRecord, TaskState } from "../store/store.ts";
import { type Cell, type Graph, Signal } from "../values/cell.ts";
import type { Leaf } from "./leaf.ts";
import type { Stepper } from "./stepper.ts";

export interface TaskEntry {
  readonly key: string;
  readonly address: Address;
  /** Key of the plan node that was mounted here last. */
  node: string;
  kind: TaskRecord["kind"];
  state: TaskState;
  table: string | null;
  reason: Json;
  /** Attempts started so far, over all resumes. */
  attempts: number;
  /** Attempts started before this chain, which do not count against its retries. */
  base: number;
  /** Attempts that gave a row. */
  rounds: number;
  /** When the next attempt may start; null unless one is due. */
  nextAt: number | null;
  /** With what the attempt chain started. */
  request: TaskRequest | null;
  /** Settled for good, so that what comes after may go on. */
  settled: boolean;
  /** Mounted here, in the order of mounting; more than one is an error. */
  leaves: (Leaf | Stepper)[];
  /** How the last frame had it; null when it did not. */
  stored: Stored | null;
}

/** What a frame says of an address. */
export interface Stored {
  readonly mounted: boolean;
  readonly state: TaskState;
  readonly reason: string;
}

export class States {
  readonly entries = new Map<string, TaskEntry>();
  /** Changed since the last frame was cut. */
  readonly touched = new Set<TaskEntry>();
  /** Addresses with several mounted nodes. */
  readonly doubled = new Set<TaskEntry>();
  readonly #graph: Graph;
  readonly #signals = new Map<string, Signal>();

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** The entry at an address, made when there is none. */
  at(address: Address, node: string, kind: TaskRecord["kind"]): TaskEntry {
    const key = addressKey(address);
    let entry = this.entries.get(key);
    if (!entry) {
      entry = {
        key,
        address,
        node,
        kind,
        state: "pending",
        table: null,
        reason: null,
        attempts: 0,
        base: 0,
        rounds: 0,
        nextAt: null,
        request: null,
        settled: false,
        leaves: [],
        stored: null,
      };
      this.entries.set(key, entry);
    }
    return entry;
  }

  attach(leaf: Leaf | Stepper, address: Address, kind: TaskRecord["kind"]): TaskEntry {
    const entry = this.at(address, leaf.plan.key, kind);
    entry.leaves.push(leaf);
    if (entry.leaves.length > 1) this.doubled.add(entry);
    if (entry.state === "pending") {
      entry.node = leaf.plan.key;
      entry.kind = kind;
    }
    this.touch(entry);
    return entry;
  }

  detach(leaf: Leaf | Stepper, entry: TaskEntry): void {
    entry.leaves = entry.leaves.filter((other) => other !== leaf);
    if (entry.leaves.length < 2) this.doubled.delete(entry);
    this.touch(entry);
  }

  /** Records a change of `entry` and wakes whoever asked about its node. */
  touch(entry: TaskEntry): void {
    this.touched.add(entry);
    this.signal(entry.address.nodeId);
  }

  /** Wakes readers of the node with this id. */
  signal(nodeId: string): void {
    this.#signals.get(nodeId)?.bump();
  }

  /** Records for `reader` that it looked at the node with this id. */
  watch(nodeId: string, reader: Cell): void {
    let signal = this.#signals.get(nodeId);
    if (!signal) {
      signal = new Signal(this.#graph);
      this.#signals.set(nodeId, signal);
    }
    signal.read(reader);
  }

  /** `absent`: neither mounted nor ever started. */
  lookup(address: Address, reader: Cell): "open" | "settled" | "absent" {
    this.watch(address.nodeId, reader);
    const entry = this.entries.get(addressKey(address));
    if (!entry || (entry.leaves.length === 0 && !isStarted(entry.state))) return "absent";
    return entry.settled ? "settled" : "open";
  }
}

/** Whether anything happened at an address that must be remembered when its node is unmounted. */
export function isStarted(state: TaskState): boolean {
  switch (state) {
    case "pending":
    case "unmounted":
      return false;
    case "running":
    case "waiting":
    case "finished":
    case "failed":
    case "skipped":
    case "cancelled":
      return true;
    default:
      return state satisfies never;
  }
}
