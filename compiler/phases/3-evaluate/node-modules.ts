/** Node's own modules, as far as the compiler answers for them; and what is said of the rest. */
import type * as Core from "../../../plan/core/ast.ts";
import { osExport } from "./host-values.ts";
import { fsExport } from "./node-fs.ts";
import { pathExport } from "./node-path.ts";
import { urlExport } from "./node-url.ts";
import { type Evaluation, report } from "./state.ts";
import { type External, POISON, type Value } from "./value.ts";

/** An export of `node:…`; what is not answered stays a package's, for compute functions. */
export function nodeExport(ev: Evaluation, from: string, name: string, span: Core.Span): Value {
  const external = (path: readonly string[]): Value => ({ type: "External", from, path, span });
  const path = name === "*" ? [] : [name];
  switch (from) {
    case "node:os":
      return osExport(ev, name, span);
    case "node:path":
    case "node:path/posix":
      return pathExport(ev, name) ?? external(path);
    case "node:url":
      return urlExport(ev, name) ?? external(path);
    case "node:fs":
      return fsExport(ev, name, (key) => external([key])) ?? external(path);
    default:
      return external(path);
  }
}

const EFFECTS: readonly (readonly [from: RegExp, does: string])[] = [
  [/^node:fs(\/promises)?$/, "changes files or reads them later"],
  [/^node:(child_process|worker_threads|cluster)$/, "starts a process"],
  [/^node:(https?|http2|net|tls|dgram|dns)(\/|$)/, "reaches the network"],
  [/^node:timers(\/|$)/, "waits"],
];
const DRAWS = /^(random\w*|randomUUID|getRandomValues|webcrypto)$/;

/** Reads of the disk for which `ctx.fs` has nothing. */
const LOOKS = /^((l?stat|fstat|realpath|readlink|access|opendir|statfs|glob)(Sync)?|readSync|readvSync)$/;

/** What calling an export of Node does besides giving a value; undefined where that is nothing, or unknown. */
export function effectOf(value: External): string | undefined {
  const isLook = value.from.startsWith("node:fs") && LOOKS.test(value.path.at(-1) ?? "");
  if (isLook) return "asks of the disk what no plan can record";
  return EFFECTS.find(([from]) => from.test(value.from))?.[1];
}

/** Reports a use of foreign code while rendering, by what it would do there. */
export function foreignUse(ev: Evaluation, value: External, span: Core.Span | undefined): Value {
  const what = value.path.at(-1) ?? value.from;
  if (value.from === "node:crypto" && DRAWS.test(what)) {
    return report(
      ev,
      "SM502",
      span,
      `'${what}' gives another value each time the workflow is rendered`,
      "Derive it from ctx.runId, an item's id or an index; or draw it in a compute task and read its output.",
    );
  }
  const effect = effectOf(value);
  if (effect) {
    report(
      ev,
      "SM504",
      span,
      `'${what}' ${effect} while the workflow is rendered`,
      "Move it into a compute task: a function as child of a <Task> without an agent.",
    );
    return POISON;
  }
  return report(
    ev,
    "SM103",
    span,
    `'${[value.from, ...value.path].join(".")}' is code that the compiler does not read; it can't run while the workflow is rendered`,
    "Move the call into a compute task: a function as child of a <Task> without an agent.",
  );
}
