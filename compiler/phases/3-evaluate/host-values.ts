/** What the source asks of its machine → host values: opaque, resolved once when the run starts (COMPILER 1). */
import { pathToFileURL } from "node:url";
import type * as Core from "../../../plan/core/ast.ts";
import { isHostName } from "../../../plan/core/index.ts";
import { call, literal } from "./core.ts";
import { type Evaluation, report } from "./state.ts";
import {
  type Environment,
  type Facts,
  moduleOf,
  type NamespaceValue,
  residual,
  type Value,
} from "./value.ts";

const TEXT: Facts = { kind: "string", defined: true };

type At = Core.Span | undefined;
/** Makes the value where it is read, so that a finding can point there. */
type Member = (at: At) => Value;

function hostValue(name: string, at: At, facts: Facts = TEXT): Value {
  const text = { ...call("host", literal(name)), ...(at && { span: at }) };
  return residual(text, name.startsWith("env.") ? {} : facts);
}

/** The time at which the run started, in milliseconds. */
export const startedAt = (at?: Core.Span): Value =>
  hostValue("startedAt", at, { kind: "number", defined: true });

/** Reports a question to the machine that no run records. */
export function unrecorded(ev: Evaluation, what: string, span?: Core.Span | null): Value {
  return report(
    ev,
    "SM505",
    span,
    `'${what}' can't be recorded with a run`,
    what.startsWith("process.env")
      ? "Name each variable: process.env.NAME, or const { NAME } = process.env."
      : "Pass the value through the workflow's input, or read it in a compute task.",
  );
}

/** `process` or `import.meta`; undefined for other names. */
export function hostObject(
  ev: Evaluation,
  name: string,
  env: Environment,
  span?: Core.Span,
): Value | undefined {
  if (name === "process") return processObject(ev, span);
  if (name === "import.meta") return importMeta(ev, moduleOf(env)?.path ?? "", span);
  return undefined;
}

function namespace(
  ev: Evaluation,
  name: string,
  at: At,
  members: { readonly [key: string]: Member },
  other: (key: string, span: Core.Span) => Value = (key, span) => unrecorded(ev, `${name}.${key}`, span),
): NamespaceValue {
  return {
    type: "Namespace",
    name,
    host: { span: at },
    member: (key, span) => (Object.hasOwn(members, key) ? members[key]?.(span) : other(key, span)),
    keys: () => Object.keys(members),
  };
}

const native =
  (name: string): Member =>
  () => ({ type: "Native", name, call: (_args, at) => hostValue(name, at) });

function processObject(ev: Evaluation, at: At): NamespaceValue {
  const env = namespace(ev, "process.env", at, {}, (key, span) =>
    isHostName(`env.${key}`)
      ? hostValue(`env.${key}`, span)
      : unrecorded(ev, `process.env[${JSON.stringify(key)}]`, span),
  );
  return namespace(ev, "process", at, {
    arch: (span) => hostValue("process.arch", span),
    cwd: native("process.cwd"),
    env: () => env,
    platform: (span) => hostValue("process.platform", span),
  });
}

/** Where a file stands in its project is known; where the project stands, only the run knows. */
function importMeta(ev: Evaluation, path: string, at: At): NamespaceValue {
  const below =
    (rest: string): Member =>
    (span) =>
      rest === "" ? hostValue("project", span) : joined("project", `/${rest}`, span);
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  return namespace(ev, "import.meta", at, {
    // `dir`, `file` and `path` are what Bun calls them.
    dir: below(folder),
    dirname: below(folder),
    file: () => ({ type: "Known", value: path.slice(path.lastIndexOf("/") + 1) }),
    filename: below(path),
    path: below(path),
    url: (span) => joined("project.url", pathToFileURL(`/${path}`).pathname, span),
  });
}

function joined(name: string, rest: string, at: At): Value {
  const exprs = [call("host", literal(name))];
  return residual({ type: "Template", quasis: ["", rest], exprs, ...(at && { span: at }) }, TEXT);
}

const OS: { readonly [name: string]: Member } = {
  arch: native("process.arch"),
  homedir: native("os.homedir"),
  hostname: native("os.hostname"),
  platform: native("process.platform"),
  tmpdir: native("os.tmpdir"),
};

/** An export of `node:os`; what no run records stays a package's, for compute functions. */
export function osExport(ev: Evaluation, name: string, span: Core.Span): Value {
  const external = (path: readonly string[]): Value => ({ type: "External", from: "node:os", path, span });
  if (name === "*" || name === "default") return namespace(ev, "os", span, OS, (key) => external([key]));
  return Object.hasOwn(OS, name) ? OS[name]!(span) : external([name]);
}
