/**
 * Wrong workflows in an editor's eyes: each gives an error at the place that is wrong, in words that name it. All of
 * them are checked as one file; `«` and `»` stand around the place in each.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "..");
const HEAD = `import { AnthropicAgent, type Ctx, createSmithers, Task, Timer, Panel } from "smithers";
import { z } from "zod";
const s = createSmithers({
  input: z.object({ topic: z.string(), depth: z.number().optional() }),
  note: z.object({ text: z.string(), length: z.number() }),
  verdict: z.object({ approved: z.boolean(), score: z.number() }),
});
const { Workflow, Sequence, Parallel, Loop, smithers, outputs } = s;
const agent = new AnthropicAgent({ model: "claude-sonnet-4-5" });
`;

/** Name → JSX inside a workflow whose context is \`ctx\`, and what the message says. */
const WRONG: Record<string, readonly [jsx: string, says: RegExp]> = {
  "a misspelt prop": [
    `<s.Task id="a" output={outputs.note} agent={agent} «retrys»={3}>x</s.Task>`,
    /'retrys' does not exist/,
  ],
  "a prop of another component": [`<Parallel «until»={true}>x</Parallel>`, /'until' does not exist/],
  "a misspelt prop of a loop": [
    `<Loop until={true} «maxIteration»={3}>x</Loop>`,
    /'maxIteration' does not exist/,
  ],
  "a text where a number is wanted": [
    `<s.Task id="a" output={outputs.note} agent={agent} «retries»="three">x</s.Task>`,
    /'string' is not assignable to type 'number/,
  ],
  "a number where a text is wanted": [
    `<s.Task «id»={3} output={outputs.note} agent={agent}>x</s.Task>`,
    /'number' is not assignable to type 'string'/,
  ],
  "a task without an id": [`<«s.Task» output={outputs.note} agent={agent}>x</s.Task>`, /'id' is missing/],
  "a task without an output": [`<«s.Task» id="a" agent={agent}>x</s.Task>`, /'output' is missing/],
  "a table that is not there": [
    `<s.Task id="a" output={outputs.«notes»} agent={agent}>x</s.Task>`,
    /'notes' does not exist.*Did you mean 'note'/,
  ],
  "a key that is not there": [
    `<s.Task id="a" «output»="notes" agent={agent}>x</s.Task>`,
    /"notes"' is not assignable/,
  ],
  "the input as an output": [
    `<s.Task id="a" output={outputs.«input»} agent={agent}>x</s.Task>`,
    /'input' does not exist/,
  ],
  "a schema of no table": [
    `<s.Task id="a" «output»={z.object({ other: z.string() })} agent={agent}>x</s.Task>`,
    /not assignable/,
  ],
  "a prompt that nobody answers": [`<«s.Task» id="a" output={outputs.note}>Write.</s.Task>`, /agent/],
  "an agent that is none": [
    `<s.Task id="a" output={outputs.note} agent={{ «model»: "m" }}>x</s.Task>`,
    /model/,
  ],
  "an agent's name": [
    `<s.Task id="a" output={outputs.note} «agent»="claude">x</s.Task>`,
    /'string' is not assignable/,
  ],
  "a payload of another shape": [
    `<s.Task id="a" output={outputs.note}>«{»{ text: "a", length: "b" }}</s.Task>`,
    /'string' is not assignable to type 'number'/,
  ],
  "a payload without a field": [`<s.Task id="a" output={outputs.note}>«{»{ text: "a" }}</s.Task>`, /length/],
  "a misspelt field of a payload": [
    `<s.Task id="a" output={outputs.note}>{{ text: "a", «lenght»: 1 }}</s.Task>`,
    /'lenght' does not exist|lenght/,
  ],
  "a compute function that gives another shape": [
    `<s.Task id="a" output={outputs.note}>{() => ({ text: 1, length: 1 })}</s.Task>`,
    /text|number/,
  ],
  "deps that are no object": [
    `<s.Task id="a" output={outputs.note} agent={agent} «deps»={["b"]}>x</s.Task>`,
    /deps|not assignable/,
  ],
  "deps of numbers": [
    `<s.Task id="a" output={outputs.note} agent={agent} deps={{ «b»: 3 }}>x</s.Task>`,
    /'number' is not assignable/,
  ],
  "a dependency that is not declared": [
    `<s.Task id="a" output={outputs.note} agent={agent} deps={{ b: outputs.note }}>{(deps) => deps.«c».text}</s.Task>`,
    /'c' does not exist/,
  ],
  "a field of a dependency": [
    `<s.Task id="a" output={outputs.note} agent={agent} deps={{ b: outputs.note }}>{(deps) => deps.b.«body»}</s.Task>`,
    /'body' does not exist/,
  ],
  "an unknown backoff": [
    `<s.Task id="a" output={outputs.note} agent={agent} retryPolicy={{ «backoff»: "quadratic" }}>x</s.Task>`,
    /"quadratic"' is not assignable/,
  ],
  "a misspelt part of a policy": [
    `<s.Task id="a" output={outputs.note} agent={agent} retryPolicy={{ «initialDelay»: 5 }}>x</s.Task>`,
    /'initialDelay' does not exist/,
  ],
  "needs of numbers": [
    `<s.Task id="a" output={outputs.note} agent={agent} needs={{ «b»: 1 }}>x</s.Task>`,
    /'number' is not assignable/,
  ],
  "dependsOn of a text": [
    `<s.Task id="a" output={outputs.note} agent={agent} «dependsOn»="b">x</s.Task>`,
    /'string' is not assignable/,
  ],
  "a read of a table that is not there": [
    `<Sequence>{ctx.output(«"notes"», { nodeId: "a" }) && "x"}</Sequence>`,
    /"notes"/,
  ],
  "a read of a field that is not there": [
    `<Sequence>{ctx.output("note", { nodeId: "a" }).«body»}</Sequence>`,
    /'body' does not exist/,
  ],
  "a read that may not be there": [
    `<Sequence>{«ctx.outputMaybe("note", { nodeId: "a" })».text}</Sequence>`,
    /possibly 'undefined'/,
  ],
  "a latest read that may not be there": [
    `<Sequence>{«ctx.latest(outputs.note, "a")».text}</Sequence>`,
    /possibly 'undefined'/,
  ],
  "a latest read with an address": [
    `<Sequence>{ctx.latest("note", «{ nodeId: "a" }»)?.text}</Sequence>`,
    /'string'/,
  ],
  "an output read with a name": [`<Sequence>{ctx.output("note", «"a"»).text}</Sequence>`, /Address/],
  "an address without a node": [
    `<Sequence>{ctx.output("note", «{ iteration: 1 }»).text}</Sequence>`,
    /nodeId/,
  ],
  "all rows of a table that is not there": [
    `<Sequence>{ctx.outputs.«notes».length}</Sequence>`,
    /'notes' does not exist/,
  ],
  "a field of all rows": [
    `<Sequence>{ctx.outputs.note.map((row) => row.«body»)}</Sequence>`,
    /'body' does not exist/,
  ],
  "a field of the input": [
    `<Sequence>{ctx.input.«topics»}</Sequence>`,
    /'topics' does not exist.*Did you mean 'topic'/,
  ],
  "an input that may not be there": [`<Sequence>{«ctx.input.depth» + 1}</Sequence>`, /possibly 'undefined'/],
  "a method that ctx has not": [
    `<Sequence>{ctx.«outputMaybeAll»("note")}</Sequence>`,
    /'outputMaybeAll' does not exist/,
  ],
  "a loop whose until is a row": [`<Loop «until»={ctx.latest("verdict", "a")}>x</Loop>`, /'boolean/],
  "a loop whose until is a function": [
    `<Loop until=«{»() => true}>x</Loop>`,
    /not assignable to type 'boolean/,
  ],
  "what a loop does at its end": [
    `<Loop until={true} «onMaxReached»="stop">x</Loop>`,
    /"stop"' is not assignable/,
  ],
  "a workflow without a name": [`<«Workflow»>x</Workflow>`, /'name' is missing/],
  "an object between tags": [`<Sequence>«{»ctx.input}</Sequence>`, /not assignable to type 'Renderable/],
  "a function between tags": [
    `<Sequence>{«() => <Timer id="t" duration="1s" />»}</Sequence>`,
    /not assignable to type 'Renderable/,
  ],
  "a promise between tags": [
    `<Sequence>«{»Promise.resolve("x")}</Sequence>`,
    /not assignable to type 'Renderable/,
  ],
  "a branch without then": [`<«s.Branch» if={true} />`, /'then' is missing/],
  "a branch on a text": [
    `<s.Branch «if»="yes" then={null} />`,
    /'string' is not assignable to type 'boolean/,
  ],
  "a timer with both": [`<«Timer» id="t" duration="1s" until="2026-01-01" />`, /not assignable/],
  "a timer with neither": [`<«Timer» id="t" />`, /duration/],
  "a timer that is and comes round": [`<«Timer» id="t" duration="1s" every="1h" />`, /not assignable/],
  "a switch on an object": [`<s.Switch «on»={{ a: 1 }}>x</s.Switch>`, /not assignable/],
  "a case for nothing": [`<«s.Case»>x</s.Case>`, /'when' is missing/],
  "a phase without a name": [`<«s.Phase»>x</s.Phase>`, /'name' is missing/],
  "a policy that is none": [`<Parallel «failurePolicy»="ignore">x</Parallel>`, /"ignore"' is not assignable/],
  "a status that no run ends with": [`<s.End «status»="paused" />`, /"paused"' is not assignable/],
  "a stop without a reason": [`<«s.Stop» />`, /'reason' is missing/],
  "an approval without a request": [
    `<«s.Approval» id="a" output={outputs.verdict} />`,
    /'request' is missing/,
  ],
  "an approval without a title": [
    `<s.Approval id="a" output={outputs.verdict} «request»={{ summary: "s" }} />`,
    /'title' is missing/,
  ],
  "an approval's mode": [
    `<s.Approval id="a" output={outputs.verdict} request={{ title: "t" }} «mode»="choose" />`,
    /"choose"' is not assignable/,
  ],
  "a denial": [
    `<s.Approval id="a" output={outputs.verdict} request={{ title: "t" }} «onDeny»="retry" />`,
    /"retry"' is not assignable/,
  ],
  "a human task of no table": [
    `<s.HumanTask id="a" «output»="nope" prompt="p" />`,
    /"nope"' is not assignable/,
  ],
  "an event of no table": [
    `<s.WaitForEvent id="a" event="e" «output»="nope" />`,
    /"nope"' is not assignable/,
  ],
  "a signal's field": [
    `<s.Signal id="a" schema={outputs.note}>{(data) => data.«body»}</s.Signal>`,
    /'body' does not exist/,
  ],
  "a worktree without a path": [`<«s.Worktree» branch="b">x</s.Worktree>`, /'path' is missing/],
  "a review whose table can't approve": [
    `<s.ReviewLoop producer={agent} reviewer={agent} produceOutput={outputs.note} «reviewOutput»={outputs.note}>x</s.ReviewLoop>`,
    /not assignable/,
  ],
  "an optimizer whose table has no score": [
    `<s.Optimizer generator={agent} evaluator={agent} generateOutput={outputs.note} «evaluateOutput»="note">x</s.Optimizer>`,
    /"note"' is not assignable/,
  ],
  "a panel of no table": [
    `<s.Panel panelists={[agent]} moderator={agent} «panelistOutput»="nope" moderatorOutput={outputs.note}>x</s.Panel>`,
    /"nope"' is not assignable/,
  ],
  "a panel without panelists": [
    `<«s.Panel» moderator={agent} panelistOutput={outputs.note} moderatorOutput={outputs.note}>x</s.Panel>`,
    /'panelists' is missing/,
  ],
  "a saga's failure": [`<s.Saga «onFailure»="undo">x</s.Saga>`, /"undo"' is not assignable/],
  "an unknown component": [`<s.«Tusk» id="a" />`, /'Tusk' does not exist/],
};

const marked = Object.entries(WRONG).map(([name, [jsx, says]]) => {
  const from = jsx.indexOf("«");
  const to = jsx.indexOf("»") - 1;
  return { name, says, jsx: jsx.replace(/[«»]/g, ""), place: from < 0 ? null : { from, to } };
});

interface Found {
  readonly at: number;
  readonly message: string;
}

/** Errors by name, with their offsets in the JSX. */
function check(): ReadonlyMap<string, readonly Found[]> {
  const lines = HEAD.split("\n");
  const names = new Map<number, string>();
  for (const { name, jsx } of marked) {
    const isRoot = jsx.startsWith("<Workflow") || jsx.startsWith("<«Workflow");
    lines.push(isRoot ? "smithers((ctx) => (<>" : 'smithers((ctx) => (<Workflow name="w">', jsx);
    names.set(lines.length, name);
    lines.push(isRoot ? "</>));" : "</Workflow>));");
  }
  // Within the project, so that its packages are found.
  const folder = mkdtempSync(path.join(ROOT, "node_modules/.wrong-types-"));
  try {
    writeFileSync(path.join(folder, "wrong.tsx"), lines.join("\n"));
    const paths = Object.fromEntries(
      [
        ["smithers", "index"],
        ["smithers/jsx-runtime", "jsx-runtime"],
      ].map(([name, file]) => [name, [path.join(ROOT, `authoring/${file}.ts`)]]),
    );
    const config = path.join(ROOT, "fixtures/types/strict/tsconfig.json");
    writeFileSync(
      path.join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: config,
        compilerOptions: { paths, skipLibCheck: true },
        files: ["wrong.tsx"],
        include: [],
      }),
    );
    const tsc = path.join(ROOT, "node_modules/typescript/bin/tsc");
    const { stdout } = spawnSync(process.execPath, [tsc, "--noEmit", "--pretty", "false", "-p", folder], {
      cwd: folder,
      encoding: "utf8",
    });
    return errorsOf(stdout, names);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `wrong.tsx(12,5): error TS2322: …`, and lines that go on with a message. */
function errorsOf(stdout: string, names: ReadonlyMap<number, string>): ReadonlyMap<string, readonly Found[]> {
  const found = new Map<string, Found[]>();
  for (const text of stdout.split(/\n(?=\S)/)) {
    const [, line, column, message] =
      /^[^\n]*\((\d+),(\d+)\): error TS\d+: (.*)$/s.exec(text.trimEnd()) ?? [];
    if (message === undefined) continue;
    const name = names.get(Number(line)) ?? "the frame around them";
    found.set(name, [...(found.get(name) ?? []), { at: Number(column) - 1, message }]);
  }
  return found;
}

describe("a wrong workflow", () => {
  let found: ReadonlyMap<string, readonly Found[]> = new Map();
  beforeAll(() => {
    found = check();
  }, 120_000);

  it("stands in a right frame", () => {
    expect(found.get("the frame around them") ?? []).toEqual([]);
  });

  it.each(marked.map((one) => [one.name, one] as const))("%s", (name, { says, place }) => {
    const errors = found.get(name) ?? [];
    expect(errors.map(({ message }) => message).join("\n")).toMatch(says);
    if (place)
      expect(
        errors.map(({ at, message }) => (at >= place.from && at < place.to ? "there" : `${at}: ${message}`)),
      ).toEqual(["there"]);
    // A wall of text helps nobody.
    for (const { message } of errors) expect(message.split("\n").length, message).toBeLessThanOrEqual(8);
  });
});
