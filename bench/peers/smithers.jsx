/** @jsxImportSource smithers-orchestrator */
/**
 * The public Smithers, under Bun. As it ships: SQLite in WAL, `synchronous` NORMAL, so a commit is in the file when it
 * returns, and not on the disk: a power loss takes back the last ones.
 *
 * Arguments: shape, size, directory. Prints one JSON line: milliseconds of the measured part, its memory.
 */
import path from "node:path";
import { Effect } from "effect";
import { createSmithers, Parallel, runWorkflow, Sequence } from "smithers-orchestrator";
import { z } from "zod";

const [shape, sizeText, directory] = process.argv.slice(2);

async function measure(size, name) {
  process.chdir(directory);
  const { Workflow, Task, Loop, smithers, outputs } = createSmithers(
    { row: z.object({ v: z.number() }) },
    { dbPath: path.join(directory, `${name}.db`) },
  );
  const Fan = Parallel;
  const tasks = Array.from({ length: size }, (_, n) => n);
  const shapes = {
    sequence: () => (
      <Workflow name={name}>
        <Sequence>
          {tasks.map((n) => (
            <Task key={n} id={`t${n}`} output={outputs.row}>
              {{ v: n }}
            </Task>
          ))}
        </Sequence>
      </Workflow>
    ),
    "fan-out": () => (
      <Workflow name={name}>
        <Fan maxConcurrency={size}>
          {tasks.map((n) => (
            <Task key={n} id={`t${n}`} output={outputs.row}>
              {{ v: n }}
            </Task>
          ))}
        </Fan>
      </Workflow>
    ),
    loop: (ctx) => (
      <Workflow name={name}>
        <Loop id="rounds" until={(ctx.latest("row", "work")?.v ?? -1) >= size - 1} maxIterations={size}>
          <Task id="work" output={outputs.row}>
            {{ v: (ctx.latest("row", "work")?.v ?? -1) + 1 }}
          </Task>
        </Loop>
      </Workflow>
    ),
  };
  const workflow = smithers(shapes[shape]);
  const start = performance.now();
  const result = await Effect.runPromise(
    runWorkflow(workflow, { input: {}, runId: name, rootDir: directory }),
  );
  const ms = performance.now() - start;
  if (result.status !== "finished") throw new Error(JSON.stringify(result).slice(0, 400));
  return { ms };
}

await measure(3, "warm");
const measured = await measure(Number(sizeText), "run");
console.log(JSON.stringify({ ...measured, kib: process.resourceUsage().maxRSS }));
process.exit(0);
