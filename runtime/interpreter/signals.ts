/**
 * Signals (SEMANTICS 39): what people and programs tell a run by name. Each is an event of the journal; it is kept until a
 * node waits for it, delivered to one node, and, where it has a correlation id, taken once.
 */
import type { Json } from "../../plan/types.ts";
import type { EventRecord } from "../store/store.ts";

export interface Signal {
  /** Among all signals of the run, in their order, from 1. */
  readonly number: number;
  readonly name: string;
  readonly correlationId: string | null;
  readonly payload: Json;
  /** All that the journal has of it. */
  readonly data: EventRecord["data"];
}

/** The event by which the journal keeps a signal. */
export const SIGNAL_RECEIVED = "signal.received";
/** One that came before under the same name and correlation id. */
export const SIGNAL_DUPLICATE = "signal.duplicate";
/** One that did not fit; `retried` of one that a node had which is done once more. */
export const SIGNAL_REJECTED = "signal.rejected";

/** All signals of a run, and which of them are used up. */
export class Signals {
  readonly #all: Signal[] = [];
  /** Came while another one of their name and correlation id was there. */
  #doubled: Omit<Signal, "number">[] = [];
  readonly #used = new Set<number>();
  readonly #rejected = new Set<number>();
  readonly #ids = new Set<string>();

  /** Takes up an event of the journal. */
  learn({ type, data }: Pick<EventRecord, "type" | "data">): void {
    if ((type === SIGNAL_RECEIVED || type === SIGNAL_DUPLICATE) && typeof data.id === "string")
      this.#ids.add(data.id);
    const sent = {
      name: String(data.name),
      correlationId: (data.correlationId as string | null | undefined) ?? null,
      payload: data.payload ?? null,
      data,
    };
    if (type === SIGNAL_RECEIVED) this.#add(sent);
    else if (type === SIGNAL_DUPLICATE) this.#doubled.push(sent);
    else if (type === SIGNAL_REJECTED && data.retried === true) this.spend(Number(data.signal));
    else if (type === SIGNAL_REJECTED) this.reject(Number(data.signal));
  }

  use(number: number): void {
    this.#used.add(number);
  }

  /** It did not fit what waited for it: the next one of the same name and id, which may have come already, is in its place. */
  reject(number: number): void {
    if (this.#rejected.has(number)) return;
    this.#discard(number);
    const [next] = this.doublesOf(number);
    if (!next) return;
    this.#doubled = this.#doubled.filter((one) => one !== next);
    this.#add(next);
  }

  /** The node that had it waits for another one, which what came of it once more by then is not. */
  spend(number: number): void {
    if (this.#rejected.has(number)) return;
    this.#discard(number);
    const doubles = new Set(this.doublesOf(number));
    this.#doubled = this.#doubled.filter((one) => !doubles.has(one));
  }

  #discard(number: number): void {
    this.#used.add(number);
    this.#rejected.add(number);
  }

  /** What came while this one was there, under its name and correlation id. */
  doublesOf(number: number): readonly Omit<Signal, "number">[] {
    const { name, correlationId } = this.#all[number - 1] as Signal;
    return this.#doubled.filter((one) => one.name === name && one.correlationId === correlationId);
  }

  #add(sent: Omit<Signal, "number">): void {
    this.#all.push({ number: this.#all.length + 1, ...sent });
  }

  /** Those that no node has taken. */
  unused(): readonly Signal[] {
    return this.#all.filter(({ number }) => !this.#used.has(number));
  }

  /** Whether the journal has what came in the file of that name. */
  knows(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Whether one of the same name and correlation id has come before, and was not rejected. */
  has({ name, correlationId }: Pick<Signal, "name" | "correlationId">): boolean {
    return (
      correlationId !== null &&
      this.#all.some(
        (one) => one.name === name && one.correlationId === correlationId && !this.#rejected.has(one.number),
      )
    );
  }

  /** The oldest one that is not used up; with any correlation id where none is asked for. */
  find(name: string, correlationId: string | null): Signal | undefined {
    return this.#all.find(
      (one) =>
        one.name === name &&
        (correlationId === null || one.correlationId === correlationId) &&
        !this.#used.has(one.number),
    );
  }
}
