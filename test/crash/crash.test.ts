/** SIGKILL at every named boundary and at random instants of runs with real files and processes (SEMANTICS 33). */
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomOf } from "../random-plans.ts";
import { courses } from "./boundaries.ts";
import { campaign } from "./campaign.ts";
import { Engines } from "./lives.ts";

const KILLS = Number(process.env.KILLS ?? 100);
const names = courses.flatMap(({ boundaries }) => boundaries.map(({ name }) => name));
let engines: Engines;

beforeAll(async () => {
  engines = await Engines.make(path.resolve(import.meta.dirname, "../.."));
});
afterAll(() => engines.remove());

describe("a run that is killed again and again", () => {
  it(
    `ends as an undisturbed one after ${KILLS} kills: nothing lost, nothing doubled`,
    async () => {
      const { kills, hits, lost, doubled, wrong } = await campaign(engines, {
        rounds: 1,
        randomKills: Math.max(0, KILLS - names.length),
        sideBySide: 4,
        random: randomOf(7),
      });
      expect({ lost, doubled, wrong }).toEqual({ lost: [], doubled: [], wrong: [] });
      expect(names.filter((name) => !hits.has(name))).toEqual([]);
      expect(kills).toBeGreaterThan(KILLS * 0.9);
    },
    60_000 + KILLS * 2_000,
  );

  it("leaves no process behind", async () => {
    for (let tries = 0; tries < 50 && (await engines.left()).length > 0; tries++) await sleep(100);
    expect(await engines.left()).toEqual([]);
  });

  it("no two boundaries have one name", () => {
    expect(new Set(names).size).toBe(names.length);
  });
});
