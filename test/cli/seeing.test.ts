/** What a run recorded, as people and programs look at it: events, what waits, tables, SQL. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonLines, type Scratch, scratch, smithers, start } from "./harness.ts";

const WORKFLOW = `
import { createSmithers, WaitForEvent } from "smithers";
import { z } from "zod";
const { Workflow, Task, Parallel, Loop, Approval, smithers, outputs } = createSmithers({
  input: z.object({}),
  row: z.object({ v: z.number() }),
  text: z.object({ text: z.string() }),
  choice: z.object({ selected: z.string().nullable(), notes: z.string().nullable() }),
  decision: z.object({ approved: z.boolean(), note: z.string().nullable(), decidedBy: z.string(), decidedAt: z.string() }),
});
export default smithers((ctx) => (
  <Workflow name="seeing">
    <Task id="first" output={outputs.row}>{() => ({ v: 1 })}</Task>
    <Task id="large" output={outputs.text}>{() => ({ text: "x".repeat(400_000) })}</Task>
    <Parallel>
      <Loop id="rounds" maxIterations={2}>
        <Task id="draft" output={outputs.row}>{{ v: ctx.iteration }}</Task>
      </Loop>
      <Approval id="ship" output={outputs.decision} timeoutMs={3_600_000} request={{ title: "Ship it?", summary: "two drafts" }} />
      <Approval id="pick" output={outputs.choice} mode="select" allowedUsers={["ann"]} options={[{ key: "red", label: "Red" }, { key: "blue", label: "Blue" }]} request={{ title: "Which?" }} onDeny="continue" />
      <WaitForEvent id="payment" event="paid" correlationId="order-7" output={outputs.row} />
    </Parallel>
  </Workflow>
));
`;
let project: Scratch;
beforeAll(async () => {
  project = scratch();
  project.write("workflow.tsx", WORKFLOW);
  expect((await smithers(["build", "workflow.tsx", "-o", "plan.json"], project.dir)).code).toBe(0);
  expect((await smithers(["run", "plan.json", "--run-id", "r"], project.dir)).code).toBe(3);
});
afterAll(() => project.remove());

const tell = (...args: string[]) => smithers(args, project.dir);

describe("events", () => {
  it("prints the log, a line an event, and the events themselves as JSON", async () => {
    const { stdout, code } = await tell("events", "r");
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^ {4}1 {2}\d\d:\d\d:\d\d\.\d{3} {2}run\.started +\{"runId":"r"/);
    expect(stdout).toMatch(/task\.finished +draft@1 {2}\{"attempt":1,"output":"row","durationMs":\d+\}/);
    const events = jsonLines((await tell("events", "r", "--json")).stdout);
    expect(events.map(({ seq }) => seq)).toEqual(lines.map((_, n) => n + 1));
    expect(events.at(-1)).toMatchObject({ type: "run.waiting", data: { runId: "r" } });
    expect((await tell("events", "r", "--json", "--after", String(lines.length - 1))).stdout).toBe(
      `${JSON.stringify(events.at(-1))}\n`,
    );
  });

  it("chooses by type and by node", async () => {
    const types = async (...args: string[]) =>
      jsonLines((await tell("events", "r", "--json", ...args)).stdout).map(({ type }) => type);
    expect(await types("--type", "task.f*", "--node", "draft")).toEqual(["task.finished", "task.finished"]);
    expect(await types("--type", "*.started", "--node", "draft@1")).toEqual(["task.started"]);
    const { stdout, stderr, code } = await tell("events", "r", "--type", "tsak.*");
    expect([stdout, code]).toEqual(["", 0]);
    expect(stderr).toMatch(/no event fits tsak\.\*; there are: .*task\.started/);
  });

  it("follows a run while it goes on, to where its process ends", async () => {
    const running = start(["run", "plan.json", "--run-id", "followed"], project.dir);
    let followed = { stdout: "", code: 2 as number | null };
    // Until its directory is there.
    while (followed.code === 2 || followed.code === 4)
      followed = await tell("events", "followed", "-f", "--json");
    await running.done;
    expect(followed.stdout).toBe((await tell("events", "followed", "--json")).stdout);
    expect(jsonLines(followed.stdout).at(-1)).toMatchObject({ type: "run.waiting" });
  });

  it("knows its run by name", async () => {
    const { code, stderr } = await tell("events", "nothing");
    expect(code).toBe(2);
    expect(stderr).toContain("there is no run nothing");
  });
});

describe("inbox", () => {
  it("lists what all runs wait for, the oldest first, with the command that answers", async () => {
    expect((await tell("run", "plan.json", "--run-id", "second")).code).toBe(3);
    const { stdout, code } = await tell("inbox");
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^ship {2}Ship it\? {2}seeing r, .*, expires in 5\d min\n {2}two drafts\n {2}smithers approve r ship\n {2}smithers deny r ship\n\npick {2}Which\? {2}seeing r, .*\n {2}choice of: red, blue\n {2}only ann may answer\n {2}smithers answer r pick --select KEY\n\npayment {2}the signal paid \(order-7\) {2}seeing r, .*\n {2}smithers signal r paid --correlation-id order-7 '\{…\}'\n\n/,
    );
    const waits = jsonLines((await tell("inbox", "--json")).stdout);
    const ofSecond = waits.filter(({ runId }) => runId === "second");
    expect(ofSecond).toEqual([
      expect.objectContaining({
        kind: "approval",
        node: "ship",
        title: "Ship it?",
        summary: "two drafts",
        workflow: "seeing",
        status: "waiting",
        attended: false,
        answered: false,
        commands: ["smithers approve second ship", "smithers deny second ship"],
      }),
      expect.objectContaining({
        kind: "choice",
        node: "pick",
        options: ["red", "blue"],
        allowedUsers: ["ann"],
        commands: ["smithers answer second pick --select KEY"],
      }),
      expect.objectContaining({ kind: "signal", node: "payment", title: "paid", correlationId: "order-7" }),
    ]);
    const [{ since, until }] = ofSecond as [{ since: number; until: number }];
    const frames = jsonLines(
      (await tell("events", "second", "--json", "--type", "approval.requested")).stdout,
    );
    expect(until - since).toBe(3_600_000);
    expect(Math.abs(since - Number(frames[0]?.at))).toBeLessThan(1_000);
  });

  it("tells an answer that waits for its run to go on; what is typed as printed is taken", async () => {
    expect((await tell("approve", "second", "ship")).code).toBe(0);
    expect((await tell("signal", "second", "paid", '{"v":3}', "--correlation-id", "order-7")).code).toBe(0);
    expect((await tell("answer", "second", "pick", "--select", "blue", "--by", "ann")).code).toBe(0);
    const { stdout } = await tell("inbox");
    expect(stdout.match(/answered; go on with: smithers resume second\n/g)).toHaveLength(3);
    expect((await tell("resume", "second")).code).toBe(0);
    expect((await tell("inbox")).stdout).not.toContain("second");
  });

  it("names a run that can't be read, and lists the others", async () => {
    project.write(".smithers/runs/broken/store/store.db", "no store at all");
    const { stdout, stderr, code } = await tell("inbox");
    expect(code).toBe(0);
    expect(stderr).toMatch(/^! broken can't be read: /);
    expect(stdout).toContain("smithers approve r ship");
  });
});

/** The cells of a printed table, by the columns of its head. */
function cells(stdout: string): string[][] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split(/ {2,}/));
}

describe("db", () => {
  it("prints tasks, attempts, outputs and frames as tables with short cells", async () => {
    const tasks = cells((await tell("db", "r", "tasks")).stdout);
    expect(tasks[0]).toEqual(["NODE", "KIND", "STATE", "FRAME", "TABLE", "REASON"]);
    expect(tasks.find(([node]) => node === "draft@1")).toEqual(
      expect.arrayContaining(["static", "finished", "row"]),
    );
    const attempts = cells((await tell("db", "r", "attempts")).stdout);
    expect(attempts.find(([node]) => node === "first")?.slice(1, 3)).toEqual(["1", "finished"]);
    const outputs = (await tell("db", "r", "outputs")).stdout;
    expect(outputs).toMatch(/1 +row +first +\d+ +\{"v":1\}\n/);
    expect(Math.max(...outputs.split("\n").map((line) => line.length))).toBeLessThan(300);
    expect((await tell("db", "r", "frames")).stdout).toMatch(
      /^FRAME +TIME +CAUSE +CHANGES\n0 .*Z +start .*\+first running/,
    );
  });

  it("gives the records in full as JSON, large ones too", async () => {
    const outputs = jsonLines((await tell("db", "r", "outputs", "--json")).stdout);
    expect(outputs.map(({ nodeId, iteration }) => [nodeId, iteration])).toEqual([
      ["first", 0],
      ["large", 0],
      ["draft", 0],
      ["draft", 1],
    ]);
    expect(outputs[1]).toMatchObject({ value: { text: "x".repeat(400_000) } });
    const frames = jsonLines((await tell("db", "r", "frames", "--json")).stdout);
    expect(frames.map(({ frame }) => frame)).toEqual(frames.map((_, n) => n));
  });

  it("names the words there are", async () => {
    const { code, stderr } = await tell("db", "r", "tusks");
    expect(code).toBe(2);
    expect(stderr).toMatch(/tasks/);
  });
});

describe("sql", () => {
  it("answers a SELECT as a table and as JSON; large values stand as their files", async () => {
    const count = "SELECT node_id, count(*) AS n FROM outputs GROUP BY node_id ORDER BY n DESC, node_id";
    expect(cells((await tell("sql", "r", count)).stdout)).toEqual([
      ["node_id", "n"],
      ["draft", "2"],
      ["first", "1"],
      ["large", "1"],
    ]);
    const { stdout } = await tell("sql", "r", `${count} LIMIT 1; -- done`, "--json");
    expect(jsonLines(stdout)).toEqual([{ node_id: "draft", n: 2 }]);
    const large = await tell("sql", "r", "SELECT value FROM outputs WHERE node_id = 'large'");
    expect(large.stdout).toMatch(/<blobs\/sha256-[0-9a-f]{64}, 400011 bytes>/);
    expect(large.stderr).toContain("Values above 256 KiB are kept as files");
    const [row] = jsonLines(
      (await tell("sql", "r", "SELECT value FROM outputs WHERE node_id = 'large'", "--json")).stdout,
    );
    expect(row?.value).toEqual({
      file: expect.stringMatching(/^blobs\/sha256-[0-9a-f]{64}$/),
      bytes: 400_011,
    });
  });

  it("lists tables and columns where nothing is asked", async () => {
    expect((await tell("sql", "r")).stdout).toMatch(/\nframes +frame, now, cause, plan_digest, delta\n/);
  });

  it.each([
    ["DELETE FROM outputs", "DELETE is not allowed: only SELECT"],
    ["ATTACH 'other.db' AS o", "ATTACH is not allowed"],
    ["PRAGMA query_only=OFF", "PRAGMA is not allowed"],
    ["/* a comment */\n  vacuum", "VACUUM is not allowed"],
    ["WITH a AS (SELECT 1) DELETE FROM outputs", "readonly"],
    ["SELECT 1; DROP TABLE outputs", "give one statement"],
    ["SELECT a FROM nowhere", "no such table: nowhere"],
    ["SELECT json_extract('{', '$')", "malformed JSON"],
    ["", "there is no query"],
  ])("refuses %s", async (sql, message) => {
    const { code, stdout, stderr } = await tell("sql", "r", sql);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
  });

  it("answers while the run is written", async () => {
    const running = start(["run", "plan.json", "--run-id", "written", "--wait"], project.dir);
    let seen = "";
    while (!seen.includes("waiting"))
      seen = (await tell("sql", "written", "SELECT state FROM tasks WHERE node_id = 'ship'")).stdout;
    running.child.kill("SIGINT");
    expect((await running.done).code).toBe(130);
  });
});

describe("completion", () => {
  const complete = async (...words: string[]) => {
    const { stdout, stderr, code } = await tell("--complete-words", ...words);
    expect([stderr, code]).toEqual(["", 0]);
    return stdout.split("\n").slice(0, -1);
  };

  it("completes commands, options, choices, runs and nodes, and is silent where it knows nothing", async () => {
    expect(await complete("ins")).toContain("inspect");
    expect(await complete("events", "r", "--fo")).toContain("--follow");
    expect(await complete("db", "r", "")).toEqual(expect.arrayContaining(["tasks", "frames"]));
    expect(await complete("events", "")).toContain("r");
    expect(await complete("run", "--resume", "r")).toContain("r");
    expect(await complete("why", "r", "dr")).toEqual(["draft", "draft@1"]);
    expect(await complete("logs", "r", "--node", "fi")).toEqual(["first"]);
    expect(await complete("approve", "--root", project.dir, "r", "")).toEqual(["ship", "pick"]);
    expect(await complete("signal", "r", "")).toEqual(["paid"]);
    expect(await complete("why", "nothing", "")).toEqual([]);
  });

  it("works in bash as it is typed, also within an address", async () => {
    const { stdout: script } = await tell("completion", "bash");
    const { cli } = await import("./harness.ts");
    const { execFileSync } = await import("node:child_process");
    const typed = (line: string, last: string) =>
      execFileSync(
        "bash",
        [
          "-c",
          `smithers() { ${process.execPath} ${cli} "$@"; }; ${script}
          COMP_LINE=${JSON.stringify(line)}; COMP_POINT=\${#COMP_LINE}; COMP_WORDS=(x ${last}); COMP_CWORD=1
          _smithers; printf '%s\\n' "\${COMPREPLY[@]}"`,
        ],
        { cwd: project.dir, encoding: "utf8" },
      );
    expect(typed("smithers insp", "insp")).toBe("inspect\n");
    expect(typed("smithers why r dra", "dra")).toBe("draft\ndraft@1\n");
    expect(typed("smithers why r draft@", "@")).toBe("1\n");
    expect(typed("smithers why r draft@1", "1")).toBe("1\n");
  });
});
