/** Frames of a run as they were, and why its nodes are not running; timers and signals across processes (SEMANTICS 36, 39). */
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repository, type Scratch, scratch, smithers, start } from "./harness.ts";

const WORKFLOW = `
import { createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, Sequence, Loop, Parallel, Approval, smithers, outputs } = createSmithers({
  input: z.object({ deep: z.boolean().default(false) }),
  row: z.object({ v: z.number() }),
  decision: z.object({ approved: z.boolean(), note: z.string().nullable(), decidedBy: z.string(), decidedAt: z.string() }),
});
export default smithers((ctx) => {
  const first = ctx.outputMaybe(outputs.row, { nodeId: "first" });
  return (
    <Workflow name="whys">
      <Parallel>
        <Task id="first" output={outputs.row}>{() => ({ v: 1 })}</Task>
        <Approval id="ok" output={outputs.decision} request={{ title: "Go on?" }} />
        <Task id="uses" output={outputs.row}>{{ v: ctx.output(outputs.row, { nodeId: "deep" }).v }}</Task>
        {ctx.input.deep && <Sequence><Task id="deep" output={outputs.row}>{{ v: 3 }}</Task></Sequence>}
      </Parallel>
      <Loop id="rounds" until={first && first.v > 3} maxIterations={2}>
        <Task id="inner" output={outputs.row}>{{ v: 4 }}</Task>
      </Loop>
      <Task id="late" output={outputs.row} continueOnFail>{{ v: first.v }}</Task>
    </Workflow>
  );
});
`;
let project: Scratch;
beforeAll(async () => {
  project = scratch();
  project.write("workflow.tsx", WORKFLOW);
  expect((await smithers(["build", "workflow.tsx", "-o", "plan.json"], project.dir)).code).toBe(0);
  expect((await smithers(["run", "plan.json", "--run-id", "r"], project.dir)).code).toBe(3);
});
afterAll(() => project.remove());

const why = async (...args: string[]): Promise<string> =>
  (await smithers(["why", "r", ...args], project.dir)).stdout;

describe("why", () => {
  it("names what each open node waits for, and what would unblock it", async () => {
    expect(await why()).toBe(`ok  waiting
  it waits for a decision
  next: smithers approve r ok
uses  waiting
  it waits for the output of deep (row)
  deep is not mounted now
inner  pending
  its turn comes after ok (waiting), uses (waiting)
late  pending
  its turn comes after ok (waiting), uses (waiting)
`);
  });

  it.each([
    [
      "deep",
      "deep  not mounted\n  whys/sequence around it is not mounted: the condition does not hold: ctx.input.deep\n",
    ],
    ["whys/sequence", "whys/sequence  not mounted\n  its condition does not hold: ctx.input.deep\n"],
    ["rounds", "rounds  pending\n  its turn comes after ok (waiting), uses (waiting)\n"],
    ["whys", "whys  open\n  open in it: ok (waiting), uses (waiting) and 2 more\n"],
    ["first", "first  finished\n"],
  ])("answers for %s, whatever it is", async (node, answer) => {
    expect(await why(node)).toBe(answer);
  });

  it("gives JSON, and names what was meant by a slip of the pen", async () => {
    expect(JSON.parse(await why("uses", "--json"))).toEqual([
      {
        node: "uses",
        state: "waiting",
        because: ["it waits for the output of deep (row)", "deep is not mounted now"],
        next: null,
      },
    ]);
    const { code, stderr } = await smithers(["why", "r", "frist"], project.dir);
    expect(code).toBe(2);
    expect(stderr).toContain("the plan has no node frist: did you mean first?");
  });
});

describe("why, of what waits for a container", () => {
  const CONTAINERS = `
import { createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, Sequence, Loop, Parallel, Approval, smithers, outputs } = createSmithers({
  row: z.object({ v: z.number() }), decision: z.object({ approved: z.boolean() }),
});
export default smithers((ctx) => (
  <Workflow name="containers">
    <Parallel>
      <Task id="a" output={outputs.row} dependsOn={["part"]}>{{ v: 1 }}</Task>
      <Task id="b" output={outputs.row} dependsOn={["rounds"]}>{{ v: 2 }}</Task>
      <Task id="c" output={outputs.row} dependsOn={["last"]}>{{ v: 3 }}</Task>
      <Sequence>
        <Sequence id="part"><Approval id="ok" output={outputs.decision} request={{ title: "Go on?" }} /></Sequence>
        <Sequence id="last"><Task id="d" output={outputs.row}>{{ v: 4 }}</Task></Sequence>
      </Sequence>
      <Loop id="rounds" until={ctx.iteration > 0} maxIterations={2}>
        <Approval id="again" output={outputs.decision} request={{ title: "Again?" }} />
      </Loop>
    </Parallel>
  </Workflow>
));
`;

  it("names what is open in it, or what its turn comes after", async () => {
    project.write("containers.tsx", CONTAINERS);
    expect((await smithers(["run", "containers.tsx", "--run-id", "c"], project.dir)).code).toBe(3);
    const { stdout } = await smithers(["why", "c"], project.dir);
    expect(stdout.split("ok  waiting")[0]).toBe(`a  waiting
  it waits for part to end
  open in part: ok (waiting)
b  waiting
  it waits for rounds to end
  rounds is under way
c  waiting
  it waits for last to end
  last: its turn comes after ok (waiting)
`);
  });
});

describe("logs", () => {
  const logs = async (...args: string[]): Promise<string> =>
    (await smithers(["logs", "r", ...args], project.dir)).stdout;

  it("prints what the run printed, of one node where it is named", async () => {
    expect(await logs()).toMatch(
      /^run r\n… first {2}started\n\? ok {2}waits for a decision: Go on\?\n✓ first {2}\d+ ms\n/,
    );
    expect(await logs("--node", "ok")).toBe("? ok  waits for a decision: Go on?\n");
    const events = (await logs("--json"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, n) => n + 1));
    const [last] = events.slice(-1);
    expect(await logs("--json", "--after", String(last.seq - 1))).toBe(`${JSON.stringify(last)}\n`);
  });

  it("follows a run to where its process ends", async () => {
    const running = start(["run", "plan.json", "--run-id", "followed"], project.dir);
    let followed = { stdout: "", code: 2 as number | null };
    // Until its directory is there.
    while (followed.code === 2 || followed.code === 4)
      followed = await smithers(["logs", "followed", "-f"], project.dir);
    await running.done;
    expect(followed.code).toBe(0);
    expect(followed.stdout).toBe((await smithers(["logs", "followed"], project.dir)).stdout);
  });
});

describe("a timer", () => {
  it("survives its process, and fires once a process is there again", async () => {
    project.write(
      "nap.tsx",
      `import { createSmithers, Timer } from "smithers";
import { z } from "zod";
const { Workflow, Task, smithers, outputs } = createSmithers({ input: z.object({}), row: z.object({ v: z.number() }) });
export default smithers(() => (
  <Workflow name="napping">
    <Timer id="nap" duration="2s" />
    <Task id="after" output={outputs.row}>{{ v: 1 }}</Task>
  </Workflow>
));
`,
    );
    expect((await smithers(["build", "nap.tsx", "-o", "nap.json"], project.dir)).code).toBe(0);
    const first = start(["run", "nap.json", "--run-id", "nap"], project.dir);
    await new Promise<void>((resolve) => {
      first.child.stderr?.on("data", (chunk: Buffer) => {
        if (chunk.includes("nap  waits until")) resolve();
      });
    });
    first.child.kill("SIGKILL");
    await first.done;
    expect((await smithers(["why", "nap", "after"], project.dir)).stdout).toContain(
      "its turn comes after nap (waiting)",
    );
    expect((await smithers(["why", "nap", "after"], project.dir)).stdout).toContain(
      "next: smithers resume nap",
    );
    const { stderr, code } = await smithers(["run", "--resume", "nap"], project.dir);
    expect(code).toBe(0);
    expect(stderr).toMatch(/✓ nap\n[\s\S]*✓ after/);
    expect((await smithers(["replay", "nap"], project.dir)).stdout).toMatch(/^identical/);
  });
});

describe("a signal", () => {
  it("is asked for, sent from another process, kept until the run is there, and taken once", async () => {
    project.write(
      "paid.tsx",
      `import { createSmithers, WaitForEvent } from "smithers";
import { z } from "zod";
const { Workflow, Task, smithers, outputs } = createSmithers({ input: z.object({}), paid: z.object({ amount: z.number() }) });
export default smithers((ctx) => (
  <Workflow name="paying">
    <WaitForEvent id="payment" event="paid" correlationId="order-7" output={outputs.paid} />
    <Task id="double" output={outputs.paid}>{{ amount: 2 * ctx.output("paid", { nodeId: "payment" }).amount }}</Task>
  </Workflow>
));
`,
    );
    const tell = (...args: string[]) => smithers(args, project.dir);
    expect((await tell("build", "paid.tsx", "-o", "paid.json")).code).toBe(0);
    const first = await tell("run", "paid.json", "--run-id", "paid");
    expect(first.code).toBe(3);
    expect(first.stderr).toContain("waits for the signal paid (payment)");
    expect(first.stderr).toContain("signal:  smithers signal paid paid --correlation-id order-7 '{…}'");
    expect((await tell("inspect", "paid")).stdout).toContain("waits for the signal paid for order-7");
    const unfit = await tell("signal", "paid", "paid", '{"amount":"12"}', "--correlation-id", "order-7");
    expect(unfit.code).toBe(2);
    expect(unfit.stderr).toContain("payment, which waits for it: the payload does not fit the schema paid:");
    expect(unfit.stderr).toContain("amount: Invalid input: expected number, received string");
    expect((await tell("why", "paid", "payment")).stdout).toContain(
      "next: smithers signal paid paid --correlation-id order-7",
    );
    const wrong = await tell("signal", "paid", "piad", "{}");
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("did you mean paid?");
    for (const amount of [12, 13])
      expect(
        (await tell("signal", "paid", "paid", `{"amount":${amount}}`, "--correlation-id", "order-7")).code,
      ).toBe(0);
    const { stdout, stderr, code } = await tell("resume", "paid");
    expect(code).toBe(0);
    expect(stderr).toContain("was sent before with the correlation id order-7: left out");
    expect(stdout).toBe('paid payment {"amount":12}\npaid double {"amount":24}\n');
    expect((await tell("replay", "paid")).stdout).toMatch(/^identical/);
    expect((await tell("signal", "paid", "paid")).stderr).toContain("run paid has finished");
  });
});

describe("inspect --frame", () => {
  it("shows a frame as it was, with every prompt and payload", async () => {
    const shown = async (frame: number) =>
      (await smithers(["inspect", "r", "--frame", String(frame)], project.dir)).stdout;
    expect(await shown(0)).toMatch(/after the start: 1 running, 2 waiting, 2 pending[\s\S]*▸ first +running/);
    expect(await shown(1)).toMatch(
      /after a result: 1 finished, 2 waiting, 2 pending[\s\S]*✓ first +finished/,
    );
    const { stdout } = await smithers(["inspect", "r", "--frame", "1", "--json"], project.dir);
    const frame = JSON.parse(stdout);
    expect(frame).toMatchObject({ frame: 1, cause: "result", finished: false });
    expect(frame.tasks[0]).toMatchObject({ nodeId: "first", state: "finished" });
  });

  it("says which frames there are", async () => {
    const { code, stderr } = await smithers(["inspect", "r", "--frame", "9"], project.dir);
    expect(code).toBe(2);
    expect(stderr).toContain("run r has no frame 9: its frames are 0 to 1");
  });
});

describe("a run in a try in a saga", () => {
  it("says what is open in them, what is to come, and once it is cancelled that it goes no further", async () => {
    project.write(
      "within.tsx",
      `import { createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, Saga, TryCatchFinally, Approval, smithers, outputs } = createSmithers({
  row: z.object({ v: z.number() }),
  decision: z.object({ approved: z.boolean(), note: z.string().nullable(), decidedBy: z.string(), decidedAt: z.string() }),
});
export default smithers(() => (
  <Workflow name="within">
    <Saga id="saga">
      <Saga.Step id="one" compensation={<Task id="undo" output={outputs.row}>{{ v: 0 }}</Task>}>
        <TryCatchFinally
          id="t"
          try={<Approval id="ok" output={outputs.decision} request={{ title: "Go on?" }} />}
          finally={<Task id="close" output={outputs.row}>{{ v: 1 }}</Task>}
        />
      </Saga.Step>
    </Saga>
    <Task id="after" output={outputs.row}>{{ v: 2 }}</Task>
  </Workflow>
));
`,
    );
    const tell = async (...args: string[]) => (await smithers(args, project.dir)).stdout;
    await tell("run", "within.tsx", "--run-id", "within");
    expect(await tell("why", "within", "saga")).toBe(
      "saga  open\n  open in it: ok (waiting), close (pending)\n",
    );
    expect(await tell("why", "within", "t")).toBe("t  open\n  open in it: ok (waiting), close (pending)\n");
    expect(await tell("why", "within", "close")).toBe(
      "close  pending\n  its turn comes after the try of t\n",
    );
    await tell("cancel", "within", "--by", "ann");
    await tell("resume", "within");
    expect(await tell("why", "within", "after")).toBe(
      "after  pending\n  cancelled by ann: nothing starts but what is done in every outcome\n",
    );
  });
});

describe("a run that dealt with a failure", () => {
  it("says why parts of its tries and sagas are not mounted, and that a replay is the same", async () => {
    const fixture = path.join(repository, "fixtures/run/recovery");
    project.write("recovery.tsx", readFileSync(path.join(fixture, "workflow.tsx"), "utf8"));
    project.write("recovery.json", readFileSync(path.join(fixture, "script.json"), "utf8"));
    const run = ["run", "recovery.tsx", "--script", "recovery.json", "--run-id", "recovery"];
    expect((await smithers(run, project.dir)).code).toBe(0);
    const why = async (node: string): Promise<string> =>
      (await smithers(["why", "recovery", node], project.dir)).stdout;
    expect(await why("never")).toContain("deploy/try went on without it: check failed: PROVIDER");
    expect(await why("report")).toContain("report  finished");
    expect(await why("check")).toMatch(/check {2}failed\n {2}PROVIDER: .*\n {2}checked dealt with it\n/);
    const { stdout } = await smithers(["inspect", "recovery"], project.dir);
    expect(stdout).toMatch(/^release +saga +failed +PROVIDER: check failed: 400 the host is down no route$/m);
    expect(stdout).toMatch(/^deploy\/try +try +finished +caught: check failed: PROVIDER: /m);
    expect((await smithers(["replay", "recovery"], project.dir)).stdout).toContain("identical");
  });
});

describe("a replay of what compares a secret", () => {
  it("is identical where the environment has it as the run had it, and says on what it hangs where it has not", async () => {
    project.write(
      "secret.tsx",
      `import { createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, smithers, outputs } = createSmithers({ row: z.object({ isSet: z.boolean() }) });
export default smithers(() => (
  <Workflow name="secret">
    <Task id="a" output={outputs.row}>{{ isSet: process.env.SERVICE_TOKEN === "t-12345678" }}</Task>
  </Workflow>
));
`,
    );
    const token = { SERVICE_TOKEN: "t-12345678" };
    expect((await smithers(["run", "secret.tsx", "--run-id", "s"], project.dir, token)).code).toBe(0);
    expect(await smithers(["replay", "s"], project.dir, token)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("identical"),
    });
    const { code, stdout } = await smithers(["replay", "s"], project.dir);
    expect(code).toBe(1);
    expect(stdout).toContain("It may hang on SERVICE_TOKEN: the journal has a hash alone of such a secret.");
  });
});
