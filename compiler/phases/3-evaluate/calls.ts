/** Calls: pure helpers stay calls, functions that make elements are read in place, the library is answered here. */
import type * as Core from "../../../plan/core/ast.ts";
import type { Json } from "../../../plan/types.ts";
import type * as Surface from "../../surface.ts";
import { mapChoices } from "./choice.ts";
import { call, memberOf } from "./core.ts";
import { eachOf } from "./each.ts";
import { LocalEnvironment } from "./env.ts";
import { type ChainMode, CUT, evaluate, evaluateItems } from "./evaluate.ts";
import { impureCall, newDate, statefulCall } from "./globals.ts";
import { handedOn } from "./handed-on.ts";
import { entriesOf, globalMethod, listMethod } from "./lists.ts";
import { makesInstances, readsDisk } from "./makers.ts";
import { access, failure } from "./member.ts";
import { fromJson } from "./modules.ts";
import { newUrl } from "./node-url.ts";
import { bind } from "./patterns.ts";
import { isPoisoned } from "./poison.ts";
import { poisonText, reify } from "./reify.ts";
import { isStructural, nullish } from "./shape.ts";
import { attempt, Bail, type Evaluation, MAX_EXPANSIONS, report, TooMuch } from "./state.ts";
import { runBody } from "./statements.ts";
import {
  array,
  type Closure,
  type Environment,
  type Facts,
  known,
  lookup,
  POISON,
  residual,
  type SpreadItem,
  UNDEFINED,
  type Value,
} from "./value.ts";
import { WriteAnalysis } from "./writes.ts";
import { callSchema, refusedSchema, schemaMethod } from "./zod.ts";
import { makesSchemas } from "./zod-makers.ts";

type Args = readonly (Value | SpreadItem)[];

const NOWHERE: Core.Span = { file: 0, start: 0, end: 0 };

export function evaluateCall(
  ev: Evaluation,
  node: Core.Call<Surface.Extra>,
  env: Environment,
  chain: ChainMode | null,
): Value {
  const { callee } = node;
  if (callee.type === "Member") {
    if (
      callee.object.type === "Name" &&
      typeof callee.property === "string" &&
      !lookup(env, callee.object.name)
    ) {
      const impure = impureCall(
        ev,
        callee.object.name,
        callee.property,
        node.span,
        ev.scope === ev.moduleScope,
      );
      if (impure) return impure;
      if (callee.object.name === "console") return consoleCall(ev, node, env);
      const args = evaluateItems(ev, node.args, env);
      const parsed = ev.scope === ev.moduleScope ? parsedJson(callee, args) : undefined;
      if (parsed) return parsed;
      const folded = globalMethod(ev, callee.object.name, callee.property, args, node.span);
      if (folded) return folded;
    }
    const target = evaluate(ev, callee.object, env, chain);
    const key =
      typeof callee.property === "string" ? known(callee.property) : evaluate(ev, callee.property, env);
    return method(ev, target, key, node, env, chain);
  }
  const fn = evaluate(ev, callee, env, chain);
  if (fn === CUT) return fn;
  const args = (): Args => evaluateItems(ev, node.args, env);
  return apply(ev, fn, args(), { optional: node.optional === true, chain, span: node.span });
}

/** `JSON.parse` of a text that is known while a module is loaded; a text that is no JSON is left to fail by itself. */
function parsedJson(callee: Core.Member<Surface.Extra>, args: Args): Value | undefined {
  const [text, reviver] = args;
  const isParse =
    callee.object.type === "Name" && callee.object.name === "JSON" && callee.property === "parse";
  if (!isParse || reviver || text?.type !== "Known" || typeof text.value !== "string") return undefined;
  try {
    return fromJson(JSON.parse(text.value) as Json);
  } catch {
    return undefined;
  }
}

const TEXT_METHODS: ReadonlySet<string> = new Set([
  ...["slice", "substring", "toLowerCase", "toUpperCase", "trim", "trimEnd", "trimStart"],
]);

/** A part of a text that is known while a module is loaded: what was read from a file is seldom taken as it is. */
function textMethod(target: Value, name: string, args: Args): Value | undefined {
  if (target.type !== "Known" || typeof target.value !== "string" || !TEXT_METHODS.has(name))
    return undefined;
  const numbers = args.map((x) => (x.type === "Known" && typeof x.value === "number" ? x.value : undefined));
  if (!numbers.every((x) => x !== undefined)) return undefined;
  return known(target.value[name as "slice"](...numbers));
}

/** Output of `console` is no part of a frame. */
function consoleCall(ev: Evaluation, node: Core.Call<Surface.Extra>, env: Environment): Value {
  evaluateItems(ev, node.args, env);
  report(
    ev,
    "SM504",
    node.span,
    "console output of the workflow function is not shown: it would repeat at every frame",
    "Print in a compute task, or give the task a label.",
    "warning",
  );
  return UNDEFINED;
}

/** `target.key(…)`. */
function method(
  ev: Evaluation,
  target: Value,
  key: Value,
  node: Core.Call<Surface.Extra>,
  env: Environment,
  chain: ChainMode | null,
): Value {
  const callee = node.callee as Core.Member<Surface.Extra>;
  const how = { optional: callee.optional === true, chain, span: callee.span };
  if (target === CUT || target.type === "Fail") return target;
  if (target.type === "Poison" || key.type === "Poison") return ofPoison(ev, key, node, env);
  if (target.type === "Choice" || target.type === "Select") {
    if (isStructural(target)) return mapChoices(ev, target, (one) => method(ev, one, key, node, env, chain));
  }
  const none = nullish(target);
  if (none === true) return how.optional ? CUT : failure("Cannot read properties of undefined");
  const calling = { optional: node.optional === true, chain, span: node.span };
  if (key.type === "Known") {
    const name = String(key.value);
    const refused = refusedSchema(target, name, node.span ?? NOWHERE);
    if (refused) return refused;
    const args = evaluateItems(ev, node.args, env);
    const stateful = statefulCall(ev, target, name, node.span);
    if (stateful) return stateful;
    const trimmed = ev.scope === ev.moduleScope ? textMethod(target, name, args) : undefined;
    if (trimmed) return trimmed;
    const zod = schemaMethod(ev, target, name, args, node.span ?? NOWHERE);
    if (zod) return zod;
    if (how.optional && none === undefined && chain?.guards) chain.guards.push(reify(ev, target));
    const listed = listMethod(
      ev,
      openList(ev, target, callee.object, args, env),
      name,
      args,
      node.span ?? NOWHERE,
    );
    if (listed) return listed;
    if (["Object", "Namespace", "External", "Table", "Element", "Instance"].includes(target.type)) {
      const fn = access(ev, target, key, { ...how, optional: false });
      const own = target.type === "Object" && !target.props.has(name);
      if (!own) return apply(ev, fn, args, calling);
    }
    if (target.type === "Closure" && ["call", "apply", "bind"].includes(name))
      throw new Bail(`'${name}' of a function`, node.span);
    if (isStructural(target)) throw new Bail(`'.${name}()' on ${target.type}`, node.span);
    const member = { ...memberOf(reify(ev, target), name), ...(callee.span && { span: callee.span }) };
    const optional = how.optional && none === undefined && chain && !chain.guards;
    return residualCall(
      ev,
      optional ? { ...member, optional: true } : member,
      args,
      calling,
      methodFacts(name),
    );
  }
  const fn = access(ev, target, key, how);
  return apply(ev, fn, evaluateItems(ev, node.args, env), calling);
}

/** `Object.entries(TABLE)` of a known table as the list it is, where each member is to be given to a factory of agents or schemas. */
function openList(ev: Evaluation, target: Value, node: Surface.Expr, args: Args, env: Environment): Value {
  if (target.type !== "Residual" || node.type !== "Call" || node.callee.type !== "Member") return target;
  const makes = (x: Args[number]): boolean =>
    x.type !== "SpreadItem" && ((x.type === "Closure" && makesSchemas(x)) || makesInstances(x));
  if (!args.some(makes)) return target;
  const { object: of, property } = node.callee;
  if (of.type !== "Name" || of.name !== "Object" || lookup(env, "Object")) return target;
  const [table] = evaluateItems(ev, node.args, env);
  return table?.type === "Object" ? (entriesOf(table, String(property)) ?? target) : target;
}

/** A call of what was reported: its arguments are read all the same, and elements made for each of a list. */
function ofPoison(ev: Evaluation, key: Value, node: Core.Call<Surface.Extra>, env: Environment): Value {
  const args = evaluateItems(ev, node.args, env);
  const [fn] = args;
  const isMap = key.type === "Known" && (key.value === "map" || key.value === "flatMap");
  if (isMap && fn?.type === "Closure" && isStructural(fn)) return eachOf(ev, poisonText(ev), fn, node.span);
  return poisonedCall(ev, args);
}

/** A call whose arguments stand in it, for the problems in them; whether they could make agents nobody knows. */
function poisonedCall(ev: Evaluation, args: Args): Value {
  const known = ev.diagnostics.length;
  const value = poisonedText(ev, args);
  const found = ev.diagnostics.splice(known);
  ev.diagnostics.push(...found.filter((d) => d.code !== "SM704"));
  return value;
}

function poisonedText(ev: Evaluation, args: Args): Value {
  return attempt(
    ev,
    () => residualCall(ev, poisonText(ev), args, { optional: false, chain: null, span: undefined }, {}),
    () => POISON,
  );
}

interface Calling {
  readonly optional: boolean;
  readonly chain: ChainMode | null;
  readonly span: Core.Span | undefined;
}

/** Calls a value. */
export function apply(ev: Evaluation, fn: Value, args: Args, how: Calling): Value {
  if (fn === CUT) return fn;
  switch (fn.type) {
    case "Poison":
      return poisonedCall(ev, args);
    case "Fail":
      return fn;
    case "Closure": {
      if (isStructural(fn) || args.some((x) => isStructural(x.type === "SpreadItem" ? x.value : x)))
        return inline(ev, fn, args, how.span);
      if (makesInstances(fn) || (ev.scope === ev.moduleScope && readsDisk(fn)))
        return inPlace(ev, fn, args, how);
      const made = givesFunction(fn) ? functionMade(ev, fn, args, how.span) : undefined;
      if (made) return made;
      // What has no text, such as a wrapper around `createSmithers`, is read in place.
      return attempt(
        ev,
        () => residualCall(ev, reify(ev, fn), args, { ...how, optional: false }, {}),
        () => inline(ev, fn, args, how.span),
      );
    }
    case "Native": {
      if (fn.text && args.some((x) => x.type === "SpreadItem")) {
        const texts = args.map((x): Core.Expr | Core.Spread =>
          x.type === "SpreadItem" ? { type: "Spread", arg: reify(ev, x.value) } : reify(ev, x),
        );
        return residual(fn.text(texts, how.span ?? NOWHERE));
      }
      const plain = args.map((x) => {
        if (x.type === "SpreadItem") throw new Bail(`spread arguments of ${fn.name}`, how.span);
        return x;
      });
      return fn.call(plain, how.span ?? NOWHERE);
    }
    case "Choice":
    case "Select":
      return mapChoices(ev, fn, (one) => apply(ev, one, args, how));
    case "Known":
      if (how.optional && (fn.value ?? null) === null) return CUT;
      return failure("not a function");
    case "Residual":
      if (isPoisoned(fn) && args.some((x) => isStructural(x.type === "SpreadItem" ? x.value : x)))
        return poisonedCall(ev, args);
      if (how.optional && how.chain?.guards) {
        how.chain.guards.push(fn.expr);
        return residualCall(ev, fn.expr, args, { ...how, optional: false }, {});
      }
      return residualCall(ev, fn.expr, args, how, {});
    case "Schema":
      return callSchema(ev, fn, args, how.span ?? fn.span);
    case "External":
    case "Class":
      return {
        type: "Instance",
        callee: fn,
        construct: false,
        args: plainArgs(args, how.span),
        span: how.span ?? NOWHERE,
      };
    case "Prompt": {
      const [props] = plainArgs(args, how.span);
      const handle = reify(ev, fn) as Core.Call;
      return residual(
        { ...handle, args: [...handle.args, ...(props ? [reify(ev, props)] : [])] },
        { defined: true },
      );
    }
    case "Code":
      return report(
        ev,
        "SM103",
        how.span,
        `${fn.name ? `'${fn.name}'` : "this function"} runs as code (async, 'this' or a generator) and can't be called while the workflow is rendered`,
        "Make it a plain function, or call it in a compute task.",
      );
    default:
      throw new Bail(`a call of a ${fn.type.toLowerCase()}`, how.span);
  }
}

/** Whether what a function gives is a function: `(n) => (x) => x + n`. */
function givesFunction({ arrow: { body } }: Closure): boolean {
  const last = body.type === "Block" ? body.body.at(-1) : { type: "Return" as const, value: body };
  return last?.type === "Return" && last.value?.type === "Arrow";
}

/** The function as a value, which can be a task's child or be given a schema; undefined where it keeps state of its own. */
function functionMade(
  ev: Evaluation,
  fn: Closure,
  args: Args,
  span: Core.Span | undefined,
): Closure | undefined {
  if (fn.arrow.body.type === "Block" && new WriteAnalysis(fn.env).summary(fn.arrow).captured.size > 0)
    return undefined;
  return attempt(
    ev,
    () => {
      const made = inline(ev, fn, args, span);
      return made.type === "Closure" ? made : undefined;
    },
    () => undefined,
  );
}

/** What can't be read in place after all stays a call, whose text says why. */
function inPlace(ev: Evaluation, fn: Closure, args: Args, how: Calling): Value {
  return attempt(
    ev,
    () => {
      const made = inline(ev, fn, args, how.span);
      if (made.type === "Block") throw new Bail(made.why, how.span);
      return made;
    },
    () => residualCall(ev, reify(ev, fn), args, { ...how, optional: false }, {}),
  );
}

function plainArgs(args: Args, span: Core.Span | undefined): Value[] {
  return args.map((x) => {
    if (x.type === "SpreadItem") throw new Bail("spread arguments", span);
    return x;
  });
}

function residualCall(ev: Evaluation, callee: Core.Expr, args: Args, how: Calling, facts: Facts): Value {
  const texts = args.map((x): Core.Expr | Core.Spread =>
    x.type === "SpreadItem" ? { type: "Spread", arg: reify(ev, x.value) } : reify(ev, x),
  );
  if (callee.type === "Name" && callee.name === "String" && args.length === 1 && args[0]?.type === "Known")
    return known(String(args[0].value));
  const node = { ...call(callee, ...texts), ...(how.span && { span: how.span }) };
  return residual(how.optional && how.chain && !how.chain.guards ? { ...node, optional: true } : node, facts);
}

/** Reads a function in place, with its parameters bound to abstract values. */
export function inline(ev: Evaluation, fn: Closure, args: Args, span: Core.Span | undefined): Value {
  if (!enter(ev, fn, span)) return POISON;
  ev.expansions++;
  if (ev.expansions > MAX_EXPANSIONS)
    throw new TooMuch(
      `The workflow reads more than ${MAX_EXPANSIONS.toLocaleString("en-US")} calls of functions and components in place: each adds to the plan.`,
      span,
    );
  try {
    const env = new LocalEnvironment(fn.env);
    const { params, rest, body } = fn.arrow;
    params.forEach((param, n) => {
      const before = args.slice(0, n + 1);
      if (before.some((x) => x.type === "SpreadItem")) throw new Bail("spread arguments", span);
      bind(ev, param, (args[n] as Value | undefined) ?? UNDEFINED, env);
    });
    if (rest) bind(ev, rest, array(args.slice(params.length)), env);
    return body.type === "Block" ? runBody(ev, body.body, env, body) : evaluate(ev, body, env);
  } finally {
    ev.calls.pop();
  }
}

/** A function that is reached again through a condition of the run never ends by itself: a block has to run it. */
function enter(ev: Evaluation, fn: Closure, span: Core.Span | undefined): boolean {
  const open = ev.calls.filter((x) => x.arrow === fn.arrow);
  if (open.some((x) => x.conditions < ev.conditions)) throw new Bail("recursion over data of the run", span);
  if (open.length > MAX_RECURSION) {
    report(
      ev,
      "SM106",
      span,
      `${fn.name ? `'${fn.name}'` : "this function"} calls itself more than ${MAX_RECURSION} times, and nothing that the run decides would end it`,
      "Give the recursion an end: a depth that counts down, or a list that gets shorter.",
    );
    return false;
  }
  ev.calls.push({ arrow: fn.arrow, conditions: ev.conditions });
  return true;
}

const MAX_RECURSION = 200;

/** `new X(…)`: Core's own classes stay as they are; classes of packages and of the source give opaque instances. */
export function evaluateNew(
  ev: Evaluation,
  node: Core.New<Surface.Extra> | Surface.Construct,
  env: Environment,
): Value {
  if (node.callee.type === "Name" && node.callee.name === "URL" && !lookup(env, "URL"))
    return newUrl(ev, plainArgs(evaluateItems(ev, node.args, env), node.span), node.span ?? NOWHERE);
  if (node.type === "New" && !lookup(env, node.callee.name)) {
    if (node.callee.name === "Date" && node.args.length === 0)
      return newDate(ev, node.span, ev.scope === ev.moduleScope);
    const args = evaluateItems(ev, node.args, env);
    const texts = args.map((x): Core.Expr | Core.Spread =>
      x.type === "SpreadItem" ? { type: "Spread", arg: reify(ev, x.value) } : reify(ev, x),
    );
    return residual({ ...node, args: texts }, { kind: "object", defined: true });
  }
  const callee = handedOn(ev, evaluate(ev, node.callee, env));
  if (callee.type === "Poison") return poisonedCall(ev, evaluateItems(ev, node.args, env));
  if (callee.type === "External" || callee.type === "Class") {
    const args = plainArgs(evaluateItems(ev, node.args, env), node.span);
    return { type: "Instance", callee, construct: true, args, span: node.span ?? NOWHERE };
  }
  return report(ev, "SM103", node.span, "'new' of something that is no class", undefined);
}

const STRING: Facts = { kind: "string", defined: true };
const NUMBER: Facts = { kind: "number", defined: true };
const BOOLEAN: Facts = { kind: "boolean", defined: true };
const ARRAY: Facts = { kind: "array", defined: true };

/** What methods give whatever they are called on; only names that mean one thing. */
function methodFacts(name: string): Facts {
  switch (name) {
    case "join":
    case "trim":
    case "trimEnd":
    case "trimStart":
    case "toUpperCase":
    case "toLowerCase":
    case "padStart":
    case "padEnd":
    case "toFixed":
    case "repeat":
    case "replaceAll":
      return STRING;
    case "indexOf":
    case "findIndex":
    case "charCodeAt":
      return NUMBER;
    case "includes":
    case "some":
    case "every":
    case "startsWith":
    case "endsWith":
      return BOOLEAN;
    case "map":
    case "filter":
    case "flatMap":
    case "split":
    case "toSorted":
    case "toReversed":
      return ARRAY;
    default:
      return {};
  }
}
