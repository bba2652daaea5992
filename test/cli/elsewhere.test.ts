/** A run that goes on in other surroundings than it began in says so: directory, commit, declared variables (SEMANTICS 57). */
import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { gitHead } from "../../runtime/git.ts";
import { jsonLines, type Scratch, scratch, smithers } from "./harness.ts";

const WORKFLOW = `
import { createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, Approval, smithers, outputs } = createSmithers({
  input: z.object({}),
  text: z.object({ text: z.string() }),
  decision: z.object({ approved: z.boolean(), note: z.string().nullable(), decidedBy: z.string(), decidedAt: z.string() }),
});
export default smithers((ctx) => (
  <Workflow name="moving">
    <Approval id="ok" output={outputs.decision} request={{ title: "Go on?" }} />
    <Task id="place" output={outputs.text}>{() => ({ text: process.cwd() + " " + process.env.STAGE })}</Task>
  </Workflow>
));
`;
const GIT = {
  GIT_AUTHOR_NAME: "a",
  GIT_AUTHOR_EMAIL: "a@example.com",
  GIT_COMMITTER_NAME: "a",
  GIT_COMMITTER_EMAIL: "a@example.com",
  GIT_CONFIG_GLOBAL: "/dev/null",
};
const git = (place: string, ...args: string[]) =>
  execFileSync("git", args, { cwd: place, encoding: "utf8", env: { ...process.env, ...GIT } }).trim();

let project: Scratch;
beforeAll(async () => {
  project = scratch();
  project.write("workflow.tsx", WORKFLOW);
  expect((await smithers(["build", "workflow.tsx", "-o", "plan.json"], project.dir)).code).toBe(0);
  git(project.dir, "init", "-q", "-b", "main");
  git(project.dir, "commit", "-q", "--allow-empty", "-m", "one");
});
afterAll(() => project.remove());

async function warningsOf(runId: string, root = project.dir): Promise<unknown[]> {
  const { stdout } = await smithers(["events", runId, "--type", "run.warning", "--json"], root);
  return jsonLines(stdout).map(({ data }) => (data as { message: string }).message);
}

it("names the commit, the variables and the directory that are others now, and replays identically", async () => {
  const [first, second] = ["r", "same"].map((runId) =>
    smithers(["run", "plan.json", "--run-id", runId], project.dir, { STAGE: "one" }),
  );
  expect((await first)?.code).toBe(3);
  expect((await second)?.code).toBe(3);
  expect((await smithers(["approve", "same"], project.dir)).code).toBe(0);
  expect((await smithers(["resume", "same"], project.dir, { STAGE: "one" })).code).toBe(0);
  expect(await warningsOf("same")).toEqual([]);

  const before = git(project.dir, "rev-parse", "--short=7", "HEAD");
  git(project.dir, "checkout", "-q", "-b", "fix");
  git(project.dir, "commit", "-q", "--allow-empty", "-m", "two");
  git(project.dir, "pack-refs", "--all");
  const after = git(project.dir, "rev-parse", "--short=7", "HEAD");
  const moved = scratch();
  cpSync(path.join(project.dir, ".git"), path.join(moved.dir, ".git"), { recursive: true });
  const { stdout } = await smithers(["export", "r", "-o", path.join(moved.dir, "r.zip")], project.dir);
  expect((await smithers(["import", stdout.trim()], moved.dir)).code).toBe(0);
  expect((await smithers(["approve", "r"], moved.dir)).code).toBe(0);
  rmSync(project.dir, { recursive: true });
  expect((await smithers(["resume", "r"], moved.dir, { STAGE: "two" })).code).toBe(0);
  expect(await warningsOf("r", moved.dir)).toEqual([
    `the host is another one: the working directory is ${moved.dir} now (${project.dir}, where the run began, is gone); ` +
      `env.STAGE has changed (modules see the current value); the git head is fix ${after} now (main ${before} when the run began)`,
  ]);
  const rows = jsonLines((await smithers(["db", "r", "outputs", "--json"], moved.dir)).stdout);
  expect(rows.at(-1)?.value).toEqual({ text: `${moved.dir} two` });
  expect((await smithers(["replay", "r"], moved.dir)).stdout).toMatch(/^identical/);
  moved.remove();
});

it("reads the head as git says it: branches, packed ones, none, linked worktrees, outside of git", () => {
  const { dir, remove } = scratch();
  expect(gitHead(dir)).toBe(undefined);
  git(dir, "init", "-q", "-b", "main");
  expect(gitHead(dir)).toBe(undefined);
  git(dir, "commit", "-q", "--allow-empty", "-m", "one");
  const commit = git(dir, "rev-parse", "HEAD");
  expect(gitHead(dir)).toBe(`refs/heads/main ${commit}`);
  git(dir, "pack-refs", "--all");
  expect(gitHead(path.join(dir, "node_modules"))).toBe(`refs/heads/main ${commit}`);
  git(dir, "worktree", "add", "-q", "-b", "side", path.join(dir, "linked"));
  expect(gitHead(path.join(dir, "linked"))).toBe(`refs/heads/side ${commit}`);
  git(dir, "checkout", "-q", "--detach");
  expect(gitHead(dir)).toBe(commit);
  remove();
});
