import type { Pattern } from "../ast.ts";
import type { Value } from "../values.ts";
import { keyCode } from "./calls.ts";
import { toKey } from "./coerce.ts";
import type { Context, Opened } from "./context.ts";
import { throwType } from "./errors.ts";
import { evaluationOf, type Frame } from "./evaluation.ts";
import { compile } from "./expressions.ts";
import { iteratorOf } from "./iterate.ts";
import { getMember } from "./members.ts";
import { assignName, initialiseName, type Store } from "./names.ts";
import { copyOwn } from "./properties.ts";
import { setMember } from "./writes.ts";

/** How the names of a pattern get their values. */
type Leaf = (ctx: Context, name: string) => Store;

/** Says what is destructured, for the TypeError. */
type Describe = () => string;

/** Code that declares the names of a pattern. */
export function bindPattern(ctx: Context, pattern: Pattern, describe: Describe): Store {
  return compilePattern(ctx, pattern, initialiseName, describe);
}

/** Code that assigns to the targets of a pattern. */
export function assignPattern(ctx: Context, pattern: Pattern, describe: Describe): Store {
  return compilePattern(ctx, pattern, assignName, describe);
}

function compilePattern(ctx: Context, pattern: Pattern, leaf: Leaf, describe: Describe): Store {
  switch (pattern.type) {
    case "Name":
      return leaf(ctx, pattern.name);
    case "Member": {
      const object = compile(ctx, pattern.object);
      const key = keyCode(ctx, pattern.property);
      return (f, value) => {
        const ev = evaluationOf(f);
        const at = object(f);
        setMember(ev, at, toKey(ev, key(f)), value);
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
  describe: Describe,
): Store {
  const stores = pattern.elements.map((element) =>
    element === null ? null : compilePattern(ctx, element, leaf, describe),
  );
  const rest = pattern.rest ? compilePattern(ctx, pattern.rest, leaf, describe) : undefined;
  return (f, value) => {
    const ev = evaluationOf(f);
    const iterator = iteratorOf(value);
    if (iterator === undefined) {
      throwType(
        value === undefined || value === null
          ? `${value} is not iterable (cannot read property Symbol(Symbol.iterator))`
          : `${describe()} is not iterable`,
      );
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
  describe: Describe,
): Store {
  const props = pattern.props.map(({ key, value }) => ({
    key: keyCode(ctx, key),
    store: compilePattern(ctx, value, leaf, describe),
  }));
  const first = pattern.props[0]?.key;
  const rest = pattern.rest ? compilePattern(ctx, pattern.rest, leaf, describe) : undefined;
  return (f, value) => {
    const ev = evaluationOf(f);
    if (value === undefined || value === null) {
      throwType(
        typeof first === "string"
          ? `Cannot destructure property '${first}' of '${describe()}' as it is ${value}.`
          : `Cannot destructure '${describe()}' as it is ${value}.`,
      );
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

/** Code that binds the parameters of a function one after the other, each seeing those before it. */
export function bindArguments(
  opened: Opened,
  params: readonly Pattern[],
  rest: Pattern | undefined,
): (f: Frame, args: readonly Value[]) => void {
  const { ctx, enter } = opened;
  const stores = params.map((param) => bindPattern(ctx, param, () => "object"));
  const restStore = rest ? bindPattern(ctx, rest, () => "object") : undefined;
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
