/** A warm session gives what a cold build gives, whatever was edited in between, and does nothing where nothing changed. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatPlan } from "../plan/index.ts";
import { formatDiagnostic, memoryHost } from "./index.ts";
import { type BuildResult, build } from "./pipeline.ts";
import { newSession } from "./session.ts";

const ENTRIES = ["/p/a.tsx", "/p/b.tsx", "/p/flows/c.tsx"];

/** A workflow whose parts are spread over files that may come, go and break. */
const workflow = (name: string, text: string, from: string) => `
import { createSmithers, AnthropicAgent } from "smithers";
import { z } from "zod";
import { greet } from "${from}/shared";
import table from "${from}/table.json";
import Ask from "${from}/ask.mdx";
const { Workflow, Task, smithers, outputs } = createSmithers({ input: z.object({ a: z.string() }), row: z.object({ v: z.string() }) });
const agent = new AnthropicAgent({ model: "m" });
export default smithers((ctx) => (
  <Workflow name="${name}">
    <Task id="one" output={outputs.row} agent={agent}>{greet(ctx.input.a) + table.word + "${text}"}</Task>
    <Task id="two" output={outputs.row} agent={agent}><Ask a={ctx.input.a} /></Task>
    <Task id="three" output={outputs.row}>{() => ({ v: greet("x") })}</Task>
  </Workflow>
));
`;

const BASE: Record<string, string> = {
  "/p/package.json": "{}",
  "/p/a.tsx": workflow("a", "!", "."),
  "/p/b.tsx": workflow("b", "?", "."),
  "/p/flows/c.tsx": workflow("c", ".", ".."),
  "/p/shared.ts": 'export { greet } from "./greet";',
  "/p/greet.ts": "export const greet = (a: string) => `Hello ${a}`;",
  "/p/table.json": '{ "word": "w" }',
  "/p/ask.mdx": "Ask {props.a} about it.",
};

const EDITS: readonly (readonly [string, string | null])[] = [
  ["/p/greet.ts", "export const greet = (a: string) => `Bye ${a}`;"],
  ["/p/greet.ts", "export const greet = (a: string) => `Hello ${a}`; // why"],
  ["/p/greet.ts", "export const greet = ("],
  ["/p/greet.ts", null],
  ["/p/shared.ts", "export const greet = (a: string) => a.toUpperCase();"],
  ["/p/shared.tsx", "export const greet = (a: string) => a;"],
  ["/p/shared.ts", null],
  ["/p/table.json", '{ "word": "other" }'],
  ["/p/table.json", "{"],
  ["/p/ask.mdx", "Ask **{props.a}** again."],
  ["/p/ask.mdx", "{props."],
  ["/p/a.tsx", workflow("a", "changed", ".")],
  ["/p/a.tsx", ""],
  ["/p/a.tsx", null],
  ["/p/b.tsx", `// smithers-ignore SM503: no use\n${workflow("b", "?", ".")}`],
  ["/p/flows/c.tsx", workflow("c", "moved", ".").replace("./shared", "../greet").replaceAll('"./', '"../')],
  ["/p/flows/package.json", "{}"],
  ["/p/tsconfig.json", '{ "compilerOptions": { "baseUrl": "." } }'],
];

const shown = ({ plan, diagnostics, sources }: BuildResult): string =>
  [
    plan === null ? "no plan" : formatPlan(plan),
    ...diagnostics.map((d) => formatDiagnostic(sources, d)),
  ].join("\n");

/** A host over files that change. */
function changing(files: Record<string, string>) {
  const host = () => memoryHost(files);
  return {
    size: (file: string) => host().size(file),
    readFile: (file: string) => host().readFile(file),
    realPath: (file: string) => host().realPath(file),
    readDir: (directory: string) => host().readDir(directory),
  };
}

describe("a session", () => {
  it("gives what a cold build gives after any edits", async () => {
    const edit = fc.oneof(
      fc.constantFrom(...EDITS),
      fc.constantFrom(...Object.keys(BASE)).map((file) => [file, BASE[file]!] as const),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(edit, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 }),
        async (rounds) => {
          const files = { ...BASE };
          const session = newSession({ host: changing(files) });
          for (const round of [[], ...rounds]) {
            for (const [file, text] of round) {
              if (text === null) delete files[file];
              else files[file] = text;
            }
            session.refresh();
            for (const entry of ENTRIES) {
              const warm = shown(await session.build(entry));
              expect(warm).toBe(shown(await build(entry, { host: memoryHost(files) })));
            }
          }
        },
      ),
      { numRuns: Number(process.env.RUNS ?? 12) },
    );
  }, 60_000);

  it("does nothing for entries whose files are as they were", async () => {
    const files = { ...BASE };
    const session = newSession({ host: changing(files) });
    const reused = async (): Promise<boolean[]> => {
      session.refresh();
      const results = [];
      for (const entry of ENTRIES) results.push((await session.build(entry)).reused);
      return results;
    };
    expect(await reused()).toEqual([false, false, false]);
    expect(await reused()).toEqual([true, true, true]);
    files["/p/a.tsx"] = workflow("a", "new", ".");
    expect(await reused()).toEqual([false, true, true]);
    files["/p/greet.ts"] += "\n";
    expect(await reused()).toEqual([false, false, false]);
    files["/p/unrelated.ts"] = "export {};";
    expect(await reused()).toEqual([true, true, true]);
  });
});
