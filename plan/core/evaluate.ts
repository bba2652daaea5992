import type { Expr } from "./ast.ts";
import { analyse, nesting, weight } from "./evaluate/analyse.ts";
import { Context, FunctionState } from "./evaluate/context.ts";
import { Evaluation, type Frame } from "./evaluate/evaluation.ts";
import { compile } from "./evaluate/expressions.ts";
import { call } from "./evaluate/functions.ts";
import { thrownError } from "./evaluate/outcome.ts";
import type { Env, Reader, Value } from "./values.ts";

export { Closure, isCallable } from "./evaluate/functions.ts";
export { outcomeOf, ranOutOfStack } from "./evaluate/outcome.ts";

export interface EvaluateOptions {
  /** For whom reads are recorded; passed to the Env and to host objects. `spend` is called once, at the end, with the fuel used. */
  readonly reader?: Reader;
  /** IANA zone of local Date methods: the run's recorded one. Default UTC. */
  readonly timeZone?: string;
}

/** An expression made ready to be evaluated any number of times. */
export interface Compiled {
  /**
   * Evaluates in `env`.
   * @throws {Pending} where a cell has no value yet; {Demand} as the Env threw it; {CoreError} for everything that
   * fails. No other class leaves it but for faults of ours.
   */
  evaluate(env: Env, options?: EvaluateOptions): Value;
}

const SILENT: Reader = { spend: () => undefined };

/** Compiles an expression to closures. Never throws: what is not allowed fails when it is evaluated. */
export function compileExpr(expr: Expr): Compiled {
  let made:
    | {
        readonly run: (f: Frame) => Value;
        readonly scopes: object;
        readonly slots: number;
        readonly cost: number;
        readonly nest: number;
      }
    | undefined;
  const make = () => {
    const fn = new FunctionState(null);
    const scopes = analyse(expr);
    const run = compile(new Context(scopes, fn, null), expr);
    return { run, scopes, slots: fn.slots, cost: weight(expr), nest: nesting(expr) };
  };
  return {
    evaluate: (env, options) => {
      made ??= make();
      const { run, scopes, slots, cost, nest } = made;
      return within(options, (ev) => {
        ev.unit = scopes;
        ev.at = expr.span;
        ev.spend(cost);
        ev.enter(nest);
        const f: Frame = new Array(slots);
        f[0] = ev;
        f[1] = env;
        return run(f);
      });
    },
  };
}

/** Calls a function value (a handler, a child of a task) in an evaluation of its own. Throws as `evaluate` does. */
export function callFunction(fn: Value, args: readonly Value[], options?: EvaluateOptions): Value {
  return within(options, (ev) => call(ev, fn, undefined, args, () => "not a function"));
}

function within(options: EvaluateOptions | undefined, run: (ev: Evaluation) => Value): Value {
  const reader = options?.reader ?? SILENT;
  const ev = new Evaluation(reader, options?.timeZone ?? "UTC");
  const before = ev.fuel;
  try {
    return run(ev);
  } catch (error) {
    throw thrownError(error, ev.at) ?? error;
  } finally {
    reader.spend(before - Math.max(0, ev.fuel));
  }
}
