/** Many runs, several side by side, killed at every named boundary and at random instants, and judged at their ends. */
import { type Boundary, courses } from "./boundaries.ts";
import type { Death, Engines } from "./lives.ts";
import type { Strike } from "./strike.ts";
import { judge, type Meaning, meaningOf, recordOf } from "./verdict.ts";

export interface Plan {
  /** How often each named boundary is struck. */
  readonly rounds: number;
  /** Kills at random instants, and at random operations on files. */
  readonly randomKills: number;
  /** Runs at a time. */
  readonly sideBySide: number;
  /** Gives numbers in [0, 1). */
  readonly random: () => number;
  /** Told of every run that is over. */
  readonly onRun?: (run: { readonly name: string; readonly kills: number }) => void;
}

export interface Report {
  readonly runs: number;
  readonly kills: number;
  /** Kills by the boundary's name, and those at random operations; those at random instants are not among them. */
  readonly hits: ReadonlyMap<string, number>;
  /** With the name of the run. */
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly wrong: readonly string[];
}

/** How a random kill at an operation is counted. */
const AT_RANDOM = "at a random operation on a file";

/** Random kills of one run before it is left to finish. */
const PER_RUN = 12;
/** A random life ends within so many milliseconds; the next ones may live a little longer, so that the run goes on. */
const LIFE_MS = 200;

interface Task {
  readonly name: string;
  readonly store: "none" | "old";
  readonly deaths: readonly (Boundary | null)[];
}

export async function campaign(engines: Engines, plan: Plan): Promise<Report> {
  const undisturbed = await undisturbedRun(engines);
  const hits = new Map<string, number>();
  const lost: string[] = [];
  const doubled: string[] = [];
  const wrong: string[] = [];
  let kills = 0;
  const named = namedTasks(plan.rounds);
  let randomLeft = plan.randomKills;
  let runs = 0;
  const next = (): Task | null => {
    const task = named.shift();
    if (task || randomLeft <= 0) return task ?? null;
    const deaths = new Array<null>(Math.min(PER_RUN, randomLeft)).fill(null);
    randomLeft -= deaths.length;
    return { name: `random-${runs}`, store: "none", deaths };
  };
  const work = async (): Promise<void> => {
    for (let task = next(); task; task = next()) {
      runs++;
      const { name } = task;
      const root = await engines.project(name, task.store);
      let killsHere = 0;
      for (const [life, boundary] of task.deaths.entries()) {
        const death = boundary ? { at: boundary.strike } : randomDeath(plan.random, life);
        const { killed } = await engines.live(root, death);
        if (!killed) break;
        killsHere++;
        const hit = boundary?.name ?? ("at" in death ? AT_RANDOM : null);
        if (hit !== null) hits.set(hit, (hits.get(hit) ?? 0) + 1);
      }
      await engines.live(root, null);
      const verdict = await judge(root, undisturbed);
      const of = (line: string): string => `${name}: ${line}`;
      lost.push(...verdict.lost.map(of));
      doubled.push(...verdict.doubled.map(of));
      wrong.push(...verdict.wrong.map(of));
      kills += killsHere;
      // A run that came to its end first leaves its kills to another.
      if (task.deaths.includes(null)) randomLeft += task.deaths.length - killsHere;
      if (verdict.lost.length + verdict.doubled.length + verdict.wrong.length === 0) engines.forget(name);
      plan.onRun?.({ name, kills: killsHere });
    }
  };
  await Promise.all(Array.from({ length: plan.sideBySide }, work));
  return { runs, kills, hits, lost, doubled, wrong };
}

function randomDeath(random: () => number, life: number): Death {
  const operations = ["write", "sync", "syncDirectory", "create", "link", "unlink"] as const;
  if (random() < 0.5) return { afterMs: random() * (LIFE_MS + 10 * life) };
  const operation = operations[Math.floor(random() * operations.length)] ?? "write";
  const often = operation === "write" || operation === "sync";
  const nth = 1 + Math.floor(random() * (often ? 25 : 4));
  const at: Strike = { on: "disk", when: random() < 0.5 ? "before" : "after", operation, file: "", nth };
  return { at };
}

async function undisturbedRun(engines: Engines): Promise<Meaning> {
  const root = await engines.project("undisturbed");
  await engines.live(root, null);
  return meaningOf(await recordOf(root));
}

function namedTasks(rounds: number): Task[] {
  return Array.from({ length: rounds }, (_, round) =>
    courses.map(
      ({ name, store, boundaries }): Task => ({
        name: `${name}-${round}`,
        store,
        deaths: boundaries,
      }),
    ),
  ).flat();
}
