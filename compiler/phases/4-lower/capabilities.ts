/** What a run of the plan can reach, from what its agents and modules name. */
import type { Capabilities } from "../../../plan/types.ts";
import type { LoweredAgents } from "./agents.ts";
import type { LoweredModule } from "./modules.ts";

const NETWORK = /^node:(https?|http2|net|tls|dgram|dns)(\/|$)/;
const FILES = /^node:fs(\/|$)/;
const PROCESSES = /^node:(child_process|cluster|worker_threads)$/;

/** `*`: anything of that kind. Code is not followed into packages. */
export function capabilitiesOf(agents: LoweredAgents, modules: Iterable<LoweredModule>): Capabilities {
  const net = new Set(agents.net);
  const env = new Set(agents.env);
  const exec = new Set(agents.exec);
  const fs = new Set<string>();
  for (const { module, builtins } of modules) {
    const code = module.code.join("\n");
    if (builtins.some((name) => NETWORK.test(name)) || /\bfetch\s*\(/.test(code)) net.add("*");
    if (builtins.some((name) => FILES.test(name))) fs.add("*");
    if (builtins.some((name) => PROCESSES.test(name))) exec.add("*");
    for (const match of code.matchAll(/\bprocess\.env\.([A-Za-z_]\w*)/g)) env.add(match[1]!);
  }
  const list = (set: ReadonlySet<string>): string[] => [...set].sort();
  return { net: list(net), env: list(env), exec: list(exec), fs: list(fs), host: [] };
}
