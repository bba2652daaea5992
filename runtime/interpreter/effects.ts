/**
 * Which effects are due (SEMANTICS 14): those whose deps are other ones than at their last run, and those that are gone,
 * for their cleanup. What ran last is in the journal, so that a resume runs none again.
 */
import { addressKey, showAddress } from "../store/rules.ts";
import type { Address } from "../store/store.ts";
import type { Effect } from "./effect.ts";
import { compareUnits } from "./unit.ts";

/** The last run of an effect. */
export interface LastRun {
  readonly address: Address;
  /** Key of the plan node. */
  readonly node: string;
  readonly deps: string;
  /** Deps of its last runs in this process, the latest last. */
  readonly history: readonly string[];
  /** Where it is or was mounted; null in a process that has not mounted it. */
  readonly unit: Effect | null;
}

/** What is to be done after the frame. */
export interface DueEffect {
  /** null: the effect is gone. */
  readonly unit: Effect | null;
  readonly last: LastRun | null;
  /** null: it is gone. */
  readonly deps: string | null;
}

/** An effect whose deps have no value, with the reason. */
export interface EffectProblem {
  readonly address: Address;
  readonly message: string;
}

/** An effect that goes round in circles, or two at one address. */
export interface EffectFatal {
  readonly code: "EffectLoopError" | "DUPLICATE_ID";
  readonly message: string;
  readonly node: string;
}

export interface Due {
  readonly effects: readonly DueEffect[];
  readonly problems: readonly EffectProblem[];
  readonly fatal: EffectFatal | null;
}

/** Runs of one effect that are looked back on, and how many of them may have had the same deps. */
const LOOKED_BACK = 10;
const MAX_EQUAL = 3;

export class Effects {
  readonly #mounted = new Map<string, Effect[]>();
  readonly #last = new Map<string, LastRun>();
  readonly #touched = new Set<Effect>();
  /** Addresses at which one was unmounted. */
  readonly #left = new Set<string>();
  readonly #said = new Map<string, string>();

  attach(effect: Effect): void {
    const key = addressKey(effect.address as Address);
    this.#mounted.set(key, [...(this.#mounted.get(key) ?? []), effect]);
    this.#left.delete(key);
    this.#touched.add(effect);
  }

  detach(effect: Effect): void {
    if (!effect.address) return;
    const key = addressKey(effect.address);
    const others = (this.#mounted.get(key) ?? []).filter((other) => other !== effect);
    if (others.length > 0) this.#mounted.set(key, others);
    else {
      this.#mounted.delete(key);
      this.#left.add(key);
    }
    this.#touched.delete(effect);
  }

  touch(effect: Effect): void {
    if (effect.address) this.#touched.add(effect);
  }

  /** A run that the journal tells of. */
  learn(address: Address, node: string, deps: string): void {
    const key = addressKey(address);
    this.#last.set(key, { address, node, deps, history: [], unit: null });
    this.#left.add(key);
  }

  /** A cleanup that the journal tells of. */
  forget(address: Address): void {
    this.#last.delete(addressKey(address));
    this.#left.delete(addressKey(address));
  }

  /** What ran: from now on its deps are those. */
  ran({ unit, deps, last }: DueEffect): void {
    if (!unit?.address || deps === null) {
      if (last) this.forget(last.address);
      return;
    }
    const history = [...(last?.history ?? []), deps].slice(-(LOOKED_BACK - 1));
    const { address } = unit;
    this.#last.set(addressKey(address), { address, node: unit.plan.key, deps, history, unit });
  }

  /** Of the frame as it stands, in document order; what is gone first. */
  due(): Due {
    const gone: DueEffect[] = [];
    for (const key of this.#left) {
      const last = this.#last.get(key);
      if (last) gone.push({ unit: null, last, deps: null });
    }
    this.#left.clear();
    const effects: DueEffect[] = [];
    const problems: EffectProblem[] = [];
    let fatal: EffectFatal | null = null;
    for (const unit of [...this.#touched].sort(compareUnits)) {
      const address = unit.address as Address;
      const key = addressKey(address);
      const [first, second] = this.#mounted.get(key) ?? [];
      if (first && second) {
        const message = `two nodes are mounted at ${showAddress(address)}: ${first.plan.key} and ${second.plan.key}`;
        fatal ??= { code: "DUPLICATE_ID", message, node: second.plan.key };
      }
      if (!unit.reached) continue;
      this.#touched.delete(unit);
      const outcome = unit.deps();
      if (outcome.kind === "error") this.#problem(address, outcome.error.message, problems);
      if (outcome.kind !== "value") continue;
      const deps = outcome.value as string;
      const last = this.#last.get(key) ?? null;
      if (last?.deps === deps) continue;
      effects.push({ unit, last, deps });
      const equal = (last?.history ?? []).filter((before) => before === deps).length;
      if (equal >= MAX_EQUAL)
        fatal ??= {
          code: "EffectLoopError",
          message: `EffectLoopError: the effect ${showAddress(address)} would run with the deps ${deps} for the ${equal + 1}th time in its last ${LOOKED_BACK} runs: what it writes leads back to them`,
          node: unit.plan.key,
        };
    }
    return { effects: [...gone.sort(byAddress), ...effects], problems, fatal };
  }

  /** Each once, until it changes. */
  #problem(address: Address, message: string, problems: EffectProblem[]): void {
    const key = addressKey(address);
    if (this.#said.get(key) === message) return;
    this.#said.set(key, message);
    problems.push({ address, message });
  }
}

const byAddress = (a: DueEffect, b: DueEffect): number =>
  addressKey((a.last as LastRun).address) < addressKey((b.last as LastRun).address) ? -1 : 1;
