/** `outputSchema` beside an `output` that is a table's name, a handle or a schema: the same schema is allowed, another is not. */
import { expect, it } from "vitest";
import { build, memoryHost } from "../compiler/index.ts";

async function codes(props: string): Promise<readonly string[]> {
  const text = `import { AnthropicAgent, createSmithers } from "smithers";
import { z } from "zod";
const row = z.object({ text: z.string() });
const other = z.object({ text: z.string(), more: z.string() });
const ada = new AnthropicAgent({ model: "claude-sonnet-4-5" });
const { Workflow, Task, smithers, outputs } = createSmithers({ row, other });
export default smithers(() => <Workflow name="w"><Task id="it" ${props} agent={ada}>Go.</Task></Workflow>);
`;
  const host = memoryHost({ "/p/workflow.tsx": text });
  const { diagnostics } = await build("/p/workflow.tsx", { root: "/p", host });
  return diagnostics.filter(({ severity }) => severity === "error").map(({ code }) => code);
}

it.each(['output="row"', "output={outputs.row}", "output={row}"])(
  "takes the schema of %s",
  async (output) => {
    expect(await codes(`${output} outputSchema={row}`)).toEqual([]);
    expect(await codes(`${output} outputSchema={other}`)).toEqual(["SM117"]);
  },
);
