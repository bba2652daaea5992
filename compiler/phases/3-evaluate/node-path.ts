/** `node:path`: pure functions that Core has too, in their POSIX form on every machine. */
import { posix } from "node:path";
import type * as Core from "../../../plan/core/ast.ts";
import { call, literal, memberOf, nameOf } from "./core.ts";
import { reify } from "./reify.ts";
import type { Evaluation } from "./state.ts";
import { type Facts, type NativeValue, residual, type Value } from "./value.ts";

const TEXT: Facts = { kind: "string", defined: true };
const FUNCTIONS: ReadonlyMap<string, Facts> = new Map([
  ["basename", TEXT],
  ["dirname", TEXT],
  ["extname", TEXT],
  ["isAbsolute", { kind: "boolean", defined: true }],
  ["join", TEXT],
  ["normalize", TEXT],
  ["parse", { kind: "object", defined: true }],
  ["relative", TEXT],
  ["resolve", TEXT],
]);

/** An export of `node:path`; undefined for what Core does not have. */
export function pathExport(ev: Evaluation, name: string): Value | undefined {
  if (name === "sep" || name === "delimiter") return { type: "Known", value: posix[name] };
  const facts = FUNCTIONS.get(name);
  if (facts) return pathFunction(ev, name, facts);
  if (!["*", "default", "posix"].includes(name)) return undefined;
  return {
    type: "Namespace",
    name: "path",
    member: (key) => pathExport(ev, key),
    keys: () => [...FUNCTIONS.keys(), "delimiter", "posix", "sep"],
  };
}

function pathFunction(ev: Evaluation, name: string, facts: Facts): NativeValue {
  const text: NativeValue["text"] = (args, span) => ({
    ...call(memberOf(nameOf("path"), name), ...rooted(ev, name, args)),
    span,
  });
  return {
    type: "Native",
    name: `path.${name}`,
    arity: (posix[name as "join"] as (...texts: string[]) => unknown).length,
    text,
    call(args, span) {
      const texts = args.map((arg) => reify(ev, arg));
      const known = texts.map((arg) => (arg.type === "Literal" ? arg.value : undefined));
      if (name !== "resolve" && name !== "relative" && known.every((x) => typeof x === "string")) {
        const result = (posix[name as "join"] as (...texts: string[]) => unknown)(...(known as string[]));
        if (typeof result === "string" || typeof result === "boolean")
          return { type: "Known", value: result };
      }
      const folder = name === "dirname" ? folderOf(texts[0]) : undefined;
      return residual(folder ?? text(texts, span), facts);
    },
  };
}

/** The folder of a file of the project, so that the file's own name is no part of it. */
function folderOf(file: Core.Expr | undefined): Core.Expr | undefined {
  if (file?.type !== "Template" || file.exprs.length !== 1 || file.quasis[0] !== "") return undefined;
  const [root] = file.exprs;
  const rest = file.quasis[1] ?? "";
  if (root?.type !== "Call" || root.callee.type !== "Name" || root.callee.name !== "host") return undefined;
  if (!/^\/.*[^/]$/.test(rest)) return undefined;
  const folder = posix.dirname(rest);
  return folder === "/" ? root : { ...file, quasis: ["", folder] };
}

/** `resolve` and `relative` ask for the working directory where their paths are not absolute: it is written out. */
function rooted(
  ev: Evaluation,
  name: string,
  args: readonly (Core.Expr | Core.Spread)[],
): readonly (Core.Expr | Core.Spread)[] {
  if (name === "resolve")
    return args.some((arg) => arg.type !== "Spread" && isAbsolute(ev, arg)) ? args : [cwd(), ...args];
  if (name !== "relative") return args;
  return args.map((arg) =>
    arg.type === "Spread" || isAbsolute(ev, arg)
      ? arg
      : call(memberOf(nameOf("path"), "resolve"), cwd(), arg),
  );
}

const cwd = (): Core.Expr => call("host", literal("process.cwd"));

const DIRECTORIES: ReadonlySet<unknown> = new Set(["os.homedir", "os.tmpdir", "process.cwd", "project"]);

/** Whether a text is an absolute path, as far as its form shows. */
function isAbsolute(ev: Evaluation, expr: Core.Expr): boolean {
  switch (expr.type) {
    case "Literal":
      return typeof expr.value === "string" && expr.value.startsWith("/");
    case "Template":
      if (expr.quasis[0] !== "") return expr.quasis[0]?.startsWith("/") ?? false;
      return expr.exprs[0] !== undefined && isAbsolute(ev, expr.exprs[0]);
    case "Name": {
      const constant = ev.constants.get(expr.name);
      return constant !== undefined && isAbsolute(ev, constant);
    }
    case "Call": {
      const { callee } = expr;
      const [first] = expr.args;
      if (callee.type === "Name" && callee.name === "host")
        return first?.type === "Literal" && DIRECTORIES.has(first.value);
      if (callee.type !== "Member" || callee.object.type !== "Name" || callee.object.name !== "path")
        return false;
      if (callee.property === "resolve") return true;
      return (
        ["join", "dirname", "normalize"].includes(String(callee.property)) &&
        first !== undefined &&
        first.type !== "Spread" &&
        isAbsolute(ev, first)
      );
    }
    default:
      return false;
  }
}

/**
 * The text of a path that is known at build time, with the project's directory as it is on this machine; undefined for
 * what only a run knows. Never to be kept: what is read there is told by its place in the project.
 */
export function pathAtBuild(ev: Evaluation, expr: Core.Expr, root: string): string | undefined {
  switch (expr.type) {
    case "Literal":
      return typeof expr.value === "string" ? expr.value : undefined;
    case "Name": {
      const constant = ev.constants.get(expr.name);
      return constant && pathAtBuild(ev, constant, root);
    }
    case "Template": {
      let text = expr.quasis[0] ?? "";
      for (const [n, part] of expr.exprs.entries()) {
        const value = pathAtBuild(ev, part, root);
        if (value === undefined) return undefined;
        text += value + (expr.quasis[n + 1] ?? "");
      }
      return text;
    }
    case "Binary": {
      const left = expr.op === "+" ? pathAtBuild(ev, expr.left, root) : undefined;
      const right = left === undefined ? undefined : pathAtBuild(ev, expr.right, root);
      return right === undefined ? undefined : left + right;
    }
    case "Call": {
      const { callee } = expr;
      const args = expr.args.map((arg) => (arg.type === "Spread" ? undefined : pathAtBuild(ev, arg, root)));
      if (!args.every((arg) => arg !== undefined)) return undefined;
      // A file is read while the module is loaded: its process stands in the project.
      if (callee.type === "Name" && callee.name === "host")
        return args[0] === "project" || args[0] === "process.cwd" ? root : undefined;
      if (callee.type !== "Member" || callee.object.type !== "Name" || callee.object.name !== "path")
        return undefined;
      const name = String(callee.property);
      return FUNCTIONS.get(name) === TEXT
        ? (posix[name as "join"] as (...texts: string[]) => string)(...args)
        : undefined;
    }
    default:
      return undefined;
  }
}
