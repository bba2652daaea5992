// @ts-check
/**
 * The compute worker: one process, one task at a time. It talks JSON lines with its parent on fd 3 (protocol.ts);
 * stdout and stderr belong to the tasks. It reports what a task left behind, so that the parent can replace it.
 *
 * @typedef {import("../protocol.ts").RunMessage} RunMessage
 * @typedef {import("../protocol.ts").ToWorker} ToWorker
 * @typedef {import("../protocol.ts").FromWorker} FromWorker
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { makeCtx } from "./ctx.mjs";
import { toJson } from "./json.mjs";
import { decode } from "./tagged.mjs";
import { inTrace } from "./trace.mjs";

/**
 * @typedef {object} Running
 * @property {number} id
 * @property {AbortController} controller
 * @property {(error: unknown) => void} fail Ends the task for something thrown outside its promise.
 */

const channel = new Socket({ fd: 3, readable: true, writable: true });
/** Which task a callback belongs to, so that what a task left behind is not blamed on the next. */
const tasks = /** @type {AsyncLocalStorage<Running>} */ (new AsyncLocalStorage());

/** What was imported, by URL: to ask for it once more takes longer than a small task. @type {Map<string, any>} */
const modules = new Map();

/** @type {Running | null} */
let current = null;
/** Why this process should not be used again. @type {string | null} */
let spoiled = null;

/** @param {FromWorker} message */
const send = (message) => channel.write(`${JSON.stringify(message)}\n`);

// The streams come to life at first use; here, so that a task that prints does not seem to leave a handle behind.
void process.stdout;
void process.stderr;
const home = process.cwd();
process.env = watched(process.env);

process.on("uncaughtException", stray);
process.on("unhandledRejection", stray);
channel.on("error", () => process.exit(0));
channel.on("end", () => process.exit(0));

/** @type {Map<string, number>} */
let atRest = new Map();
const watchdog = new Worker(new URL("./watchdog.mjs", import.meta.url));
watchdog.once("message", () => {
  watchdog.unref();
  atRest = resources();
  receive();
  send({ type: "ready" });
});

function receive() {
  /** @type {string[]} */
  let parts = [];
  channel.setEncoding("utf8");
  channel.on("data", (chunk) => {
    const lines = String(chunk).split("\n");
    const last = lines.pop() ?? "";
    for (const line of lines) {
      parts.push(line);
      const text = parts.join("");
      parts = [];
      handle(/** @type {ToWorker} */ (JSON.parse(text)));
    }
    parts.push(last);
  });
}

/** @param {ToWorker} message */
function handle(message) {
  switch (message.type) {
    case "run":
      void run(message);
      return;
    case "abort":
      if (current?.id === message.id) current.controller.abort(abortReason(message));
      return;
  }
}

/** @param {{ readonly name: string, readonly message: string }} reason */
const abortReason = ({ name, message }) => new DOMException(message, name);

/** @param {RunMessage} message */
async function run(message) {
  const controller = new AbortController();
  /** @type {(error: unknown) => void} */
  let fail = () => {};
  const failed = new Promise((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  const running = { id: message.id, controller, fail };
  current = running;
  /** @type {FromWorker} */
  let done;
  try {
    /** @type {import("../../executor.ts").ComputeWrite[]} */
    const writes = [];
    const work = tasks.run(running, () => perform(message, controller, writes));
    // If something stray ended the task first, what the task itself comes to no longer matters.
    work.catch(() => {});
    const raw = await Promise.race([work, failed]);
    // One turn of the loop: rejections that nobody handles are reported before the result is.
    await Promise.race([new Promise((resolve) => setImmediate(resolve)), failed]);
    done = { type: "done", id: message.id, ok: true, raw, writes, spoiled: null };
  } catch (error) {
    done = { type: "done", id: message.id, ok: false, error: describe(error), spoiled: null };
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const stream of [process.stdout, process.stderr]) {
    // A full pipe: what was printed must be on its way before the result is.
    if (stream.writableLength > 0) await new Promise((resolve) => stream.write("", resolve));
  }
  current = null;
  send({ ...done, spoiled: spoiled ?? leftovers() });
}

/**
 * @param {RunMessage} message
 * @param {AbortController} controller
 * @param {import("../../executor.ts").ComputeWrite[]} writes
 */
async function perform(message, controller, writes) {
  const module = modules.get(message.url) ?? (await import(message.url));
  modules.set(message.url, module);
  if (typeof module.default !== "function") {
    throw new TypeError("The module has no function as its default export");
  }
  const task = Object.freeze({
    ...message.task,
    // Dear to make, and few functions ask for it.
    get signal() {
      return controller.signal;
    },
    /** @param {string} text @param {unknown} [data] */
    log: (text, data) => {
      send({
        type: "log",
        id: message.id,
        message: String(text),
        data: loggable(data),
      });
    },
  });
  const call = async () => module.default(decode(message.captures), makeCtx(message.ctx, writes), task);
  return toJson(await inTrace(message.traceparent, call));
}

/** A log line must never fail the task that writes it. @param {unknown} data */
function loggable(data) {
  try {
    return toJson(data);
  } catch {
    return show(data);
  }
}

/** An exception or rejection outside the promise of any task. @param {unknown} error */
function stray(error) {
  const owner = tasks.getStore();
  spoiled = "an error nobody handled";
  if (owner !== undefined && owner !== current) {
    process.stderr.write(`A task that had already ended threw: ${describe(error).stack ?? String(error)}\n`);
    return;
  }
  current?.fail(error);
}

/** @param {unknown} error */
function describe(error) {
  if (!(error instanceof Error)) {
    return {
      name: "Error",
      message: typeof error === "string" ? error : `Thrown: ${show(error)}`,
      stack: null,
    };
  }
  const own = (error.stack ?? "").split("\n").filter((line) => !line.includes(import.meta.url));
  return {
    name: error.name,
    message: error.message,
    stack: own.join("\n").replaceAll(/file:\/\/\S*?\/modules\/([^\s/]+)\.mjs/g, "$1.mjs") || null,
  };
}

/** @param {unknown} value */
function show(value) {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

/** What the task left running or changed. */
function leftovers() {
  if (process.cwd() !== home) return "the working directory was changed";
  for (const [type, count] of resources()) {
    if (count > (atRest.get(type) ?? 0)) return `left behind: ${type}`;
  }
  return null;
}

function resources() {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}

/** A task may change its environment; the next task gets another process then. @param {NodeJS.ProcessEnv} env */
function watched(env) {
  const changed = () => {
    spoiled = "the environment was changed";
  };
  return new Proxy(env, {
    set(target, key, value) {
      changed();
      return Reflect.set(target, key, value);
    },
    defineProperty(target, key, descriptor) {
      changed();
      return Reflect.defineProperty(target, key, descriptor);
    },
    deleteProperty(target, key) {
      changed();
      return Reflect.deleteProperty(target, key);
    },
  });
}
