/** What is worked out of a plan alone, once for all runs of it in a process: it holds nothing of any run. */
import type { Plan } from "../../plan/types.ts";
import { OutputParser } from "../executors/output.ts";
import { Residuals } from "../values/scope.ts";
import { PlanIndex } from "./plan-index.ts";

export class Prepared {
  readonly plan: Plan;
  readonly index: PlanIndex;
  /** Parsed when they are first evaluated. */
  readonly residuals = new Residuals();
  /** Schemas, built when they are first needed. */
  readonly parser = new OutputParser();

  #text: string | null = null;

  constructor(plan: Plan) {
    this.plan = plan;
    this.index = new PlanIndex(plan);
  }

  /** The plan as a journal keeps it. */
  get text(): string {
    this.#text ??= JSON.stringify(this.plan);
    return this.#text;
  }

  /** What was prepared, where it was of this very plan; else all of it anew. */
  static of(plan: Plan, prepared: Prepared | undefined): Prepared {
    return prepared?.plan === plan ? prepared : new Prepared(plan);
  }
}
