/**
 * Kills engines with SIGKILL, at every named boundary (ROUNDS times each), at random operations on files and at random
 * instants, KILLS in all, and compares each run with an undisturbed one. Prints the boundaries hit with their counts, what was lost and doubled; ends
 * with 1 when that is anything. SEED repeats the random instants as far as the machine is as fast.
 */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { courses } from "../test/crash/boundaries.ts";
import { campaign } from "../test/crash/campaign.ts";
import { Engines } from "../test/crash/lives.ts";
import { randomOf } from "../test/random-plans.ts";

const KILLS = Number(process.env.KILLS ?? 1_000);
const ROUNDS = Number(process.env.ROUNDS ?? 8);
const SIDE_BY_SIDE = Number(process.env.SIDE_BY_SIDE ?? 4);
const SEED = Number(process.env.SEED ?? 33);

const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const boundaries = courses.flatMap((course) => course.boundaries);
const engines = await Engines.make(repository);
const begun = performance.now();
let done = 0;
const { runs, kills, hits, lost, doubled, wrong } = await campaign(engines, {
  rounds: ROUNDS,
  randomKills: Math.max(0, KILLS - ROUNDS * boundaries.length),
  sideBySide: SIDE_BY_SIDE,
  random: randomOf(SEED),
  // It takes a while; whoever waits sees how far it is.
  onRun: ({ kills: more }) => {
    const before = Math.floor(done / 100);
    done += more;
    if (Math.floor(done / 100) > before)
      console.error(`${done} kills after ${((performance.now() - begun) / 1_000).toFixed(0)} s`);
  },
});
engines.remove();

const seconds = (performance.now() - begun) / 1_000;
const named = [...hits.values()].reduce((sum, count) => sum + count, 0);
const names = new Set([...boundaries.map(({ name }) => name), ...hits.keys()]);
for (const name of names) console.log(`${String(hits.get(name) ?? 0).padStart(5)}  ${name}`);
console.log(`${String(kills - named).padStart(5)}  at random instants`);
console.log(`${kills} kills of ${runs} runs in ${seconds.toFixed(0)} s`);
console.log(`lost ${lost.length}, doubled ${doubled.length}, otherwise not as undisturbed ${wrong.length}`);
for (const line of [...lost, ...doubled, ...wrong].slice(0, 50)) console.log(`  ${line}`);
const missed = ROUNDS > 0 ? boundaries.filter(({ name }) => !hits.has(name)) : [];
for (const { name } of missed) console.log(`never hit: ${name}`);
if (lost.length + doubled.length + wrong.length + missed.length > 0) process.exitCode = 1;
