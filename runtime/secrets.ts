/**
 * Values of secrets stay out of the journal (DESIGN §6 "Secrets"): in a store on disk a mark stands for each, wherever it
 * occurs, and whoever goes on with the run is given the current value for it. The mark holds the hash that is recorded with
 * the run, so that nobody can write one who does not know the journal: an agent's answer never turns into a secret.
 */
import { type HostSource, isRecorded, secretMark, secretsOf } from "./host.ts";
import type { EventRecord, Journal, RunReader, RunRecord, Store, Write } from "./store/store.ts";

interface Secret {
  readonly mark: string;
  /** As it stands within a string of JSON. */
  readonly quoted: string;
}

/** Shorter values are words that stand everywhere: they are not hidden. */
const SHORTEST = 8;

class Secrets {
  readonly #source: HostSource;
  readonly #isExact: boolean;
  #known: readonly Secret[] = [];
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
    this.#known = secrets.flatMap(({ name, keyedHash }) => {
      const value = this.#source(name);
      if (value === undefined || value.length < SHORTEST) return [];
      if (this.#isExact && !isRecorded(record, name, value)) return [];
      return { mark: secretMark(name, keyedHash), quoted: JSON.stringify(value).slice(1, -1) };
    });
  }

  get any(): boolean {
    return this.#known.length > 0;
  }

  hide<T>(value: T): T {
    return this.#replaced(value, (text, { quoted, mark }) => text.replaceAll(quoted, mark));
  }

  show<T>(value: T): T {
    return this.#replaced(value, (text, { quoted, mark }) => text.replaceAll(mark, () => quoted));
  }

  #replaced<T>(value: T, replace: (text: string, secret: Secret) => string): T {
    if (!this.any) return value;
    const text = JSON.stringify(value);
    const replaced = this.#known.reduce(replace, text);
    return replaced === text ? value : (JSON.parse(replaced) as T);
  }
}

/** A journal with the values of its secrets, as far as `source` has them. */
class ShowingReader implements RunReader {
  protected readonly secrets: Secrets;
  readonly #reader: RunReader;

  constructor(reader: RunReader, secrets: Secrets) {
    this.#reader = reader;
    this.secrets = secrets;
  }

  async journal(): Promise<Journal> {
    const { plan, ...journal } = await this.#reader.journal();
    if (journal.run) this.secrets.learn(journal.run);
    return { ...this.secrets.show(journal), plan };
  }

  async events(after: number, limit: number) {
    return this.secrets.show(await this.#reader.events(after, limit));
  }

  async frames(after: number, limit: number) {
    return this.secrets.show(await this.#reader.frames(after, limit));
  }

  async transitions(after: number, limit: number) {
    return this.secrets.show(await this.#reader.transitions(after, limit));
  }

  close(): Promise<void> {
    return this.#reader.close();
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
    const hide = (write: Write): Write => (write.type === "plan" ? write : this.secrets.hide(write));
    return this.#store.commit({ expectEpoch, writes: this.secrets.any ? writes.map(hide) : writes });
  }

  /** Names of the host values that are hidden. */
  get hides(): readonly string[] {
    return this.secrets.names;
  }

  /** An event as the journal has it, for whoever listens. */
  hidden(event: EventRecord): EventRecord {
    return this.secrets.hide(event);
  }
}

/** A journal as its run saw it, where `source` gives the secrets with which it began. */
export const showing = (reader: RunReader, source: HostSource): RunReader =>
  new ShowingReader(reader, new Secrets(source, { exact: true }));
