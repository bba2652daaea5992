/**
 * Patterns in which several agents share work: plan and review, scan and fix, route, check, wait, move along columns.
 * Ids are those that the public components give; prompts hand on the rows of the tasks before.
 */
import { exec } from "node:child_process";
import { Loop, Parallel, Sequence, Task, Timer, useCtx, Worktree } from "smithers";
import { each, entriesOf, foldRight, isAgent, record } from "smithers/library";
import { Rounds } from "./patterns.jsx";

const shown = (row) => JSON.stringify(row, null, 2);

/** What became of a task that may have failed without ending the run. */
const outcome = (name, row) => `### ${name}\n${row === undefined ? "(failed, no result)" : shown(row)}`;

const Apart = ({ apart, id, children }) =>
  apart ? (
    <Worktree path={`.worktrees/${id}`} branch={`worker/${id}`}>
      {children}
    </Worktree>
  ) : (
    children
  );

export const Supervisor = ({
  id = "supervisor",
  boss,
  workers,
  planOutput,
  workerOutput,
  reviewOutput,
  finalOutput,
  maxIterations = 3,
  maxConcurrency = 5,
  useWorktrees = false,
  skipIf,
  children,
}) =>
  skipIf ? null : (
    <Sequence>
      <Task id={`${id}-plan`} output={planOutput} agent={boss} label="Supervisor plan">
        {children}
      </Task>
      <Loop
        id={`${id}-loop`}
        until={useCtx().latest(reviewOutput, `${id}-review`)?.allDone === true}
        maxIterations={maxIterations}
        onMaxReached="return-last"
      >
        <Sequence>
          <Parallel maxConcurrency={maxConcurrency}>
            {each(entriesOf(workers), ([name, agent]) => (
              <Apart apart={useWorktrees} id={`${id}-worker-${name}`}>
                <Task
                  id={`${id}-worker-${name}`}
                  output={workerOutput}
                  agent={agent}
                  continueOnFail
                  label={`Worker: ${name}`}
                >
                  Do what the plan gives to workers of the type "{name}".{"\n\n"}The plan:{"\n"}
                  {shown(useCtx().outputMaybe(planOutput, { nodeId: `${id}-plan` }))}
                </Task>
              </Apart>
            ))}
          </Parallel>
          <Task
            id={`${id}-review`}
            output={reviewOutput}
            agent={boss}
            label="Supervisor review"
            dependsOn={each(entriesOf(workers), ([name]) => `${id}-worker-${name}`)}
          >
            Review what the workers did. Set allDone to true when nothing is left to do, and list what has to
            be done again in retriable.{"\n\n"}The plan:{"\n"}
            {shown(useCtx().outputMaybe(planOutput, { nodeId: `${id}-plan` }))}
            {each(
              entriesOf(workers),
              ([name]) =>
                `\n\n${outcome(name, useCtx().outputMaybe(workerOutput, { nodeId: `${id}-worker-${name}`, iteration: useCtx().iteration }))}`,
            )}
          </Task>
        </Sequence>
      </Loop>
      <Task id={`${id}-final`} output={finalOutput} agent={boss} label="Supervisor summary">
        Sum up the results of all rounds.{"\n\n"}The plan:{"\n"}
        {shown(useCtx().outputMaybe(planOutput, { nodeId: `${id}-plan` }))}
        {"\n\n"}The last review:{"\n"}
        {shown(useCtx().latest(reviewOutput, `${id}-review`))}
      </Task>
    </Sequence>
  );

const issuesOf = (row) => (Array.isArray(row?.issues) ? row.issues : []);

/** Of several fixers each issue has another first, with the rest to fall back on. */
const fixerOf = (fixer, n) =>
  Array.isArray(fixer)
    ? foldRight(
        fixer,
        (rest, _, k) =>
          k === 0 ? rest : n % fixer.length === k ? [...fixer.slice(k), ...fixer.slice(0, k)] : rest,
        fixer,
      )
    : fixer;

export const ScanFixVerify = ({
  id = "sfv",
  scanner,
  fixer,
  verifier,
  scanOutput,
  fixOutput,
  verifyOutput,
  reportOutput,
  maxConcurrency,
  maxRetries = 3,
  skipIf,
  children,
}) =>
  skipIf ? null : (
    <Sequence>
      <Loop id={`${id}-loop`} until={false} maxIterations={maxRetries} onMaxReached="return-last">
        <Sequence>
          <Task id={`${id}-scan`} output={scanOutput} agent={scanner}>
            {children ?? "Look for problems and list them in issues."}
          </Task>
          <Parallel id={`${id}-fixes`} maxConcurrency={maxConcurrency}>
            {issuesOf(useCtx().outputMaybe(scanOutput, { nodeId: `${id}-scan` })).map((issue, n, all) => (
              <Task
                key={`${id}-fix-${n}`}
                id={`${id}-fix-${n}`}
                output={fixOutput}
                agent={fixerOf(fixer, n)}
                dependsOn={[`${id}-scan`]}
              >
                {`Fix issue ${n + 1} of ${all.length}: ${typeof issue === "string" ? issue : JSON.stringify(issue)}`}
              </Task>
            ))}
          </Parallel>
          <Task id={`${id}-verify`} output={verifyOutput} agent={verifier} dependsOn={[`${id}-scan`]}>
            Check that each of these issues is fixed, and say whether all are.{"\n\n"}
            {shown(issuesOf(useCtx().outputMaybe(scanOutput, { nodeId: `${id}-scan` })))}
          </Task>
        </Sequence>
      </Loop>
      <Task id={`${id}-report`} output={reportOutput} agent={verifier} dependsOn={[`${id}-verify`]}>
        Report on all rounds: what was found, what was fixed, and how it stands now.{"\n\n"}The last scan:
        {"\n"}
        {shown(useCtx().latest(scanOutput, `${id}-scan`))}
        {"\n\n"}The last check:{"\n"}
        {shown(useCtx().latest(verifyOutput, `${id}-verify`))}
      </Task>
    </Sequence>
  );

const MINUTES = 60_000;
const MIB = 1024 * 1024;

/** A command that fails is a result, not a failure of its task. */
const ranCommand = (command, timeoutMs = 10 * MINUTES) =>
  new Promise((resolve) => {
    exec(command, { timeout: timeoutMs, maxBuffer: 16 * MIB }, (error, stdout, stderr) => {
      const exitCode = error ? (typeof error.code === "number" ? error.code : null) : 0;
      const result = {
        passed: !error,
        ok: !error,
        command,
        exitCode,
        signal: error?.signal ?? null,
        stdout,
        stderr,
      };
      resolve(error ? { ...result, error: error.message } : result);
    });
  });

const hasPassed = (row) =>
  row !== undefined &&
  row.passed !== false &&
  row.ok !== false &&
  row.failed !== true &&
  (row.error ?? false) === false;

const verdictOf = (strategy, results) => {
  const total = Object.keys(results).length;
  const passCount = Object.values(results).filter((passed) => passed).length;
  const passed =
    strategy === "any-pass"
      ? passCount > 0
      : strategy === "majority"
        ? passCount * 2 > total
        : total > 0 && passCount === total;
  return { passed, passCount, total, strategy, results };
};

const Check = ({ id, check, output, continueOnFail }) =>
  check.command ? (
    <Task id={id} output={output} continueOnFail={continueOnFail} label={check.label ?? check.id}>
      {async () => await ranCommand(check.command, check.timeoutMs)}
    </Task>
  ) : (
    <Task
      id={id}
      output={output}
      agent={check.agent}
      continueOnFail={continueOnFail}
      label={check.label ?? check.id}
    >
      {`Carry out this check: ${check.label ?? check.id}`}
    </Task>
  );

const Verdict = ({ id, strategy, results, output, after }) => (
  <Task id={id} output={output} label="verdict" dependsOn={after}>
    {verdictOf(strategy, results)}
  </Task>
);

const Checked = ({ id, list, verdictOutput, strategy, maxConcurrency, continueOnFail }) => (
  <Sequence>
    <Parallel maxConcurrency={maxConcurrency}>
      {each(list, (check) => (
        <Check
          id={`${id}-${check.id}`}
          check={check}
          output={verdictOutput}
          continueOnFail={continueOnFail}
        />
      ))}
    </Parallel>
    <Verdict
      id={`${id}-verdict`}
      strategy={strategy}
      results={record(list, (check) => [
        check.id,
        hasPassed(
          useCtx().outputMaybe(verdictOutput, { nodeId: `${id}-${check.id}`, iteration: useCtx().iteration }),
        ),
      ])}
      output={verdictOutput}
      after={each(list, (check) => `${id}-${check.id}`)}
    />
  </Sequence>
);

export const CheckSuite = ({
  id = "checksuite",
  checks,
  verdictOutput,
  strategy = "all-pass",
  maxConcurrency,
  continueOnFail = true,
  skipIf,
}) =>
  skipIf ? null : (
    <Checked
      id={id}
      list={
        Array.isArray(checks) ? checks : each(entriesOf(checks), ([key, check]) => ({ id: key, ...check }))
      }
      verdictOutput={verdictOutput}
      strategy={strategy}
      maxConcurrency={maxConcurrency}
      continueOnFail={continueOnFail}
    />
  );

/** Before the second attempt the first gap, and so on. */
const gapOf = (attempt, intervalMs, backoff) =>
  backoff === "linear"
    ? intervalMs * attempt
    : backoff === "exponential"
      ? intervalMs * 2 ** (attempt - 1)
      : intervalMs;

export const Poller = ({
  id = "poll",
  check,
  checkOutput,
  checkTimeoutMs,
  maxAttempts = 30,
  backoff = "fixed",
  intervalMs = 5000,
  onTimeout = "fail",
  skipIf,
  children,
}) =>
  skipIf ? null : (
    <Rounds
      id={`${id}-loop`}
      until={useCtx().latest(checkOutput, `${id}-check`)?.satisfied === true}
      maxIterations={maxAttempts}
      onMaxReached={onTimeout}
    >
      <Sequence>
        <Timer
          id={`${id}-delay`}
          duration={`${Math.max(0, Math.round(gapOf(useCtx().iteration, intervalMs, backoff)))}ms`}
          skipIf={useCtx().iteration === 0}
        />
        {isAgent(check) ? (
          <Task id={`${id}-check`} output={checkOutput} agent={check} timeoutMs={checkTimeoutMs}>
            {children ?? "Is the condition met? Say so in satisfied."}
          </Task>
        ) : (
          <Task id={`${id}-check`} output={checkOutput} timeoutMs={checkTimeoutMs}>
            {check}
          </Task>
        )}
      </Sequence>
    </Rounds>
  );

const Route = ({ id, name, entry, item, output }) =>
  isAgent(entry) ? (
    <Task
      id={id}
      output={output}
      agent={entry}
      continueOnFail
      label={`Route: ${name}${item.itemId ? ` (${item.itemId})` : ""}`}
    >
      {`Handle this item of the category "${name}":\n${shown(item)}`}
    </Task>
  ) : (
    <Task
      id={id}
      output={entry.output ?? output}
      agent={entry.agent}
      continueOnFail
      label={`Route: ${name}${item.itemId ? ` (${item.itemId})` : ""}`}
    >
      {entry.prompt ? entry.prompt(item) : `Handle this item of the category "${name}":\n${shown(item)}`}
    </Task>
  );

export const ClassifyAndRoute = ({
  id = "classify-and-route",
  items,
  categories,
  classifierAgent,
  classifierOutput,
  routeOutput,
  classificationResult,
  maxConcurrency,
  skipIf,
  children,
}) => {
  if (skipIf) return null;
  const names = each(entriesOf(categories), ([name]) => name);
  const known = (classificationResult?.classifications ?? []).filter((item) => names.includes(item.category));
  return (
    <Sequence>
      <Task id={`${id}-classify`} output={classifierOutput} agent={classifierAgent} label="Classify items">
        {children ??
          `Give each item one of the categories ${names.join(", ")}.\n\nItems:\n${shown(Array.isArray(items) ? items : [items])}`}
      </Task>
      {known.length > 0 ? (
        <Parallel id={`${id}-routes`} maxConcurrency={maxConcurrency}>
          {(classificationResult?.classifications ?? []).map((item, n) =>
            each(entriesOf(categories), ([name, entry]) =>
              item.category === name ? (
                <Route
                  key={`${id}-route-${item.itemId ?? n}`}
                  id={`${id}-route-${item.itemId ?? n}`}
                  name={name}
                  entry={entry}
                  item={item}
                  output={routeOutput}
                />
              ) : null,
            ),
          )}
        </Parallel>
      ) : null}
    </Sequence>
  );
};

export const Kanban = ({
  id = "kanban",
  columns,
  useTickets,
  agents,
  maxConcurrency,
  onComplete,
  until = false,
  maxIterations = 5,
  skipIf,
  children,
}) => {
  if (skipIf) return null;
  const tickets = useTickets();
  const board = (
    <Loop id={`${id}-loop`} until={until} maxIterations={maxIterations} onMaxReached="return-last">
      <Sequence>
        {each(columns, (column) => (
          <Parallel id={`${id}-col-${column.name}`} maxConcurrency={maxConcurrency}>
            {tickets.map((item) => (
              <Task
                continueOnFail
                label={`${column.name}: ${item.id}`}
                {...column.task}
                key={`${column.name}-${item.id}`}
                id={`${id}-${column.name}-${item.id}`}
                output={column.output}
                agent={agents?.[column.name] ?? column.agent}
              >
                {column.prompt
                  ? column.prompt({ item, column: column.name })
                  : `Work on item ${item.id} in the column "${column.name}".`}
              </Task>
            ))}
          </Parallel>
        ))}
      </Sequence>
    </Loop>
  );
  return onComplete ? (
    <Sequence>
      {board}
      <Task id={`${id}-complete`} output={onComplete} label="Board complete">
        {children ?? null}
      </Task>
    </Sequence>
  ) : (
    board
  );
};
