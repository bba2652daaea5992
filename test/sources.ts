/** Sources of any size for tests of bounds and of growth. */
import { type BuildResult, build, memoryHost } from "../compiler/index.ts";

const HEAD = `import { AnthropicAgent, createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Sequence, Task, smithers, outputs } = createSmithers({
  input: z.object({ n: z.number() }),
  done: z.object({ text: z.string() }),
});
const agent = new AnthropicAgent({ model: "m" });
`;

export const repeat = (n: number, line: (i: number) => string): string =>
  Array.from({ length: n }, (_, i) => line(i)).join("\n");

export const task = (id: string, prompt = "go"): string =>
  `<Task id="${id}" output={outputs.done} agent={agent}>${prompt}</Task>`;

export interface Source {
  /** Module level. */
  readonly top?: string;
  /** Statements of the workflow function. */
  readonly body?: string;
  /** Elements. */
  readonly tree?: string;
}

export const sourceOf = ({ top = "", body = "", tree = "" }: Source): string =>
  `${HEAD}${top}\nexport default smithers((ctx) => {\n${body}\nreturn <Workflow name="w">${tree}</Workflow>;\n});\n`;

export const buildText = (text: string): Promise<BuildResult> =>
  build("/p/main.tsx", { root: "/p", host: memoryHost({ "/p/main.tsx": text }) });
