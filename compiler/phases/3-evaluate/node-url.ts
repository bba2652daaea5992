/** File addresses: `new URL("./x", import.meta.url)`, `fileURLToPath` and `pathToFileURL`, as far as they lead into the project. */
import type * as Core from "../../../plan/core/ast.ts";
import { call, literal, memberOf } from "./core.ts";
import { reify } from "./reify.ts";
import { type Evaluation, report } from "./state.ts";
import { type Facts, type NamespaceValue, type NativeValue, residual, type Value } from "./value.ts";

const TEXT: Facts = { kind: "string", defined: true };

/** An export of `node:url`; undefined for what is not answered at build time. */
export function urlExport(ev: Evaluation, name: string): Value | undefined {
  if (name === "fileURLToPath") return fileUrlToPath(ev);
  if (name !== "*" && name !== "default") return undefined;
  return {
    type: "Namespace",
    name: "url",
    member: (key) => urlExport(ev, key),
    keys: () => ["fileURLToPath"],
  };
}

function fileUrlToPath(ev: Evaluation): NativeValue {
  return {
    type: "Native",
    name: "fileURLToPath",
    call([url], span) {
      const rest = url && inProject(ev, url);
      return rest === undefined ? unknownAddress(ev, "fileURLToPath", span) : below("project", rest, span);
    },
  };
}

/** `new URL(relative, base)`, with a base in the project. */
export function newUrl(ev: Evaluation, args: readonly Value[], span: Core.Span): Value {
  const [relative, base] = args;
  const from = base && inProject(ev, base);
  if (relative?.type !== "Known" || typeof relative.value !== "string" || from === undefined)
    return unknownAddress(ev, "new URL", span);
  const url = new URL(relative.value, `file:///project${from}`);
  if (url.protocol === "file:" && !/^\/project(\/|$)/.test(url.pathname))
    return report(ev, "SM115", span, `\`${relative.value}\` leads out of the project root.`, OUTSIDE);
  if (url.protocol !== "file:" || url.search || url.hash) return unknownAddress(ev, "new URL", span);
  return fileUrl(ev, url.pathname.slice("/project".length));
}

const OUTSIDE = "Move the file into the project, or build with a root that holds both.";

/** `rest`: the part of the address behind the project's, escaped as in addresses. */
function fileUrl(ev: Evaluation, rest: string): NamespaceValue {
  const href = (span: Core.Span): Value => below("project.url", decodeURIComponent(rest), span, rest);
  const texts: { readonly [key: string]: (span: Core.Span) => Value } = {
    href,
    pathname: (span) =>
      residual(call(memberOf(reify(ev, href(span)), "slice"), literal("file://".length)), TEXT),
    protocol: () => ({ type: "Known", value: "file:" }),
  };
  const native = (name: string): NativeValue => ({
    type: "Native",
    name,
    call: (_args, span) => href(span),
  });
  return {
    type: "Namespace",
    name: "URL",
    member: (key, span) =>
      key === "toString" || key === "toJSON"
        ? native(key)
        : Object.hasOwn(texts, key)
          ? texts[key]?.(span)
          : undefined,
    keys: () => Object.keys(texts),
  };
}

/** What stands behind the project's own address in a file address, escaped; undefined where it is none. */
function inProject(ev: Evaluation, value: Value): string | undefined {
  if (value.type === "Namespace" && value.name === "URL") {
    const href = value.member("href", NOWHERE);
    return href && inProject(ev, href);
  }
  if (value.type !== "Residual") return undefined;
  let expr: Core.Expr | undefined = value.expr;
  while (expr?.type === "Name") expr = ev.constants.get(expr.name);
  if (expr?.type !== "Template" || expr.exprs.length !== 1 || expr.quasis[0] !== "") return undefined;
  const [of] = expr.exprs;
  if (of?.type !== "Call" || of.callee.type !== "Name" || of.callee.name !== "host") return undefined;
  const [name] = of.args;
  return name?.type === "Literal" && name.value === "project.url" ? expr.quasis[1] : undefined;
}

/** The path that a file address in the project stands for, as text; the value itself otherwise. */
export function pathOfUrl(ev: Evaluation, value: Value, span: Core.Span): Value {
  if (value.type !== "Namespace" || value.name !== "URL") return value;
  return below("project", inProject(ev, value) ?? "", span);
}

/** `project` is given as a path, `project.url` as an address. */
function below(name: "project" | "project.url", rest: string, span: Core.Span, raw = rest): Value {
  const text = name === "project" ? decodeURIComponent(rest) : raw;
  const exprs = [call("host", literal(name))];
  return residual({ type: "Template", quasis: ["", text], exprs, span }, TEXT);
}

const NOWHERE: Core.Span = { file: 0, start: 0, end: 0 };

export function unknownAddress(ev: Evaluation, what: string, span: Core.Span | undefined): Value {
  return report(
    ev,
    "SM103",
    span,
    `'${what}' is only known for files beside the source, as in new URL("./file", import.meta.url)`,
    "Build other addresses as text, or in a compute task.",
  );
}
