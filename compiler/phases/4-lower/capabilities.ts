/** What a run of the plan can reach, from what its agents and modules name. */
import type * as Core from "../../../plan/core/ast.ts";
import { envName, hostCall } from "../../../plan/core/index.ts";
import type { Capabilities, Plan } from "../../../plan/types.ts";
import type { LoweredAgents } from "./agents.ts";
import type { PlanDraft } from "./draft.ts";
import type { LoweredModule } from "./modules.ts";

const NETWORK = /^node:(https?|http2|net|tls|dgram|dns)(\/|$)/;
const FILES = /^node:fs(\/|$)/;
const PROCESSES = /^node:(child_process|cluster|worker_threads)$/;

/** `*`: anything of that kind. Code is not followed into packages. */
export function capabilitiesOf(
  agents: LoweredAgents,
  modules: Iterable<LoweredModule>,
  draft: Pick<PlanDraft, "constants" | "functions" | "nodes">,
  subflows: readonly Plan[],
): Capabilities {
  const net = new Set(agents.net);
  const env = new Set(agents.env);
  const exec = new Set(agents.exec);
  const fs = new Set(agents.fs);
  for (const { module, builtins } of modules) {
    const code = module.code.join("\n");
    if (builtins.some((name) => NETWORK.test(name)) || /\bfetch\s*\(/.test(code)) net.add("*");
    if (builtins.some((name) => FILES.test(name))) fs.add("*");
    if (builtins.some((name) => PROCESSES.test(name))) exec.add("*");
    for (const match of code.matchAll(/\bprocess\.env\.([A-Za-z_]\w*)/g)) env.add(match[1]!);
  }
  const host = new Set(agents.host);
  const parts = [draft.constants, draft.functions, draft.nodes];
  // Reads of `ctx.fs` stay within the project.
  if (readsFiles(parts)) fs.add(".");
  for (const name of hostCalls(parts)) {
    const variable = envName(name);
    if (variable === null) host.add(name);
    else env.add(variable);
  }
  // What a workflow reaches that is run from here, the plan reaches.
  const areas = { net, env, exec, fs, host };
  for (const { capabilities } of subflows)
    for (const area of ["net", "env", "exec", "fs", "host"] as const)
      for (const one of capabilities[area]) areas[area].add(one);
  const list = (set: ReadonlySet<string>): string[] => [...set].sort();
  return { net: list(net), env: list(env), exec: list(exec), fs: list(fs), host: list(host) };
}

const READS: ReadonlySet<unknown> = new Set(["readFile", "exists", "readDir", "stat"]);

/** Whether an expression reads `ctx.fs`, also where a helper was handed `ctx` under another name. */
function readsFiles(part: unknown): boolean {
  if (typeof part !== "object" || part === null) return false;
  if (part instanceof Map || Array.isArray(part)) return [...part.values()].some(readsFiles);
  if (isFiles(part, (name) => /^ctx(\$\d+)?$/.test(name))) return true;
  const { type, property, object } = part as Partial<Core.Member>;
  if (type === "Member" && READS.has(property) && isFiles(object, () => true)) return true;
  return Object.entries(part).some(([key, item]) => key !== "span" && readsFiles(item));
}

/** The names of all `host('…')` in expressions, wherever they stand in a draft. */
function* hostCalls(part: unknown): Iterable<string> {
  if (typeof part !== "object" || part === null) return;
  if (part instanceof Map || Array.isArray(part)) {
    for (const item of part.values()) yield* hostCalls(item);
    return;
  }
  if ("type" in part && part.type === "Call") {
    const name = hostCall(part as Core.Call, null);
    if (name !== undefined) yield name;
  }
  for (const [key, item] of Object.entries(part)) if (key !== "span") yield* hostCalls(item);
}

/** `ctx.fs`, where the name is such a one. */
function isFiles(part: unknown, isContext: (name: string) => boolean): boolean {
  const { type, property, object } = (part ?? {}) as Partial<Core.Member>;
  return type === "Member" && property === "fs" && object?.type === "Name" && isContext(object.name);
}
