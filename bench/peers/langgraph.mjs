/**
 * LangGraph with its SQLite checkpointer. As it ships: WAL, `synchronous` NORMAL, so a commit is in the file when it
 * returns, and not on the disk: a power loss takes back the last ones. `durability: "sync"` has it write each step's
 * checkpoint before the next step begins.
 *
 * Arguments: shape, size, directory. Prints one JSON line: milliseconds of the measured part, how often it wrote, its memory.
 */
import path from "node:path";
import { Annotation, END, entrypoint, START, StateGraph, task } from "@langchain/langgraph";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";

const [shape, sizeText, directory] = process.argv.slice(2);

/** Of a program that keeps its calls as tasks, and one that keeps a graph's steps. */
const programs = {
  sequence: async (size, checkpointer) => {
    const step = task("step", async (n) => ({ v: n + 1 }));
    const flow = entrypoint({ name: "flow", checkpointer }, async (count) => {
      let v = 0;
      for (let n = 0; n < count; n++) ({ v } = await step(v));
      return v;
    });
    return { go: (config) => flow.invoke(size, config), result: size };
  },
  "graph sequence": async (size, checkpointer) => {
    const State = Annotation.Root({ v: Annotation() });
    let graph = new StateGraph(State);
    for (let n = 0; n < size; n++) graph = graph.addNode(`t${n}`, ({ v }) => ({ v: v + 1 }));
    graph = graph.addEdge(START, "t0").addEdge(`t${size - 1}`, END);
    for (let n = 1; n < size; n++) graph = graph.addEdge(`t${n - 1}`, `t${n}`);
    const flow = graph.compile({ checkpointer });
    return { go: async (config) => (await flow.invoke({ v: 0 }, config)).v, result: size };
  },
  "fan-out": async (size, checkpointer) => {
    const step = task("step", async (n) => ({ v: n }));
    const flow = entrypoint({ name: "flow", checkpointer }, async (count) => {
      const rows = await Promise.all(Array.from({ length: count }, (_, n) => step(n)));
      return rows.length;
    });
    return { go: (config) => flow.invoke(size, config), result: size };
  },
  loop: async (size, checkpointer) => {
    const State = Annotation.Root({ v: Annotation() });
    const flow = new StateGraph(State)
      .addNode("work", ({ v }) => ({ v: v + 1 }))
      .addEdge(START, "work")
      .addConditionalEdges("work", ({ v }) => (v >= size ? END : "work"))
      .compile({ checkpointer });
    return { go: async (config) => (await flow.invoke({ v: 0 }, config)).v, result: size };
  },
  /** The last task fails at first; the second go finds all the others done. */
  resume: async (size, checkpointer) => {
    let broken = true;
    const step = task("step", async (n) => ({ v: n + 1 }));
    const last = task("last", async (v) => {
      if (broken) throw new Error("broken");
      return v;
    });
    const flow = entrypoint({ name: "flow", checkpointer }, async (count) => {
      let v = 0;
      for (let n = 0; n < count; n++) ({ v } = await step(v));
      return last(v);
    });
    return {
      before: async (config) => {
        await flow.invoke(size, config).catch(() => {});
        broken = false;
      },
      go: (config) => flow.invoke(null, config),
      result: size,
    };
  },
};

async function measure(size, name) {
  const checkpointer = SqliteSaver.fromConnString(path.join(directory, `${name}.db`));
  let writes = 0;
  for (const method of ["put", "putWrites"]) {
    const own = checkpointer[method].bind(checkpointer);
    checkpointer[method] = (...given) => {
      writes++;
      return own(...given);
    };
  }
  const { before, go, result } = await programs[shape](size, checkpointer);
  const config = { configurable: { thread_id: "t" }, recursionLimit: size + 10, durability: "sync" };
  await before?.(config);
  writes = 0;
  const start = performance.now();
  const got = await go(config);
  const ms = performance.now() - start;
  if (got !== result) throw new Error(`${shape} gave ${JSON.stringify(got)}, not ${result}`);
  return { ms, writes };
}

await measure(3, "warm");
const measured = await measure(Number(sizeText), "run");
console.log(JSON.stringify({ ...measured, kib: process.resourceUsage().maxRSS }));
