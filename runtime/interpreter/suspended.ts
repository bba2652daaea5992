/** Tasks whose attempt ended to ask people about a tool (SEMANTICS 40): asked, decided on, gone on with in another attempt. */
import type { Json } from "../../plan/types.ts";
import { SUSPENDED, TOOL_DECIDED } from "../agents/session.ts";
import type { ToolQuestion } from "../executors/executor.ts";
import type { Ask } from "./people.ts";
import { addressData, type Decision, type InFlight, type Run } from "./run.ts";
import { TASK_SUSPENDED } from "./sessions.ts";
import type { TaskEntry } from "./states.ts";
import { attemptWrite } from "./writes.ts";

/** An attempt ended to ask people; when they have said, another goes on. */
export function suspend(
  run: Run,
  flight: InFlight,
  question: ToolQuestion,
  ended: { readonly endedAt: number; readonly usage: Json },
): void {
  const { entry, attempt } = flight;
  run.writes.push(attemptWrite(run, flight, { ...ended, state: "suspended" }));
  run.event(TASK_SUSPENDED, { ...addressData(entry.address), attempt, question: { ...question } });
  run.sessions.suspend(entry.key);
  entry.base++;
  run.world.setState(entry, "waiting", askOfTool(question) as unknown as Json, false);
  run.world.ask(entry);
}

/** What people are asked before a tool runs. */
function askOfTool({ tool, call, input, again }: ToolQuestion): Ask {
  const title = again
    ? `Nobody knows whether the tool ${tool} was done: may it run once more?`
    : `May the tool ${tool} run?`;
  return { asks: "tool", title, summary: JSON.stringify(input), tool, call };
}

/** The conversation goes on, whatever was said: the model is told. */
export function decideTool(
  run: Run,
  entry: TaskEntry,
  { tool = "", call = "" }: Ask,
  { approved, note, decidedBy, decidedAt }: Decision,
): void {
  const data = { id: call, name: tool, approved, note, decidedBy, decidedAt };
  run.event(TOOL_DECIDED, { ...addressData(entry.address), ...data });
  run.sessions.note(entry.key, TOOL_DECIDED, data);
  const message = `${decidedBy} ${approved ? "agreed to" : "denied"} the tool ${tool}`;
  run.world.setState(entry, "waiting", { code: SUSPENDED, message }, false, 0);
  run.world.answered(entry);
  run.due.add(entry);
}
