/** The repository's prompt files, and those of a folder named by SMITHERS_PROMPTS, as plans hold them and as MDX runs them. */
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { random } from "../../cli/twin/random.ts";
import { compiledPrompt, directPrompt, type Render, sampleProps } from "./prompt.ts";

const SEEDS = 12;
const OWN = path.resolve("fixtures/prompts");
const OTHERS = process.env.SMITHERS_PROMPTS;

const promptsIn = (dir: string, deep: boolean): string[] =>
  readdirSync(dir, { recursive: deep, encoding: "utf8" })
    .filter((file) => /\.mdx?$/.test(file) && !file.includes("node_modules"))
    .sort();

function outcome(render: Render, props: Record<string, unknown>): string {
  try {
    return render(props);
  } catch {
    return "(throws)";
  }
}

async function compare(file: string, root: string): Promise<{ frames: number; problem: string | undefined }> {
  const { render, diagnostics } = await compiledPrompt(file, root);
  if (!render) return { frames: 0, problem: diagnostics.map((d) => `${d.code} ${d.message}`).join("; ") };
  const direct = await directPrompt(file);
  for (let seed = 0; seed < SEEDS; seed++) {
    const props = sampleProps(file, random(seed + 1));
    const [ours, theirs] = [outcome(render, props), outcome(direct, props)];
    if (ours !== theirs)
      return {
        frames: seed,
        problem: `${JSON.stringify(props)}\n--- plan\n${ours}\n--- direct\n${theirs}`,
      };
  }
  return { frames: SEEDS, problem: undefined };
}

describe("prompt files give what MDX gives", () => {
  it.each(promptsIn(OWN, false))("%s", async (name) => {
    expect((await compare(path.join(OWN, name), OWN)).problem).toBeUndefined();
  });

  it("in more than one way", () => {
    expect(promptsIn(OWN, false).length).toBeGreaterThanOrEqual(25);
  });
});

describe.runIf(OTHERS !== undefined && existsSync(OTHERS))("prompt files of SMITHERS_PROMPTS", () => {
  it("give what MDX gives", async () => {
    const root = path.resolve(OTHERS!);
    const problems: string[] = [];
    let equal = 0;
    for (const name of promptsIn(root, true)) {
      const { problem } = await compare(path.join(root, name), root);
      if (problem === undefined) equal++;
      else problems.push(`${name}: ${problem}`);
    }
    console.log(`${equal} equal, ${problems.length} not\n${problems.join("\n\n")}`);
    expect(problems).toEqual([]);
  }, 600_000);
});
