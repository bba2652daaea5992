/**
 * A run once more from its journal: the recorded facts go through the same evaluation, and every frame, start, prompt and
 * row must come out as it was. Nothing is run, nothing is asked of the machine (DESIGN §6 "Replay").
 */
import type { Json, Plan } from "../../plan/types.ts";
import { suspended } from "../agents/session.ts";
import { type CarriedData, carriedState, carriedWrites } from "../carried.ts";
import { newRun, reopenedRun } from "../engine.ts";
import type { TaskError } from "../executors/executor.ts";
import { environment, type HostSource, hostOfReplay } from "../host.ts";
import type { Snapshot } from "../interpreter/1-snapshot.ts";
import { evaluate } from "../interpreter/2-evaluate.ts";
import { reconcile } from "../interpreter/3-reconcile.ts";
import { commit } from "../interpreter/4-commit.ts";
import { runEffects } from "../interpreter/handlers.ts";
import { parseRow } from "../interpreter/outputs.ts";
import { Prepared } from "../interpreter/prepared.ts";
import type { End, Fact, Run, Services, Start } from "../interpreter/run.ts";
import type { World } from "../interpreter/world.ts";
import { MemorySpace, memoryStore } from "../store/memory.ts";
import { everyTransition } from "../store/paged.ts";
import { addressKey, showAddress } from "../store/rules.ts";
import type {
  Address,
  AttemptRecord,
  DecisionRecord,
  FrameRecord,
  OutputRecord,
  RunReader,
  RunRecord,
  Store,
  TransitionRecord,
} from "../store/store.ts";
import { type FileAnswer, type FileQuestion, ProjectFiles } from "../values/files.ts";
import { stableText } from "../values/json.ts";
import type { RecordedFact, RecordedStep, Recording } from "./recording.ts";

/** Where the replay first differs from the run. */
export interface Divergence {
  /** Frame in which it shows. */
  readonly frame: number;
  /** What differs: a node's address, or a part of the frame. */
  readonly what: string;
  readonly recorded: Json;
  readonly replayed: Json;
}

type Beginning = Extract<RecordedFact, { readonly at: number }>;

/** Thrown at the first difference. */
export class Diverged extends Error {
  readonly divergence: Divergence;
  constructor(divergence: Divergence) {
    super(divergence.what);
    this.divergence = divergence;
  }
}

export class Replayer {
  frames = 0;
  starts = 0;
  rows = 0;
  /** Called before each commit with what starts then. */
  watch: ((run: Run, starts: readonly Start[]) => void) | null = null;
  readonly #plan: Plan;
  readonly #prepared: Prepared;
  readonly #recording: Recording;
  readonly #record: RunRecord;
  readonly #secrets: HostSource;
  readonly #space = new MemorySpace();
  readonly #attempts: ReadonlyMap<string, AttemptRecord>;
  readonly #outputs: ReadonlyMap<string, OutputRecord>;
  readonly #decisions: ReadonlyMap<string, DecisionRecord>;
  #now: number;
  /** A fault of the engine's own ended the run: what led to it is no fact of the journal. */
  #faulted = false;
  #frame = 0;
  #end: End | null = null;
  #run: Run | null = null;
  #store: Store | null = null;

  /** @param secrets gives values of which the journal holds hashes alone; taken where they are those that were recorded */
  constructor(
    plan: Plan,
    recording: Recording,
    record: RunRecord,
    { prepared, secrets = environment }: { readonly prepared?: Prepared; readonly secrets?: HostSource } = {},
  ) {
    this.#plan = plan;
    this.#secrets = secrets;
    // A process that takes the run up again works nothing out anew.
    this.#prepared = Prepared.of(plan, prepared);
    this.#recording = recording;
    this.#record = record;
    this.#now = record.createdAt;
    const { attempts, outputs, decisions } = recording.journal;
    this.#attempts = new Map(attempts.map((x) => [attemptKey(x, x.attempt), x]));
    this.#outputs = new Map(outputs.map((x) => [`${x.table} ${addressKey(x)}`, x]));
    this.#decisions = new Map(decisions.map((x) => [addressKey(x), x]));
  }

  async replay(): Promise<void> {
    for (const step of this.#recording.steps) await this.#step(step);
    await this.#compareEnd();
    await this.#store?.close();
  }

  /** Replays up to a frame, and gives the world as it was then; null where the run has no such frame. */
  async replayTo(frame: number): Promise<World | null> {
    for (const step of this.#recording.steps) {
      await this.#step(step);
      if (step.frame?.frame === frame) return this.#run?.world ?? null;
    }
    return null;
  }

  /** Everything in the journal of the replay, as far as it has come. */
  get reader(): RunReader | null {
    return this.#store;
  }

  get world(): World | null {
    return this.#run?.world ?? null;
  }

  async #step({ facts, frame }: RecordedStep): Promise<void> {
    if (frame) this.#frame = frame.frame;
    let taken: Fact[] = [];
    for (const [at, fact] of facts.entries()) {
      if (fact.kind === "carry") await this.#carry(fact.carried);
      else if (fact.kind === "begin" || fact.kind === "resume") {
        if (taken.length > 0) await this.#evaluate(taken, null);
        taken = await this.#enter(fact);
        // What changed nothing was evaluated by itself, before whatever came next; but for what held it from the start.
        const isHeld = facts[at + 1]?.kind === "stop";
        if (frame?.cause !== "start" && frame?.cause !== "resume" && !isHeld)
          await this.#evaluate(taken.splice(0), null);
      } else taken.push(...this.#factOf(fact));
    }
    if (frame || taken.length > 0) await this.#evaluate(taken, frame);
  }

  /** The run begins with the state that it was given. */
  async #carry(data: CarriedData): Promise<void> {
    const { journal, frames, transitions } = this.#recording;
    const frame = data.at === null ? null : (frames.get(data.at) ?? null);
    const store = memoryStore(this.#space);
    const carried = carriedState(data, journal, transitions, frame);
    const writes = carriedWrites(this.#record, journal.plan ?? "", carried);
    await store.commit({ expectEpoch: store.epoch, writes });
    this.#store = store;
  }

  /** A process takes the run up. Returns the news it begins with. */
  async #enter(fact: Beginning): Promise<Fact[]> {
    const record: RunRecord = {
      ...this.#record,
      status: "running",
      reason: null,
      updatedAt: this.#record.createdAt,
    };
    this.#now = fact.kind === "resume" ? fact.at : record.createdAt;
    await this.#store?.close();
    const store = memoryStore(this.#space);
    this.#store = store;
    const services = this.#services(store, fact);
    this.#run =
      fact.kind === "begin"
        ? newRun(this.#plan, record, services, this.#machine())
        : await reopenedRun(this.#plan, record, await store.journal(), services, this.#machine());
    return [...(await this.#run.take())];
  }

  #services(store: Store, { maxConcurrency, storm, prices }: Beginning): Services {
    return {
      ...(storm && { storm }),
      ...(prices && { prices }),
      prepared: this.#prepared,
      store,
      executors: { get: () => undefined },
      clock: { now: () => this.#now, at: () => () => {}, after: () => () => {} },
      maxConcurrency,
      wait: () => false,
      onEvent: () => {},
      nextRunId: () => this.#recording.continued?.next ?? "",
      decider: () => undefined,
    };
  }

  /** The journal stands for the machine: what it does not hold was never asked. */
  #machine() {
    const files = new ProjectFiles(unasked, this.#recording.files);
    return {
      host: hostOfReplay(this.#record, this.#secrets),
      files: (question: FileQuestion) => files.ask(question),
      lostUsage: (lost: AttemptRecord): Json =>
        this.#attempts.get(attemptKey(lost, lost.attempt))?.usage ?? null,
    };
  }

  /** One step of the run. `frame` is what it gave; null where nothing was to change. */
  async #evaluate(facts: readonly Fact[], frame: FrameRecord | null): Promise<void> {
    const run = this.#present;
    if (frame) this.#now = frame.now;
    const snapshot: Snapshot = {
      now: this.#now,
      cause: (frame?.cause ?? "timer") as Snapshot["cause"],
      facts,
    };
    evaluate(run, snapshot);
    const step = reconcile(run, snapshot);
    this.#compareFrame(frame, step.frame);
    for (const start of step.starts) this.#compareRequest(start);
    this.watch?.(run, step.starts);
    const { flights } = await commit(run, { ...step, end: null }, this.#now);
    for (const flight of flights) run.inFlight.set(flight.entry.key, flight);
    for (const tell of run.committed.splice(0)) tell();
    runEffects(run);
    this.#end = step.end;
    if (frame) this.frames++;
    // Retries that are due at once: whether they were is recorded by their start.
    if (run.hasNews) await run.take();
  }

  /** The run as the present process has it. */
  get #present(): Run {
    if (!this.#run) throw this.#differs("the run", "no start", "a frame");
    return this.#run;
  }

  #factOf(fact: Exclude<RecordedFact, Beginning | { readonly kind: "carry" }>): readonly Fact[] {
    const run = this.#present;
    if (fact.kind === "interrupt") return [{ kind: "abort" }];
    if (fact.kind === "signal") return [{ kind: "signal", request: fact.request, done: () => {} }];
    if (fact.kind === "answer") return [{ kind: "answer", request: fact.request, done: () => {} }];
    if (fact.kind === "said") return [{ kind: "decision", decision: fact.decision, done: () => {} }];
    if (fact.kind === "file") return [{ kind: "files", records: [fact.record] }];
    if (fact.kind === "flush") return [{ kind: "flush" }];
    if (fact.kind === "stop") return [{ kind: "stop", request: fact.request, done: () => {} }];
    if (fact.kind === "fault") {
      const { world, plan } = run;
      world.fatal ??= { code: "INTERNAL", message: fact.message, node: plan.root };
      this.#faulted = true;
      return [];
    }
    const entry = run.world.states.entries.get(addressKey(fact.address));
    const name = showAddress(fact.address);
    switch (fact.kind) {
      case "started":
        return entry && entry.state === "waiting" && entry.nextAt !== null ? [{ kind: "retry", entry }] : [];
      case "progress":
        // Of an attempt that had ended already, or whose node is gone, nobody is told.
        if (entry) run.progress.push({ entry, said: fact.said });
        return [{ kind: "events" }];
      case "alarm":
        if (entry?.state !== "waiting") throw this.#differs(`the timer ${name}`, "due", entry?.state ?? null);
        return [{ kind: "alarm", entry }];
      case "decision": {
        const decision = this.#decisions.get(addressKey(fact.address));
        if (!decision) throw this.#differs(`the decision on ${name}`, null, "made");
        return [{ kind: "decision", decision, done: () => {} }];
      }
      case "result": {
        const attempt = this.#attempts.get(attemptKey(fact.address, fact.attempt));
        if (!entry || !attempt || !run.inFlight.has(entry.key))
          throw this.#differs(`attempt ${fact.attempt} of ${name}`, "a result", "not started");
        const usage = attempt.usage === null ? {} : { usage: attempt.usage };
        if (!fact.ok) {
          const { question } = fact;
          const error = question ? suspended(question).error : (attempt.error as unknown as TaskError);
          const result = { ok: false, error, ...usage, ...(question && { question }) } as const;
          return [{ kind: "result", entry, attempt: fact.attempt, result }];
        }
        const { raw, value } = this.#rowOf(run, fact.address, entry.table, name);
        const writes = fact.writes ? { writes: fact.writes } : {};
        const result = { ok: true, raw, value, ...usage, ...writes } as const;
        return [{ kind: "result", entry, attempt: fact.attempt, result }];
      }
      default:
        return fact satisfies never;
    }
  }

  /** The recorded row: what the schema makes of what the task gave. */
  #rowOf(
    run: Run,
    address: Address,
    table: string | null,
    name: string,
  ): { readonly raw: Json; readonly value: Json } {
    if (table === null) return { raw: null, value: null };
    const row = this.#outputs.get(`${table} ${addressKey(address)}`);
    if (!row) throw this.#differs(`the row of ${name}`, null, `a row of ${table}`);
    const parsed = parseRow(run, table, row.raw);
    if (!parsed.ok) throw this.#differs(`the row of ${name}`, row.value, "not valid");
    if (!same(parsed.value, row.value)) throw this.#differs(`the row of ${name}`, row.value, parsed.value);
    this.rows++;
    return row;
  }

  #compareFrame(recorded: FrameRecord | null, replayed: FrameRecord | null): void {
    if (!recorded && !replayed) return;
    const [before, after] = [recorded?.delta ?? {}, replayed?.delta ?? {}] as Record<string, Json>[];
    for (const part of ["mounted", "unmounted", "changed", "state", "vol", "effects"])
      if (!same(before![part] ?? null, after![part] ?? null))
        throw this.#differs(part, before![part] ?? null, after![part] ?? null);
    if (recorded?.frame !== replayed?.frame)
      throw this.#differs("its number", recorded?.frame ?? null, replayed?.frame ?? null);
  }

  #compareRequest({ entry, attempt, request }: ReturnType<typeof reconcile>["starts"][number]): void {
    const name = `attempt ${attempt} of ${showAddress(entry.address)}`;
    const recorded = this.#attempts.get(attemptKey(entry.address, attempt));
    if (!recorded) throw this.#differs(name, "not started", "started");
    const made = JSON.parse(JSON.stringify(request)) as Json;
    if (!same(recorded.request, made)) throw this.#differs(`what ${name} began with`, recorded.request, made);
    this.starts++;
  }

  /** What became of every address, and how the run ended where the journal says that it did. */
  async #compareEnd(): Promise<void> {
    const { journal } = this.#recording;
    const replayed = await this.#store?.journal();
    const tasks = new Map(replayed?.tasks.map((task) => [addressKey(task), task]));
    for (const { frame: _, ...task } of journal.tasks) {
      const { frame: __, ...made } = tasks.get(addressKey(task)) ?? { frame: 0 };
      if (!same(task as unknown as Json, made as unknown as Json))
        throw this.#differs(showAddress(task), task as unknown as Json, made as unknown as Json);
    }
    await this.#compareTransitions();
    const { status, reason } = journal.run ?? this.#record;
    if (this.#faulted) return;
    if (!ENDS.has(status)) return;
    const end = { status: this.#end?.status ?? null, reason: firstLine(this.#end?.reason) };
    if (!same(end, { status, reason: firstLine(reason) }))
      throw this.#differs("how it ended", { status, reason }, end);
    const [was, is] = [this.#recording.continued, this.#end?.continued ?? null] as unknown as Json[];
    if (!same(was!, is!)) throw this.#differs("with what it went on", was!, is!);
  }

  async #compareTransitions(): Promise<void> {
    const { transitions } = this.#recording;
    const made: TransitionRecord[] = [];
    if (this.#store) for await (const transition of everyTransition(this.#store)) made.push(transition);
    for (let at = 0; at < Math.max(transitions.length, made.length); at++) {
      const [was, is] = [transitions[at] ?? null, made[at] ?? null] as unknown as Json[];
      if (!same(was!, is!)) throw this.#differs(`the ${at + 1}th change of state`, was!, is!);
    }
  }

  #differs(what: string, recorded: Json, replayed: Json): Diverged {
    return new Diverged({ frame: this.#frame, what, recorded, replayed });
  }
}

/** How a run can end by itself; a person ends it otherwise. */
const ENDS: ReadonlySet<string> = new Set(["finished", "failed", "waiting", "stalled"]);

const attemptKey = (address: Address, attempt: number): string => `${addressKey(address)} ${attempt}`;

/** Mostly the keys come in the same order as well, which is cheaper to see. */
const same = (a: Json, b: Json): boolean =>
  JSON.stringify(a) === JSON.stringify(b) || stableText(a) === stableText(b);

/** What follows may be a stack trace. */
const firstLine = (text: string | null | undefined): string | null => text?.split("\n")[0] ?? null;

const unasked = ({ operation, path }: FileQuestion): FileAnswer => ({
  ok: false,
  code: "UNRECORDED",
  message: `the run never asked ${operation} of ${path}`,
});
