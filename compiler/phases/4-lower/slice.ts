/**
 * What a function that runs as code needs of its sources: exactly the declarations that it refers to, directly or
 * through others, over the module graph. Declarations are discovered in the order in which the normal form of the
 * function meets them, so neither names nor files nor their order change the slice's digest.
 */

import { canonicalize, sha256 } from "../../../plan/canonical.ts";
import type { Json } from "../../../plan/types.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import { problem } from "../../report.ts";
import type { SourceModule, Span } from "../../surface.ts";
import type { Reach } from "../1-parse/reaches.ts";
import { DEFAULT_NAME, type Piece, type Pieces, piecesOf } from "../1-parse/slices.ts";
import { isAuthoring } from "../2-bind/authoring.ts";
import type { Graph } from "../2-bind/bind.ts";
import { type Changes, changesOf } from "../3-evaluate/module-changes.ts";
import { namespaceOfJson } from "../3-evaluate/modules.ts";
import { isPoisoned } from "../3-evaluate/poison.ts";
import { patternNames } from "../3-evaluate/shape.ts";
import type { SyntaxEnvironments } from "../3-evaluate/syntax-environment.ts";
import { type Environment, lookupLocal, toJson, type Value } from "../3-evaluate/value.ts";
import { exported } from "./exports.ts";
import { foreignChanges } from "./foreign-changes.ts";

/** What one source module gives to a slice. */
export interface SlicePart {
  readonly module: SourceModule;
  readonly pieces: readonly Piece[];
  /** Statements that bring in names from elsewhere. */
  readonly head: readonly string[];
}

export interface Slice {
  readonly parts: readonly SlicePart[];
  /** Names and functions of the workflow function's own scopes: statements in front of the call. */
  readonly locals: readonly string[];
  /** What the workflow function calls its `ctx`. */
  readonly contexts: readonly string[];
  /** All names that the code has beside those that its functions declare themselves. */
  readonly names: ReadonlySet<string>;
  /** The function (or agent object) as an expression. */
  readonly main: string;
  /** What `locals` and `main` are made of, in that order. */
  readonly inner: readonly Piece[];
  /** Import specifiers of packages, with the first place of each file that asks for one. */
  readonly externals: ReadonlyMap<string, readonly Span[]>;
  /** Those of them that are imported while the code runs, and may be missing. */
  readonly late: ReadonlySet<string>;
  /** Captures that are names of the module's top level, and that its declarations use. */
  readonly lifted: readonly string[];
  /** Of the normal forms; names of packages included, versions not. */
  readonly digest: string;
}

export interface SliceRequest {
  readonly span: Span;
  readonly captures: readonly string[];
  /** Where the function's free names are found. */
  readonly env: Environment;
}

/** The pieces of every module, made once a build, and what the names of its top level stand for. */
export interface PieceCache {
  readonly pieces: Map<SourceModule, Pieces>;
  readonly values: ReadonlyMap<SourceModule, Environment>;
  readonly changes: Map<SourceModule, Changes>;
  readonly syntax: SyntaxEnvironments;
}

/** Null where the function can't be sliced; the reasons are in `problems`. */
export function sliceOf(
  graph: Graph,
  cache: PieceCache,
  request: SliceRequest,
  problems: Diagnostic[],
): Slice | null {
  const before = problems.length;
  const slicer = new Slicer(graph, cache, request, problems);
  const slice = slicer.run();
  return problems.slice(before).some((x) => x.severity === "error") ? null : slice;
}

interface Part {
  readonly pieces: Set<Piece>;
  /** Local name → statement. */
  readonly head: Map<string, string>;
}

/** Where the free names of a piece are looked up: at a module's top level, or first in the function's environment. */
interface Home {
  readonly module: SourceModule;
  readonly env: Environment | null;
}

/** An imported name: `local` in `module` stands for `imported` of something. */
interface Use {
  readonly module: SourceModule;
  readonly local: string;
  readonly imported: string;
  readonly span: Span;
  /** The code that uses it. */
  readonly at: Span;
}

class Slicer {
  readonly #graph: Graph;
  readonly #cache: PieceCache;
  readonly #request: SliceRequest;
  readonly #problems: Diagnostic[];
  readonly #parts = new Map<SourceModule, Part>();
  readonly #externals = new Map<string, Span[]>();
  readonly #locals = new Map<string, string>();
  readonly #localPieces: Piece[] = [];
  readonly #tokens = new Map<Piece, string>();
  readonly #queue: { readonly piece: Piece; readonly home: Home }[] = [];
  readonly #captured: string[] = [];
  readonly #contexts = new Set<string>();
  /** Packages that are imported while the code runs. */
  readonly #late = new Set<string>();
  readonly #lifted = new Set<string>();

  constructor(graph: Graph, cache: PieceCache, request: SliceRequest, problems: Diagnostic[]) {
    this.#graph = graph;
    this.#cache = cache;
    this.#request = request;
    this.#problems = problems;
  }

  run(): Slice | null {
    const { span, env } = this.#request;
    const module = this.#graph.modules.find((m) => m.file === span.file);
    const main = module && this.#pieces(module).expression(span);
    if (!module || !main) {
      this.#refuse(span, "This function's source can't be cut out.");
      return null;
    }
    this.#part(module);
    const forms: Json[] = [];
    this.#queue.push({ piece: main, home: { module, env } });
    for (;;) {
      const next = this.#queue.shift();
      if (next) forms.push(this.#form(next.piece, next.home));
      else if (!this.#addEffects()) break;
    }
    return {
      parts: [...this.#parts].map(([m, part]) => ({
        module: m,
        // In source order: a declaration may use an earlier one while the module is loaded.
        pieces: [...part.pieces].sort((a, b) => a.span.start - b.span.start),
        head: [...part.head.values()],
      })),
      locals: [...this.#locals.values()],
      contexts: [...this.#contexts],
      names: new Set([
        ...this.#request.captures,
        ...this.#locals.keys(),
        ...[...this.#part(module).head.keys()],
        ...[...this.#part(module).pieces].flatMap((piece) => piece.names),
      ]),
      main: main.text,
      inner: [...this.#localPieces, main],
      externals: this.#externals,
      late: this.#late,
      lifted: [...this.#lifted],
      digest: sha256(canonicalize(forms)),
    };
  }

  #pieces(module: SourceModule): Pieces {
    const known = this.#cache.pieces.get(module) ?? piecesOf(module);
    this.#cache.pieces.set(module, known);
    return known;
  }

  #changes(module: SourceModule): Changes {
    const known = this.#cache.changes.get(module) ?? changesOf(module, this.#cache.syntax);
    this.#cache.changes.set(module, known);
    return known;
  }

  #part(module: SourceModule): Part {
    let part = this.#parts.get(module);
    if (!part) {
      part = { pieces: new Set(), head: new Map() };
      this.#parts.set(module, part);
      for (const decl of module.imports)
        if (decl.names.length === 0)
          this.#problems.push(
            problem(
              "SM108",
              decl.span,
              `\`${decl.from}\` is imported for its effects, which a compute function of this file may need.`,
              {
                hint: "Export a function that does it and call it where it is needed, or move what the function uses into a file of its own.",
              },
            ),
          );
    }
    return part;
  }

  #form(piece: Piece, home: Home): string {
    if (piece.hasJsx) this.#refuse(piece.span, "Code that runs as a module can't hold elements.");
    const free = new Set<string>();
    const form = piece.normal((name) => {
      const token = this.#refer(name, home, piece.span);
      if (token === `global:${name}`) free.add(name);
      return token;
    });
    for (const reach of piece.reaches)
      if (reach.what.startsWith("import") || free.has(reach.what)) this.#reach(reach, home.module);
    return form;
  }

  /** What means another thing in the file of a module than in the file of the source. */
  #reach({ what, specifier, span }: Reach, module: SourceModule): void {
    const refuse = (message: string, hint: string): void => {
      this.#problems.push(problem("SM103", span, message, { hint }));
    };
    switch (what) {
      case "import.meta":
      case "__dirname":
      case "__filename":
        refuse(
          `\`${what}\` in code that runs as a module is not that of this file.`,
          "Give it a name outside the function and use that in it: const here = import.meta.dirname;",
        );
        return;
      case "require":
        if (specifier === undefined || /^[./]/.test(specifier) || isAuthoring(specifier))
          refuse(
            "Code that runs as a module can `require` packages by their names only.",
            "Import it at the top of the file.",
          );
        else {
          this.#external(specifier, span);
          this.#part(module).head.set("require", REQUIRE);
        }
        return;
      case "import":
        if (specifier === undefined) {
          const message =
            "What this imports is known only when it runs: no lock file decides its version, and a relative path starts at the plan's own module.";
          const hint = "Import it by name, or by an absolute path.";
          this.#problems.push({ ...problem("SM802", span, message, { hint }), severity: "warning" });
        } else if (/^[./]/.test(specifier) || isAuthoring(specifier))
          refuse(
            `\`${specifier}\` can't be imported while the code runs: a plan holds only what its files import at their top.`,
            "Import it at the top of the file.",
          );
        else {
          this.#external(specifier, span);
          this.#late.add(specifier);
        }
        return;
      default:
        what satisfies never;
    }
  }

  #refer(name: string, home: Home, at: Span): string {
    return (
      (home.env && this.#local(name, home, at)) ?? this.#topLevel(name, home.module, at) ?? `global:${name}`
    );
  }

  /** A name of the workflow function's own scopes. */
  #local(name: string, home: Home, at: Span): string | null {
    if (this.#request.captures.includes(name)) return this.#capture(name);
    for (let env = home.env; env && !env.module; env = env.parent) {
      const value = env.own(name);
      if (!value) continue;
      if (value.type === "Closure" || value.type === "Code") {
        const span = value.type === "Closure" ? value.arrow.span : value.func.span;
        const module = span && this.#graph.modules.find((m) => m.file === span.file);
        const piece = span && module && this.#pieces(module).expression(span);
        if (!piece || !module) return null;
        const token = this.#tokens.get(piece);
        if (token !== undefined) return token;
        const fresh = this.#token(piece);
        if (this.#locals.has(name))
          this.#refuse(at, `Two functions called \`${name}\` can't go along into one module.`);
        this.#locals.set(name, `const ${name} = ${piece.text};`);
        this.#localPieces.push(piece);
        this.#queue.push({ piece, home: { module, env: value.env } });
        return fresh;
      }
      return this.#localValue(name, value, at);
    }
    return null;
  }

  /** What is known stands in the code; anything else that is no capture can't go along. */
  #localValue(name: string, value: Value, at: Span): string {
    if (value.type === "Residual" && value.expr.type === "Name" && value.expr.name === "ctx") {
      this.#contexts.add(name);
      return "ctx";
    }
    if (isPoisoned(value)) return "reported";
    const text =
      value.type === "Known" && value.value === undefined ? "undefined" : JSON.stringify(toJson(value));
    if (text === undefined) {
      this.#refuse(this.#place(at, name), `\`${name}\` can't go along into code that runs as a module.`);
      return "refused";
    }
    this.#locals.set(name, `const ${name} = ${text};`);
    return `known:${text}`;
  }

  #capture(name: string): string {
    if (!this.#captured.includes(name)) this.#captured.push(name);
    return `capture:${this.#captured.indexOf(name)}`;
  }

  #token(piece: Piece): string {
    const token = `piece:${this.#tokens.size}`;
    this.#tokens.set(piece, token);
    return token;
  }

  #topLevel(name: string, module: SourceModule, at: Span): string | null {
    const { captures, env, span } = this.#request;
    if (captures.includes(name) && module.file === span.file && !lookupLocal(env, name)) {
      this.#lifted.add(name);
      this.#part(module).head.set(name, `let ${name};`);
      return this.#capture(name);
    }
    const piece = this.#pieces(module).declaration(name);
    if (piece) return this.#declaration(piece, name, module, at);
    for (const decl of module.imports)
      for (const { local, imported, span } of decl.names)
        if (local === name)
          return this.#imported({ module, source: module, local, from: decl.from, imported, span, at });
    return null;
  }

  #declaration(piece: Piece, name: string, module: SourceModule, at: Span): string {
    const member = piece.names.indexOf(name === "*default*" ? DEFAULT_NAME : name);
    const api = this.#apiMember(piece, name, module);
    if (api) {
      if (api !== "outputs" && api !== "tables" && api !== "*")
        this.#refuse(
          this.#place(at, name),
          `\`${name}\` belongs to the workflow and can't be used in code that runs as a module.`,
        );
      // Table handles are their names.
      const tables = "new Proxy({}, { get: (_, table) => table })";
      const text = api === "*" ? `{ outputs: ${tables}, tables: ${tables} }` : tables;
      this.#part(module).head.set(name, `const ${name} = ${text};`);
      return `tables:${api}`;
    }
    const known = this.#tokens.get(piece);
    if (known === undefined) {
      this.#part(module).pieces.add(piece);
      this.#token(piece);
      this.#queue.push({ piece, home: { module, env: null } });
    }
    return `${this.#tokens.get(piece)}.${member}`;
  }

  /** Which member of `createSmithers(…)` a declaration binds to a name (`*`: all of it); null for any other declaration. */
  #apiMember(piece: Piece, name: string, module: SourceModule): string | null {
    const value = this.#cache.values.get(module)?.settled?.(name);
    if (value?.type === "Namespace" && value.tables) return value.tables;
    const made = /=\s*(?:await\s+)?([\w$]+)\s*(?:<[^()]*>)?\(/.exec(piece.text)?.[1];
    const isApi = module.imports.some(
      (decl) =>
        this.#graph.resolve(module, decl.from).type === "smithers" &&
        decl.names.some((n) => n.local === made && n.imported === "createSmithers"),
    );
    return isApi ? (piece.keys.get(name) ?? "*") : null;
  }

  #imported(use: Use & { readonly source: SourceModule; readonly from: string }): string | null {
    const { module, local, from, imported, span, at } = use;
    const target = this.#graph.resolve(use.source, from);
    const { head } = this.#part(module);
    switch (target.type) {
      case "zod":
      case "external": {
        const specifier = target.type === "zod" ? from : target.name;
        this.#external(specifier, span);
        head.set(local, importStatement(local, imported, specifier));
        return `import:${specifier}#${imported}`;
      }
      case "json":
        return this.#json(local, importedJson(target.value, imported), head);
      case "source":
        return this.#fromSource(target.module, use);
      case "smithers":
        this.#refuse(
          this.#place(at, local),
          `\`${local}\` is part of the authoring package, which only describes workflows and can't run in a compute function.`,
        );
        return null;
      case "prompt":
        this.#refuse(
          this.#place(at, local),
          `\`${local}\` is a prompt and can't be used in code that runs as a module.`,
        );
        return null;
      case "missing":
        return null;
      default:
        return target satisfies never;
    }
  }

  #json(local: string, value: Json | undefined, head: Map<string, string>): string {
    // In a literal `__proto__` would be no member.
    const text = value === undefined ? "undefined" : `JSON.parse(${JSON.stringify(JSON.stringify(value))})`;
    const isPlain = value === undefined || !text.includes("__proto__");
    head.set(local, `const ${local} = ${isPlain && value !== undefined ? JSON.stringify(value) : text};`);
    return value === undefined ? "json:undefined" : `json:${canonicalize(value)}`;
  }

  #external(specifier: string, span: Span): void {
    const spans = this.#externals.get(specifier) ?? [];
    if (!spans.some(({ file }) => file === span.file)) spans.push(span);
    this.#externals.set(specifier, spans);
  }

  #fromSource(module: SourceModule, use: Use): string | null {
    const { head } = this.#part(use.module);
    if (use.imported === "*") {
      const tokens = [...module.exports.keys()].map((name) => {
        const alias = `${use.local}_${name}`;
        const token = this.#fromSource(module, { ...use, local: alias, imported: name });
        return [name, alias, token] as const;
      });
      const members = tokens
        .map(([name, alias]) => `get ${JSON.stringify(name)}() { return ${alias}; }`)
        .join(", ");
      head.set(use.local, `const ${use.local} = { ${members} };`);
      return `namespace:${JSON.stringify(tokens.map(([name, , token]) => [name, token]))}`;
    }
    const found = exported(this.#graph, module, use.imported, new Set());
    if (!found) return null;
    if ("source" in found)
      return this.#imported({ ...use, source: found.source, from: found.from, imported: found.name });
    const token = this.#topLevel(found.local, found.module, use.span);
    const name = found.local === "*default*" ? DEFAULT_NAME : found.local;
    if (found.module === use.module) {
      if (name !== use.local) head.set(use.local, `const ${use.local} = ${name};`);
    } else head.set(use.local, importStatement(use.local, name, `slice:${found.module.path}`));
    return token;
  }

  /** Takes in the statements that touch what the slice has; true when that gave new work. */
  #addEffects(): boolean {
    let added = false;
    for (const [module, part] of this.#parts) {
      const names = new Set([...part.head.keys(), ...[...part.pieces].flatMap((piece) => piece.names)]);
      for (const effect of this.#pieces(module).effects) {
        if (part.pieces.has(effect)) continue;
        const free: string[] = [];
        effect.normal((name) => {
          free.push(name);
          return name;
        });
        if (free.some((name) => names.has(name))) {
          part.pieces.add(effect);
          this.#queue.push({ piece: effect, home: { module, env: null } });
          added = true;
        }
      }
      if (this.#addChanging(module, part, names)) added = true;
    }
    if (!added && this.#queue.length === 0) this.#reportEffects();
    return added;
  }

  /** Declarations that change what the slice has: `const size = LIST.push(x)`. */
  #addChanging(module: SourceModule, part: Part, names: ReadonlySet<string>): boolean {
    let added = false;
    for (const [name, changes] of this.#changes(module)) {
      if (!names.has(name)) continue;
      for (const { stmt } of changes) {
        if (stmt.type !== "Declare") continue;
        const [declared] = stmt.decls.flatMap((decl) => patternNames(decl.target));
        const piece = declared === undefined ? undefined : this.#pieces(module).declaration(declared);
        if (!piece || part.pieces.has(piece)) continue;
        part.pieces.add(piece);
        this.#token(piece);
        this.#queue.push({ piece, home: { module, env: null } });
        added = true;
      }
    }
    return added;
  }

  /** What is left does something that the slice may rely on without naming it. */
  #reportEffects(): void {
    for (const { module, stmt, target } of foreignChanges(this.#graph, (m) => this.#changes(m))) {
      const holder = this.#parts.get(target.module);
      if (![...(holder?.pieces ?? [])].some((piece) => piece.names.includes(target.local))) continue;
      const taken = [...(this.#parts.get(module)?.pieces ?? [])];
      if (
        taken.some(({ span }) => span.start <= (stmt.span?.start ?? 0) && (stmt.span?.end ?? 0) <= span.end)
      )
        continue;
      this.#problems.push(
        problem(
          "SM108",
          stmt.span ?? null,
          `\`${target.local}\` of \`${target.module.path}\` is changed when this file is loaded, and a compute function uses it.`,
          { hint: "Write its final value in its declaration, or change it in a function that is called." },
        ),
      );
    }
    for (const [module, part] of this.#parts)
      for (const effect of this.#pieces(module).effects)
        if (!part.pieces.has(effect))
          this.#problems.push(
            problem(
              "SM108",
              effect.span,
              "This statement runs when the file is loaded, and a compute function of the file may need it.",
              {
                hint: "Move it into a function that is called where it is needed, or move what the function uses into a file of its own.",
              },
            ),
          );
  }

  /** Where code first names something; the code itself where its text does not show it. */
  #place(at: Span, name: string): Span {
    const text = this.#graph.modules.find(({ file }) => file === at.file)?.text.slice(at.start, at.end) ?? "";
    const found = new RegExp(`(?<![\\w$.])${name.replaceAll("$", "\\$")}(?![\\w$])`).exec(text);
    if (!found) return at;
    const start = at.start + found.index;
    return { file: at.file, start, end: start + name.length };
  }

  #refuse(span: Span, message: string): void {
    this.#problems.push(
      problem("SM103", span, message, { hint: "Pass plain data in, and return plain data." }),
    );
  }
}

function importedJson(value: Json, name: string): Json | undefined {
  if (name === "default") return value;
  const all = namespaceOfJson(value) as { readonly [key: string]: Json };
  return name === "*" ? all : Object.hasOwn(all, name) ? all[name] : undefined;
}

/** A module has no `require` of its own; this one finds what the project finds. */
const REQUIRE =
  'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

function importStatement(local: string, imported: string, specifier: string): string {
  const from = JSON.stringify(specifier);
  if (imported === "*") return `import * as ${local} from ${from};`;
  if (imported === "default") return `import ${local} from ${from};`;
  return `import { ${imported === local ? local : `${imported} as ${local}`} } from ${from};`;
}
