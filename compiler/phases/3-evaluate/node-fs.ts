/**
 * Synchronous reads of files (COMPILER 1, 2). While a module is loaded, a path that is known is read at build time, within
 * the project, and recorded with its hash; while rendering, the read becomes an observed one of `ctx.fs`.
 */
import type * as Core from "../../../plan/core/ast.ts";
import { arrowOf, call, literal, memberOf, nameOf } from "./core.ts";
import { pathAtBuild } from "./node-path.ts";
import { pathOfUrl } from "./node-url.ts";
import { reify } from "./reify.ts";
import { type Evaluation, report } from "./state.ts";
import { array, type Facts, known, type NativeValue, object, POISON, residual, type Value } from "./value.ts";

/** Function of `node:fs` → the read of `ctx.fs` that stands for it, and what it gives. */
const READS: ReadonlyMap<string, readonly [method: string, facts: Facts]> = new Map([
  ["readFileSync", ["readFile", { kind: "string", defined: true }]],
  ["existsSync", ["exists", { kind: "boolean", defined: true }]],
  ["readdirSync", ["readDir", { kind: "array", defined: true }]],
  ["statSync", ["stat", {}]],
]);

type Arg = Core.Expr | Core.Spread;

/** An export of `node:fs` that reads; undefined for the others. */
export function fsExport(ev: Evaluation, name: string, others: (key: string) => Value): Value | undefined {
  const read = READS.get(name);
  if (read) return readFunction(ev, name, ...read);
  if (name !== "*" && name !== "default") return undefined;
  return {
    type: "Namespace",
    name: "fs",
    member: (key) => fsExport(ev, key, others) ?? others(key),
    keys: () => [...READS.keys()],
  };
}

function readFunction(ev: Evaluation, name: string, method: string, facts: Facts): NativeValue {
  const text = (args: readonly Arg[], span: Core.Span): Core.Expr => {
    if (ev.loading) {
      const read = atBuild(ev, name, args, span);
      if (read) return read.type === "Poison" ? nameOf("undefined") : reify(ev, read);
    }
    return observed(ev, name, method, args, span);
  };
  return {
    type: "Native",
    name,
    readsDisk: true,
    text,
    call(values, span) {
      const args = values.map((value) => reify(ev, pathOfUrl(ev, value, span)));
      const read = ev.scope === ev.moduleScope ? atBuild(ev, name, args, span) : undefined;
      return read ?? residual(observed(ev, name, method, args, span), facts);
    },
  };
}

function observed(
  ev: Evaluation,
  name: string,
  method: string,
  args: readonly Arg[],
  span: Core.Span,
): Core.Expr {
  checkEncoding(ev, name, args, span);
  const given = method === "readFile" || method === "exists" ? args.slice(0, 1) : args;
  report(
    ev,
    "SM510",
    span,
    `'${name}' reads the disk while the workflow is rendered; it becomes ctx.fs.${method}(…), read once and kept in the run's journal`,
    `Write ctx.fs.${method}(…) to say so, or read the file in a compute task.`,
    "warning",
  );
  return { ...call(memberOf(memberOf(nameOf("ctx"), "fs"), method), ...given), span };
}

const UTF8 = /^utf-?8$/i;

/** Core has texts and no buffers. */
function checkEncoding(ev: Evaluation, name: string, [, options]: readonly Arg[], span: Core.Span): void {
  if (name !== "readFileSync" || !options || options.type === "Spread") return;
  const encoding =
    options.type === "Object"
      ? options.props.find((prop) => prop.type === "Property" && prop.key === "encoding")
      : undefined;
  const value = encoding?.type === "Property" ? encoding.value : options;
  if (value.type !== "Literal" || value.value === null || UTF8.test(String(value.value))) return;
  report(
    ev,
    "SM103",
    span,
    `a file can only be read as UTF-8 text while the workflow is rendered, not as '${String(value.value)}'`,
    "Read it in a compute task, and return what you need of it.",
  );
}

/** What the read gives now; undefined where only a run knows the path. */
function atBuild(ev: Evaluation, name: string, args: readonly Arg[], span: Core.Span): Value | undefined {
  const [where] = args;
  const { project } = ev;
  if (!project || !where || where.type === "Spread") return undefined;
  const path = pathAtBuild(ev, where, project.root);
  if (path === undefined) return undefined;
  checkEncoding(ev, name, args, span);
  switch (name) {
    case "readFileSync": {
      if (ev.loading === "guarded" && project.kind(path, span) === "none")
        return missing(`ENOENT: no such file or directory, open '${shown(where)}'`);
      const text = project.readText(path, span);
      return text === null ? POISON : known(text);
    }
    case "existsSync": {
      const kind = project.kind(path, span);
      return kind === null ? POISON : known(kind !== "none");
    }
    case "readdirSync":
      if (ev.loading === "guarded" && project.kind(path, span) === "none")
        return missing(`ENOENT: no such file or directory, scandir '${shown(where)}'`);
      return listing(ev, project.entries(path, span), args[1]);
    case "statSync": {
      const kind = project.kind(path, span);
      if (kind === null) return POISON;
      if (kind === "none")
        return report(ev, "SM111", span, `There is no \`${path}\`.`, "Check the path of the statSync call.");
      return object([["size", known(project.size(path))], ...kinds(kind)]);
    }
    default:
      return undefined;
  }
}

/** The path as far as the source writes it out: a plan holds no directory of the machine that built it. */
const shown = (where: Core.Expr): string =>
  where.type === "Literal" ? String(where.value) : (literals(where).at(-1) ?? "…");

function literals(node: unknown): string[] {
  if (typeof node !== "object" || node === null) return [];
  const typed = node as { readonly type?: string; readonly value?: unknown };
  if (typed.type === "Literal") return typeof typed.value === "string" ? [typed.value] : [];
  if (typed.type === "Template") return [(node as Core.Template).quasis.at(-1) ?? ""];
  return Object.entries(node).flatMap(([key, part]) => (key === "span" ? [] : literals(part)));
}

/** Throws what the program's own `catch` can handle. */
function missing(message: string): Value {
  const error: Core.Expr = { type: "New", callee: nameOf("Error"), args: [literal(message)] };
  return residual(call(arrowOf([], { type: "Block", body: [{ type: "Throw", value: error }] })));
}

function listing(
  ev: Evaluation,
  entries: readonly { readonly name: string; readonly kind: "file" | "directory" }[] | null,
  options: Arg | undefined,
): Value {
  if (entries === null) return POISON;
  const flags = options?.type === "Object" ? options.props : [];
  const flag = (name: string): boolean =>
    flags.some(
      (p) => p.type === "Property" && p.key === name && p.value.type === "Literal" && p.value.value === true,
    );
  if (flag("recursive"))
    return report(
      ev,
      "SM103",
      options && "span" in options ? options.span : undefined,
      "a directory can't be read recursively while a module is loaded",
      "List each directory by itself, or read them while rendering.",
    );
  if (!flag("withFileTypes")) return array(entries.map(({ name }) => known(name)));
  return array(entries.map(({ name, kind }) => object([["name", known(name)], ...kinds(kind)])));
}

/** `isFile()` and its kin. */
function kinds(kind: "file" | "directory"): [string, Value][] {
  const answers: readonly (readonly [string, boolean])[] = [
    ["isFile", kind === "file"],
    ["isDirectory", kind === "directory"],
    ["isSymbolicLink", false],
  ];
  return answers.map(([name, holds]) => [name, residual(arrowOf([], literal(holds)), { defined: true })]);
}
