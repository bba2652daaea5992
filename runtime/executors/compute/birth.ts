import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** A process that ran an attempt, as the journal records it. A pid alone is reused by the system; with the birth it is not. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly birth: string;
}

/** When the process began, in the system's own unit (Linux: ticks since boot, from /proc); null when there is none. */
export function birthOf(pid: number): string | null {
  if (process.platform === "linux") {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
      // The command's name may hold spaces and parentheses; the fields after it do not. starttime is field 22.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const state = fields[0];
      return state === "Z" || state === "X" ? null : (fields[19] ?? null);
    } catch {
      return null;
    }
  }
  try {
    const birth = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
    return birth === "" ? null : birth;
  } catch {
    return null;
  }
}

/** Ends the process and its group, if it still is the recorded one. A resume calls this before it retries the attempt. */
export function endProcess({ pid, birth }: ProcessIdentity): boolean {
  if (birthOf(pid) !== birth) return false;
  return killGroup(pid);
}

/** SIGKILL to the group that `pid` leads; on Windows to the process alone. False when it is gone already. */
export function killGroup(pid: number): boolean {
  try {
    process.kill(process.platform === "win32" ? pid : -pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}
