/**
 * Functions that run as code → modules of the plan: sliced, bundled by esbuild (loaded only where there are such
 * functions), with captures as explicit parameters and packages left external at the versions of the lock file.
 */

import { isBuiltin } from "node:module";
import path from "node:path";
import { digestJson } from "../../../plan/canonical.ts";
import type { DraftModule } from "../../../plan/draft.ts";
import type { SourceMap } from "../../../plan/types.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import { problem } from "../../report.ts";
import type { SourceModule, Span } from "../../surface.ts";
import type { Graph } from "../2-bind/bind.ts";
import { lockedVersions } from "../2-bind/lock/index.ts";
import type { SyntaxEnvironments } from "../3-evaluate/syntax-environment.ts";
import type { Closure, Code, Environment } from "../3-evaluate/value.ts";
import { DEPS_NAME } from "./captures.ts";
import { pin } from "./pin.ts";
import { type PieceCache, type Slice, type SlicePart, sliceOf } from "./slice.ts";
import { planMap, withMap } from "./source-map.ts";

/** A compute function, an agent object whose `generate` is called, or a tool's declaration whose `execute` is. */
export type CodeRequest =
  | { readonly kind: "function"; readonly fn: Closure | Code; readonly captures: readonly string[] }
  | { readonly kind: "agent"; readonly span: Span; readonly env: Environment }
  | { readonly kind: "tool"; readonly span: Span; readonly env: Environment };

export interface LoweredModule {
  readonly module: DraftModule;
  readonly map: SourceMap;
  /** Node's own modules that the code imports, for the plan's capabilities. */
  readonly builtins: readonly string[];
}

/** Modules by plan name; a function that can't be one is reported and left out. */
export async function lowerModules(
  graph: Graph,
  syntax: SyntaxEnvironments,
  requests: ReadonlyMap<string, CodeRequest>,
  problems: Diagnostic[],
  values: ReadonlyMap<SourceModule, Environment> = new Map(),
): Promise<Map<string, LoweredModule>> {
  const lowered = new Map<string, LoweredModule>();
  if (requests.size === 0) return lowered;
  const versions = lockedVersions(graph.files);
  const cache: PieceCache = {
    pieces: new Map(),
    values,
    changes: new Map(),
    syntax,
  };
  const { build } = await import("esbuild");
  for (const [name, request] of requests) {
    const span = spanOf(request);
    if (!span) continue;
    const env = request.kind === "function" ? request.fn.env : request.env;
    const captures = request.kind === "function" ? request.captures : [];
    const slice = sliceOf(graph, cache, { span, captures, env }, problems);
    if (!slice) continue;
    const externals = await pin(slice.externals, graph.files, versions, problems, slice.late);
    const bundled = await bundle(build, slice, entryOf(request, slice), span, graph, problems);
    if (bundled === null) continue;
    const { code, map } = bundled;
    lowered.set(name, {
      map,
      module: {
        code,
        captures,
        externals,
        digest: digestJson({ source: slice.digest, externals }),
      },
      builtins: [...slice.externals.keys()].filter((specifier) => isBuiltin(specifier)).sort(),
    });
  }
  return lowered;
}

function spanOf(request: CodeRequest): Span | undefined {
  if (request.kind !== "function") return request.span;
  return request.fn.type === "Closure" ? request.fn.arrow.span : request.fn.func.span;
}

/** The call that the module's default export makes. Its own names give way to those of the source. */
function entryOf(request: CodeRequest, slice: Slice): string {
  const own = (name: string): string => {
    let free = name;
    for (let n = 2; slice.names.has(free) || slice.contexts.includes(free); n++) free = `${name}${n}`;
    return free;
  };
  const [run, task] = [own("run"), own("task")];
  const ctx = slice.contexts.includes("ctx") ? "ctx" : own("ctx");
  const contexts = slice.contexts.filter((name) => name !== ctx).map((name) => `const ${name} = ${ctx};`);
  const body = [...contexts, ...slice.locals, `const ${run} = ${slice.main};`]
    .map((line) => `  ${line}`)
    .join("\n");
  if (request.kind === "agent") {
    const asked = own("request");
    return `export default async (${asked}, ${ctx}, ${task}) => {\n${body}\n  return ${run}.generate({ ...${asked}, signal: ${task}?.signal });\n};`;
  }
  if (request.kind === "tool") {
    const input = own("input");
    return `export default async (${input}, ${ctx}, ${task}) => {\n${body}\n  return ${run}.execute(${input}, { abortSignal: ${task}?.signal, ...${task}?.call });\n};`;
  }
  const { lifted } = slice;
  const named = request.captures.map((name) =>
    lifted.includes(name) ? `${name}: ${own(`$${name}`)}` : name,
  );
  const names = named.length > 0 ? `{ ${named.join(", ")} }` : own("_captures");
  const lifting = lifted.map((name) => `  ${name} = ${own(`$${name}`)};\n`).join("");
  const given = request.captures.includes(DEPS_NAME) ? `${DEPS_NAME}, ${task}` : task;
  return `export default async (${names}, ${ctx}, ${task}) => {\n${lifting}${body}\n  return ${run}(${given});\n};`;
}

function partText(part: SlicePart, tail: string): string {
  const names = part.pieces.flatMap((piece) => piece.names);
  const exports = names.length > 0 && tail === "" ? `export { ${names.join(", ")} };` : "";
  return [...part.head, ...part.pieces.map((piece) => piece.text), exports, tail]
    .filter((t) => t !== "")
    .join("\n");
}

async function bundle(
  build: typeof import("esbuild").build,
  slice: Slice,
  entry: string,
  span: Span,
  graph: Graph,
  problems: Diagnostic[],
): Promise<{ readonly code: readonly string[]; readonly map: SourceMap } | null> {
  const [main, ...others] = slice.parts;
  const isCircular = others.some((part) =>
    part.head.some((line) => line.includes(`"slice:${main!.module.path}"`)),
  );
  const names = main!.pieces.flatMap((piece) => piece.names);
  const tail = isCircular && names.length > 0 ? `${entry}\nexport { ${names.join(", ")} };` : entry;
  const files = graph.files.list;
  const texts = new Map<string, string>([
    [main!.module.path, withMap(partText(main!, tail), [...main!.pieces, ...slice.inner], files)],
    ...others.map((part) => [part.module.path, withMap(partText(part, ""), part.pieces, files)] as const),
  ]);
  try {
    const result = await build({
      entryPoints: [`slice:${main!.module.path}`],
      absWorkingDir: path.parse(process.cwd()).root,
      bundle: true,
      write: false,
      format: "esm",
      platform: "node",
      target: "node20",
      charset: "utf8",
      legalComments: "none",
      outfile: "module.mjs",
      sourcemap: "external",
      sourcesContent: false,
      logLevel: "silent",
      tsconfigRaw: "{}",
      plugins: [
        {
          name: "slice",
          setup(setup) {
            setup.onResolve({ filter: /.*/ }, ({ path: specifier }) =>
              specifier.startsWith("slice:")
                ? { path: specifier.slice("slice:".length), namespace: "slice" }
                : { path: specifier, external: true },
            );
            setup.onLoad({ filter: /.*/, namespace: "slice" }, ({ path: file }) => ({
              contents: texts.get(file) ?? "",
              loader: file.endsWith("x") ? "tsx" : "ts",
            }));
          },
        },
      ],
    });
    const [map, output] = ["map", "mjs"].map((ending) =>
      result.outputFiles.find((f) => f.path.endsWith(ending)),
    );
    return {
      code: output!.text.replace(/\n$/, "").split("\n"),
      map: planMap(map!.text, files),
    };
  } catch (error) {
    const reasons = (error as { errors?: { text: string }[] }).errors?.map((e) => e.text) ?? [String(error)];
    const file = graph.files.list[span.file]?.path ?? "";
    problems.push(problem("SM103", span, `The function can't be bundled (${file}): ${reasons.join("; ")}`));
    return null;
  }
}
