/**
 * Conversations of agents that have not come to their end (SEMANTICS 41): what the journal holds of them, for attempts that go
 * on with one. Nothing of it steers a frame.
 */
import { INTERRUPTED, SESSION_EVENTS } from "../agents/session.ts";
import type { Past, TaskRequest } from "../executors/executor.ts";
import { everyEvent } from "../store/paged.ts";
import { addressKey } from "../store/rules.ts";
import type { Address, AttemptRecord, EventRecord, RunReader } from "../store/store.ts";

interface Kept {
  readonly prompt: string;
  readonly events: Past["events"][number][];
  suspended: boolean;
}

export class Sessions {
  /** By the key of the entry. */
  readonly #kept = new Map<string, Kept>();

  /** An attempt begins: gives what it can go on from. Another prompt, or a task that is done anew, begins another. */
  begin(key: string, attempt: number, prompt: string): Past {
    let kept = this.#kept.get(key);
    if (!kept || attempt === 1 || kept.prompt !== prompt) {
      kept = { prompt, events: [], suspended: false };
      this.#kept.set(key, kept);
    }
    const past = { events: [...kept.events], suspended: kept.suspended };
    kept.suspended = false;
    return past;
  }

  /** Something happened in it. */
  note(key: string, type: string, data: EventRecord["data"]): void {
    if (SESSION_EVENTS.has(type)) this.#kept.get(key)?.events.push({ type, data });
  }

  /** Its attempt ended to ask people. */
  suspend(key: string): void {
    const kept = this.#kept.get(key);
    if (kept) kept.suspended = true;
  }

  /** The task has its row, or is done anew. */
  end(key: string): void {
    this.#kept.delete(key);
  }

  /** As the journal tells it: for a run that is taken up again. */
  async learn(reader: Pick<RunReader, "events">, attempts: readonly AttemptRecord[]): Promise<void> {
    const requests = new Map(attempts.map((one) => [`${addressKey(one)} ${one.attempt}`, one.request]));
    for await (const { type, data } of everyEvent(reader)) {
      if (typeof data.nodeId !== "string") continue;
      const key = addressKey(addressOf(data));
      if (type === "task.started") {
        const request = requests.get(`${key} ${data.attempt}`) as unknown as TaskRequest | undefined;
        if (request?.kind === "agent") this.begin(key, Number(data.attempt), request.prompt);
      } else if (type === TASK_SUSPENDED) this.suspend(key);
      else if (type === "task.finished" || data.code === INTERRUPTED) this.end(key);
      else this.note(key, type, data);
    }
  }
}

/** An attempt ended to ask people about a tool. */
export const TASK_SUSPENDED = "task.suspended";

const addressOf = ({ nodeId, scope, iteration }: EventRecord["data"]): Address => ({
  nodeId: String(nodeId),
  scope: typeof scope === "string" ? scope : "",
  iteration: Number(iteration),
});
