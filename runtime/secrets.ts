/**
 * Values of secrets stay out of the journal (DESIGN §6 "Secrets"): in a store on disk a mark stands for each in all that is
 * said, given and asked, and whoever goes on with the run is given the current value for it. The mark holds a part of the
 * hash that is recorded with the run, which no agent is told: no answer of one turns into a secret. Numbers, ids of nodes
 * and names of tables, events and the like are no places for secrets: they stay as they are.
 */
import { type HostSource, isRecorded, secretMark, secretsOf } from "./host.ts";
import { type Swap, swapped, swapsOf } from "./secret-text.ts";
import type { EventRecord, Journal, RunReader, RunRecord, Store, Write } from "./store/store.ts";

class Secrets {
  readonly #source: HostSource;
  readonly #isExact: boolean;
  #hiding: readonly Swap[] = [];
  #showing: readonly Swap[] = [];
  names: readonly string[] = [];

  /** @param exact values count only where they are those with which the run began, not those that took their place */
  constructor(source: HostSource, { exact }: { readonly exact: boolean }) {
    this.#source = source;
    this.#isExact = exact;
  }

  /** Those that the expressions of a run see. */
  learn(record: Pick<RunRecord, "host" | "seed">): void {
    const secrets = secretsOf(record);
    this.names = secrets.map(({ name }) => name);
    const known: Swap[] = [];
    const gone: Swap[] = [];
    for (const { name, keyedHash } of secrets) {
      const mark = secretMark(name, keyedHash);
      const value = this.#source(name);
      if (value !== undefined && (!this.#isExact || isRecorded(record, name, value)))
        known.push({ value, mark });
      // Nobody is told the mark who might say it again.
      else if (!this.#isExact) gone.push({ value: `(${name})`, mark });
    }
    this.#hiding = swapsOf(known);
    this.#showing = [...this.#hiding, ...gone];
  }

  get any(): boolean {
    return this.#showing.length > 0;
  }

  /** With marks for values. */
  readonly hide = <T>(json: T): T => swapped(json, this.#hiding, "value", "mark");

  /** With values for marks. */
  show<T>(json: T): T {
    return swapped(json, this.#showing, "mark", "value");
  }

  /** As `hide`, of a record whose own members of these names say what it is about. */
  hideIn<T extends object>(record: T, names: ReadonlySet<string>): T {
    const members = Object.entries(record).map(([name, member]) => [
      name,
      names.has(name) ? member : this.hide(member),
    ]);
    return Object.fromEntries(members) as T;
  }
}

/** Members of a request, a reason or an event that name something. */
const NAMES: ReadonlySet<string> = new Set([
  ...["nodeId", "scope", "node", "runId", "child", "kind", "code", "caught", "by"],
  ...["agents", "allowTools", "cache", "module", "result", "schema", "workflow", "table"],
  ...["event", "name", "correlationId", "id", "key", "store", "phase", "planDigest", "traceparent"],
]);

function hidden(write: Write, secrets: Secrets): Write {
  const { hide } = secrets;
  switch (write.type) {
    case "run":
      return { ...write, input: hide(write.input), reason: hide(write.reason) };
    case "plan":
      return write;
    case "frame": {
      const { state, vol, ...delta } = write.delta as { readonly [part: string]: object };
      const stores = { ...(state && { state: hide(state) }), ...(vol && { vol: hide(vol) }) };
      return { ...write, delta: { ...delta, ...stores } as FrameDelta };
    }
    case "task":
      return { ...write, reason: hiddenIn(write.reason, secrets) };
    case "attempt":
      return {
        ...write,
        request: hiddenIn(write.request, secrets),
        error: hiddenIn(write.error, secrets),
      };
    case "output":
      return { ...write, raw: hide(write.raw), value: hide(write.value) };
    case "decision":
      return { ...write, note: hide(write.note) };
    case "transition":
      return { ...write, old: hide(write.old), new: hide(write.new) };
    case "event":
      return { ...write, event: hiddenEvent(write.event, secrets) };
    default:
      return write satisfies never;
  }
}

type FrameDelta = Extract<Write, { readonly type: "frame" }>["delta"];

const hiddenIn = <T>(json: T, secrets: Secrets): T =>
  typeof json === "object" && json !== null && !Array.isArray(json) ? secrets.hideIn(json, NAMES) : json;

const hiddenEvent = (event: EventRecord, secrets: Secrets): EventRecord => ({
  ...event,
  data: secrets.hideIn(event.data, NAMES),
});

/** A journal with the values of its secrets, as far as they are known once `journal` was asked. */
class ShowingReader implements RunReader {
  protected readonly secrets: Secrets;
  /** The journal as it is on disk. */
  readonly recorded: RunReader;

  constructor(reader: RunReader, secrets: Secrets) {
    this.recorded = reader;
    this.secrets = secrets;
  }

  async journal(): Promise<Journal> {
    const { plan, ...journal } = await this.recorded.journal();
    if (journal.run) this.secrets.learn(journal.run);
    return { ...this.secrets.show(journal), plan };
  }

  async events(after: number, limit: number) {
    return this.secrets.show(await this.recorded.events(after, limit));
  }

  async frames(after: number, limit: number) {
    return this.secrets.show(await this.recorded.frames(after, limit));
  }

  async transitions(after: number, limit: number) {
    return this.secrets.show(await this.recorded.transitions(after, limit));
  }

  close(): Promise<void> {
    return this.recorded.close();
  }
}

export class HidingStore extends ShowingReader implements Store {
  readonly #store: Store;

  constructor(store: Store, source: HostSource) {
    super(store, new Secrets(source, { exact: false }));
    this.#store = store;
  }

  get epoch(): number {
    return this.#store.epoch;
  }

  commit({ expectEpoch, writes }: { readonly expectEpoch: number; readonly writes: readonly Write[] }) {
    const record = writes.find((write) => write.type === "run");
    if (record) this.secrets.learn(record);
    const hide = (write: Write): Write => hidden(write, this.secrets);
    return this.#store.commit({ expectEpoch, writes: this.secrets.any ? writes.map(hide) : writes });
  }

  /** Names of the host values that are hidden. */
  get hides(): readonly string[] {
    return this.secrets.names;
  }

  /** An event as the journal has it, for whoever listens. */
  hidden(event: EventRecord): EventRecord {
    return this.secrets.any ? hiddenEvent(event, this.secrets) : event;
  }
}

/** A journal as its run saw it, where `source` gives the secrets with which it began. */
export const showing = (reader: RunReader, source: HostSource): RunReader =>
  new ShowingReader(reader, new Secrets(source, { exact: true }));
