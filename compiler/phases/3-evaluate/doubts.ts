/**
 * What a statement of a module's top level may change, though nothing says that it does: it calls what can't be told, and a
 * function of the project that could be meant changes what it is given, or what it captures.
 */
import type * as Surface from "../../surface.ts";
import type { SourceModule, Stmt } from "../../surface.ts";
import type { Outside } from "./definitions.ts";
import { loadingOf } from "./loading.ts";
import { freeNames } from "./names.ts";
import type { ProjectFunction } from "./project-functions.ts";
import type { SyntaxEnvironments } from "./syntax-environment.ts";

/** What may change a value, though nothing says that it does. */
export interface Doubt {
  readonly module: SourceModule;
  readonly span: Surface.Span | undefined;
  readonly what: string;
}

/** What names of the top level hold, as far as a doubt goes: with all that can be reached. */
interface Reach {
  readonly same: ReadonlySet<string>;
  readonly held: ReadonlySet<string>;
}

/** Names of the module (of others: `path#name`), each with the function that may change what it stands for. */
export function doubtsOf(
  stmt: Stmt,
  module: SourceModule,
  syntax: SyntaxEnvironments,
  reaches: ReadonlyMap<string, Reach>,
): ReadonlyMap<string, Doubt> {
  const doubts = new Map<string, Doubt>();
  if (stmt.type === "Foreign") return doubts;
  const loading = loadingOf(stmt, module, syntax);
  const own = new Set(stmt.type === "Declare" ? stmt.decls.map(({ target }) => target) : []);
  const declared = new Set([...own].flatMap((target) => (target.type === "Name" ? [target.name] : [])));
  const add = (name: string, of: SourceModule, by: Doubt): void => {
    if (of === module && declared.has(name)) return;
    const key = of === module ? name : `${of.path}#${name}`;
    if (!doubts.has(key)) doubts.set(key, by);
  };
  for (const [name, { type, span, ...host }] of loading.unread) {
    const what = "what" in host ? host.what : type === "Class" ? "a class" : "host code";
    if (isData(name, module, syntax)) add(name, module, { module, span, what });
  }
  for (const fn of loading.perhaps) {
    const doubt: Doubt = {
      module: fn.module,
      span: fn.arrow.span,
      what: fn.name ? `'${fn.name}'` : "a function",
    };
    const writes = writesOf(fn, syntax);
    for (const { name, of } of writes.captured) add(name, of, doubt);
    if (writes.given === "nothing") continue;
    const receivers = writes.given === "receiver" ? loading.receivers.get(fn) : undefined;
    for (const [of, names] of receivers ? [[module, receivers] as const] : loading.given)
      for (const name of of === module ? closure(names, reaches) : names)
        if (isData(name, of, syntax)) add(name, of, doubt);
  }
  return doubts;
}

interface Writes {
  /** Names of files that it changes. */
  readonly captured: readonly { readonly name: string; readonly of: SourceModule }[];
  /** What of that which it is called with; `receiver`: only what it is called on. */
  readonly given: "nothing" | "receiver" | "anything";
}

function writesOf(fn: ProjectFunction, syntax: SyntaxEnvironments): Writes {
  const { params, deep, captured } = syntax.certainly(fn.module).summary(fn.arrow);
  const writes: { name: string; of: SourceModule }[] = [];
  const own = fieldsOf(fn, syntax);
  let isGiven = [...params].some((n) => !own.has(n));
  for (const name of captured) {
    const at = name.lastIndexOf("#");
    const of = at < 0 ? fn.module : syntax.modules.find(({ path }) => path === name.slice(0, at));
    const local = name.slice(at + 1);
    if (!of || !syntax.definitions.isTop(local, of)) isGiven = true;
    else if (isData(local, of, syntax) || isVariable(local, of, syntax)) writes.push({ name: local, of });
  }
  // That an instance changes its own fields concerns nobody else; what they hold may be others'.
  const isOn = [...own].some(([n, kind]) => (kind === "replaced" ? params : deep).has(n));
  return { captured: writes, given: isGiven ? "anything" : isOn ? "receiver" : "nothing" };
}

/** Parameters of a part of a class that stand for the instance, and for fields of its own. */
function fieldsOf(
  { arrow, of }: ProjectFunction,
  syntax: SyntaxEnvironments,
): ReadonlyMap<number, "own" | "replaced"> {
  if (!of) return new Map();
  const from = arrow.params.length - of.own.length;
  const fields = of.own.map((key, n) => {
    const kind = syntax.functions.assigned.has(key) ? ("replaced" as const) : ("own" as const);
    return [from + n, kind] as const;
  });
  return new Map([[0, "own"], ...fields]);
}

function closure(names: ReadonlySet<string>, reaches: ReadonlyMap<string, Reach>): ReadonlySet<string> {
  const all = new Set(names);
  for (const name of all) {
    const reach = reaches.get(name);
    for (const further of [...(reach?.same ?? []), ...(reach?.held ?? [])]) all.add(further);
  }
  return all;
}

/** Whether a name of a top level stands for an object of the project that somebody could change. */
function isData(name: string, module: SourceModule, syntax: SyntaxEnvironments): boolean {
  if (!syntax.definitions.isTop(name, module)) return false;
  const found = syntax.definitions.of(name, { module });
  switch (found.type) {
    case "data":
      return true;
    case "namespace":
    case "outside":
      return false;
    case "value":
      if (FIXED.has(found.init.type)) return false;
      return isOwn(syntax.definitions.outside(found.init, { module: found.module }));
    default:
      return found satisfies never;
  }
}

/** `let`: another value may be put in its place. */
function isVariable(name: string, module: SourceModule, syntax: SyntaxEnvironments): boolean {
  const found = syntax.definitions.of(name, { module });
  return found.type === "value" && !found.isConst;
}

/** What packages made is for them to change: agents, schemas. */
const isOwn = (from: Outside | null): boolean => from === null || from === "language";

/** Kinds of initialisers that give no object that could be changed. */
const FIXED: ReadonlySet<Surface.Expr["type"]> = new Set([
  "Arrow",
  "Func",
  "Class",
  "Literal",
  "Template",
  "Element",
  "Unary",
  "Binary",
]);

/** What instances of a class keep of a file: names of its fields' initialisers and of its constructor. */
export function keptBy(
  init: Surface.Expr,
  module: SourceModule,
  syntax: SyntaxEnvironments,
): ReadonlySet<string> {
  const kept = new Set<string>();
  if (init.type !== "New" && init.type !== "Construct") return kept;
  let node: Surface.Expr | undefined = init.callee;
  for (const seen = new Set<unknown>(); node && !seen.has(node); ) {
    seen.add(node);
    const found: Surface.Expr | undefined = node.type === "Name" ? classOf(node.name, module, syntax) : node;
    if (found?.type !== "Class") break;
    for (const { kind, isStatic, run } of found.code()?.parts ?? [])
      if (!isStatic && kind !== "method") for (const name of freeNames(run)) kept.add(name);
    node = found.extends;
  }
  return kept;
}

function classOf(name: string, module: SourceModule, syntax: SyntaxEnvironments): Surface.Expr | undefined {
  const found = syntax.definitions.of(name, { module });
  return found.type === "value" && found.module === module && !found.isPart ? found.init : undefined;
}

/** What is said of a value in doubt, with both places. */
export function inDoubt(value: string, { module, span, what }: Doubt): string {
  const line = module.text.slice(0, span?.start ?? 0).split("\n").length;
  return `${value} may be changed here while files are loaded: which functions this runs can't be told for certain, and ${what} (${module.path}:${line}) changes what it can reach`;
}

export const BUILD_IN_ONE =
  "Build its whole value in one expression where it is declared, from a function that returns it: `const LIST = makeList();`. Object.freeze is no way out.";
