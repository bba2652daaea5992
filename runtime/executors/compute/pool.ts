import { WorkerProcess } from "./worker-process.ts";

export interface PoolOptions {
  /** Processes at a time; tasks beyond that wait. */
  readonly maxWorkers: number;
  readonly execArgv: readonly string[];
}

interface Waiter {
  readonly cwd: string;
  readonly give: (worker: WorkerProcess | null) => void;
}

/** Compute workers, started on demand or ahead of it, used again while they are as they were. */
export class WorkerPool {
  readonly #options: PoolOptions;
  /** Ready, without a task. */
  readonly #idle: WorkerProcess[] = [];
  readonly #all = new Set<WorkerProcess>();
  readonly #waiting: Waiter[] = [];
  #starting = 0;
  #closed = false;
  /** Workers do not keep the engine's process alive; tasks that wait for one or hold one do, by this timer. */
  readonly #alive = setInterval(() => {}, 2 ** 30).unref();
  #needed = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Starts workers until `count` exist, so that the first tasks find them ready. */
  warm(count: number, cwd: string): void {
    const most = Math.min(count, this.#options.maxWorkers);
    while (!this.#closed && this.#all.size < most) this.#start(cwd);
  }

  /** A worker that runs nothing else until it is released; null when `signal` fires or the pool closes before one is free. */
  async acquire(cwd: string, signal: AbortSignal): Promise<WorkerProcess | null> {
    if (this.#closed || signal.aborted) return null;
    this.#need(1);
    const worker = this.#takeIdle(cwd) ?? (await this.#wait(cwd, signal));
    if (worker === null) this.#need(-1);
    return worker;
  }

  /** An idle worker, as `acquire` gives it; null when there is none at the moment. */
  take(cwd: string): WorkerProcess | null {
    if (this.#closed) return null;
    const worker = this.#takeIdle(cwd);
    if (worker !== null) this.#need(1);
    return worker;
  }

  #takeIdle(cwd: string): WorkerProcess | null {
    for (;;) {
      const found = this.#idle.findIndex((worker) => worker.cwd === cwd);
      const [idle] = found === -1 ? [] : this.#idle.splice(found, 1);
      if (idle === undefined) return null;
      if (idle.running) return idle;
      this.#forget(idle);
    }
  }

  #need(change: 1 | -1): void {
    this.#needed += change;
    if (this.#needed > 0) this.#alive.ref();
    else this.#alive.unref();
  }

  #wait(cwd: string, signal: AbortSignal): Promise<WorkerProcess | null> {
    return new Promise((resolve) => {
      const waiter: Waiter = {
        cwd,
        give: (worker) => {
          signal.removeEventListener("abort", leave);
          resolve(worker);
        },
      };
      const leave = (): void => {
        const at = this.#waiting.indexOf(waiter);
        if (at !== -1) this.#waiting.splice(at, 1);
        resolve(null);
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiter);
      this.#supply();
    });
  }

  /** Gives back what `acquire` gave, to be used again. */
  release(worker: WorkerProcess): void {
    this.#need(-1);
    if (!worker.alive || this.#closed) this.#end(worker);
    else this.#offer(worker);
  }

  /** Gives back a worker that must not run another task; its successor is started at once, so that the next task does not wait for it. */
  retire(worker: WorkerProcess): void {
    this.#need(-1);
    this.#end(worker);
  }

  async close(): Promise<void> {
    this.#closed = true;
    // Workers hold nothing: the process must not end before they have.
    this.#need(1);
    for (const waiter of this.#waiting.splice(0)) waiter.give(null);
    const ended = [...this.#all].map((worker) => {
      worker.kill();
      return worker.exited;
    });
    await Promise.all(ended);
    clearInterval(this.#alive);
  }

  #offer(worker: WorkerProcess): void {
    const at = this.#waiting.findIndex((waiter) => waiter.cwd === worker.cwd);
    const [waiter] = at === -1 ? [] : this.#waiting.splice(at, 1);
    if (waiter !== undefined) waiter.give(worker);
    else {
      this.#idle.push(worker);
      this.#supply();
    }
  }

  #end(worker: WorkerProcess): void {
    worker.kill();
    this.#forget(worker);
    if (this.#closed) return;
    this.#supply();
    if (this.#all.size === 0) this.#start(worker.cwd);
  }

  /** Starts what the waiting tasks need; an idle worker of another directory makes room. */
  #supply(): void {
    if (this.#closed) return;
    for (const { cwd } of this.#waiting.slice(this.#starting)) {
      if (this.#all.size >= this.#options.maxWorkers) {
        const unused = this.#idle.shift();
        if (unused === undefined) return;
        unused.kill();
        this.#forget(unused);
      }
      this.#start(cwd);
    }
  }

  #start(cwd: string): void {
    const worker = new WorkerProcess({ cwd, execArgv: this.#options.execArgv });
    this.#all.add(worker);
    this.#starting++;
    void worker.exited.then(() => {
      this.#forget(worker);
      this.#supply();
    });
    void worker.ready.then((ready) => {
      this.#starting--;
      if (ready && !this.#closed) this.#offer(worker);
      else this.#refuse(worker);
    });
  }

  /** A worker that can't even start (no such directory, no memory): who waits for it gets it and learns from its exit why. */
  #refuse(worker: WorkerProcess): void {
    this.#forget(worker);
    const at = this.#waiting.findIndex((waiter) => waiter.cwd === worker.cwd);
    const [waiter] = at === -1 ? [] : this.#waiting.splice(at, 1);
    waiter?.give(worker);
  }

  #forget(worker: WorkerProcess): void {
    this.#all.delete(worker);
    const at = this.#idle.indexOf(worker);
    if (at !== -1) this.#idle.splice(at, 1);
  }
}
