import type { Expr, Pattern } from "../ast.ts";
import type { Value } from "../values.ts";
import { keyCode } from "./calls.ts";
import { toKey } from "./coerce.ts";
import type { Context, Opened } from "./context.ts";
import { throwType } from "./errors.ts";
import { evaluationOf, type Frame } from "./evaluation.ts";
import { compile } from "./expressions.ts";
import { iteratorOf, notIterable } from "./iterate.ts";
import { getMember } from "./members.ts";
import { assignName, initialiseName, type Store } from "./names.ts";
import { copyOwn } from "./properties.ts";
import { render } from "./render.ts";
import { typed } from "./shown.ts";
import { setComputed } from "./writes.ts";

/** How the names of a pattern get their values. */
type Leaf = (ctx: Context, name: string) => Store;

/** How V8 names what is destructured when it can't be. Undefined where it shows no source: inside another pattern. */
interface Subject {
  /** In "Cannot destructure property 'a' of …". */
  readonly object: (value: Value) => string;
  /** In "… is not iterable"; undefined where only the type of the value is told. */
  readonly list: string | undefined;
}

/** A value that has only V8's own name for its place. */
export function named(name: string): Subject {
  return { object: () => name, list: name === "undefined" ? undefined : name };
}

/** The value of an expression. */
export function sourceOf(expr: Expr, declared: boolean): Subject {
  return {
    object: () => render(expr),
    list: declared && expr.type === "Name" && !CONSTANTS.has(expr.name) ? expr.name : undefined,
  };
}

const CONSTANTS: ReadonlySet<string> = new Set(["undefined", "NaN", "Infinity"]);

const ARGUMENT: Subject = { object: typed, list: undefined };

/** Code that declares the names of a pattern. */
export function bindPattern(ctx: Context, pattern: Pattern, describe: Subject | undefined): Store {
  return compilePattern(ctx, pattern, initialiseName, describe);
}

/** Code that assigns to the targets of a pattern. */
export function assignPattern(ctx: Context, pattern: Pattern, describe: Subject | undefined): Store {
  return compilePattern(ctx, pattern, assignName, describe);
}

function compilePattern(ctx: Context, pattern: Pattern, leaf: Leaf, describe: Subject | undefined): Store {
  switch (pattern.type) {
    case "Name":
      return leaf(ctx, pattern.name);
    case "Member": {
      const object = compile(ctx, pattern.object);
      const key = keyCode(ctx, pattern.property);
      return (f, value) => {
        const ev = evaluationOf(f);
        const at = object(f);
        setComputed(ev, at, key(f), value);
      };
    }
    case "DefaultPattern": {
      const store = compilePattern(ctx, pattern.target, leaf, describe);
      const otherwise = compile(ctx, pattern.value);
      return (f, value) => store(f, value === undefined ? otherwise(f) : value);
    }
    case "ArrayPattern":
      return compileArrayPattern(ctx, pattern, leaf, describe);
    case "ObjectPattern":
      return compileObjectPattern(ctx, pattern, leaf, describe);
    default:
      return pattern satisfies never;
  }
}

function compileArrayPattern(
  ctx: Context,
  pattern: Extract<Pattern, { type: "ArrayPattern" }>,
  leaf: Leaf,
  describe: Subject | undefined,
): Store {
  const stores = pattern.elements.map((element) =>
    element === null ? null : compilePattern(ctx, element, leaf, undefined),
  );
  const rest = pattern.rest ? compilePattern(ctx, pattern.rest, leaf, undefined) : undefined;
  return (f, value) => {
    const ev = evaluationOf(f);
    const iterator = iteratorOf(value);
    if (iterator === undefined) {
      const list = describe?.list;
      throwType(list === undefined ? notIterable(value) : `${list} is not iterable`);
      return;
    }
    let done = false;
    const next = (): Value => {
      if (done) {
        return undefined;
      }
      const step = iterator.next();
      done = step.done === true;
      return done ? undefined : step.value;
    };
    for (const store of stores) {
      const element = next();
      if (store !== null) {
        store(f, element);
      }
    }
    if (rest !== undefined) {
      const items: Value[] = [];
      for (let element = next(); !done; element = next()) {
        ev.spend(1);
        items.push(element);
      }
      rest(f, ev.array(items));
    }
  };
}

function compileObjectPattern(
  ctx: Context,
  pattern: Extract<Pattern, { type: "ObjectPattern" }>,
  leaf: Leaf,
  describe: Subject | undefined,
): Store {
  const props = pattern.props.map(({ key, value }) => ({
    key: keyCode(ctx, key),
    store: compilePattern(ctx, value, leaf, undefined),
  }));
  const [first] = pattern.props;
  const rest = pattern.rest ? compilePattern(ctx, pattern.rest, leaf, undefined) : undefined;
  return (f, value) => {
    const ev = evaluationOf(f);
    if (value === undefined || value === null) {
      throwType(cannotDestructure(first, value, describe));
    }
    const taken = new Set<string>();
    for (const { key, store } of props) {
      const name = toKey(ev, key(f));
      taken.add(name);
      store(f, getMember(ev, value, name));
    }
    if (rest !== undefined) {
      rest(f, copyOwn(ev, value, taken));
    }
  };
}

type FirstProperty = Extract<Pattern, { type: "ObjectPattern" }>["props"][number] | undefined;

function cannotDestructure(
  first: FirstProperty,
  value: undefined | null,
  subject: Subject | undefined,
): string {
  const key = first?.key;
  if (typeof key === "string" && (subject === undefined || first?.value.type === "DefaultPattern")) {
    return `Cannot read properties of ${value} (reading '${key}')`;
  }
  const what = subject?.object(value) ?? typed(value);
  return typeof key === "string"
    ? `Cannot destructure property '${key}' of '${what}' as it is ${value}.`
    : `Cannot destructure '${what}' as it is ${value}.`;
}

/** Code that binds the parameters of a function one after the other, each seeing those before it. */
export function bindArguments(
  opened: Opened,
  params: readonly Pattern[],
  rest: Pattern | undefined,
): (f: Frame, args: readonly Value[]) => void {
  const { ctx, enter } = opened;
  const stores = params.map((param) => bindPattern(ctx, param, ARGUMENT));
  const restStore = rest ? bindPattern(ctx, rest, ARGUMENT) : undefined;
  return (f, args) => {
    enter?.(f);
    for (let i = 0; i < stores.length; i++) {
      (stores[i] as Store)(f, args[i]);
    }
    if (restStore !== undefined) {
      restStore(f, evaluationOf(f).array(args.slice(stores.length)));
    }
  };
}
