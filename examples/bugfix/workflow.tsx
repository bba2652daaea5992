/** Analyze a bug, then fix it: the second task reads the first by `ctx.output`. */
import { AnthropicAgent, createSmithers } from "smithers";
import { z } from "zod";

const { Workflow, Task, smithers, outputs } = createSmithers({
  input: z.object({
    description: z.string().min(1).describe("What goes wrong, as the reporter wrote it"),
  }),
  analyze: z.object({
    summary: z.string().describe("The root cause in one sentence"),
    severity: z.enum(["low", "medium", "high"]),
    files: z.array(z.string()).default([]),
  }),
  fix: z.object({
    patch: z.string().describe("A unified diff"),
    explanation: z.string(),
  }),
});

const analyst = new AnthropicAgent({
  model: "claude-sonnet-4-5",
  instructions: "You find the root cause of bugs. Be brief and name files.",
});
const engineer = new AnthropicAgent({
  model: "claude-sonnet-4-5",
  instructions: "You fix bugs with the smallest change that is right.",
});

export default smithers((ctx) => {
  const analysis = ctx.output(outputs.analyze, { nodeId: "analyze" });
  return (
    <Workflow name="bugfix">
      <Task id="analyze" output={outputs.analyze} agent={analyst}>
        {`Analyze this bug:\n\n${ctx.input.description}`}
      </Task>
      <Task id="fix" output={outputs.fix} agent={engineer}>
        {`Fix this bug (severity ${analysis.severity}): ${analysis.summary}\n\nFiles: ${analysis.files.join(", ")}`}
      </Task>
    </Workflow>
  );
});
