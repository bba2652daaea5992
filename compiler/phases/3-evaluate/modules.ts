/** Module top levels, on demand: a declaration is evaluated when something asks for one of its names. */
import type * as Core from "../../../plan/core/ast.ts";
import type { Json } from "../../../plan/types.ts";
import type { ImportDecl, SourceModule, Stmt } from "../../surface.ts";
import { arrowOf, call, json, nameOf } from "./core.ts";
import { BUILD_IN_ONE, inDoubt } from "./doubts.ts";
import { LocalEnvironment } from "./env.ts";
import { evaluate } from "./evaluate.ts";
import { libraryExport, reactExport } from "./library.ts";
import { suggestion } from "./member.ts";
import { type Change, type Changes, changesOf } from "./module-changes.ts";
import { mentionedNames } from "./names.ts";
import { nodeExport } from "./node-modules.ts";
import { bind } from "./patterns.ts";
import { exits } from "./regions.ts";
import { named } from "./reify.ts";
import { patternNames } from "./shape.ts";
import { attempt, type Evaluation, inScope, report } from "./state.ts";
import { Names, translation } from "./translate.ts";
import { statements as translated } from "./translate-statements.ts";
import { array, type Environment, known, object, POISON, residual, type Value } from "./value.ts";
import { otherZod, zod, zodExport } from "./zod.ts";

/** The environment of a module's top level. */
export function moduleEnvironment(ev: Evaluation, module: SourceModule): Environment {
  const existing = ev.modules.get(module);
  if (existing) return existing;
  const env = new LocalEnvironment(null, module);
  ev.modules.set(module, env);
  const changed = changesOf(module, ev.syntax);
  for (const decl of module.imports) {
    const isData = ev.resolve(module, decl.from).type === "json";
    for (const { local, imported, span } of decl.names) {
      const changes = isData ? changed.get(local) : undefined;
      env.bindLazily(local, () =>
        changes ? refused(ev, local, changes) : imported_(ev, module, decl, imported, span),
      );
    }
  }
  for (const stmt of module.body) declareTop(ev, stmt, env, changed);
  return env;
}

function declareTop(ev: Evaluation, stmt: Stmt, env: LocalEnvironment, changed: Changes): void {
  if (stmt.type === "Func" && stmt.name)
    env.bind(stmt.name, { type: "Code", func: stmt, env, name: stmt.name });
  if (stmt.type === "Class" && stmt.name)
    env.bind(stmt.name, { type: "Class", syntax: stmt, env, name: stmt.name });
  if (stmt.type !== "Declare") return;
  for (const decl of stmt.decls) {
    const names = patternNames(decl.target);
    let bound: LocalEnvironment | null = null;
    const all = (): LocalEnvironment => {
      if (bound) return bound;
      const into = new LocalEnvironment(env);
      atTop(ev, () => {
        if (decl.init) bind(ev, decl.target, evaluate(ev, decl.init, env), into);
        else for (const name of names) into.bind(name, known(undefined));
      });
      bound = into;
      return into;
    };
    for (const name of names) {
      env.bindLazily(name, () => {
        const changes = changed.get(name);
        if (changes) return changedValue(ev, name, { module: env, declared: stmt, changes, changed });
        if (decl.target.type === "Name" && decl.init)
          return atTop(ev, () => named(ev, name, evaluate(ev, decl.init!, env)));
        return all().own(name) ?? POISON;
      });
    }
  }
}

interface Changed {
  readonly module: LocalEnvironment;
  readonly declared: Stmt;
  /** In source order. */
  readonly changes: readonly Change[];
  /** All names that statements of the module change. */
  readonly changed: Changes;
}

/**
 * The value a name has once the module is loaded, where the statements that change it change nothing else: they are left
 * as one Core function, and what they read of the disk is read at build time.
 */
function changedValue(ev: Evaluation, name: string, { module, declared, changes, changed }: Changed): Value {
  const statements = changes.map(({ stmt }) => stmt);
  if (changes.every(({ doubt }) => doubt)) return refused(ev, name, changes);
  const own = changes.every(({ stmt, doubt }) => {
    if (doubt) return false;
    if (stmt.type === "Declare" || !module.module) return false;
    const { writes } = ev.syntax.analysis(module.module).effects(stmt);
    return stmt.type !== "ExprStmt" || stmt.expr.type === "Assign" ? writes.size === 1 : false;
  });
  const body = module.module?.body ?? [];
  const meanwhile = body.slice(body.indexOf(declared) + 1, body.indexOf(statements.at(-1)!));
  const others = [...changed.keys()].filter((other) => other !== name);
  const mixed =
    // What reads the name before its last write would see another value.
    meanwhile.some((stmt) => !statements.includes(stmt) && mentionedNames(stmt).has(name)) ||
    others.some((other) => mentionedNames([declared, ...statements]).has(other));
  if (mixed || !own || statements.some(exits) || declared.type !== "Declare" || declared.decls.length > 1)
    return refused(ev, name, changes);
  return attempt(
    ev,
    () =>
      atTop(ev, () => {
        const guarded = statements.some((stmt) => stmt.type === "Try");
        const text = loading(ev, guarded ? "guarded" : "plain", () =>
          translation(ev, module, null, (t) => {
            const names = new Names(null);
            const run = translated(t, [declared, ...statements], names);
            const value = nameOf(names.get(name) ?? name);
            return call(arrowOf([], { type: "Block", body: [...run, { type: "Return", value }] }));
          }),
        );
        return named(ev, name, residual(text));
      }),
    () => refused(ev, name, changes),
  );
}

function refused(ev: Evaluation, name: string, changes: readonly Change[]): Value {
  const [first] = changes;
  if (first?.doubt && changes.every(({ doubt }) => doubt))
    return report(ev, "SM105", first.stmt.span, inDoubt(`'${name}'`, first.doubt), BUILD_IN_ONE);
  return report(
    ev,
    "SM105",
    changes.find(({ doubt }) => !doubt)?.stmt.span,
    `'${name}' is changed by a statement at the top of the module`,
    "Write its final value in its declaration.",
  );
}

function loading<T>(ev: Evaluation, how: Evaluation["loading"], body: () => T): T {
  const before = ev.loading;
  ev.loading = how;
  try {
    return body();
  } finally {
    ev.loading = before;
  }
}

/** Evaluates at the top level: values that get a name are constants of the plan. */
function atTop<T>(ev: Evaluation, body: () => T): T {
  const { conditions } = ev;
  const path = ev.path.splice(0);
  ev.conditions = 0;
  try {
    return inScope(ev, ev.moduleScope, body);
  } finally {
    ev.conditions = conditions;
    ev.path.push(...path);
  }
}

/** What a module exports under a name. */
export function exportOf(ev: Evaluation, module: SourceModule, name: string, span: Core.Span | null): Value {
  if (name === "*") return namespaceOf(ev, module);
  const found = findExport(ev, module, name, span, new Set());
  if (found) return found;
  return report(
    ev,
    "SM104",
    span,
    `'${module.path}' exports no '${name}'`,
    suggestion(name, [...module.exports.keys()]),
  );
}

function findExport(
  ev: Evaluation,
  module: SourceModule,
  name: string,
  span: Core.Span | null,
  seen: Set<SourceModule>,
): Value | undefined {
  if (seen.has(module)) return undefined;
  seen.add(module);
  const entry = module.exports.get(name);
  if (entry && "local" in entry) return moduleEnvironment(ev, module).own(entry.local);
  if (entry) return specifierExport(ev, module, entry.from, entry.name, span ?? NOWHERE);
  if (name === "default") return undefined;
  for (const star of module.stars) {
    const target = ev.resolve(module, star);
    if (target.type !== "source") continue;
    const found = findExport(ev, target.module, name, span, seen);
    if (found) return found;
  }
  return undefined;
}

const NOWHERE: Core.Span = { file: 0, start: 0, end: 0 };

const isPrompt = (module: SourceModule): boolean => /\.mdx?$/.test(module.path);

function namespaceOf(ev: Evaluation, module: SourceModule): Value {
  return {
    type: "Namespace",
    name: module.path,
    member: (key, span) =>
      key === "default" && isPrompt(module)
        ? { type: "Prompt", path: module.path, module, span }
        : findExport(ev, module, key, span, new Set()),
    keys: () => [...module.exports.keys()],
  };
}

function imported_(
  ev: Evaluation,
  module: SourceModule,
  decl: ImportDecl,
  name: string,
  span: Core.Span,
): Value {
  return specifierExport(ev, module, decl.from, name, span);
}

function specifierExport(
  ev: Evaluation,
  module: SourceModule,
  specifier: string,
  name: string,
  span: Core.Span,
): Value {
  const target = ev.resolve(module, specifier);
  switch (target.type) {
    case "source":
      return attempt(
        ev,
        () => exportOf(ev, target.module, name, span),
        (why) =>
          report(ev, "SM103", span, `'${name}' can't be read at build time: ${why.message}`, undefined),
      );
    case "prompt":
      if (name === "default")
        return { type: "Prompt", path: target.module.path, module: target.module, span };
      return attempt(
        ev,
        () => exportOf(ev, target.module, name, span),
        (why) =>
          report(ev, "SM103", span, `'${name}' can't be read at build time: ${why.message}`, undefined),
      );
    case "json":
      return name === "default"
        ? atTop(ev, () => named(ev, jsonName(specifier), fromJson(target.value)))
        : name === "*"
          ? atTop(ev, () => named(ev, jsonName(specifier), fromJson(namespaceOfJson(target.value))))
          : memberOfJson(target.value, name);
    case "smithers":
      if (name === "*") return libraryNamespace(ev, target.from);
      return libraryExport(ev, target.from, name, span);
    case "zod":
      return name === "*" ? zod(span) : zodExport(ev, name, span);
    case "external":
      if (target.name.startsWith("zod/")) return otherZod(ev, target.name, span);
      if (target.name === "react") return reactExport(ev, name, span);
      if (target.name.startsWith("node:")) return nodeExport(ev, target.name, name, span);
      return { type: "External", from: target.name, path: name === "*" ? [] : [name], span };
    case "missing":
      return POISON;
    default: {
      const missing: never = target;
      return missing;
    }
  }
}

function libraryNamespace(ev: Evaluation, from: string): Value {
  return {
    type: "Namespace",
    name: from,
    member: (key, span) => libraryExport(ev, from, key, span),
    keys: () => ["createSmithers"],
  };
}

const jsonName = (specifier: string): string =>
  specifier
    .replace(/^.*\//, "")
    .replace(/\.json$/, "")
    .replace(/\W+/g, "_");

/** What `import * as data` gives: the members beside the whole. */
export function namespaceOfJson(value: Json): Json {
  const isTable = typeof value === "object" && value !== null && !Array.isArray(value);
  return { ...(isTable ? value : {}), default: value };
}

function memberOfJson(value: Json, name: string): Value {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return known(undefined);
  const member = (value as { readonly [key: string]: Json })[name];
  return member === undefined ? known(undefined) : fromJson(member);
}

export function fromJson(value: Json): Value {
  if (value === null || typeof value !== "object") return known(value);
  if (Array.isArray(value))
    return value.length > 200
      ? residual(json(value), { kind: "array", defined: true })
      : array(value.map(fromJson));
  return object(Object.entries(value).map(([key, member]) => [key, fromJson(member as Json)] as const));
}
