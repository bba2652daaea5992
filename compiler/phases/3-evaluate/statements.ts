/** Statements of a function → the value it returns. Early returns become alternatives; the rest is read once (COMPILER 9). */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { choose, testOf, under } from "./choice.ts";
import { classValue } from "./class-value.ts";
import { arrowOf, binary, call, conditional, literal, memberOf, nameOf, not, objectOf } from "./core.ts";
import { LocalEnvironment } from "./env.ts";
import { evaluate, refineEnv } from "./evaluate.ts";
import { gathered } from "./gathered.ts";
import { keysOf } from "./keys.ts";
import { lastMentions } from "./names.ts";
import { bind } from "./patterns.ts";
import { exits, type Segment, segments } from "./regions.ts";
import { named, poisonText, reify } from "./reify.ts";
import { isStructural, touchesElements, truth } from "./shape.ts";
import { attempt, Bail, blockOf, declare, type Evaluation, report } from "./state.ts";
import { Names, translation } from "./translate.ts";
import { statements } from "./translate-statements.ts";
import { unused } from "./unused.ts";
import { type Environment, type Facts, residual, UNDEFINED, type Value } from "./value.ts";

/** How a list of statements ends. */
type Flow =
  | { readonly type: "normal" }
  | { readonly type: "return"; readonly value: Value }
  | { readonly type: "choice"; readonly test: Core.Expr; readonly then: Flow; readonly else: Flow };

const NORMAL: Flow = { type: "normal" };

/** The body of a function whose parameters are bound in `env`; what can't be read structurally is left as one block. */
export function runBody(
  ev: Evaluation,
  stmts: readonly Surface.Stmt[],
  env: LocalEnvironment,
  body: Core.Block<Surface.Extra>,
): Value {
  return attempt(
    ev,
    () => flowValue(ev, run(ev, stmts, new LocalEnvironment(env), true)),
    (why): Value =>
      blockOf(ev, { type: "Call", callee: { type: "Arrow", params: [], body }, args: [] }, env, why),
  );
}

function flowValue(ev: Evaluation, flow: Flow): Value {
  switch (flow.type) {
    case "normal":
      return UNDEFINED;
    case "return":
      return flow.value;
    case "choice":
      return choose(ev, flow.test, flowValue(ev, flow.then), flowValue(ev, flow.else));
    default: {
      const missing: never = flow;
      return missing;
    }
  }
}

/** `tail`: nothing of the function follows the list, so that a region may take in its end. */
function run(ev: Evaluation, stmts: readonly Surface.Stmt[], env: LocalEnvironment, tail: boolean): Flow {
  const { stmts: all, next, made } = gathered(stmts, env);
  const list = segments(ev, all, env);
  // what ends up in a region is left as the source has it
  if (made.size === 0 || !isCutUp(list, made, env))
    return steps({ ev, list, next, tail, ...uses(list) }, 0, env);
  const whole = segments(ev, stmts, env);
  return steps({ ev, list: whole, next: new Set(), tail, ...uses(whole) }, 0, env);
}

const uses = (list: readonly Segment[]): Pick<Steps, "lastUse"> => ({
  lastUse: lastMentions(list.map((x) => (x.type === "pure" ? x.stmt : x.stmts))),
});

/** Whether a region, or the block that a region makes of all that follows, holds one of some statements. */
function isCutUp(list: readonly Segment[], made: ReadonlySet<Surface.Stmt>, env: Environment): boolean {
  let toTheEnd = false;
  return list.some((segment) => {
    if (segment.type === "pure") return toTheEnd && made.has(segment.stmt);
    toTheEnd ||= segment.exits || touchesElements(segment.stmts, env, new Set());
    return segment.stmts.some((stmt) => made.has(stmt));
  });
}

/** Statements of one block scope. */
interface Steps {
  readonly ev: Evaluation;
  readonly list: readonly Segment[];
  readonly next: ReadonlySet<Surface.Stmt>;
  readonly tail: boolean;
  /** Name → the last segment that mentions it. */
  readonly lastUse: ReadonlyMap<string, number>;
}

function steps(of: Steps, from: number, outer: LocalEnvironment): Flow {
  const { ev, list, tail } = of;
  let env = outer;
  for (let n = from; n < list.length; n++) {
    const segment = list[n]!;
    if (segment.type === "region") {
      const flow = region(ev, list, n, segment, env, tail);
      if (flow) return flow;
      continue;
    }
    const { stmt } = segment;
    if (stmt.type === "Declare") {
      unused(ev, stmt, (name) => (of.lastUse.get(name) ?? -1) > n);
      if (of.next.has(stmt)) {
        env = withNext(ev, stmt, env);
        continue;
      }
    }
    const flow = statement(ev, stmt, env, tail && n === list.length - 1);
    if (flow.type === "normal") continue;
    if (flow.type === "return") return flow;
    return rest(ev, flow, (inner) => steps(of, n + 1, inner), stmt, env);
  }
  return NORMAL;
}

/** The environment after a name got its next value. */
function withNext(
  ev: Evaluation,
  stmt: Core.Declare<Surface.Extra>,
  env: LocalEnvironment,
): LocalEnvironment {
  const after = new LocalEnvironment(env);
  for (const decl of stmt.decls) if (decl.init) bind(ev, decl.target, evaluate(ev, decl.init, env), after);
  return after;
}

/** Continues where a branch did not return: in its one normal leaf, or once under "not returned". */
function rest(
  ev: Evaluation,
  flow: Flow,
  after: (env: LocalEnvironment) => Flow,
  stmt: Surface.Stmt,
  env: LocalEnvironment,
): Flow {
  const leaves = normalLeaves(flow);
  if (leaves === 0) return flow;
  if (leaves === 1) return fill(ev, flow, () => after(narrowed(ev, stmt, env)));
  const test = named(ev, "goesOn", residual(normalTest(flow), { kind: "boolean", defined: true }));
  const text = reify(ev, test);
  const onward = under(ev, text, true, () => after(new LocalEnvironment(env)));
  return { type: "choice", test: text, then: onward, else: flow };
}

/** After `if (!x) return …` what follows knows that x holds. */
function narrowed(ev: Evaluation, stmt: Surface.Stmt, env: LocalEnvironment): LocalEnvironment {
  if (stmt.type !== "If" || !exits(stmt.then)) return new LocalEnvironment(env);
  return new LocalEnvironment(refineEnv(ev, stmt.test, env, false));
}

function normalLeaves(flow: Flow): number {
  if (flow.type === "choice") return normalLeaves(flow.then) + normalLeaves(flow.else);
  return flow.type === "normal" ? 1 : 0;
}

function fill(ev: Evaluation, flow: Flow, after: () => Flow): Flow {
  if (flow.type === "normal") return after();
  if (flow.type === "return") return flow;
  return {
    ...flow,
    then: under(ev, flow.test, true, () => fill(ev, flow.then, after)),
    else: under(ev, flow.test, false, () => fill(ev, flow.else, after)),
  };
}

/** Text that is true where a flow does not return. */
function normalTest(flow: Flow): Core.Expr {
  switch (flow.type) {
    case "normal":
      return literal(true);
    case "return":
      return literal(false);
    case "choice": {
      const then = normalTest(flow.then);
      const otherwise = normalTest(flow.else);
      if (then.type === "Literal" && otherwise.type === "Literal")
        return then.value === otherwise.value
          ? then
          : then.value
            ? negate(not(flow.test))
            : negate(flow.test);
      return conditional(flow.test, then, otherwise);
    }
    default: {
      const missing: never = flow;
      return missing;
    }
  }
}

const negate = (test: Core.Expr): Core.Expr => ({ type: "Unary", op: "!", arg: test });

function statement(ev: Evaluation, node: Surface.Stmt, env: LocalEnvironment, tail: boolean): Flow {
  switch (node.type) {
    case "Declare":
      for (const decl of node.decls)
        bind(ev, decl.target, decl.init ? evaluate(ev, decl.init, env) : UNDEFINED, env);
      return NORMAL;
    case "Block":
      return run(ev, node.body, new LocalEnvironment(env), tail);
    case "Return":
      return { type: "return", value: node.value ? evaluate(ev, node.value, env) : UNDEFINED };
    case "Throw":
      return { type: "return", value: { type: "Fail", message: thrown(ev, node, env) } };
    case "If":
      return branch(ev, node, env, tail);
    case "Switch":
      return choice(ev, node, env, tail);
    case "Func":
      if (node.name) env.bind(node.name, { type: "Code", func: node, env, name: node.name });
      return NORMAL;
    case "Class":
      if (node.name) env.bind(node.name, classValue(ev, node, env));
      return NORMAL;
    case "Foreign":
      report(
        ev,
        "SM103",
        node.span,
        `${node.what} can't be used while the workflow is rendered`,
        "Use plain functions and objects, or move it into a compute task.",
      );
      return NORMAL;
    case "Element":
    case "Construct":
      return NORMAL;
    case "Break":
    case "Continue":
      throw new Bail("a jump out of a statement", node.span);
    case "ExprStmt":
    case "ForOf":
    case "For":
    case "While":
    case "DoWhile":
    case "Try":
      throw new Bail("a statement that is left whole", node.span);
    default: {
      const missing: never = node;
      return missing;
    }
  }
}

function thrown(ev: Evaluation, node: Core.Throw<Surface.Extra>, env: Environment): Core.Expr {
  const { value } = node;
  if (value.type === "New" && value.args[0] && value.args[0].type !== "Spread")
    return reify(ev, evaluate(ev, value.args[0], env));
  return call("String", reify(ev, evaluate(ev, value, env)));
}

function branch(ev: Evaluation, node: Core.If<Surface.Extra>, env: LocalEnvironment, tail: boolean): Flow {
  const test = evaluate(ev, node.test, env);
  const holds = truth(test);
  if (holds !== undefined) {
    const taken = holds ? node.then : node.else;
    return taken ? run(ev, [taken], new LocalEnvironment(env), tail) : NORMAL;
  }
  const text = testOf(ev, test);
  const within = (stmt: Surface.Stmt, sign: boolean): Flow =>
    under(ev, text, sign, () =>
      run(ev, [stmt], new LocalEnvironment(refineEnv(ev, node.test, env, sign)), tail),
    );
  const then = within(node.then, true);
  const otherwise = node.else ? within(node.else, false) : NORMAL;
  if (then.type === "normal" && otherwise.type === "normal") return NORMAL;
  return { type: "choice", test: text, then, else: otherwise };
}

/** A switch whose cases end by themselves, as a chain of tests. */
function choice(
  ev: Evaluation,
  node: Core.Switch<Surface.Extra>,
  env: LocalEnvironment,
  tail: boolean,
): Flow {
  const subject = evaluate(ev, node.value, env);
  if (isStructural(subject)) throw new Bail("a switch over structure", node.span);
  const key = subject.type === "Poison" ? poisonText(ev) : reify(ev, named(ev, "subject", subject));
  const groups: { tests: Core.Expr[]; isDefault: boolean; body: readonly Surface.Stmt[] }[] = [];
  let open: { tests: Core.Expr[]; isDefault: boolean } = { tests: [], isDefault: false };
  node.cases.forEach((one, n) => {
    if (one.test) {
      const test = evaluate(ev, one.test, env);
      const isKnown = subject.type === "Known" && test.type === "Known";
      if (!isKnown) open.tests.push(binary("===", key, reify(ev, test)));
      else if (subject.value === test.value) open.tests.push(literal(true));
    } else open.isDefault = true;
    if (one.body.length === 0 && n < node.cases.length - 1) return;
    groups.push({ ...open, body: ended(one.body, n === node.cases.length - 1, node.span) });
    open = { tests: [], isDefault: false };
  });
  const certain = groups.findIndex((x) => x.tests.some((test) => test.type === "Literal"));
  const fallback = certain < 0 ? groups.find((x) => x.isDefault) : groups[certain];
  let flow: Flow = fallback ? run(ev, fallback.body, new LocalEnvironment(env), tail) : NORMAL;
  for (const group of groups.slice(0, certain < 0 ? undefined : certain).reverse()) {
    if (group.isDefault || group.tests.length === 0) continue;
    const test = group.tests.reduce((a, b) => ({ type: "Logical", op: "||", left: a, right: b }));
    const then = under(ev, test, true, () => run(ev, group.body, new LocalEnvironment(env), tail));
    flow = { type: "choice", test, then, else: flow };
  }
  return normalLeaves(flow) > 0 && !anyReturn(flow) ? NORMAL : flow;
}

function anyReturn(flow: Flow): boolean {
  return flow.type === "choice" ? anyReturn(flow.then) || anyReturn(flow.else) : flow.type === "return";
}

/** The statements of a case without its `break`; a case that falls into the next one is left to a block. */
function ended(
  body: readonly Surface.Stmt[],
  last: boolean,
  span: Core.Span | undefined,
): readonly Surface.Stmt[] {
  const flat = body.length === 1 && body[0]?.type === "Block" ? body[0].body : body;
  const end = flat.at(-1);
  if (end?.type === "Break") return flat.slice(0, -1);
  if (end?.type === "Return" || end?.type === "Throw" || last) return flat;
  throw new Bail("a case that falls through", span);
}

/** A region of statements as one Core function whose live-outs are named values; undefined when the list goes on. */
function region(
  ev: Evaluation,
  list: readonly Segment[],
  at: number,
  segment: Extract<Segment, { type: "region" }>,
  env: LocalEnvironment,
  tail: boolean,
): Flow | undefined {
  const elements = touchesElements(segment.stmts, env, new Set());
  if (segment.exits || elements) {
    if (!tail)
      throw new Bail(elements ? "elements made by statements" : "a return inside a loop", segment.span);
    const remaining = list.slice(at).flatMap((x) => (x.type === "pure" ? [x.stmt] : x.stmts));
    const body: Core.Block<Surface.Extra> = { type: "Block", body: remaining };
    const block: Surface.Expr = { type: "Call", callee: { type: "Arrow", params: [], body }, args: [] };
    if (touchesElements(remaining, env, new Set()))
      return {
        type: "return",
        value: { type: "Block", syntax: block, env, why: "elements made by statements" },
      };
    const text = translation(ev, env, null, (t) => {
      const names = new Names(null);
      return call(arrowOf([], { type: "Block", body: statements(t, remaining, names) }));
    });
    return { type: "return", value: residual(text) };
  }
  const { liveOut } = segment;
  const facts: Facts = liveOut.length === 1 ? keysOf(segment.stmts, liveOut[0]!) : {};
  const text = (result: Core.Expr): Core.Expr =>
    translation(ev, env, null, (t) => {
      const names = new Names(null);
      const body = statements(t, segment.stmts, names);
      const value = rename(result, names);
      return call(arrowOf([], { type: "Block", body: [...body, { type: "Return", value }] }));
    });
  const [only] = liveOut;
  if (only === undefined) {
    ev.scope.guards.push({
      if: { type: "Comma", exprs: [text(literal(false)), literal(false)] },
      message: literal(""),
    });
    return undefined;
  }
  if (liveOut.length === 1) {
    env.bind(only, residual(declare(ev, only, text(nameOf(only))), facts));
    return undefined;
  }
  const all = declare(ev, liveOut.join("_"), text(objectOf(liveOut.map((name) => [name, nameOf(name)]))));
  for (const name of liveOut) env.bind(name, residual(declare(ev, name, memberOf(all, name)), facts));
  return undefined;
}

function rename(expr: Core.Expr, names: Names): Core.Expr {
  if (expr.type === "Name") return nameOf(names.get(expr.name) ?? expr.name);
  if (expr.type !== "Object") return expr;
  return {
    ...expr,
    props: expr.props.map((prop) =>
      prop.type === "Property" ? { ...prop, value: rename(prop.value, names) } : prop,
    ),
  };
}
