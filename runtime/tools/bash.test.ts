/** The tool `bash`: commands in a process group of their own, without network unless allowed (SEMANTICS 50). */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Json } from "../../plan/types.ts";
import { birthOf } from "../executors/compute/birth.ts";
import { bash } from "./builtin/bash.ts";
import { MAX_OUTPUT } from "./cut.ts";
import { callTool } from "./testing.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), "smithers-bash-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const closed = bash({ allowNetwork: false });
const call = (input: Json, tool = closed, signal?: AbortSignal): Promise<string> =>
  callTool(tool, root, input, signal && { signal });

/** Whether the process that wrote its id into a file still lives. */
const lives = (file: string): boolean =>
  birthOf(Number(readFileSync(path.join(root, file), "utf8"))) !== null;

describe("a command", () => {
  it("gives what it says on both streams, in the directory that is asked for", async () => {
    expect(await call({ cmd: "echo out; echo err >&2; pwd" })).toMatch(/^out\nerr\n.*smithers-bash-/);
    expect(await call({ cmd: "printf", args: ["%s-", "a b", "$HOME"] })).toBe("a b-$HOME-");
    expect(await call({ cmd: "mkdir in && cd in && pwd" })).toMatch(/\/in\n$/);
    expect(await call({ cmd: "basename $PWD", opts: { cwd: "in" } })).toBe("in\n");
    expect(await call({ cmd: "ls", opts: { cwd: ".." } })).toBe('!".." is outside of the project');
    expect(await call({ cmd: "cat" })).toBe("");
  });

  it("that fails is told with what it said", async () => {
    expect(await call({ cmd: "echo almost; exit 3" })).toBe("!Exit code 3.\nalmost\n");
    expect(await call({ cmd: "kill -9 $$" })).toBe("!Ended by SIGKILL.\n");
    expect(await call({ cmd: "no-such-program", args: [] })).toMatch(/^!Exit code 127/);
  });

  it("that says too much is cut in the middle, with a note that says how much", async () => {
    const said = await call({
      cmd: `head -c ${MAX_OUTPUT + 777} /dev/zero | tr '\\0' x; echo; echo the end`,
    });
    expect(said).toContain("\n[786 of 200,786 bytes were cut]\n");
    expect(said.endsWith("\nthe end\n")).toBe(true);
  });

  it("has no process beside it that it would have to wait for, nor another stream", async () => {
    const cmd = "readlink /proc/$$/fd/3; ps --no-headers -o comm --ppid $$; true";
    expect(await call({ cmd })).toBe("ps\n");
  });

  it("sees no keys of the runner", async () => {
    process.env.SOME_API_KEY = "k-123456789";
    try {
      expect(await call({ cmd: "env" })).not.toContain("k-123456789");
    } finally {
      delete process.env.SOME_API_KEY;
    }
  });
});

describe("the process group", () => {
  it("ends when time is up", async () => {
    const cmd = "sleep 60 & echo $! > child; sleep 60";
    expect(await call({ cmd, opts: { timeoutMs: 300 } })).toBe("!No end after 300 ms: it was ended.\n");
    await sleep(50);
    expect(lives("child")).toBe(false);
  });

  it("ends when the attempt does", async () => {
    const controller = new AbortController();
    const said = call({ cmd: "sleep 60 & echo $! > child; sleep 60" }, closed, controller.signal);
    await sleep(300);
    controller.abort();
    expect(await said).toBe("!It was ended with the attempt.");
    await sleep(50);
    expect(lives("child")).toBe(false);
  });

  it("ends with the command, which is not kept waiting by what it left in the background", async () => {
    const began = performance.now();
    expect(await call({ cmd: "sleep 60 & echo $! > child; echo done" })).toBe("done\n");
    expect(performance.now() - began).toBeLessThan(10_000);
    await sleep(50);
    expect(lives("child")).toBe(false);
  });
});

describe("the network", () => {
  it("is reached only where that is allowed", async () => {
    const server = createServer((_, response) => response.end("reached"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const cmd = `exec 3<>/dev/tcp/127.0.0.1/${port} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3`;
    try {
      expect(await call({ cmd }, bash({ allowNetwork: true }))).toContain("reached");
      // A machine that can't keep it away runs nothing.
      const said = await call({ cmd: `echo began; ${cmd}` });
      expect(said).toMatch(
        /^!(Exit code 1\.\nbegan\n.*(refused|unreachable)|Nothing was run: .*--allow-network)/s,
      );
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("can't be had back from within", async () => {
    expect(
      await call({ cmd: "nsenter --net=/proc/1/ns/net true; nsenter --net=/proc/$PPID/ns/net true" }),
    ).toMatch(/^!/);
  });

  it("is not used, and nothing runs, where the system gives no way to keep it away", async () => {
    const PATH = process.env.PATH;
    process.env.PATH = "/nowhere";
    try {
      const said = await call({ cmd: "echo ran > ran" }, bash({ allowNetwork: false }));
      expect(said).toMatch(/^!Nothing was run: .*--allow-network/s);
    } finally {
      process.env.PATH = PATH;
    }
    expect(await call({ cmd: "test -e ran" })).toBe("!Exit code 1.\n");
  });
});
