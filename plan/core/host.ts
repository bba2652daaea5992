/** Host values: what a residual may ask of the machine that runs it, resolved once at the start of a run (SEMANTICS 57). */
import type { Expr, Node } from "./ast.ts";
import { isLocal, type Scope, walkScoped } from "./scope.ts";

/**
 * Closed; beside these there is `env.NAME`. `project` is the directory of the run's project, `project.url` the same as
 * a file URL, `startedAt` the time the run began, in milliseconds.
 */
export const HOST_NAMES: ReadonlySet<string> = new Set([
  "os.homedir",
  "os.hostname",
  "os.tmpdir",
  "process.arch",
  "process.cwd",
  "process.platform",
  "project",
  "project.url",
  "startedAt",
]);

const ENV = /^env\.[A-Za-z_]\w*$/;

/** Whether `host('NAME')` has a meaning. */
export function isHostName(name: string): boolean {
  return HOST_NAMES.has(name) || ENV.test(name);
}

/** The variable that `env.NAME` names; null for the other host values. */
export function envName(name: string): string | null {
  return ENV.test(name) ? name.slice("env.".length) : null;
}

/** The name that a call `host('NAME')` gives; undefined for all that is no such call. */
export function hostCall(node: Node, scope: Scope | null): string | undefined {
  if (node.type !== "Call" || node.callee.type !== "Name" || node.callee.name !== "host") return undefined;
  const [name, ...more] = node.args;
  if (isLocal(scope, "host") || more.length > 0) return undefined;
  return name?.type === "Literal" && typeof name.value === "string" && isHostName(name.value)
    ? name.value
    : undefined;
}

/** The host values that an expression itself names, sorted. */
export function hostNames(expr: Expr): string[] {
  const names = new Set<string>();
  walkScoped(expr, (node, scope) => {
    const name = hostCall(node, scope);
    if (name !== undefined) names.add(name);
    return false;
  });
  return [...names].sort();
}
