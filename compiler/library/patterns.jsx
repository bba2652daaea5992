/**
 * Patterns of the public library, written as workflow source: the compiler reads these components in place, as it
 * reads those of a project. Ids are those that the public components give.
 */
import { Approval, Branch, ContinueAsNew, Loop, Parallel, Sequence, Task, Timer, useCtx } from "smithers";
import { each, entriesOf, foldRight, isAgent, record } from "smithers/library";

export const continueAsNew = (state) => <ContinueAsNew state={state} />;

/** The policy on a denial is no expression in a plan. */
const Gate = ({ onDeny, ...approval }) =>
  onDeny === "continue" ? (
    <Approval {...approval} onDeny="continue" />
  ) : onDeny === "skip" ? (
    <Approval {...approval} onDeny="skip" />
  ) : (
    <Approval {...approval} onDeny="fail" />
  );

/** Nor is that on the last iteration. */
export const Rounds = ({ id, until, maxIterations, onMaxReached, children }) =>
  onMaxReached === "fail" ? (
    <Loop id={id} until={until} maxIterations={maxIterations} onMaxReached="fail">
      {children}
    </Loop>
  ) : (
    <Loop id={id} until={until} maxIterations={maxIterations} onMaxReached="return-last">
      {children}
    </Loop>
  );

export const ApprovalGate = ({ when, skipIf, ...approval }) =>
  skipIf ? null : (
    <Branch
      if={when}
      then={<Gate {...approval} />}
      else={
        <Task id={approval.id} output={approval.output} label={`${approval.request.title} (auto-approved)`}>
          {{ approved: true, note: "auto-approved", decidedBy: null, decidedAt: null }}
        </Task>
      }
    />
  );

const moderation = (strategy, minAgree) => {
  const least = minAgree ? ` At least ${minAgree} have to agree.` : "";
  if (strategy === "vote") return `Count the votes: how many of them agree?${least}`;
  if (strategy === "consensus") return `Find what all of them can agree on.${least}`;
  return "Combine what they say into one coherent result.";
};

/** A panelist who may fail without ending the run leaves no row. */
const said = (seat, row) =>
  `\n\n### ${seat}\n${row === undefined ? "(failed, no answer)" : JSON.stringify(row, null, 2)}`;

/** `more` are props of a task that the author gives to all seats, or to the moderator; they stand last. */
const Seated = ({
  id,
  seats,
  output,
  more,
  maxConcurrency,
  moderatorOutput,
  moderator,
  strategy,
  minAgree,
  last,
  children,
}) => (
  <Sequence>
    <Parallel maxConcurrency={maxConcurrency}>
      {each(seats, ({ seat, agent, label }) => (
        <Task id={seat} output={output} agent={agent} label={label} {...more}>
          {children}
        </Task>
      ))}
    </Parallel>
    <Task
      id={`${id}-moderator`}
      output={moderatorOutput}
      agent={moderator}
      {...last}
      dependsOn={[...each(seats, ({ seat }) => seat), ...(last?.dependsOn ?? [])]}
    >
      {`Moderate a panel. ${moderation(strategy, minAgree)}\n\nWhat the panelists said:`}
      {each(seats, ({ seat }) =>
        said(seat, useCtx().outputMaybe(output, { nodeId: seat, iteration: useCtx().iteration })),
      )}
    </Task>
  </Sequence>
);

export const Panel = ({
  id = "panel",
  panelists,
  moderator,
  panelistOutput,
  moderatorOutput,
  strategy = "synthesize",
  minAgree,
  maxConcurrency,
  panelistTaskProps,
  moderatorTaskProps,
  skipIf,
  children,
}) =>
  skipIf ? null : (
    <Seated
      id={id}
      seats={each(panelists, (entry, index) =>
        isAgent(entry)
          ? { seat: `${id}-panelist-${index}`, agent: entry, label: `panelist-${index}` }
          : {
              seat: `${id}-${entry.label ?? entry.role ?? `panelist-${index}`}`,
              agent: entry.agent,
              label: entry.role ?? entry.label,
            },
      )}
      output={panelistOutput}
      more={panelistTaskProps}
      maxConcurrency={maxConcurrency}
      moderatorOutput={moderatorOutput}
      moderator={moderator}
      strategy={strategy}
      minAgree={minAgree}
      last={moderatorTaskProps}
    >
      {children}
    </Seated>
  );

export const Debate = ({
  id = "debate",
  proposer,
  opponent,
  judge,
  rounds = 2,
  argumentOutput,
  verdictOutput,
  topic,
  skipIf,
}) => {
  const ctx = useCtx();
  return skipIf ? null : (
    <Sequence>
      <Loop id={`${id}-loop`} until={false} maxIterations={rounds} onMaxReached="return-last">
        <Sequence>
          <Parallel>
            <Task id={`${id}-proposer`} output={argumentOutput} agent={proposer} label="Proposer">
              Argue for this topic:{"\n\n"}
              {topic}
            </Task>
            <Task id={`${id}-opponent`} output={argumentOutput} agent={opponent} label="Opponent">
              Argue against this topic:{"\n\n"}
              {topic}
            </Task>
          </Parallel>
        </Sequence>
      </Loop>
      <Task id={`${id}-judge`} output={verdictOutput} agent={judge} label="Judge">
        Give a verdict on this topic:{"\n\n"}
        {topic}
        {"\n\n"}The last word for it:{"\n"}
        {JSON.stringify(ctx.output(argumentOutput, { nodeId: `${id}-proposer` }), null, 2)}
        {"\n\n"}The last word against it:{"\n"}
        {JSON.stringify(ctx.output(argumentOutput, { nodeId: `${id}-opponent` }), null, 2)}
      </Task>
    </Sequence>
  );
};

export const ReviewLoop = ({
  id = "review-loop",
  producer,
  reviewer,
  produceOutput,
  reviewOutput,
  maxIterations = 5,
  onMaxReached = "return-last",
  skipIf,
  children,
}) => {
  const ctx = useCtx();
  const reviewed = ctx.latest(reviewOutput, `${id}-review`);
  return skipIf ? null : (
    <Rounds
      id={id}
      until={reviewed?.approved === true}
      maxIterations={maxIterations}
      onMaxReached={onMaxReached}
    >
      <Sequence>
        <Task id={`${id}-produce`} output={produceOutput} agent={producer}>
          {children}
          {reviewed ? `\n\nThe last review, to be answered:\n${JSON.stringify(reviewed, null, 2)}` : ""}
        </Task>
        <Task id={`${id}-review`} output={reviewOutput} agent={reviewer}>
          Review this work and say whether you approve it.{"\n\n"}
          {JSON.stringify(ctx.output(produceOutput, { nodeId: `${id}-produce` }), null, 2)}
        </Task>
      </Sequence>
    </Rounds>
  );
};

export const Optimizer = ({
  id = "optimizer",
  generator,
  evaluator,
  generateOutput,
  evaluateOutput,
  targetScore,
  maxIterations = 10,
  onMaxReached = "return-last",
  skipIf,
  children,
}) => {
  const ctx = useCtx();
  const scored = ctx.latest(evaluateOutput, `${id}-evaluate`);
  return skipIf ? null : (
    <Rounds
      id={id}
      until={targetScore !== undefined && scored !== undefined && scored.score >= targetScore}
      maxIterations={maxIterations}
      onMaxReached={onMaxReached}
    >
      <Sequence>
        <Task id={`${id}-generate`} output={generateOutput} agent={generator}>
          {children}
          {scored ? `\n\nThe last evaluation, to be improved on:\n${JSON.stringify(scored, null, 2)}` : ""}
        </Task>
        <Task id={`${id}-evaluate`} output={evaluateOutput} agent={evaluator}>
          Score this candidate and say what would improve it.{"\n\n"}
          {JSON.stringify(ctx.output(generateOutput, { nodeId: `${id}-generate` }), null, 2)}
        </Task>
      </Sequence>
    </Rounds>
  );
};

export const ContentPipeline = ({ id, stages, skipIf, children }) => {
  const ctx = useCtx();
  return skipIf ? null : (
    <Sequence id={id}>
      {each(stages, (stage, i) =>
        i > 0 ? (
          <Task id={stage.id} output={stage.output} agent={stage.agent} label={stage.label}>
            Go on from the result of the stage before: {stage.label ?? stage.id}.{"\n\n"}
            {JSON.stringify(ctx.output(stages[i - 1].output, { nodeId: stages[i - 1].id }), null, 2)}
          </Task>
        ) : (
          <Task id={stage.id} output={stage.output} agent={stage.agent} label={stage.label}>
            {children}
          </Task>
        ),
      )}
    </Sequence>
  );
};

export const GatherAndSynthesize = ({
  id = "gather-and-synthesize",
  sources,
  synthesizer,
  gatherOutput,
  synthesisOutput,
  gatheredResults,
  maxConcurrency,
  synthesisPrompt,
  skipIf,
  children,
}) => {
  const own = children ?? synthesisPrompt;
  return skipIf ? null : (
    <Sequence>
      <Parallel id={`${id}-gather`} maxConcurrency={maxConcurrency}>
        {each(entriesOf(sources), ([name, source]) => (
          <Task
            id={`${id}-gather-${name}`}
            output={source.output ?? gatherOutput}
            agent={source.agent}
            label={`Gather: ${name}`}
          >
            {source.children ?? source.prompt ?? `Gather data from the source "${name}".`}
          </Task>
        ))}
      </Parallel>
      <Task
        id={`${id}-synthesize`}
        output={synthesisOutput}
        agent={synthesizer}
        label="Synthesize"
        deps={record(entriesOf(sources), ([name, source]) => [name, source.output ?? gatherOutput])}
        needs={record(entriesOf(sources), ([name]) => [name, `${id}-gather-${name}`])}
      >
        {own ??
          ((deps) =>
            `Make one result of what was gathered:\n\n${JSON.stringify(gatheredResults ?? deps, null, 2)}`)}
      </Task>
    </Sequence>
  );
};

export const DecisionTable = ({ id, rules, default: otherwise = null, strategy = "first-match", skipIf }) => {
  if (skipIf) return null;
  if (strategy === "all-match")
    return rules.some((rule) => rule.when) ? (
      <Parallel id={id}>{each(rules, (rule) => (rule.when ? rule.then : null))}</Parallel>
    ) : (
      otherwise
    );
  return foldRight(
    rules,
    (fallback, rule) => <Branch if={rule.when} then={rule.then} else={fallback} />,
    otherwise,
  );
};

export const Runbook = ({
  id = "runbook",
  steps,
  defaultAgent,
  stepOutput,
  approvalRequest,
  onDeny,
  skipIf,
}) =>
  skipIf ? null : (
    <Sequence>
      {each(steps, (step) => {
        const stepId = `${id}-${step.id}`;
        const label = step.label ?? step.id;
        const work = (
          <Task
            id={stepId}
            output={step.output ?? stepOutput}
            agent={step.agent ?? defaultAgent}
            label={`[${step.risk}] ${label}`}
            dependsOn={step.risk === "safe" ? undefined : [`${stepId}-approval`]}
          >
            {step.command ?? `Carry out this step: ${label}`}
          </Task>
        );
        return step.risk === "safe" ? (
          work
        ) : (
          <>
            <Gate
              id={`${stepId}-approval`}
              output={`${stepId}-approval-decision`}
              label={`Approve: ${label}`}
              onDeny={onDeny}
              request={{
                title: approvalRequest?.title ?? `Carry out the ${step.risk} step ${label}?`,
                summary: approvalRequest?.summary ?? `It does: ${step.command ?? label}`,
                metadata: {
                  stepId: step.id,
                  risk: step.risk,
                  ...approvalRequest?.metadata,
                  ...(step.risk === "critical" ? { elevated: true } : {}),
                },
              }}
            />
            {work}
          </>
        );
      })}
    </Sequence>
  );

// A predicate of the workflow could change what it is given, as far as the compiler knows: no name holds `ctx` here.
const escalates = (escalateIf, row) => row === undefined || (escalateIf ? escalateIf(row) === true : false);

/** A level without a row has failed; one with a row says by `escalateIf` whether the next is wanted. */
export const EscalationChain = ({
  id = "escalation",
  levels,
  humanFallback = false,
  humanRequest,
  escalationOutput,
  skipIf,
  children,
}) =>
  skipIf
    ? null
    : foldRight(
        levels,
        (next, level, n) => (
          <Sequence>
            <Task
              id={`${id}-level-${n}`}
              output={level.output}
              agent={level.agent}
              continueOnFail
              label={level.label ?? `Escalation level ${n}`}
            >
              {children}
            </Task>
            {next ? (
              <Branch
                if={escalates(
                  level.escalateIf,
                  useCtx().outputMaybe(level.output, {
                    nodeId: `${id}-level-${n}`,
                    iteration: useCtx().iteration,
                  }),
                )}
                then={
                  n < levels.length - 1 ? (
                    <Sequence>
                      <Task
                        id={`${id}-check-${n}`}
                        output={escalationOutput}
                        continueOnFail
                        label={`Check escalation from level ${n}`}
                      >
                        {{ escalated: true, fromLevel: n, toLevel: n + 1 }}
                      </Task>
                      {next}
                    </Sequence>
                  ) : (
                    next
                  )
                }
              />
            ) : null}
          </Sequence>
        ),
        humanFallback ? (
          <Approval
            id={`${id}-human-fallback`}
            output={escalationOutput}
            continueOnFail
            label={humanRequest?.title ?? "Escalation requires human review"}
            request={
              humanRequest ?? {
                title: "Escalation requires human review",
                summary: `None of the ${levels.length} levels settled it.`,
              }
            }
          />
        ) : null,
      );

const Polled = ({ id, poll, children }) =>
  poll ? (
    <Loop id={`${id}-poll`} until={false} maxIterations={poll.maxPolls ?? 100} onMaxReached="return-last">
      <Sequence>
        {children}
        {poll.intervalMs ? <Timer id={`${id}-wait`} duration={`${poll.intervalMs}ms`} /> : null}
      </Sequence>
    </Loop>
  ) : (
    children
  );

const baselineText = (baseline) => (typeof baseline === "string" ? baseline : JSON.stringify(baseline));

const drifted = (alertIf, row) =>
  row !== undefined && (alertIf ? alertIf(row) === true : row.drifted === true);

export const DriftDetector = ({
  id = "drift",
  captureAgent,
  compareAgent,
  captureOutput,
  compareOutput,
  baseline,
  alertIf,
  alert,
  poll,
  skipIf,
}) =>
  skipIf ? null : (
    <Polled id={id} poll={poll}>
      <Sequence>
        <Task id={`${id}-capture`} output={captureOutput} agent={captureAgent}>
          Describe the present state, to be compared with this baseline:{"\n\n"}
          {baselineText(baseline)}
        </Task>
        <Task id={`${id}-compare`} output={compareOutput} agent={compareAgent} dependsOn={[`${id}-capture`]}>
          Has the state drifted from the baseline in a way that matters? Baseline:{"\n\n"}
          {baselineText(baseline)}
          {"\n\n"}Present state:{"\n\n"}
          {JSON.stringify(useCtx().output(captureOutput, { nodeId: `${id}-capture` }), null, 2)}
        </Task>
        {alert ? (
          <Branch
            if={drifted(alertIf, useCtx().outputMaybe(compareOutput, { nodeId: `${id}-compare` }))}
            then={alert}
          />
        ) : null}
      </Sequence>
    </Polled>
  );
