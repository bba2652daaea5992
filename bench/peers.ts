/**
 * Durable steps of ours beside those of the peers on npm, and beside a raw append + fdatasync a step, in one run: sequences,
 * fan-outs and loops of tasks that do nothing, and what it takes to take a run up again in which all but the last task is
 * done. Each figure is of a process of its own, its first run of three tasks left out, and the median of ROUNDS that take
 * turns. A peer goes on to where a run of it would take a minute; there it is said why it stops.
 *
 * Peers are installed at fixed versions into PEERS_DIR (default: `smithers-peers` in the directory for temporary files),
 * which stays for the next time. Their tasks are functions in their own process, as ours of `sequence` are expressions in
 * ours; those of `compute sequence` run in a process of their own, which no peer has. Ours commits with an fsync, the
 * peers as they ship: each line of the head says what that is worth.
 */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { exponent, median } from "./lib/count.ts";
import { appendMs, resumeMs, runMs } from "./lib/measure.ts";
import { commandOf, install, type Measured, measure, PEERS } from "./lib/peers.ts";
import { sequenceThatWaits, shapes } from "./lib/shapes.ts";

const SIZES = (process.env.SIZES ?? "10,100,1000,10000").split(",").map(Number);
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const LIMIT_MS = Number(process.env.LIMIT_MS ?? 60_000);
const PEERS_DIR = process.env.PEERS_DIR ?? path.join(os.tmpdir(), "smithers-peers");

/** What is compared with what: shapes of ours, and shapes of the peers'. */
const COMPARED: readonly {
  readonly name: string;
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
}[] = [
  { name: "sequence", ours: ["sequence", "compute sequence"], theirs: ["sequence", "graph sequence"] },
  { name: "fan-out", ours: ["fan-out", "compute fan-out"], theirs: ["fan-out"] },
  { name: "loop", ours: ["loop", "compute loop"], theirs: ["loop"] },
  { name: "resume", ours: ["resume"], theirs: ["resume"] },
];

const [shape, size, directory] = process.argv.slice(2);
if (shape !== undefined) await ours(shape, Number(size), directory as string);
else compare();

/** One figure of ours, in this process. */
async function ours(shape: string, size: number, scratch: string): Promise<void> {
  const make = shapes[shape];
  if (make) await runMs(make(3), scratch);
  const ms = make ? await runMs(make(size), scratch) : await resumeMs(sequenceThatWaits(size), scratch, 1);
  const measured: Measured = { ms, kib: process.resourceUsage().maxRSS };
  console.log(JSON.stringify(measured));
}

interface Entrant {
  readonly name: string;
  readonly shape: string;
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly points: [size: number, ms: number][];
  readonly memory: [size: number, kib: number][];
  /** Why it goes no further. */
  stopped: string | null;
}

function compare(): void {
  const programs = path.resolve("bench/peers");
  const scratch = mkdtempSync(path.join(os.tmpdir(), "smithers-bench-"));
  const there = PEERS.map((peer) => {
    const home = path.join(PEERS_DIR, peer.program.replace(/\.\w+$/, ""));
    const wrong = install(peer, programs, home);
    const versions = Object.entries(peer.packages).map(([name, version]) => `${name} ${version}`);
    console.log(`${peer.name.padEnd(16)} ${versions.join(", ")}; ${wrong ?? peer.durable}`);
    return { peer, home, wrong };
  }).filter(({ wrong }) => wrong === null);
  console.log(
    `${"ours".padEnd(16)} SQLite in WAL with synchronous FULL: an fsync before a commit is acknowledged\n`,
  );
  const entrant = (name: string, shape: string, command: Entrant["command"], cwd: string): Entrant => ({
    ...{ name, shape, command, cwd },
    ...{ points: [], memory: [], stopped: null },
  });
  try {
    for (const { name, ours, theirs } of COMPARED) {
      const entrants = [
        ...ours.map((shape) =>
          entrant("ours", shape, [process.execPath, process.argv[1] as string], process.cwd()),
        ),
        ...there.flatMap(({ peer, home }) =>
          theirs
            .filter((shape) => peer.shapes.includes(shape))
            .map((shape) => entrant(peer.name, shape, commandOf(peer, home), home)),
        ),
      ];
      for (const size of SIZES) measureAll(name, size, entrants, scratch);
      for (const each of entrants) conclude(each);
      console.log();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** One line an entrant: a median of rounds in which all took turns. */
function measureAll(name: string, size: number, entrants: readonly Entrant[], scratch: string): void {
  const appends: number[] = [];
  const measured = new Map(entrants.map((each) => [each, [] as Measured[]]));
  for (let round = 0; round < ROUNDS; round++) {
    appends.push(appendMs(scratch));
    for (const each of entrants) {
      if (each.stopped !== null) continue;
      const { shape, command, cwd } = each;
      const got = measure(command, cwd, { shape, size, scratch, limitMs: LIMIT_MS });
      if (typeof got === "string") each.stopped = `at ${size}: ${got}`;
      else measured.get(each)?.push(got);
    }
  }
  const append = median(appends);
  const stepOf = (each: Entrant | undefined): number =>
    median((each && measured.get(each)?.map(({ ms }) => ms / size)) ?? []);
  const own = stepOf(entrants[0]);
  console.log(`${name.padEnd(9)} ${String(size).padStart(6)}  raw append ${append.toFixed(3)} ms`);
  for (const each of entrants) {
    const all = measured.get(each) ?? [];
    if (each.stopped !== null || all.length === 0) continue;
    const step = stepOf(each);
    const writes = all[0]?.writes;
    each.points.push([size, step * size]);
    each.memory.push([size, median(all.map(({ kib }) => kib))]);
    console.log(
      [
        `    ${`${each.name}, ${each.shape}`.padEnd(34)} ${step.toFixed(3).padStart(9)} ms a step`,
        `${(step / append).toFixed(2).padStart(8)} appends`,
        `${(step / own).toFixed(2).padStart(7)}× ours`,
        ...(writes === undefined ? [] : [`${(writes / size).toFixed(2)} writes a step`]),
      ].join("  "),
    );
    // It grows at least as the size does: what would not come to an end is not begun.
    const next = SIZES[SIZES.indexOf(size) + 1];
    const expected = next === undefined ? 0 : (step * size * next) / size;
    if (expected > LIMIT_MS)
      each.stopped = `after ${size}: ${next} would take ${(expected / 1_000).toFixed(0)} s or more`;
  }
}

function conclude({ name, shape, points, memory, stopped }: Entrant): void {
  const [first, last] = [memory[0], memory.at(-1)];
  const grown =
    first && last && last[0] > first[0] ? (last[1] - first[1]) / (last[0] - first[0]) : Number.NaN;
  console.log(
    [
      `    ${`${name}, ${shape}`.padEnd(34)} exponent ${exponent(points).toFixed(2)}`,
      `memory ${grown.toFixed(2)} KiB a step`,
      ...(stopped === null ? [] : [`stopped ${stopped}`]),
    ].join("  "),
  );
}
