/**
 * Commands without network: in a network namespace of their own that has nothing but an unconnected loopback. With a user
 * namespace beside it even root can't get back into the machine's own. Where the system gives neither, nothing is run.
 */
import { spawn } from "node:child_process";

/** What to put in front of a command line. */
export type Confinement = readonly string[];

const WAYS: readonly Confinement[] = [
  ["unshare", "--user", "--map-current-user", "--net", "--"],
  ["unshare", "--user", "--map-root-user", "--net", "--"],
  ["unshare", "--net", "--"],
];

/** How commands are kept from the network on this machine, asked once; null where they can't be. */
export class NetworkGuard {
  #way: Promise<Confinement | null> | undefined;

  way(): Promise<Confinement | null> {
    this.#way ??= find();
    return this.#way;
  }
}

async function find(): Promise<Confinement | null> {
  if (process.platform !== "linux") return null;
  for (const way of WAYS) if (await works(way)) return way;
  return null;
}

/** Whether it runs, and what runs in it has no interface that is up. */
function works([command = "", ...args]: Confinement): Promise<boolean> {
  const probe = "test -r /proc/net/route && test $(wc -l < /proc/net/route) -le 1";
  return new Promise((resolve) => {
    const child = spawn(command, [...args, "/bin/sh", "-c", probe], { stdio: "ignore" });
    child.once("error", () => resolve(false));
    child.once("exit", (code) => resolve(code === 0));
  });
}
