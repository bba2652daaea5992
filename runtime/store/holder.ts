/** Who holds a lock, and whether that process can still write. */
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import os from "node:os";

/** A process, named so that a recycled pid, another container or another machine is not taken for it. */
export interface Holder {
  readonly host: string;
  /** Of the running kernel; "" where the system has none. */
  readonly boot: string;
  /** PID namespace; "" where the system has none. */
  readonly pidNamespace: string;
  readonly pid: number;
  /** Start time of the process in the system's own words; "" when it can't be told. */
  readonly birth: string;
  readonly nonce: string;
}

/** This process, under a nonce of its own each time. */
export function thisProcess(): Holder {
  return {
    host: os.hostname(),
    boot: readText("/proc/sys/kernel/random/boot_id"),
    pidNamespace: readLink("/proc/self/ns/pid"),
    pid: process.pid,
    birth: birthOf(process.pid),
    nonce: randomUUID(),
  };
}

/**
 * `gone`: proved to run no more. `there`: a process of that name exists. `foreign`: it can't be seen from here (another
 * machine, another boot, another PID namespace), so nothing is known.
 *
 * Another boot id alone proves nothing: hosts with one name and a shared volume are common (restarted pods).
 */
export function lookFor(holder: Holder, from: Holder): "gone" | "there" | "foreign" {
  const near =
    holder.host === from.host && holder.boot === from.boot && holder.pidNamespace === from.pidNamespace;
  if (!near) return "foreign";
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return "gone";
  }
  const birth = birthOf(holder.pid);
  return birth !== "" && holder.birth !== "" && birth !== holder.birth ? "gone" : "there";
}

/** "dead" stands for a process that has ended and only waits for its parent: no birth equals it. */
function birthOf(pid: number): string {
  if (process.platform === "linux") {
    // With another namespace's /proc mounted, its numbers name other processes.
    if (readLink("/proc/self") !== String(process.pid)) return "";
    const fields = readText(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ") ?? [];
    return fields[0] === "Z" || fields[0] === "X" ? "dead" : (fields[19] ?? "");
  }
  if (process.platform === "win32") return "";
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "";
  }
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, "latin1").trim();
  } catch {
    return "";
  }
}

function readLink(file: string): string {
  try {
    return fs.readlinkSync(file);
  } catch {
    return "";
  }
}
