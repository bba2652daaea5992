/**
 * Reviews the longest files of this very repository: real files and commands in compute tasks, a fan-out of reviews,
 * a branch on what they found, a loop that drafts and criticises the summary, and a person's approval.
 */
import { AnthropicAgent, createSmithers } from "smithers";
import { z } from "zod";
import { longestFiles, recentCommits, sizeOf, syntaxErrors } from "./files";
import ReviewPrompt from "./prompts/review.md";

const { Workflow, Task, Parallel, Branch, Loop, Approval, smithers, outputs } = createSmithers({
  input: z.object({
    folder: z.string().default("plan"),
    limit: z.number().int().min(1).max(50).default(4),
  }),
  sources: z.object({
    files: z.array(z.object({ path: z.string(), lines: z.number(), widest: z.number() })),
    commits: z.array(z.string()),
  }),
  review: z.object({
    verdict: z.enum(["good", "minor", "serious"]),
    findings: z.array(z.string()).default([]),
  }),
  syntax: z.object({ checked: z.number(), errors: z.array(z.string()) }),
  escalation: z.object({ note: z.string() }),
  draft: z.object({ text: z.string() }),
  critique: z.object({ approved: z.boolean(), feedback: z.string().default("") }),
  decision: z.object({
    approved: z.boolean(),
    note: z.string().nullable(),
    decidedBy: z.string(),
    decidedAt: z.string(),
  }),
  report: z.object({ title: z.string(), body: z.string(), bytes: z.number() }),
});

const reviewer = new AnthropicAgent({
  model: "claude-sonnet-4-5",
  instructions: "You review TypeScript. You are exact and kind.",
});
const writer = new AnthropicAgent({
  model: "claude-sonnet-4-5",
  instructions: "You write short, plain summaries for busy engineers.",
});

const slug = (path: string) => path.replace(/[^a-z0-9]+/gi, "-").toLowerCase();

/** One line a finding, the most urgent files first. */
function digest(reviews: readonly { nodeId: string; verdict: string; findings: string[] }[]) {
  const order = ["serious", "minor", "good"];
  return reviews
    .toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))
    .map((row) => `- ${row.nodeId} (${row.verdict}): ${row.findings.join("; ") || "nothing to change"}`)
    .join("\n");
}

export default smithers((ctx) => {
  const sources = ctx.outputMaybe(outputs.sources, { nodeId: "collect" });
  const reviews = ctx.outputs.review;
  const serious = reviews.filter((row) => row.verdict === "serious");
  const critique = ctx.latest(outputs.critique, "critique");

  return (
    <Workflow name="review">
      <Task id="collect" output={outputs.sources}>
        {async () => ({
          files: await longestFiles(ctx.input.folder, ctx.input.limit),
          commits: await recentCommits(5),
        })}
      </Task>

      <Parallel maxConcurrency={3}>
        {sources?.files.map((file) => (
          <Task key={file.path} id={`review-${slug(file.path)}`} output={outputs.review} agent={reviewer}>
            <ReviewPrompt {...file} commits={sources.commits.map((line) => `- ${line}`).join("\n")} />
          </Task>
        ))}
        <Task id="syntax" output={outputs.syntax}>
          {async () => {
            const scripts = ["scripts/build.mjs", "scripts/test.mjs"];
            const errors = await Promise.all(scripts.map(syntaxErrors));
            return { checked: scripts.length, errors: errors.filter((text) => text !== "") };
          }}
        </Task>
      </Parallel>

      <Branch
        if={serious.length > 0}
        then={
          <Task id="escalate" output={outputs.escalation} agent={writer}>
            {`Write one sentence that asks the owners to look at: ${serious.map((row) => row.nodeId).join(", ")}`}
          </Task>
        }
        else={
          <Task id="calm" output={outputs.escalation}>
            {{ note: "Nothing serious was found." }}
          </Task>
        }
      />

      <Loop until={critique?.approved === true} maxIterations={4}>
        <Task id="draft" output={outputs.draft} agent={writer}>
          {`Summarise these reviews:\n\n${digest(reviews)}\n\n${critique ? `Your last draft was criticised: ${critique.feedback}` : "This is the first draft."}`}
        </Task>
        <Task id="critique" output={outputs.critique} agent={reviewer}>
          {`Is this summary fair and short? Draft ${ctx.iteration + 1}:\n\n${ctx.output(outputs.draft, { nodeId: "draft" }).text}`}
        </Task>
      </Loop>

      <Approval
        id="publish"
        output={outputs.decision}
        request={{
          title: "Publish the review?",
          summary: `${reviews.length} files reviewed, ${serious.length} serious`,
        }}
        onDeny="fail"
      />

      <Task id="report" output={outputs.report}>
        {async () => {
          const draft = ctx.latest(outputs.draft, "draft");
          const bytes = await Promise.all((sources?.files ?? []).map((file) => sizeOf(file.path)));
          return {
            title: `Review of ${ctx.input.folder}`,
            body: draft?.text ?? "",
            bytes: bytes.reduce((sum, size) => sum + size, 0),
          };
        }}
      </Task>
    </Workflow>
  );
});
