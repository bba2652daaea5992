/** A frame for people: the mounted tree with the state of every task, then each task's prompt, payload and policies in full. */
import { type Plan, printable } from "../../plan/index.ts";
import { cellInWords } from "../../plan/render/words.ts";
import type { PreviewFrame, PreviewNode, PreviewTask } from "../../runtime/index.ts";
import type { Painter } from "../terminal.ts";
import { addressName } from "./address.ts";
import { cut, duration } from "./table.ts";

type State = PreviewTask["state"];

const MARKS: { readonly [state in State]: string } = {
  pending: "·",
  ready: "▶",
  running: "▸",
  waiting: "…",
  blocked: "!",
  finished: "✓",
  failed: "✗",
  skipped: "–",
  cancelled: "–",
};

/** The frame as text without a newline at its end. `what` it is; `columns` is the width of a line of the tree. */
export function renderFrame(
  plan: Plan,
  frame: PreviewFrame,
  what: string,
  paint: Painter,
  columns: number,
): string {
  const colour = painterOf(paint);
  const head = `${paint.bold(plan.workflow.name)}  ${paint.dim(`${what}: ${summary(frame)}`)}`;
  return [
    head,
    ...troubleOf(frame).map((line) => paint.red(printable(line))),
    "",
    ...treeLines(frame, colour, paint, columns),
    ...stateLines(frame, paint),
    ...frame.tasks.flatMap((task) => ["", ...details(task, colour, paint)]),
  ].join("\n");
}

/** What state holds, a key a line. */
function stateLines(frame: PreviewFrame, paint: Painter): string[] {
  return (["state", "vol"] as const).flatMap((store) => {
    const held = Object.entries(frame[store] ?? {});
    if (held.length === 0) return [];
    const lines = held.map(
      ([key, value]) => `  ${paint.dim("│")} ${printable(`${key} = ${JSON.stringify(value)}`)}`,
    );
    return ["", paint.bold(`ctx.${store}`), ...lines];
  });
}

type Colour = (text: string, state: State) => string;

function painterOf(paint: Painter): Colour {
  return (text, state) => {
    switch (state) {
      case "ready":
        return paint.cyan(text);
      case "running":
      case "waiting":
        return paint.yellow(text);
      case "blocked":
      case "failed":
        return paint.red(text);
      case "finished":
        return paint.green(text);
      case "pending":
      case "skipped":
      case "cancelled":
        return paint.dim(text);
      default:
        return state satisfies never;
    }
  };
}

const ORDER: readonly State[] = [
  "finished",
  "running",
  "ready",
  "waiting",
  "blocked",
  "failed",
  "pending",
  "skipped",
  "cancelled",
];

function summary({ tasks, finished }: PreviewFrame): string {
  if (tasks.length === 0) return "no task is mounted";
  const counts = ORDER.flatMap((state) => {
    const count = tasks.filter((task) => task.state === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  return `${counts.join(", ")}${finished ? "; the run is finished" : ""}`;
}

/** What no task shows: what ends the run, and places that are held. */
function troubleOf({ fatal, held }: PreviewFrame): string[] {
  return [
    ...(fatal ? [`The run fails at ${fatal.node}: ${fatal.message}`] : []),
    ...held.map(({ where, waitsFor, error }) =>
      error
        ? `${where} is in error, and holds its place: ${waitsFor}`
        : `${where} waits for ${cellInWords(waitsFor)}; what it decides on is not mounted yet.`,
    ),
  ];
}

function treeLines(frame: PreviewFrame, colour: Colour, paint: Painter, columns: number): readonly string[] {
  const lines: { readonly left: string; readonly right: string; readonly state: State | null }[] = [];
  const add = (node: PreviewNode, branch: string, below: string): void => {
    const task = node.task === null ? null : (frame.tasks[node.task] as PreviewTask);
    const left = `${branch}${task ? `${MARKS[task.state]} ${addressName(task)}` : labelOf(node)}`;
    lines.push({ left: printable(left), right: printable(noteOf(node, task)), state: task?.state ?? null });
    node.children.forEach((child, i) => {
      const last = i === node.children.length - 1;
      add(child, `${below}${last ? "└─ " : "├─ "}`, `${below}${last ? "   " : "│  "}`);
    });
  };
  for (const node of frame.tree) add(node, "", "");
  const width = Math.min(48, Math.max(0, ...lines.map(({ left }) => left.length)));
  return lines.map(({ left, right, state }) => {
    const text = cut(right, Math.max(12, columns - width - 2));
    if (state === null) return `${left.padEnd(width)}  ${paint.dim(text)}`.trimEnd();
    return `${left.padEnd(width)}  ${colour(text, state)}`.trimEnd();
  });
}

function labelOf({ kind, id }: PreviewNode): string {
  return id === null ? kind : `${kind} ${id}`;
}

function noteOf({ loop, stage }: PreviewNode, task: PreviewTask | null): string {
  if (task) return stateText(task);
  if (stage) return `${stage.name ?? "(its name waits)"}, ${stage.state}`;
  if (!loop) return "";
  const { iteration, phase, until, maxIterations } = loop;
  const shown = `iteration ${iteration}${maxIterations === null ? "" : ` of at most ${maxIterations}`}`;
  switch (phase) {
    case "before":
      return `${shown}, its turn has not come`;
    case "open":
      return shown;
    case "closing":
      return `${shown}, closing: nothing more starts in it`;
    case "closed":
      return `${shown}, closed${until ? ": until holds" : ""}`;
    default:
      return phase satisfies never;
  }
}

function stateText({ state, waitsFor }: PreviewTask): string {
  if (waitsFor === null) return state;
  return state === "waiting" ? `waits for ${cellInWords(waitsFor)}` : `${state}: ${waitsFor}`;
}

/** A heading, what the task is given in full, and how it is run. */
function details(task: PreviewTask, colour: Colour, paint: Painter): string[] {
  const { missing } = task;
  const target = task.output === null ? "" : ` → ${task.output}`;
  const by = task.agent === null ? "" : ` ${[task.agent].flat().join(", else ")}`;
  const head = `${paint.bold(printable(addressName(task)))}  ${printable(`${task.kind}${by}${target}`)}  ${colour(
    printable(stateText(task)),
    task.state,
  )}`;
  const lines = [head];
  if (task.prompt !== null) lines.push(...block("prompt", task.prompt, paint));
  if (task.kind === "static" && !("payload" in missing))
    lines.push(...block("payload", JSON.stringify(task.payload, null, 2), paint));
  if (task.request) lines.push(...block("asks", askText(task.request), paint));
  for (const [field, why] of Object.entries(missing))
    lines.push(`  ${paint.dim(`${field}:`)} ${printable(missingText(why))}`);
  const policies = policiesOf(task);
  if (policies.length > 0) lines.push(`  ${paint.dim(printable(policies.join(" · ")))}`);
  return lines;
}

const askText = ({ title, summary }: { readonly title: string; readonly summary: string }): string =>
  summary === "" ? title : `${title}\n${summary}`;

function missingText(why: string): string {
  const words = cellInWords(why);
  return words === why ? why : `not known before ${words}`;
}

function block(label: string, text: string, paint: Painter): string[] {
  const lines = printable(text).split("\n");
  return [`  ${paint.dim(label)}`, ...lines.map((line) => `  ${paint.dim("│")} ${line}`.trimEnd())];
}

function policiesOf(task: PreviewTask): string[] {
  const deps = Object.entries(task.deps).map(([name, { nodeId }]) =>
    name === nodeId ? name : `${name} (${nodeId})`,
  );
  return [
    ...(task.loop === null ? [] : [`loop ${task.loop}`]),
    ...(task.parallel === null ? [] : [`parallel ${task.parallel}`]),
    ...(task.dependsOn.length === 0 ? [] : [`after ${task.dependsOn.join(", ")}`]),
    ...(deps.length === 0 ? [] : [`needs ${deps.join(", ")}`]),
    ...(task.skipIf === true ? ["skipIf holds"] : []),
    ...(task.kind === "approval" ? [] : [`retries ${task.retries}`]),
    ...(task.timeoutMs === null ? [] : [`timeout ${duration(task.timeoutMs)}`]),
  ];
}
