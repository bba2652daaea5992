/**
 * A reviewer's eye: the raw diff of a committed plan after an edit of its source. Always expected, and so not
 * counted: where things stand (`spans`, `sources`, `maps`) and what is hashed over
 * everything (`integrity`, `digest`). All else counts, each line taken away or added as one: an edited line is two.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { build } from "../compiler/index.ts";
import { formatPlan, type Plan } from "../plan/index.ts";

const FIDELITY = path.resolve(import.meta.dirname, "../fixtures/fidelity");
const MOST_LINES = 12;
const BLOCK_LINES = 100;
const scratch = mkdtempSync(path.join(os.tmpdir(), "smithers-eye-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

type Edit = (source: string) => string;
/** Of the workflow, or of several files; a text is a file that was not there. */
type Edits = Edit | { readonly [file: string]: Edit | string };

/** Builds a copy of the workflow in a directory of its own; an edit that changes nothing is a fault of the test. */
async function built(name: string, edits: Edits = {}): Promise<Plan> {
  const folder = mkdtempSync(path.join(scratch, "at-"));
  cpSync(path.join(FIDELITY, name), folder, { recursive: true });
  const file = path.join(folder, "workflow.tsx");
  const all = typeof edits === "function" ? { "workflow.tsx": edits } : edits;
  for (const [at, edit] of Object.entries(all)) {
    const before = typeof edit === "string" ? "" : readFileSync(path.join(folder, at), "utf8");
    const after = typeof edit === "string" ? edit : edit(before);
    expect(after).not.toBe(before);
    writeFileSync(path.join(folder, at), after);
  }
  const { plan, diagnostics } = await build(file, { root: folder });
  if (!plan) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return plan;
}

function counted(plan: Plan): string[] {
  const { spans: _s, sources: _o, integrity: _i, digest: _d, maps: _m, ...rest } = plan;
  return formatPlan(rest as Plan).split("\n");
}

/** Lines that are in one of the two only: the length of the shortest edit script. */
function linesChanged(before: Plan, after: Plan, as = (line: string): string => line): number {
  const [a, b] = [counted(before).map(as), counted(after).map(as)];
  let row = new Array<number>(b.length + 1).fill(0);
  for (const line of a) {
    const next = [0];
    b.forEach((other, j) => {
      next.push(line === other ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!));
    });
    row = next;
  }
  return a.length + b.length - 2 * row.at(-1)!;
}

/** `fix behaviour`, for each kind of digest of a node that both plans have and that differs. */
function changed(before: Plan, after: Plan): string[] {
  return Object.entries(before.nodes)
    .flatMap(([key, { digests }]) =>
      Object.entries(digests).map(([kind, digest]) => {
        const now: { readonly [kind: string]: unknown } = { ...after.nodes[key]?.digests };
        return now[kind] === digest ? "" : `${key} ${kind}`;
      }),
    )
    .filter(Boolean)
    .sort();
}

const wrap =
  (tag: string): Edit =>
  (source) =>
    `${tag ? `import { ${tag} as Around } from "smithers";\n` : ""}${source
      .replace(/<Workflow [^>]*>/, (open) => `${open}<${tag && "Around"}>`)
      .replace("</Workflow>", `</${tag && "Around"}></Workflow>`)}`;

const names = readdirSync(FIDELITY).sort();

describe.each(names)("%s", (name) => {
  it.each<[string, Edit | undefined]>([
    ["another directory", undefined],
    ["other line endings", (source) => source.replaceAll("\n", "\r\n")],
  ])("%s: the same plan", async (_, edit) => {
    const [before, after] = [await built(name), await built(name, edit)];
    if (!edit) expect(formatPlan(after)).toBe(formatPlan(before));
    expect(linesChanged(before, after)).toBe(0);
    expect(after.digest).toBe(before.digest);
  });

  it("a comment above: no line, no digest", async () => {
    const [before, after] = [await built(name), await built(name, (source) => `// What follows.\n${source}`)];
    expect(linesChanged(before, after)).toBe(0);
    expect(after.digest).toBe(before.digest);
  });

  it("a fragment around the body: no line, no digest", async () => {
    const [before, after] = [await built(name), await built(name, wrap(""))];
    expect(linesChanged(before, after)).toBe(0);
    expect(changed(before, after)).toEqual([]);
  });

  it.each(["Sequence", "Parallel"])(
    "%s around the body: its line, and whose children they are",
    async (tag) => {
      const [before, after] = [await built(name), await built(name, wrap(tag))];
      const children = Object.values(before.nodes).filter(({ parent }) => parent === before.root);
      // What a block yields is indented anew around a container, as the source is.
      if (Object.values(before.nodes).some(({ kind }) => kind === "block"))
        expect(linesChanged(before, after, (line) => line.replace(/^\s*"?\s*/, ""))).toBeLessThanOrEqual(
          BLOCK_LINES,
        );
      else {
        expect(linesChanged(before, after)).toBeLessThanOrEqual(
          Math.max(MOST_LINES, 1 + 2 * children.length),
        );
        expect(changed(before, after)).toEqual([]);
      }
    },
  );
});

const replaced =
  (from: string | RegExp, to: string): Edit =>
  (source) =>
    source.replace(from, to);
const byPriority = /const byPriority = .*\n/;

describe("what means the same", () => {
  it.each<[string, string, Edits]>([
    ["a helper's parameters renamed", "board", (s) => s.replace("(row) => row.column", "(r) => r.column")],
    [
      "a helper's first parameter renamed",
      "research",
      (s) =>
        s
          .replace("({ title, url, year = undefined }) =>", "({ title: t, url, year = undefined }) =>")
          .replace("`[${title}]", "`[${t}]"),
    ],
    [
      "a component renamed",
      "research",
      (s) => s.replace("const Table", "const Grid").replace("<Table", "<Grid"),
    ],
    [
      "declarations in another order",
      "research",
      (s) => s.replace(byPriority, "").replace("const LIMIT", `${byPriority.exec(s)![0]}const LIMIT`),
    ],
    [
      "a helper moved to another file",
      "research",
      {
        "workflow.tsx": (s) => `import { byPriority } from "./order";\n${s.replace(byPriority, "")}`,
        "order.js":
          "export const byPriority = (a, b) => b.priority - a.priority || (a.key < b.key ? -1 : 1);\n",
      },
    ],
    ["a local renamed", "board", (s) => s.replaceAll(/\beverything\b/g, "finished")],
    [
      "a constant extracted",
      "board",
      (s) =>
        `${s.replace('model: "critic"', "model: CRITIC").replace("const planner", 'const CRITIC = "critic";\nconst planner')}`,
    ],
    [
      "a constant of a prompt extracted",
      "board",
      (s) =>
        s
          .replace('"Be strict."', "STRICT")
          .replace("const planner", 'const STRICT = "Be strict.";\nconst planner'),
    ],
    [
      "an expression extracted",
      "board",
      (s) =>
        s
          .replace("ctx.input.workers ?? 3", "workers")
          .replace("const plan =", "const workers = ctx.input.workers ?? 3;\n  const plan ="),
    ],
    [
      "a function written as a declaration",
      "research",
      replaced(
        "const byPriority = (a, b) => b.priority - a.priority || (a.key < b.key ? -1 : 1);",
        "function byPriority(a, b) {\n  return b.priority - a.priority || (a.key < b.key ? -1 : 1);\n}",
      ),
    ],
    [
      "a prompt file moved",
      "briefs",
      {
        "workflow.tsx": replaced("./prompts/question.md", "./prompts/asked.md"),
        "prompts/asked.md": readFileSync(path.join(FIDELITY, "briefs/prompts/question.md"), "utf8"),
      },
    ],
  ])("%s (%s)", async (_, name, edits) => {
    const [before, after] = [await built(name), await built(name, edits)];
    expect(linesChanged(before, after)).toBeLessThanOrEqual(MOST_LINES);
    expect(changed(before, after)).toEqual([]);
    expect(after.digest).toBe(before.digest);
  });

  it("a constant of several values inlined (research): no digest; each place where its line gets too long is printed anew", async () => {
    const inlined = (source: string): string =>
      source.replace(/const LIMIT = .*\n/, "").replaceAll("LIMIT[", "({ brief: 2, deep: 5 })[");
    const [before, after] = [await built("research"), await built("research", inlined)];
    expect(linesChanged(before, after)).toBeLessThanOrEqual(20);
    expect(changed(before, after)).toEqual([]);
    expect(after.digest).toBe(before.digest);
  });
});

describe("what does not", () => {
  it.each<[string, string, Edits, string[]]>([
    ["a prompt", "board", replaced("Build card", "Make card"), ["build-{} behaviour"]],
    [
      "a prompt file",
      "briefs",
      { "prompts/report.mdx": replaced("# Report on", "# About") },
      ["report behaviour"],
    ],
    [
      "a prompt file in another",
      "briefs",
      { "prompts/rules.mdx": replaced("Guess nothing.", "Never guess.") },
      ["intake behaviour"],
    ],
    [
      "a prompt file of a table",
      "briefs",
      { "prompts/bug.mdx": replaced("before anything else", "first") },
      ["read-{}-{} behaviour", "readings behaviour"],
    ],
    ["a condition", "board", replaced("skipIf={done.has", "skipIf={!done.has"), ["review-{} behaviour"]],
    ["a policy", "board", replaced("300_000", "200_000"), ["build-{} policy"]],
    [
      "a retry policy",
      "board",
      replaced("agent={planner}>", 'agent={planner} retryPolicy={{ backoff: "fixed" }}>'),
      ["cards policy"],
    ],
    ["an agent's model", "board", replaced('model: "critic"', 'model: "other"'), ["review-{} behaviour"]],
    [
      "a helper",
      "research",
      replaced("b.priority - a.priority", "a.priority - b.priority"),
      ["facts behaviour", "paper behaviour"],
    ],
    ["a loop's bound", "board", replaced("maxIterations={3}", "maxIterations={4}"), ["columns policy"]],
    [
      "an id",
      "board",
      replaced('id="summary"', 'id="result"'),
      ["summary behaviour", "summary identity", "summary interface", "summary policy"],
    ],
    [
      "a task more",
      "board",
      replaced(
        '<Task id="summary"',
        '<Task id="note" output={outputs.summary}>{{ done: [], blocked: [], back: [], text: "n" }}</Task>\n        <Task id="summary"',
      ),
      [],
    ],
    [
      "a task less",
      "docs-sync",
      replaced(/<Task id="done".*<\/Task>/, ""),
      ["done behaviour", "done identity", "done interface", "done policy"],
    ],
    [
      "a field of a schema",
      "research",
      replaced("markdown: z.string()", "markdown: z.string().min(1)"),
      ["paper interface"],
    ],
  ])("%s (%s)", async (_, name, edits, expected) => {
    const [before, after] = [await built(name), await built(name, edits)];
    expect(linesChanged(before, after)).toBeLessThanOrEqual(MOST_LINES);
    expect(changed(before, after)).toEqual(expected);
    expect(after.digest).not.toBe(before.digest);
  });
});
