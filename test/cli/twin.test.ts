/** `check --twin`: a plan against its plain twin, over made-up runs. */
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { twinAction } from "../../cli/twin/report.ts";
import * as compiler from "../../compiler/index.ts";
import { inProcess, jsonLines, paint, type Scratch, scratch } from "./harness.ts";

const FLOW = `import { AnthropicAgent, createSmithers } from "smithers";
import { z } from "zod";

const { Workflow, Task, Loop, smithers, outputs } = createSmithers({
  input: z.object({ topic: z.string(), deep: z.boolean() }),
  draft: z.object({ text: z.string() }),
  review: z.object({ ok: z.boolean(), points: z.array(z.string()) }),
});
const writer = new AnthropicAgent({ model: "m" });

export default smithers((ctx) => {
  const review = ctx.latest("review", "check");
  const points = (review?.points ?? []).map((p, i) => \`\${i + 1}. \${p}\`);
  return (
    <Workflow name="flow">
      <Loop id="rounds" until={review?.ok === true} maxIterations={3}>
        <Task id="write" output={outputs.draft} agent={writer}>
          Write about {ctx.input.topic}. {points.join("; ")}
        </Task>
        <Task id="check" output={outputs.review} agent={writer} retries={2}>
          Check it.
        </Task>
      </Loop>
      {ctx.input.deep && (
        <Task id="again" output={outputs.draft} agent={writer}>
          Once more.
        </Task>
      )}
    </Workflow>
  );
});
`;

/** It runs another workflow, of which nothing but its row counts here. */
const PARENT = FLOW.replace("Task, Loop,", "Task, Loop, Subflow,")
  .replace('import { z } from "zod";', 'import { z } from "zod";\nimport child from "./child.tsx";')
  .replace(
    "{ctx.input.deep && (",
    '<Subflow id="sub" workflow={child} input={{ topic: ctx.input.topic, points }} output={outputs.draft} />\n      {ctx.input.deep && (',
  );
const CHILD = `import { createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, smithers, outputs } = createSmithers({
  input: z.object({ topic: z.string(), points: z.array(z.string()) }), output: z.object({ text: z.string() }),
});
export default smithers((ctx) => (
  <Workflow name="child"><Task id="a" output={outputs.output}>{{ text: ctx.input.topic }}</Task></Workflow>
));
`;

let project: Scratch;
const home = process.cwd();
beforeEach(() => {
  project = scratch();
  process.chdir(project.dir);
});
afterEach(() => {
  process.chdir(home);
  project.remove();
});

const check = (...argv: string[]) => inProcess("check", ...argv);

/** The comparison where the twin is compiled from another text: what a fault of the compiler would look like. */
async function against(changed: string, flow = FLOW) {
  project.write("flow.tsx", flow);
  project.write("other.tsx", changed);
  const terminal = { out() {}, err() {}, paint, paintOut: paint, columns: null, outColumns: null };
  const result = await compiler.build(path.resolve("flow.tsx"));
  const other = path.resolve("other.tsx");
  return twinAction(terminal)(path.resolve("flow.tsx"), result, {
    ...compiler,
    build: (_, options) => compiler.build(other, options),
  });
}

describe("check --twin", () => {
  it("counts the frames that agree, and exits with 0", async () => {
    project.write("flow.tsx", FLOW);
    const { code, stderr } = await check("flow.tsx", "--twin");
    expect(code).toBe(0);
    const [, frames, nodes, runs] = /twin {2}flow\.tsx: (\d+) frames with (\d+) nodes in (\d+) runs agree/
      .exec(stderr)!
      .map(Number);
    expect(runs).toBeGreaterThan(3);
    expect(frames).toBeGreaterThan(runs! * 2);
    expect(nodes).toBeGreaterThan(frames! * 3);
    expect((await check("flow.tsx", "--twin")).stderr).toBe(stderr);
  });

  it("gives the counts as a line of JSON, too", async () => {
    project.write("flow.tsx", FLOW);
    const { stdout } = await check("flow.tsx", "--twin", "--json");
    expect(jsonLines(stdout).at(-1)).toMatchObject({ type: "twin", agrees: true, difference: null });
  });

  it("says nothing of a twin where none was asked for", async () => {
    project.write("flow.tsx", FLOW);
    const { stdout, stderr } = await check("flow.tsx", "--json");
    expect(stdout + stderr).not.toContain("twin");
  });

  it.each([
    ["a prompt", "Once more.", "Once mare.", 'task "again"', "prompt"],
    ["a condition", "{ctx.input.deep && (", "{!ctx.input.deep && (", 'task "again"', null],
    ["an end of a loop", "review?.ok === true", "review?.ok !== true", 'loop "rounds"', "until"],
    ["a policy", "retries={2}", "retries={1}", 'task "check"', "retries"],
    ["an agent's options", 'model: "m"', 'model: "n"', 'task "write"', "agent"],
    ["an expression that rows alone tell apart", "i + 1", "i + 2", 'task "write"', "prompt"],
    ["an error", "(review?.points ?? [])", "review!.points", 'workflow "flow"', "error"],
  ])("names node, field, input and rows where %s differs", async (_, from, to, node, field) => {
    const { twin, line } = await against(FLOW.replace(from, to));
    expect(twin?.agrees).toBe(false);
    expect(twin?.difference?.node).toBe(node);
    expect(twin?.difference?.field).toBe(field);
    expect(line).toContain("differs from its plain twin");
    for (const part of ["node   ", "input  {", "rows   ["]) expect(line).toContain(part);
  });

  it("exits with 1 where there is a difference, whatever the findings are", async () => {
    const { exitOf } = await import("../../cli/batch.ts");
    const { twin } = await against(FLOW.replace("Once more.", "Once mare."));
    const file = { file: "flow.tsx", findings: [], compiled: true, plan: null };
    const batch = { maxSeverity: "error" } as Parameters<typeof exitOf>[0];
    expect(exitOf(batch, [{ ...file, twin: twin! }], [])).toBe(1);
    expect(exitOf(batch, [{ ...file, twin: null }], [])).toBe(0);
  });

  it("takes a loop without `until` for one that never ends early", async () => {
    project.write("flow.tsx", FLOW.replace("until={review?.ok === true}", "until={false}"));
    expect((await check("flow.tsx", "--twin")).code).toBe(0);
  });

  it("says why nothing is compared: the twin waits as a whole for one of its own tasks", async () => {
    const read = 'const draft = ctx.output("draft", { nodeId: "write" });\n  const points';
    project.write("flow.tsx", FLOW.replace("const points", read).replace("Once more.", "{draft.text}"));
    const { code, stderr } = await check("flow.tsx", "--twin");
    expect(stderr).toContain("twin  flow.tsx: not compared: every frame waits");
    expect(stderr).toContain("twin  1 file: 1 not compared");
    expect(code).toBe(0);
    expect((await check("flow.tsx", "--require-twin")).code).toBe(1);
  });

  it("compares what runs other workflows, down to what their runs begin with", async () => {
    project.write("child.tsx", CHILD);
    project.write("flow.tsx", PARENT);
    const { code, stderr } = await check("flow.tsx", "--require-twin");
    expect(stderr).toMatch(/frames with \d+ nodes in \d+ runs agree with the plain twin/);
    expect(code).toBe(0);
    const { twin } = await against(
      PARENT.replace("topic: ctx.input.topic, points", "topic: ctx.input.topic, points: []"),
      PARENT,
    );
    expect(twin?.difference).toMatchObject({ node: 'subflow "sub"', field: "payload" });
  });

  it("says why nothing is compared: a workflow stands in place", async () => {
    const child = '<Workflow name="c"><Task id="a" output={outputs.row}>{{ n: 1 }}</Task></Workflow>';
    project.write(
      "shared.ts",
      `import { createSmithers } from "smithers";
import { z } from "zod";
export const { Workflow, Task, Subflow, smithers, outputs } = createSmithers({ row: z.object({ n: z.number() }) });`,
    );
    const from = (text: string): string =>
      `import { Workflow, Task, Subflow, smithers, outputs } from "./shared";\n${text}`;
    project.write("child.tsx", from(`export default smithers(() => ${child});`));
    project.write(
      "flow.tsx",
      from(`import child from "./child";
export default smithers(() => <Workflow name="f"><Subflow mode="inline" id="s" workflow={child} /></Workflow>);`),
    );
    const { stderr } = await check("flow.tsx", "--twin");
    expect(stderr).toContain("not compared: the plain twin does not compile");
    expect(stderr).toContain("SM117 a workflow can't stand in place where only the run knows the shape");
  });

  it("says why nothing is compared: no plan", async () => {
    project.write("flow.tsx", FLOW.replace("ctx.input.topic", "ctx.input.tropic"));
    const { code, stderr } = await check("flow.tsx", "--twin");
    expect(code).toBe(1);
    expect(stderr).toContain("twin  flow.tsx: not compared: there is no plan");
  });
});
