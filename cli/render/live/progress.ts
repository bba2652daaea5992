/** A run on a terminal: its tree at the bottom, and above it the lines that a tree can't hold. */
import type { Plan } from "../../../plan/types.ts";
import type { EventRecord } from "../../../runtime/index.ts";
import type { Live, Terminal } from "../../terminal.ts";
import { createLines, type Progress } from "../progress.ts";
import { liveLines } from "./lines.ts";
import { Screen } from "./screen.ts";
import { LiveTree } from "./tree.ts";

const REDRAW_MS = 100;
/** The most lines of a tree, however high the terminal is. */
const HIGHEST = 40;

/** Told by the tree already. */
const SHOWN: ReadonlySet<string> = new Set([
  "task.started",
  "task.finished",
  "task.skipped",
  "task.cancelled",
  "timer.set",
  "timer.fired",
  "signal.awaited",
  "signal.delivered",
]);

/** @param before the events of the run before this process took it up */
export function createLive(
  plan: Plan,
  live: Live,
  terminal: Terminal,
  before: readonly EventRecord[] = [],
  now: () => number = Date.now,
): Progress {
  const tree = new LiveTree(plan);
  for (const event of before) tree.event(event);
  const screen = new Screen(live);
  const lines = createLines({ ...terminal, err: (text) => screen.print(text) });
  let tick = 0;
  let closed = false;
  const linesNow = (ended: boolean): string[] => {
    const { columns, rows } = live.size();
    // One column stays free: a full line would wrap in some terminals. Above and below there is room for a line.
    const room = { columns: Math.max(10, columns - 1), rows: Math.max(1, Math.min(HIGHEST, rows - 2)) };
    return liveLines(tree.root, { ...room, now: now(), tick, paint: terminal.paint, ended });
  };
  const timer = setInterval(() => {
    tick += 1;
    screen.draw(linesNow(false));
  }, REDRAW_MS);
  timer.unref();
  return {
    event(event) {
      tree.event(event);
      if (SHOWN.has(event.type)) return;
      lines.event(event);
    },
    close() {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      screen.draw(linesNow(true));
    },
  };
}
