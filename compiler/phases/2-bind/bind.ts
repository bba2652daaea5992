/**
 * Phase 2: the module graph of an entry file.
 *
 * In: a host, the project root, the entry. Out: every module that the entry reaches through imports of project files,
 * parsed; the files in the order of discovery (the order that spans refer to); `resolve`, which phase 3 asks where an
 * import leads. Packages and Node's own modules are named, never opened. All files stay within the root by real path.
 */
import path from "node:path";
import type { Json } from "../../../plan/types.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import type { BuildHost } from "../../host.ts";
import { PATTERNS_SOURCE } from "../../library.gen.ts";
import { problem } from "../../report.ts";
import type { SourceModule, Span } from "../../surface.ts";
import { loadMarkdown, type Markdown } from "../1-parse/mdx/load.ts";
import { parseMarkdown } from "../1-parse/mdx/module.ts";
import { type Parse, parseModule } from "../1-parse/parse.ts";
import { LIBRARY_PATH, type Resolve, type Resolved } from "../3-evaluate/state.ts";
import { Aliases } from "./aliases.ts";
import { authoringPackage, ownName } from "./authoring.ts";
import { checkCircles, checkErased, checkImports } from "./check-imports.ts";
import { checkZodStatements, checkZodVersion } from "./check-zod.ts";
import { Files, type SourceFile } from "./files.ts";
import { lockedVersions } from "./lock/index.ts";
import { leadsToTypes, resolveSpecifier, type Target } from "./resolve.ts";

export interface Graph {
  /** Null when the entry can't be read or parsed, or exports go round in a circle. */
  readonly entry: SourceModule | null;
  readonly files: Files;
  /** In order of discovery. */
  readonly modules: readonly SourceModule[];
  readonly resolve: Resolve;
  /** The patterns of the library as a module (compiler/library); a source of the plan once it is asked for. */
  readonly library: () => SourceModule;
  readonly problems: readonly Diagnostic[];
}

const PROMPT = /\.mdx?$/;
const SOURCE = /\.[cm]?[jt]sx?$/;

export async function bind(
  host: BuildHost,
  root: string,
  entry: string,
  parse: Parse = parseModule,
): Promise<Graph> {
  const problems: Diagnostic[] = [];
  const files = new Files(host, root, problems);
  const aliases = new Aliases(files);
  const parsed = new Map<string, SourceModule | null>();
  const modules: SourceModule[] = [];
  const resolved = new Map<string, Resolved>();
  const renamed = new Set<string>();
  let markdown: Markdown | null = null;
  const keyOf = (importer: string, specifier: string): string => `${importer}\0${specifier}`;

  const load = async (file: string, at: Span | null): Promise<SourceModule | null> => {
    const known = parsed.get(file);
    if (known !== undefined) return known;
    const source = files.read(file, at);
    const text = source && { file: source.index, path: source.path, text: source.text };
    if (text && PROMPT.test(file)) markdown ??= await loadMarkdown();
    const result = text && (PROMPT.test(file) ? parseMarkdown(text, markdown!) : parse(text));
    problems.push(...(result?.problems ?? []));
    const module = result?.module ?? null;
    parsed.set(file, module);
    if (module) modules.push(module);
    const name = module && authoringPackage(module, aliases.jsxSource(file));
    if (name) renamed.add(name);
    return module;
  };

  const follow = async (
    importer: string,
    specifier: string,
    at: Span,
    as?: string | undefined,
  ): Promise<Resolved> => {
    const own = ownName(specifier, renamed);
    const target: Target = own
      ? { type: "smithers", from: own }
      : resolveSpecifier(files, aliases, importer, specifier);
    switch (target.type) {
      case "smithers":
      case "zod":
      case "external":
        return target;
      case "missing":
        problems.push(leadsNowhere(specifier, target.instead, at));
        return { type: "missing" };
      case "file":
        return open(target.file, specifier, at, as);
      default:
        return target satisfies never;
    }
  };

  const open = async (
    file: string,
    specifier: string,
    at: Span,
    as?: string | undefined,
  ): Promise<Resolved> => {
    if (as === "text") {
      const source = files.read(file, at);
      return source ? { type: "json", value: source.text } : { type: "missing" };
    }
    if (as !== undefined && as !== "json") {
      const message = `\`${specifier}\` is imported as \`${as}\`, which a workflow can't do.`;
      problems.push(problem("SM104", at, message, { hint: 'It can import as "json" and as "text".' }));
      return { type: "missing" };
    }
    if (SOURCE.test(file) || PROMPT.test(file)) {
      const module = await load(file, at);
      if (!module) return { type: "missing" };
      return { type: PROMPT.test(file) ? "prompt" : "source", module };
    }
    if (file.endsWith(".json")) {
      const source = files.read(file, at);
      return source ? jsonOf(source, problems) : { type: "missing" };
    }
    problems.push(
      problem("SM104", at, `\`${specifier}\` is not a kind of file that a workflow can import.`, {
        hint: "TypeScript, JavaScript, JSON and Markdown files can be imported.",
      }),
    );
    return { type: "missing" };
  };

  // Breadth first with an explicit list: chains of a thousand files are no recursion.
  const start = path.resolve(root, entry);
  const first = await load(start, null);
  for (let i = 0; i < modules.length; i++) {
    const module = modules[i]!;
    const importer = path.resolve(root, module.path);
    const kinds = new Map<string, string | undefined>();
    for (const [specifier, at, as] of specifiersOf(module)) {
      const key = keyOf(module.path, specifier);
      if (kinds.has(specifier) && kinds.get(specifier) !== as)
        problems.push(problem("SM104", at, `\`${specifier}\` is imported in two ways.`, { hint: TWO_WAYS }));
      kinds.set(specifier, as);
      if (!resolved.has(key)) resolved.set(key, await follow(importer, specifier, at, as));
    }
  }
  let library: SourceModule | null = null;
  const resolve: Resolve = (importer, specifier) =>
    importer === library
      ? ofLibrary(specifier)
      : (resolved.get(keyOf(importer.path, specifier)) ?? { type: "missing" });
  const declared = (importer: SourceModule, specifier: string, at: Span): SourceModule | null => {
    const from = path.resolve(root, importer.path);
    if (leadsToTypes(files, from, specifier)) return null;
    const target = resolveSpecifier(files, aliases, from, specifier);
    if (target.type === "missing" && !resolved.has(keyOf(importer.path, specifier)))
      problems.push(leadsNowhere(specifier, target.instead, at));
    if (target.type !== "file" || !SOURCE.test(target.file)) return null;
    const known = parsed.get(target.file);
    if (known !== undefined) return known;
    const text = files.peek(target.file);
    // What is imported for its types is no source of the plan, and its problems are none of the workflow's.
    return text === null
      ? null
      : parse({ file: importer.file, path: files.relative(target.file), text }).module;
  };
  problems.push(...checkErased(modules, declared));
  const circles = checkCircles(modules, resolve);
  problems.push(...checkImports(modules, resolve), ...circles);
  problems.push(
    ...checkZodStatements(modules, resolve),
    ...(await checkZodVersion(modules, resolve, async (importer) => {
      const locked = await lockedVersions(files)("zod", path.resolve(root, importer.path));
      return locked.type === "version" ? locked.version : null;
    })),
  );

  return {
    entry: circles.length > 0 ? null : first,
    files,
    modules,
    resolve,
    library() {
      if (library) return library;
      const source = files.add(LIBRARY_PATH, PATTERNS_SOURCE);
      const parsed = parseModule({ file: source.index, path: source.path, text: source.text });
      if (!parsed.module) throw new Error(`${LIBRARY_PATH} does not parse`);
      library = parsed.module;
      modules.push(library);
      return library;
    },
    problems,
  };
}

/** What the library's own source imports. */
function ofLibrary(specifier: string): Resolved {
  if (specifier === "zod") return { type: "zod" };
  return specifier.startsWith("node:")
    ? { type: "external", name: specifier }
    : { type: "smithers", from: specifier };
}

const TWO_WAYS =
  "Import it in one way in each file: what its `with { type: … }` says counts for all of them.";

function leadsNowhere(specifier: string, instead: string | null, at: Span): Diagnostic {
  const hint = instead
    ? `Did you mean \`${instead}\`?`
    : PROMPT.test(specifier) && !specifier.startsWith(".")
      ? "A prompt is read from the project: write a relative path, or an alias under `paths` of the tsconfig."
      : undefined;
  return problem("SM104", at, `\`${specifier}\` leads to no file.`, hint ? { hint } : {});
}

/** Every specifier of a module with the place where it stands; re-exports stand at the head of the file. */
function specifiersOf(
  module: SourceModule,
): (readonly [specifier: string, at: Span, as?: string | undefined])[] {
  const head = { file: module.file, start: 0, end: 0 };
  const at = (specifier: string): Span => {
    for (const quote of ['"', "'"]) {
      const start = module.text.indexOf(`${quote}${specifier}${quote}`);
      if (start >= 0) return { file: module.file, start, end: start + specifier.length + 2 };
    }
    return head;
  };
  return [
    ...module.imports.map((i) => [i.from, i.span, i.as] as const),
    ...[...module.exports.values()].flatMap((e) => ("from" in e ? [[e.from, at(e.from)] as const] : [])),
    ...module.stars.map((from) => [from, at(from)] as const),
  ];
}

function jsonOf(source: SourceFile, problems: Diagnostic[]): Resolved {
  try {
    return { type: "json", value: JSON.parse(source.text) as Json };
  } catch (error) {
    const position = Number(/position (\d+)/.exec((error as Error).message)?.[1] ?? source.text.length);
    const start = Math.min(position, source.text.length);
    problems.push(
      problem("SM110", { file: source.index, start, end: start }, `Not JSON: ${(error as Error).message}`),
    );
    return { type: "missing" };
  }
}
