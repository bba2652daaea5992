// @ts-check
/**
 * A thread of the worker process that ends the whole process group when the parent is gone: its end of the pipe on
 * fd 4 closes however the parent died, and this thread notices even while the main thread is in an endless loop.
 */
import { Socket } from "node:net";
import { parentPort } from "node:worker_threads";

const end = () => {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch {
    // No group of its own (Windows).
    process.kill(process.pid, "SIGKILL");
  }
};

const pipe = new Socket({ fd: 4, readable: true, writable: false });
pipe.on("error", end);
pipe.on("close", end);
pipe.resume();
parentPort?.postMessage("watching");
