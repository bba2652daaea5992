import type { Block, Declare, For, ForOf, Stmt, Switch, Try } from "../ast.ts";
import { declaredNames } from "../scope.ts";
import type { Value } from "../values.ts";
import { weight } from "./analyse.ts";
import { truthy } from "./coerce.ts";
import { BREAK_COMPLETION, CONTINUE_COMPLETION, RETURN_COMPLETION } from "./completion.ts";
import type { Context, Opened } from "./context.ts";
import { Thrown, throwType } from "./errors.ts";
import { Box, type Code, evaluationOf, type Frame, RETURN } from "./evaluation.ts";
import { compile } from "./expressions.ts";
import { iteratorOf, sourceNotIterable } from "./iterate.ts";
import type { Store } from "./names.ts";
import { strictEquals } from "./operators.ts";
import { assignPattern, bindPattern, named, sourceOf } from "./patterns.ts";

export function compileBlock(outer: Context, block: Block): Code {
  const opened = outer.open(block, constantsOf(block.body));
  return compileBody(opened, block.body);
}

function constantsOf(body: readonly Stmt[]): (name: string) => boolean {
  const names = new Set<string>();
  for (const statement of body) {
    if (statement.type === "Declare" && statement.kind === "const") {
      for (const name of declaredNames([statement])) {
        names.add(name);
      }
    }
  }
  return (name) => names.has(name);
}

function compileBody({ ctx, enter }: Opened, body: readonly Stmt[]): Code {
  const codes = body.map((statement) => compileStatement(ctx, statement));
  return (f) => {
    if (enter !== undefined) {
      enter(f);
    }
    for (let i = 0; i < codes.length; i++) {
      const completion = (codes[i] as Code)(f);
      if (completion !== undefined) {
        return completion;
      }
    }
    return undefined;
  };
}

/** Makes code for a statement; it gives a Completion. */
export function compileStatement(ctx: Context, statement: Stmt): Code {
  switch (statement.type) {
    case "Declare":
      return compileDeclare(ctx, statement);
    case "ExprStmt": {
      const code = compile(ctx, statement.expr);
      return (f) => {
        code(f);
        return undefined;
      };
    }
    case "Block":
      return compileBlock(ctx, statement);
    case "If": {
      const test = compile(ctx, statement.test);
      const then = compileStatement(ctx, statement.then);
      const otherwise = statement.else ? compileStatement(ctx, statement.else) : undefined;
      return (f) => (truthy(test(f)) ? then(f) : otherwise?.(f));
    }
    case "Switch":
      return compileSwitch(ctx, statement);
    case "ForOf":
      return compileForOf(ctx, statement);
    case "For":
      return compileFor(ctx, statement);
    case "While": {
      const test = compile(ctx, statement.test);
      const body = compileLoopBody(ctx, statement.body, statement.test);
      return (f) => {
        while (truthy(test(f))) {
          const completion = body(f);
          if (completion !== undefined && completion !== CONTINUE_COMPLETION) {
            return completion === BREAK_COMPLETION ? undefined : completion;
          }
        }
        return undefined;
      };
    }
    case "DoWhile": {
      const test = compile(ctx, statement.test);
      const body = compileLoopBody(ctx, statement.body, statement.test);
      return (f) => {
        do {
          const completion = body(f);
          if (completion !== undefined && completion !== CONTINUE_COMPLETION) {
            return completion === BREAK_COMPLETION ? undefined : completion;
          }
        } while (truthy(test(f)));
        return undefined;
      };
    }
    case "Break":
      return () => BREAK_COMPLETION;
    case "Continue":
      return () => CONTINUE_COMPLETION;
    case "Return": {
      const value = statement.value ? compile(ctx, statement.value) : undefined;
      return (f) => {
        f[RETURN] = value?.(f);
        return RETURN_COMPLETION;
      };
    }
    case "Throw": {
      const value = compile(ctx, statement.value);
      return (f) => {
        const thrown = value(f);
        evaluationOf(f).mark(ctx.scopes, statement.span);
        throw new Thrown(thrown, false);
      };
    }
    case "Try":
      return compileTry(ctx, statement);
    default:
      return statement satisfies never;
  }
}

/** The body of a loop, which pays for each time round. */
function compileLoopBody(ctx: Context, body: Stmt, ...heads: readonly Parameters<typeof weight>[0][]): Code {
  const code = compileStatement(ctx, body);
  const cost = heads.reduce((sum, head) => sum + weight(head), weight(body));
  return (f) => {
    evaluationOf(f).spend(cost);
    return code(f);
  };
}

function compileDeclare(ctx: Context, statement: Declare): Code {
  const steps = statement.decls.map(({ target, init }): ((f: Frame) => void) => {
    const store = bindPattern(ctx, target, init ? sourceOf(init, true) : named("undefined"));
    if (init === undefined) {
      return (f) => store(f, undefined);
    }
    const value = compile(ctx, init);
    return (f) => store(f, value(f));
  });
  const [only] = steps;
  if (steps.length === 1 && only !== undefined) {
    return (f) => {
      only(f);
      return undefined;
    };
  }
  return (f) => {
    for (const step of steps) {
      step(f);
    }
    return undefined;
  };
}

function compileSwitch(outer: Context, statement: Switch): Code {
  const value = compile(outer, statement.value);
  const all = statement.cases.flatMap(({ body }) => body);
  const { ctx, enter } = outer.open(statement, constantsOf(all));
  const tests = statement.cases.map(({ test }) => (test ? compile(ctx, test) : undefined));
  const bodies = statement.cases.map(({ body }) => body.map((inner) => compileStatement(ctx, inner)));
  const fallback = tests.indexOf(undefined);
  return (f) => {
    const subject = value(f);
    enter?.(f);
    let at = -1;
    for (let i = 0; i < tests.length && at < 0; i++) {
      const test = tests[i];
      if (test !== undefined && strictEquals(evaluationOf(f), subject, test(f))) {
        at = i;
      }
    }
    for (let i = at < 0 ? fallback : at; i >= 0 && i < bodies.length; i++) {
      for (const code of bodies[i] as Code[]) {
        const completion = code(f);
        if (completion !== undefined) {
          return completion === BREAK_COMPLETION ? undefined : completion;
        }
      }
    }
    return undefined;
  };
}

function compileForOf(outer: Context, statement: ForOf): Code {
  const opened = statement.kind ? outer.open(statement, () => statement.kind === "const") : undefined;
  const ctx = opened?.ctx ?? outer;
  const of = compile(ctx, statement.of);
  const store: Store = statement.kind
    ? bindPattern(ctx, statement.target, named(".for"))
    : assignPattern(ctx, statement.target, named(".for"));
  const enter = opened?.enter;
  const body = compileLoopBody(ctx, statement.body);
  return (f) => {
    enter?.(f);
    const list = of(f);
    const iterator = iteratorOf(list);
    if (iterator === undefined) {
      return throwType(sourceNotIterable(statement.of, list));
    }
    for (let step = iterator.next(); step.done !== true; step = iterator.next()) {
      enter?.(f);
      store(f, step.value);
      const completion = body(f);
      if (completion !== undefined && completion !== CONTINUE_COMPLETION) {
        return completion === BREAK_COMPLETION ? undefined : completion;
      }
    }
    return undefined;
  };
}

function compileFor(outer: Context, statement: For): Code {
  const { init } = statement;
  const opened = init?.type === "Declare" ? outer.open(statement, () => init.kind === "const") : undefined;
  const ctx = opened?.ctx ?? outer;
  const start = init ? compileStatement(ctx, init) : undefined;
  const test = statement.test ? compile(ctx, statement.test) : undefined;
  const update = statement.update ? compile(ctx, statement.update) : undefined;
  const heads = [statement.test, statement.update].filter((head) => head !== undefined);
  const body = compileLoopBody(ctx, statement.body, ...heads);
  // each time round has bindings of its own: only captured ones can tell
  const boxed = (opened?.bindings ?? []).filter((binding) => binding.captured).map(({ slot }) => slot);
  const renew = (f: Frame): void => {
    for (const slot of boxed) {
      f[slot] = new Box((f[slot] as Box).value, evaluationOf(f));
    }
  };
  return (f) => {
    opened?.enter?.(f);
    start?.(f);
    renew(f);
    for (;;) {
      if (test !== undefined && !truthy(test(f))) {
        return undefined;
      }
      const completion = body(f);
      if (completion !== undefined && completion !== CONTINUE_COMPLETION) {
        return completion === BREAK_COMPLETION ? undefined : completion;
      }
      renew(f);
      update?.(f);
    }
  };
}

/** Steps that a caught error costs: the engine takes that much longer to make and unwind one. */
const CAUGHT = 500;

/** Counts the `try` blocks that are being run; a handler and a finalizer stand outside their own. */
function trying(block: Code): Code {
  return (f) => {
    const ev = evaluationOf(f);
    ev.trying++;
    try {
      return block(f);
    } finally {
      ev.trying--;
    }
  };
}

/** Only what the program throws is caught; everything else passes by handlers and finalizers alike. */
function compileTry(outer: Context, statement: Try): Code {
  const block = trying(compileBlock(outer, statement.block));
  const handler = statement.handler ? compileHandler(outer, statement) : undefined;
  const finalizer = statement.finalizer ? compileBlock(outer, statement.finalizer) : undefined;
  const guarded: Code =
    handler === undefined
      ? block
      : (f) => {
          const ev = evaluationOf(f);
          const { depth } = ev;
          try {
            return block(f);
          } catch (error) {
            if (!(error instanceof Thrown)) {
              throw error;
            }
            ev.depth = depth;
            ev.spend(CAUGHT);
            if (error.fresh) {
              ev.own(error.value as object);
            }
            return handler(f, error.value);
          }
        };
  if (finalizer === undefined) {
    return guarded;
  }
  return (f) => {
    const ev = evaluationOf(f);
    const { depth } = ev;
    let completion: Value;
    try {
      completion = guarded(f);
    } catch (error) {
      if (!(error instanceof Thrown)) {
        throw error;
      }
      ev.depth = depth;
      const override = finalizer(f);
      if (override !== undefined) {
        return override;
      }
      throw error;
    }
    const returned = f[RETURN];
    const override = finalizer(f);
    if (override !== undefined) {
      return override;
    }
    f[RETURN] = returned;
    return completion;
  };
}

function compileHandler(outer: Context, statement: Try): (f: Frame, error: Value) => Value {
  const block = statement.handler as Block;
  if (statement.param === undefined) {
    const code = compileBlock(outer, block);
    return (f) => code(f);
  }
  const { ctx, enter } = outer.open(statement, () => false);
  const store = bindPattern(ctx, statement.param, named(".catch"));
  const code = compileBlock(ctx, block);
  return (f, error) => {
    enter?.(f);
    store(f, error);
    return code(f);
  };
}
