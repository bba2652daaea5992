/** What people see of runs that were stopped, killed or taken away, and that what they are told to type works (SEMANTICS 34, 38). */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DecidedError, decide } from "../../runtime/index.ts";
import { cli, type Running, type Scratch, scratch, smithers, start } from "./harness.ts";

const WORKFLOW = `
import { createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, Loop, Parallel, Approval, smithers, outputs } = createSmithers({
  input: z.object({}),
  row: z.object({ v: z.number() }),
  decision: z.object({ approved: z.boolean(), note: z.string().nullable(), decidedBy: z.string(), decidedAt: z.string() }),
});
export default smithers((ctx) => {
  const first = ctx.outputMaybe(outputs.row, { nodeId: "first" });
  return (
    <Workflow name="people">
      <Parallel>
        <Task id="first" output={outputs.row}>{async () => { await new Promise((r) => setTimeout(r, 200)); return { v: 1 }; }}</Task>
        {!first ? <Task id="gone" output={outputs.row} onUnmount="cancel">{() => new Promise(() => {})}</Task> : null}
      </Parallel>
      <Task id="none" output={outputs.row} continueOnFail>{{ v: ctx.latest(outputs.decision, "ok").note.length }}</Task>
      <Loop id="outer" maxIterations={2}>
        <Loop id="inner" maxIterations={2}>
          <Approval id="ok" output={outputs.decision} onDeny="continue" request={{ title: "Go on?" }} />
        </Loop>
      </Loop>
    </Workflow>
  );
});
`;
let project: Scratch;

beforeAll(async () => {
  project = scratch();
  project.write("workflow.tsx", WORKFLOW);
  project.write("slow.json", '{ "approvals": [{ "node": "ok", "approved": true, "latencyMs": 60000 }] }');
  expect((await smithers(["build", "workflow.tsx", "-o", "plan.json"], project.dir)).code).toBe(0);
});
afterAll(() => project.remove());

const begin = (runId: string, ...more: string[]): Running =>
  start(["run", "plan.json", "--run-id", runId, ...more], project.dir);

/** Resolves when the run has asked. */
const asked = ({ child }: Running) =>
  new Promise<void>((resolve) => {
    child.stderr?.on("data", (chunk: Buffer) => {
      if (chunk.includes("waits for a decision")) resolve();
    });
  });

describe("a run as people follow it", () => {
  it("tells of what was cancelled, and of what failed before it could start", async () => {
    const { stderr, code } = await begin("told").done;
    expect(code).toBe(3);
    expect(stderr).toContain("! gone  unmounted while it ran: it is cancelled");
    expect(stderr).toMatch(/- gone .*cancelled/);
    expect(stderr).toMatch(/✗ none .*THROWN: Cannot read properties of undefined/);
  });

  it("is decided with the commands that are printed, in nested loops and under another root", async () => {
    const root = path.join(project.dir, "elsewhere");
    let { stderr } = await begin("nested", "--root", root).done;
    for (const address of ["ok@@outer=0", "ok@@outer=0@1", "ok@@outer=1", "ok@@outer=1@1"]) {
      expect(stderr).toContain(`smithers deny nested ${address} --root ${root}`);
      const [, line = ""] = /deny: +smithers (.*)/.exec(stderr) ?? [];
      expect((await smithers(line.split(" "), project.dir)).stderr).toContain(`denied  ${address}  nested`);
      const [, next = ""] = /then: +smithers (.*)/.exec(stderr) ?? [];
      ({ stderr } = await smithers(next.split(" "), project.dir));
    }
    expect(stderr).toContain("finished  nested");
  });

  it("ends at once on Ctrl-C, also while a script takes its time to decide, and says so once", async () => {
    const running = begin("slow", "--script", "slow.json");
    await asked(running);
    const at = Date.now();
    running.child.kill("SIGINT");
    const { code, stderr } = await running.done;
    expect(code).toBe(130);
    expect(Date.now() - at).toBeLessThan(10_000);
    expect(stderr.match(/interrupted/g)).toHaveLength(1);
  });
});

describe("an answer", () => {
  const HUMAN = `
import { createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, HumanTask, Approval, smithers, outputs } = createSmithers({
  review: z.object({ severity: z.enum(["low", "high"]), comment: z.string() }),
  pick: z.object({ selected: z.string(), notes: z.string().nullable() }),
  note: z.object({ text: z.string() }),
});
export default smithers((ctx) => (
  <Workflow name="asking">
    <HumanTask id="look" output={outputs.review} prompt="How bad is it?" />
    <Approval id="colour" output={outputs.pick} mode="select" request={{ title: "Which?" }}
      options={[{ key: "red", label: "Red" }, { key: "blue", label: "Blue" }]} />
    <Task id="end" output={outputs.note} needsApproval>
      {{ text: ctx.output(outputs.review, "look").severity + ctx.output(outputs.pick, "colour").selected }}
    </Task>
  </Workflow>
));
`;

  it("is given with the commands that are printed; what does not fit is refused at once and costs nothing", async () => {
    project.write("asking.tsx", HUMAN);
    const first = await smithers(["run", "asking.tsx", "--run-id", "asking"], project.dir);
    expect(first.code).toBe(3);
    expect(first.stderr).toContain("? look  waits for an answer: How bad is it?");
    expect(first.stderr).toContain("answer:  smithers answer asking look '{…}'");
    const bad = await smithers(["answer", "asking", "look", '{"severity":"middling"}'], project.dir);
    expect(bad.code).toBe(2);
    expect(bad.stderr).toContain("the answer to look does not fit the schema review");
    expect((await smithers(["approve", "asking", "look"], project.dir)).stderr).toContain(
      "waits for an answer",
    );
    expect((await smithers(["answer", "asking", "look"], project.dir)).stderr).toContain(
      "give one of ANSWER",
    );
    project.write("answer.json", '{ "severity": "high", "comment": "x" }');
    expect((await smithers(["answer", "asking", "look", "@answer.json"], project.dir)).code).toBe(0);
    const second = await smithers(["resume", "asking"], project.dir);
    expect(second.stderr).toContain("? colour  waits for a choice among red, blue: Which?");
    const green = await smithers(["answer", "asking", "colour", "--select", "green"], project.dir);
    expect(green.stderr).toContain('has to be one of red, blue, not "green"');
    expect((await smithers(["answer", "asking", "colour", "--select", "blue"], project.dir)).code).toBe(0);
    const third = await smithers(["resume", "asking"], project.dir);
    expect(third.stderr).toContain("approve: smithers approve asking end");
    expect((await smithers(["approve", "asking"], project.dir)).code).toBe(0);
    const last = await smithers(["resume", "asking"], project.dir);
    expect(last.code).toBe(0);
    expect(last.stdout).toContain('note end {"text":"highblue"}');
    expect((await smithers(["replay", "asking"], project.dir)).stdout).toContain("identical");
  });
});

describe("a task that is done once", () => {
  const ONCE = `
import { createSmithers } from "smithers";
import { z } from "zod";
import { appendFileSync } from "node:fs";
const { Workflow, Task, smithers, outputs } = createSmithers({ paid: z.object({ receipt: z.string() }) });
export default smithers((ctx) => (
  <Workflow name="paying">
    <Task id="pay" output={outputs.paid} sideEffect="once">
      {async () => {
        appendFileSync("paid.log", "paid\\n");
        await new Promise((r) => setTimeout(r, 60000));
        return { receipt: "r-1" };
      }}
    </Task>
    <Task id="end" output={outputs.paid}>{{ receipt: ctx.output(outputs.paid, "pay").receipt + "!" }}</Task>
  </Workflow>
));
`;

  it("is not repeated after SIGKILL: the run waits for a person to say what became of it (SEMANTICS 34)", async () => {
    project.write("paying.tsx", ONCE);
    const running = start(["run", "paying.tsx", "--run-id", "paying"], project.dir);
    const log = path.join(project.dir, "paid.log");
    while (!existsSync(log)) await new Promise((resolve) => setTimeout(resolve, 20));
    running.child.kill("SIGKILL");
    await running.done;
    const resumed = await smithers(["resume", "paying"], project.dir);
    expect(resumed.code).toBe(3);
    expect(resumed.stderr).toContain("done:    smithers resolve paying pay --done '{…}'");
    const bad = await smithers(["resolve", "paying", "pay", "--done", '{"receipt":1}'], project.dir);
    expect(bad.code).toBe(2);
    expect((await smithers(["answer", "paying", "pay", "{}"], project.dir)).stderr).toContain(
      "smithers resolve",
    );
    const args = ["resolve", "paying", "pay", "--done", '{"receipt":"r-2"}', "--by", "ann"];
    expect((await smithers(args, project.dir)).code).toBe(0);
    const last = await smithers(["resume", "paying"], project.dir);
    expect(last.stdout).toContain('paid end {"receipt":"r-2!"}');
    expect(readFileSync(log, "utf8")).toBe("paid\n");
  });
});

describe("a decision", () => {
  it("is refused as the second one, also when the first is taken up while it is made", async () => {
    await begin("race").done;
    const type = (...args: string[]) => spawnSync(process.execPath, [cli, ...args], { cwd: project.dir });
    const late = {
      root: project.dir,
      approved: false,
      // Asked for after the run was read and before the decision is filed.
      get decidedBy() {
        type("approve", "race", "--by", "first");
        type("run", "--resume", "race");
        return "late";
      },
    };
    await expect(decide("race", "ok@@outer=0", late)).rejects.toThrow(DecidedError);
    expect(readdirSync(path.join(project.dir, ".smithers/runs/race/inbox"))).toEqual([]);
  });
});

describe("replay", () => {
  it("proves a run that was decided, killed and resumed identical; names what differs", async () => {
    await begin("again").done;
    await smithers(["approve", "again"], project.dir);
    const killed = begin("again-killed", "--wait");
    await asked(killed);
    killed.child.kill("SIGKILL");
    await killed.done;
    await smithers(["run", "--resume", "again-killed"], project.dir);
    for (const runId of ["again", "again-killed"]) {
      const { stdout, code } = await smithers(["replay", runId], project.dir);
      expect(stdout).toMatch(/^identical {2}\d+ frames, \d+ starts, \d+ rows?\n$/);
      expect(code).toBe(0);
    }
    const { stdout } = await smithers(["replay", "again", "--json"], project.dir);
    expect(JSON.parse(stdout)).toMatchObject({ runId: "again", identical: true, divergence: null });
    expect((await smithers(["replay", "nothing"], project.dir)).code).toBe(2);
  });
});

describe("a run that is stopped", () => {
  const events = async (runId: string, type: string) =>
    (await smithers(["logs", runId, "--json"], project.dir)).stdout
      .split("\n")
      .filter((line) => line.includes(`"type":"${type}"`))
      .map((line) => JSON.parse(line));
  beforeAll(async () => {
    project.write(
      "steps.tsx",
      `import { existsSync } from "node:fs";${WORKFLOW}`.replace(
        /<Workflow[\s\S]*<\/Workflow>/,
        () =>
          `<Workflow name="steps">
      <Task id="slow" output={outputs.row}>{async () => { while (!existsSync("go")) await new Promise((r) => setTimeout(r, 20)); return { v: 1 }; }}</Task>
      <Task id="after" output={outputs.row}>{() => ({ v: 2 })}</Task>
    </Workflow>`,
      ),
    );
    expect((await smithers(["build", "steps.tsx", "-o", "steps.json"], project.dir)).code).toBe(0);
  });
  const beginSteps = async (runId: string) => {
    const running = start(["run", "steps.json", "--run-id", runId], project.dir);
    await new Promise<void>((resolve) => {
      running.child.stderr?.on("data", (chunk: Buffer) => {
        if (chunk.includes("slow  started")) resolve();
      });
    });
    return running;
  };

  it("pauses once what is under way has ended, and goes on when it is resumed", async () => {
    const running = await beginSteps("paused");
    expect(await smithers(["pause", "paused", "--by", "ann"], project.dir)).toMatchObject({ code: 0 });
    project.write("go", "");
    const { code, stderr } = await running.done;
    expect(code).toBe(3);
    expect(stderr).toMatch(/pausing, as ann asked[\s\S]*✓ slow[\s\S]*paused by ann/);
    expect(await events("paused", "task.started")).toHaveLength(1);
    const again = await smithers(["pause", "paused"], project.dir);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("no process attends to run paused");
    expect((await smithers(["resume", "paused"], project.dir)).code).toBe(0);
    expect((await events("paused", "task.finished")).map(({ data }) => data.nodeId)).toEqual([
      "slow",
      "after",
    ]);
    expect((await smithers(["replay", "paused"], project.dir)).stdout).toMatch(/^identical/);
  });

  it("is cancelled: what is under way is aborted", async () => {
    rmSync(path.join(project.dir, "go"), { force: true });
    const running = await beginSteps("ended");
    expect(await smithers(["cancel", "ended"], project.dir)).toMatchObject({ code: 0 });
    expect((await running.done).code).toBe(5);
    expect((await smithers(["replay", "ended"], project.dir)).stdout).toMatch(/^identical/);
  });

  it("is cancelled where nobody attends to it, once", async () => {
    await begin("left").done;
    expect((await smithers(["cancel", "left"], project.dir)).stderr).toContain("cancelled  left");
    expect((await smithers(["ps"], project.dir)).stdout).toMatch(/left +people +cancelled/);
    await begin("scripted").done;
    const none = await smithers(["cancel", "scripted", "--script", "nothing.json"], project.dir);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain("nothing.json");
    project.write("answers.json", "{}");
    const scripted = await smithers(["cancel", "scripted", "--script", "answers.json"], project.dir);
    expect(scripted.stderr).toMatch(/^cancelled {2}scripted\ncancelled by /);
    const again = await smithers(["cancel", "left"], project.dir);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("run left has ended: it is cancelled");
  });
});

describe("a run without its process", () => {
  it("is called interrupted, and a decision on it tells how to go on", async () => {
    const running = begin("killed", "--wait");
    await asked(running);
    expect((await smithers(["ps"], project.dir)).stdout).toMatch(/killed +people +running/);
    running.child.kill("SIGKILL");
    await running.done;
    const resume = "smithers resume killed";
    expect((await smithers(["ps"], project.dir)).stdout).toMatch(/killed +people +interrupted/);
    expect((await smithers(["inspect", "killed"], project.dir)).stdout).toContain(resume);
    expect((await smithers(["approve", "killed"], project.dir)).stderr).toContain(resume);
  });

  it("stops with the reason when its directory is removed", async () => {
    const running = begin("removed", "--wait");
    await asked(running);
    rmSync(path.join(project.dir, ".smithers/runs/removed"), { recursive: true });
    running.child.kill("SIGINT");
    const { code, stderr } = await running.done;
    expect(code).toBe(4);
    expect(stderr).toContain("was removed while the run went on");
    expect(stderr).not.toContain("    at ");
  });
});
