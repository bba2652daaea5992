/** What `smithers db` can show of a run: one view a word. A new one is a file beside this and a line here. */
import type { RunReader } from "../../runtime/index.ts";
import { attempts } from "./attempts.ts";
import { frames } from "./frames.ts";
import { outputs } from "./outputs.ts";
import { state } from "./state.ts";
import { tasks } from "./tasks.ts";
import { transitions } from "./transitions.ts";

export interface View {
  readonly head: readonly string[];
  /** The records as `--json` gives them, one a line, with the cells of their row in the table. */
  readonly rows: (reader: RunReader) => Promise<readonly Row[]>;
}

export interface Row {
  readonly record: object;
  readonly cells: readonly string[];
}

export const VIEWS = { tasks, attempts, outputs, frames, state, transitions } satisfies {
  readonly [word: string]: View;
};

export type ViewName = keyof typeof VIEWS;
