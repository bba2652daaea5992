/** Small workflows from a few lines each: what stands before the workflow, in it, and what it shows. */
const HEAD = `import { ClaudeCodeAgent, createSmithers } from "smithers";
import { z } from "zod";

const { Workflow, Task, Parallel, Sequence, Branch, smithers, outputs } = createSmithers({
  input: z.object({ goal: z.string(), n: z.number().int(), tags: z.array(z.string()) }),
  row: z.object({ id: z.string(), kind: z.enum(["a", "b", "c"]), ok: z.boolean(), n: z.number(), note: z.string(), items: z.array(z.object({ id: z.string(), n: z.number(), ok: z.boolean() })) }),
  other: z.object({ id: z.string() }),
  any: z.any(),
});
const agent = new ClaudeCodeAgent({ model: "m" });
const T = ({ id, children }) => <Task id={id} output={outputs.other} agent={agent}>{children}</Task>;
`;

export interface Snippet {
  /** Module level. */
  readonly top?: string;
  /** Statements of the workflow function; \`row\` is the output of the task \`r\`, once it is there. */
  readonly body?: string;
  /** Text of a prompt. */
  readonly show?: string;
  /** Elements. */
  readonly jsx?: string;
}

export function workflowOf({ top = "", body = "", show, jsx = "" }: Snippet): string {
  return `${HEAD}${top}
export default smithers((ctx) => {
  const row = ctx.outputMaybe("row", { nodeId: "r" });
  ${body}
  return (
    <Workflow name="w">
      <Task id="r" output={outputs.row} agent={agent}>start</Task>
      ${show === undefined ? "" : `<Task id="shown" output={outputs.other} agent={agent}>{${show}}</Task>`}
      ${jsx}
    </Workflow>
  );
});
`;
}
