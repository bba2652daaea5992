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
}

/** The event by which the journal keeps a signal. */
export const SIGNAL_RECEIVED = "signal.received";
/** One that came before under the same name and correlation id. */
export const SIGNAL_DUPLICATE = "signal.duplicate";
export const SIGNAL_REJECTED = "signal.rejected";

/** All signals of a run, and which of them are used up. */
export class Signals {
  readonly #all: Signal[] = [];
  readonly #used = new Set<number>();
  readonly #ids = new Set<string>();

  /** Takes up an event of the journal. */
  learn({ type, data }: Pick<EventRecord, "type" | "data">): void {
    if ((type === SIGNAL_RECEIVED || type === SIGNAL_DUPLICATE) && typeof data.id === "string")
      this.#ids.add(data.id);
    if (type === SIGNAL_RECEIVED)
      this.#all.push({
        number: this.#all.length + 1,
        name: String(data.name),
        correlationId: (data.correlationId as string | null | undefined) ?? null,
        payload: data.payload ?? null,
      });
    else if (type === SIGNAL_REJECTED) this.#used.add(Number(data.signal));
  }

  use(number: number): void {
    this.#used.add(number);
  }

  isUsed(number: number): boolean {
    return this.#used.has(number);
  }

  /** Whether the journal has what came in the file of that name. */
  knows(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Whether one of the same name and correlation id has come before. */
  has({ name, correlationId }: Pick<Signal, "name" | "correlationId">): boolean {
    return (
      correlationId !== null &&
      this.#all.some((one) => one.name === name && one.correlationId === correlationId)
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
