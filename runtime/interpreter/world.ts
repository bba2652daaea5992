/**
 * A run's frame in memory: what is mounted, in which state, and what may start. Facts (rows, states) go in from outside;
 * `evaluate` brings everything up to date and changes nothing but what depends on what changed (DESIGN §1.4).
 *
 * Within a frame: structure, outermost first; guards; loops that close; tasks whose turn has come; loops that begin or go
 * on. A step that changed something sends it back to the start, so that every decision is made on a stable frame.
 */

import { CoreError, type Value } from "../../plan/core/values.ts";
import type { Agent, Json, Plan } from "../../plan/types.ts";
import { modelOf } from "../agents/provider.ts";
import type { TaskError, TaskRequest } from "../executors/executor.ts";
import type { OutputParser } from "../executors/output.ts";
import { memoryFiles } from "../files.ts";
import { addressKey, showAddress } from "../store/rules.ts";
import type { Address } from "../store/store.ts";
import { type Prices, priceOf } from "../usage/prices.ts";
import { Cell, Graph, Source } from "../values/cell.ts";
import { isDynamic } from "../values/core.ts";
import type { Facts } from "../values/ctx.ts";
import { ProjectFiles } from "../values/files.ts";
import { toJson } from "../values/json.ts";
import { deepFreeze, Rows } from "../values/rows.ts";
import { Scope } from "../values/scope.ts";
import { RunState } from "../values/state.ts";
import { Agenda } from "./agenda.ts";
import { Budgets } from "./budgets.ts";
import { isLetGo } from "./children.ts";
import { Containers } from "./containers.ts";
import type { Continuing } from "./continuing.ts";
import { Effects } from "./effects.ts";
import { factsOf } from "./facts.ts";
import { Instance, type Origin } from "./instance.ts";
import { makeInstance } from "./kinds.ts";
import { isLaned, type Laned } from "./lanes.ts";
import type { Leaf } from "./leaf.ts";
import { Loop, progressOf } from "./loop.ts";
import type { PlanIndex } from "./plan-index.ts";
import { Prepared } from "./prepared.ts";
import { Ready } from "./ready.ts";
import {
  CANCELLED,
  catcherOf,
  type Failure,
  type Fate,
  failureAt,
  INTERRUPTED,
  interruptBelow,
} from "./recovery.ts";
import type { Gate } from "./request.ts";
import { Stages } from "./stage.ts";
import { States, type TaskEntry } from "./states.ts";
import { isClosing, isRescued, Stepper } from "./stepper.ts";
import { takeTurns } from "./turns.ts";
import type { Unit } from "./unit.ts";

/** What ends the run from within a frame: a guard, two nodes at one address, a workflow that can't be mounted. */
export interface Fatal {
  readonly code: string;
  readonly message: string;
  readonly node: string;
}

export interface WorldOptions {
  readonly runId: string;
  readonly input: Json;
  readonly now: number;
  readonly host?: { readonly [name: string]: Value };
  /** What `ctx.random` hangs on. Default "". */
  readonly seed?: string;
  /** Default: there are no files. */
  readonly files?: ProjectFiles;
  /** What models cost. Default: nobody knows. */
  readonly prices?: Prices;
  /** Keeps the last iteration of closed loops mounted, for looking at. */
  readonly showClosed?: boolean;
  /** Loops go on where a run would go on as a new one: for previews, which have no runs. */
  readonly inOne?: boolean;
}

export class World {
  readonly index: PlanIndex;
  /** For rows of the plan's tables. */
  readonly parser: OutputParser;
  readonly graph = new Graph();
  readonly rows: Rows;
  readonly files: ProjectFiles;
  /** `ctx.state` and `ctx.vol`. */
  readonly state: RunState;
  readonly effects = new Effects();
  readonly states: States;
  readonly budgets: Budgets;
  readonly facts: Facts;
  readonly containers = new Containers();
  readonly ready = new Ready();
  readonly showClosed: boolean;
  readonly inOne: boolean;
  /** What waits for people. */
  readonly asked = new Set<Leaf>();
  /** Timers whose turn has come and that are not due, and what waits for people or signals no longer than until a time. */
  readonly timed = new Set<Leaf>();
  /** Nodes that wait for a signal. */
  readonly listening = new Set<Leaf>();
  fatal: Fatal | null = null;
  /** Failed within a frame, without an attempt: still to be announced. */
  readonly unstarted = new Set<TaskEntry>();
  /** Failed for good since nothing could move, and what they read never comes. */
  readonly stuck = new Set<TaskEntry>();
  /** A task failed for good: nothing new starts. */
  failed: TaskEntry | null = null;
  /** A person cancelled the run, in which something is to be done in every outcome: nothing else starts. */
  cancelled: string | null = null;
  /** The run is to go on as a new one: nothing starts any more in this one. */
  continuing: Continuing | null = null;
  /** The node that ended the run: nothing starts any more but what is done in every outcome. */
  ended: TaskEntry | null = null;
  /** Nodes whose child runs no attempt holds. */
  readonly letGo = new Set<TaskEntry>();
  /** Nodes whose turn has come that pause the run: nothing starts before it is taken up again. */
  readonly stops = new Set<TaskEntry>();
  /** In flight and to be aborted, each with the reason. */
  readonly aborts = new Map<TaskEntry, string>();
  /** Aborted: what they give is no result. */
  readonly aborted = new Set<TaskEntry>();
  readonly stages = new Stages();
  /** Iterations of loops that were begun, over the whole run. */
  iterations = 0;
  /** Keys of entries of tasks that need a person's agreement and have it. */
  readonly agreed = new Set<string>();
  /** Waited, and is not waited for any more: still to be announced. */
  readonly givenUp = new Set<TaskEntry>();
  readonly #root: Instance;
  readonly #scope: Scope;
  readonly #now: Source<number>;
  readonly #stalled: Source<boolean>;
  readonly #moves: Source<number>;
  readonly #loops = new Map<string, Source<string>>();
  /** Loops whose turn has come, mounted or not: a fact that is remembered, so that no condition can depend on itself by it. */
  readonly #begun = new Set<TaskEntry>();
  readonly #agenda = new Agenda();
  readonly #examine = new Set<Leaf>();
  readonly #steps = new Set<Stepper>();

  constructor(plan: Plan, options: WorldOptions, prepared: Prepared = new Prepared(plan)) {
    const { index } = prepared;
    this.index = index;
    this.parser = prepared.parser;
    this.showClosed = options.showClosed ?? false;
    this.inOne = options.inOne ?? false;
    this.rows = new Rows(this.graph);
    this.files = options.files ?? new ProjectFiles(memoryFiles({}));
    this.state = new RunState(this.graph);
    this.states = new States(this.graph);
    this.budgets = new Budgets(index, this.graph, (agent) =>
      priceOf(options.prices, this.modelOf(plan.agents[agent])),
    );
    this.#now = new Source(this.graph, options.now);
    this.#stalled = new Source(this.graph, false);
    this.#moves = new Source(this.graph, 0);
    for (const [id, loops] of index.staticLoops()) this.knowLoops(id, loops);
    this.facts = factsOf({
      runId: options.runId,
      input: deepFreeze(options.input),
      rows: this.rows,
      files: this.files,
      state: this.state,
      seed: options.seed ?? "",
      refuseWrite: (message) => {
        this.fatal ??= { code: STATE_WRITE, message, node: index.root.key };
      },
      states: this.states,
      containers: this.containers,
      begun: this.#begun,
      loops: this.#loops,
      graph: this.graph,
      now: this.#now,
      stalled: this.#stalled,
      moves: this.#moves,
    });
    const shared = {
      graph: this.graph,
      residuals: prepared.residuals,
      facts: this.facts,
      host: options.host ?? {},
    };
    const scope = Scope.root(shared, plan);
    this.#scope = scope;
    this.#root = makeInstance({ world: this, plan: index.root, scope, outer: null, mode: "sequence" });
  }

  /** The plan's outermost scope. */
  get scope(): Scope {
    return this.#scope;
  }

  get root(): Instance {
    return this.#root;
  }

  get finished(): boolean {
    return this.#root.settled;
  }

  /**
   * JSON of the plan with its dynamic parts (`{ $ }`) as they are on this machine; members without a value are left out.
   * @throws CoreError where one can't be evaluated
   */
  resolve(value: Json): Json | undefined {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => this.resolve(item) ?? null);
    if (isDynamic(value)) {
      const reader = new Cell(this.graph, "agents", () => undefined);
      const found = this.#scope.evaluate(value.$, reader);
      reader.dispose();
      return found === undefined ? undefined : toJson(found, "an option of an agent");
    }
    const members = Object.entries(value).map(
      ([key, member]) => [key, this.resolve(member as Json)] as const,
    );
    return Object.fromEntries(members.filter(([, member]) => member !== undefined)) as Json;
  }

  /** The model that an agent asks for; null where it says none, and where what it says can't be evaluated. */
  modelOf(agent: Agent | undefined): string | null {
    if (!agent) return null;
    try {
      const resolved = this.resolve({ ...agent, instructions: null, options: {} } as unknown as Json);
      return modelOf(resolved as unknown as Agent);
    } catch (thrown) {
      if (thrown instanceof CoreError) return null;
      throw thrown;
    }
  }

  /** Mounts the root. Records of earlier frames must have been put into `states` and `rows` before. */
  begin(): void {
    this.#root.begin();
    this.#root.setActive(true);
  }

  setNow(now: number): void {
    this.#now.set(now);
  }

  /** The time of the frame. It is no read: a timer's time counts from the frame in which its turn came. */
  now(): number {
    return this.#now.peek();
  }

  /** Brings the frame up to date. `moving`: something outside will bring news, so that waiting is not yet a deadlock. */
  evaluate(moving: () => boolean): void {
    this.#stalled.set(false);
    for (let moves = 0; ; moves++) {
      this.#restructure();
      if (moves > MAX_MOVES) this.#unstable(undefined);
      if (this.fatal) return;
      // Before any task: what is not needed any more must neither start nor fail.
      if (this.#closeLoops()) continue;
      if (this.#takeTurns()) continue;
      if (this.#step()) continue;
      if (this.#stalled.peek() || this.failed || this.ended || this.finished || this.continuing) break;
      if (moving() || this.canMove) break;
      // Reads of nodes that will never be there become errors, which skipIf and continueOnFail may still handle.
      this.#stalled.set(true);
    }
    // A task whose optional deps will never come starts now: its gate is asked again until it has.
    if (!this.canMove) this.#stalled.set(false);
    this.#restructure();
  }

  /** Something may start, or a person may decide. */
  get canMove(): boolean {
    const waiting = this.asked.size + this.listening.size + this.stops.size;
    return this.ready.any || waiting > 0 || this.#root.running > 0;
  }

  // ---- what units call

  make(origin: Origin): Instance {
    return makeInstance(origin);
  }

  /** Runs `run` in the next evaluation after `cell` became uncertain; what is not structural, at once. */
  watch(cell: Cell, owner: Unit, run: () => void, { structural = true } = {}): void {
    if (structural) this.#agenda.watch(cell, owner, run);
    else cell.watcher = run;
  }

  /** A cell that gives the author's message when the run must fail, else null. */
  guard(cell: Cell, owner: Instance): void {
    this.#agenda.guard(cell, owner, () => {
      const outcome = cell.pull();
      if (outcome.kind === "pending" || (outcome.kind === "value" && outcome.value === null)) return;
      const message = outcome.kind === "value" ? String(outcome.value) : outcome.error.message;
      this.fatal ??= { code: "GUARD", message, node: owner.plan.key };
    });
  }

  examine(leaf: Leaf): void {
    this.#examine.add(leaf);
  }

  stepLater(stepper: Stepper): void {
    this.#steps.add(stepper);
  }

  /** Which loops are around the node with this id. */
  knowLoops(nodeId: string, loops: readonly string[]): void {
    const chain = JSON.stringify(loops);
    const known = this.#loops.get(nodeId);
    if (known) known.set(chain);
    else this.#loops.set(nodeId, new Source(this.graph, chain));
  }

  /** Loops around the node with this id, outermost first, as far as is known. */
  loopsOf(nodeId: string): readonly string[] {
    return JSON.parse(this.#loops.get(nodeId)?.peek() ?? "[]") as readonly string[];
  }

  /** Every node id and the loops around it. */
  *loopChains(): Iterable<readonly [string, readonly string[]]> {
    for (const nodeId of this.#loops.keys()) yield [nodeId, this.loopsOf(nodeId)];
  }

  attachStepper(stepper: Stepper, address: Address): TaskEntry {
    const entry = this.states.attach(stepper, address, stepper.kind);
    if (entry.kind === "loop") this.loopMoved(entry);
    return entry;
  }

  detachStepper(stepper: Stepper, entry: TaskEntry): void {
    this.states.detach(stepper, entry);
  }

  loopMoved(entry: TaskEntry): void {
    this.states.touch(entry);
    if (entry.state === "pending") return;
    this.#begun.add(entry);
    this.#moves.set(this.#moves.peek() + 1);
  }

  /** The first that says so decides. */
  goOn(continuing: Continuing): void {
    this.continuing ??= continuing;
  }

  /** Whether something is under way that no other run could go on with: a run that a node holds, a conversation with tools. */
  isTied(): boolean {
    const { plan } = this.index;
    const hasTools = Object.values(plan.agents).some(({ options }) => options.tools !== undefined);
    if (!hasTools && plan.subflows === undefined) return false;
    return [...this.states.entries.values()].some(
      ({ attempts, kind, state }) =>
        (state === "running" || state === "waiting") &&
        (kind === "subflow" || (kind === "agent" && hasTools && attempts > 0)),
    );
  }

  // ---- what the phases call

  /** The next task to start, or undefined: `places` says whether the run has one left, `room` whether this one may start. */
  takeReady(places: boolean, room: (leaf: Leaf) => boolean): Leaf | undefined {
    const crowded: Leaf[] = [];
    let found: Leaf | undefined;
    while (!found) {
      const leaf = this.ready.take({ places });
      if (!leaf) break;
      const full = this.#fullParallel(leaf);
      if (full) full.lanes.parked.push(leaf);
      else if (isClosing(leaf)) leaf.ready = false;
      else if (room(leaf)) found = leaf;
      else crowded.push(leaf);
    }
    for (const leaf of crowded) this.ready.push(leaf);
    return found;
  }

  start(entry: TaskEntry, request: TaskRequest, table: string | null): void {
    entry.request = request;
    entry.table = table;
    entry.attempts++;
    this.setState(entry, "running", null, false);
  }

  /** A settled entry frees what comes after it. */
  setState(
    entry: TaskEntry,
    state: TaskEntry["state"],
    reason: Json,
    settled: boolean,
    nextAt: number | null = null,
  ): void {
    entry.state = state;
    entry.reason = reason;
    entry.settled = settled;
    entry.nextAt = nextAt;
    if (entry.kind === "loop") this.loopMoved(entry);
    else this.states.touch(entry);
    if (entry.kind === "end" && state === "finished") this.ended ??= entry;
    if (entry.kind === "stop" && state === "waiting") this.stops.add(entry);
    else if (entry.kind === "stop") this.stops.delete(entry);
    if (isLetGo(entry)) this.letGo.add(entry);
    else if (entry.kind === "subflow") this.letGo.delete(entry);
    for (const mounted of entry.leaves) {
      if (!(mounted instanceof Stepper) && state !== "waiting") {
        this.asked.delete(mounted);
        this.timed.delete(mounted);
        this.listening.delete(mounted);
      }
      mounted.entryChanged();
    }
  }

  /** What an entry waits for is people's to say. */
  ask(entry: TaskEntry): void {
    for (const mounted of entry.leaves) if (!(mounted instanceof Stepper)) this.asked.add(mounted);
  }

  /** People have said, and what they said is not its end: nothing is asked of them while it waits for its next attempt. */
  answered(entry: TaskEntry): void {
    for (const mounted of entry.leaves) if (!(mounted instanceof Stepper)) this.asked.delete(mounted);
  }

  /** A person agreed that a task starts. */
  agree(entry: TaskEntry): void {
    this.agreed.add(entry.key);
    this.setState(entry, "pending", null, false);
  }

  /** Fails what could not even start. */
  failUnstarted(entry: TaskEntry, error: TaskError, continued: boolean): void {
    this.unstarted.add(entry);
    this.fail(entry, error, continued);
  }

  /** Ends an entry as failed; the run goes on only when the node says so, or a try or saga around it deals with it. */
  fail(entry: TaskEntry, error: TaskError, continued: boolean): Fate {
    // A loop keeps how far it came.
    const kept = entry.kind === "loop" ? { ...progressOf(entry) } : {};
    return this.#fail(entry, failureAt(entry, error), kept, continued);
  }

  /** Ends a try or saga that does not deal with a failure: what is around may. `kept` is how far it came. */
  pass(entry: TaskEntry, failure: Failure, kept: { readonly [key: string]: Json }): void {
    this.unstarted.add(entry);
    this.#fail(entry, failure, kept, false);
  }

  /** The run fails for a task whose failure was put off. */
  failAt(failure: Failure): void {
    this.failed ??= this.states.entries.get(addressKey(failure)) ?? null;
  }

  /** Ends what is under way inside a node that is closing. */
  interrupt(by: Stepper, message: string): void {
    const { address } = by.entry as TaskEntry;
    interruptBelow(by, { ...address, code: INTERRUPTED, message, outside: true });
  }

  /** Nothing starts any more but what is done in every outcome, where there is such. */
  cancel(message: string): void {
    const address = { nodeId: this.index.root.key, scope: "", iteration: 0 };
    interruptBelow(this.#root, { ...address, code: CANCELLED, message, outside: true }, { resumes: true });
    if (this.#root.unwinding > 0) this.cancelled = message;
  }

  /** What an entry waits for never comes. `by`: what has ended around it. */
  giveUp(entry: TaskEntry, message: string, by: string | undefined): void {
    this.setState(entry, "cancelled", { code: INTERRUPTED, message, ...(by && { by }) }, true);
    this.givenUp.add(entry);
  }

  /** The run ends with a node whose turn has come. */
  end(entry: TaskEntry, { status, summary }: Extract<Gate, { kind: "end" }>): void {
    this.setState(entry, "finished", { status, summary }, true);
    const { address } = entry;
    const message = `${showAddress(address)} ended the run`;
    interruptBelow(
      this.#root,
      { ...address, code: INTERRUPTED, message, outside: true },
      { by: address.nodeId, aborts: true, ends: true },
    );
  }

  /** An attempt in flight is not waited for. */
  abort(entry: TaskEntry, message: string): void {
    this.aborts.set(entry, message);
    this.aborted.add(entry);
  }

  #fail(
    entry: TaskEntry,
    failure: Failure,
    kept: { readonly [key: string]: Json },
    continued: boolean,
  ): Fate {
    const { code } = failure;
    const message =
      entry.address.nodeId === failure.nodeId
        ? failure.message
        : `${failure.nodeId} failed: ${failure.message}`;
    const [mounted] = entry.leaves;
    const fate: Fate | null = continued ? { continued } : mounted ? catcherOf(mounted, failure) : null;
    const isLast = this.cancelled !== null && mounted !== undefined && isRescued(mounted);
    const left = isLast ? { undone: true } : {};
    this.setState(entry, "failed", { ...kept, code, message, ...fate, ...left }, fate !== null);
    if (!fate) this.failed ??= entry;
    return fate ?? {};
  }

  // ---- inside a frame

  #restructure(): void {
    const unstable = this.#agenda.restructure(() => this.fatal !== null);
    if (unstable) {
      this.#unstable(unstable);
      return;
    }
    this.#agenda.checkGuards();
    const [doubled] = this.states.doubled;
    if (doubled) this.#refuse(doubled);
  }

  #unstable(owner: Unit | undefined): void {
    const node = owner instanceof Instance ? owner.plan.key : this.index.root.key;
    this.fatal = {
      code: "UNSTABLE",
      message:
        "the frame never settles: what is mounted depends on itself, or a loop goes on without running anything",
      node,
    };
  }

  #refuse(entry: TaskEntry): void {
    const [first, second] = entry.leaves.map((leaf) => leaf.plan.key);
    const message = `two nodes are mounted at ${showAddress(entry.address)}: ${first} and ${second}`;
    this.fatal ??= { code: "DUPLICATE_ID", message, node: second as string };
  }

  #takeTurns(): boolean {
    const leaves = [...this.#examine];
    this.#examine.clear();
    return takeTurns(this, leaves, this.#stalled.peek());
  }

  #closeLoops(): boolean {
    const loops = [...this.#steps].filter((stepper) => stepper instanceof Loop);
    const ending = loops.filter((loop) => loop.endsEarly());
    for (const loop of ending) loop.closeEarly();
    return ending.length > 0;
  }

  #step(): boolean {
    // Chosen before any of them moves: what one move brings about is decided on in the next round.
    const steppers = [...this.#steps].filter((stepper) => stepper.canStep());
    this.#steps.clear();
    let moved = false;
    for (const stepper of steppers) if (!stepper.disposed && stepper.step()) moved = true;
    return moved;
  }

  #fullParallel(leaf: Leaf): Laned | null {
    for (let unit: Unit | null = leaf.parent; unit; unit = unit.parent)
      if (isLaned(unit) && unit.running >= unit.lanes.limit()) return unit;
    return null;
  }
}

/** Code of a frame that is refused because something in it wrote state (SEMANTICS 2). */
export const STATE_WRITE = "STATE_WRITE";

/** Decisions within one frame: loops that go round and round although nothing in them runs end it. */
const MAX_MOVES = 10_000;
