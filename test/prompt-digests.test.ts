/** Edits of prompt files against digests: what a prompt says is the meaning of its users, and of nobody else. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { build } from "../compiler/index.ts";
import type { Plan } from "../plan/index.ts";

const scratch = mkdtempSync(path.join(os.tmpdir(), "smithers-prompts-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const FILES: { readonly [file: string]: string } = {
  "workflow.tsx": `import { AnthropicAgent, createSmithers } from "smithers";
import { z } from "zod";
import Fix from "./prompts/fix.mdx";
import Review from "./prompts/review.mdx";
import Sum from "./prompts/sum.mdx";
const { Workflow, Task, smithers, outputs } = createSmithers({
  input: z.object({ goal: z.string(), files: z.array(z.string()) }),
  done: z.object({ text: z.string() }),
});
const agent = new AnthropicAgent({ model: "m" });
export default smithers((ctx) => (
  <Workflow name="w">
    <Task id="fix" agent={agent} output={outputs.done}><Fix goal={ctx.input.goal} files={ctx.input.files} /></Task>
    <Task id="again" agent={agent} output={outputs.done}>Again: <Fix goal="other" files={[]} /></Task>
    <Task id="review" agent={agent} output={outputs.done}><Review goal={ctx.input.goal} /></Task>
    <Task id="sum" agent={agent} output={outputs.done}><Sum /></Task>
    <Task id="plain" agent={agent} output={outputs.done}>Say bye.</Task>
  </Workflow>
));
`,
  "prompts/fix.mdx": 'import { listed } from "./lists.ts";\n\n# Fix {props.goal}\n\n{listed(props.files)}\n',
  "prompts/lists.ts": 'export const listed = (all: string[]) => all.map((x) => "- " + x).join("\\n");\n',
  "prompts/review.mdx": 'import Rules from "./rules.mdx";\n\nReview {props.goal}.\n\n<Rules />\n',
  "prompts/rules.mdx": "Be strict.\n",
  "prompts/sum.mdx": "Sum it up.\n",
};

async function built(edits: { readonly [file: string]: string } = {}): Promise<Plan> {
  const folder = mkdtempSync(path.join(scratch, "at-"));
  for (const [file, text] of Object.entries({ ...FILES, ...edits })) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  }
  const { plan, diagnostics } = await build(path.join(folder, "workflow.tsx"), { root: folder });
  if (!plan) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return plan;
}

/** What differs: `prompts.NAME`, `nodes.NAME.behaviour`. */
function changes(before: Plan, after: Plan): string[] {
  const digests = (plan: Plan): Map<string, unknown> =>
    new Map([
      ...Object.entries(plan.prompts).map(([name, { digest }]) => [`prompts.${name}`, digest] as const),
      ...Object.entries(plan.nodes).flatMap(([key, node]) =>
        Object.entries(node.digests).map(([kind, digest]) => [`nodes.${key}.${kind}`, digest] as const),
      ),
    ]);
  const [a, b] = [digests(before), digests(after)];
  return [...new Set([...a.keys(), ...b.keys()])].filter((name) => a.get(name) !== b.get(name)).sort();
}

describe("the digests of prompts", () => {
  it.each<[string, { readonly [file: string]: string }, string[]]>([
    [
      "a prompt with two users",
      { "prompts/fix.mdx": FILES["prompts/fix.mdx"]!.replace("# Fix", "# Mend") },
      ["nodes.again.behaviour", "nodes.fix.behaviour", "prompts.fix"],
    ],
    [
      "a prompt inside a prompt",
      { "prompts/rules.mdx": "Be kind.\n" },
      ["nodes.review.behaviour", "prompts.review", "prompts.rules"],
    ],
    ["a prompt without props", { "prompts/sum.mdx": "Sum up.\n" }, ["nodes.sum.behaviour", "prompts.sum"]],
    [
      "the place of a helper",
      {
        "prompts/fix.mdx": FILES["prompts/fix.mdx"]!.replace("./lists.ts", "../shared/lists.ts"),
        "shared/lists.ts": FILES["prompts/lists.ts"]!,
      },
      [],
    ],
    [
      "the place of a prompt",
      {
        "workflow.tsx": FILES["workflow.tsx"]!.replace("./prompts/sum.mdx", "./other/sum.mdx"),
        "other/sum.mdx": FILES["prompts/sum.mdx"]!,
      },
      [],
    ],
    ["line ends", { "prompts/review.mdx": FILES["prompts/review.mdx"]!.replaceAll("\n", "\r\n") }, []],
  ])("change with %s", async (_, edits, expected) => {
    const [before, after] = [await built(), await built(edits)];
    expect(changes(before, after)).toEqual(expected);
    expect(after.digest === before.digest).toBe(expected.length === 0);
  });
});
