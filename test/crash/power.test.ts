/**
 * Power loss within a run: what was not synced of store, large outputs, lock and inbox is dropped or torn, and the run
 * goes on from what is left (SEMANTICS 33, 35). RUNS= sets the number of cuts.
 */
import { once } from "node:events";
import { beforeAll, describe, expect, it } from "vitest";
import { aborted } from "../../runtime/executors/errors.ts";
import type { AttemptContext, AttemptResult, TaskRequest } from "../../runtime/executors/executor.ts";
import { type EventRecord, resume, run } from "../../runtime/index.ts";
import type { FiledDecision, InboxRequest, SignalRequest } from "../../runtime/interpreter/run.ts";
import { replayJournal } from "../../runtime/replay/index.ts";
import { dropDecision, dropSignal, Inbox } from "../../runtime/requests/inbox.ts";
import { type Holder, thisProcess } from "../../runtime/store/holder.ts";
import { openStore } from "../../runtime/store/index.ts";
import { loadSqlite } from "../../runtime/store/sqljs/load.ts";
import type { NodeVfs } from "../../runtime/store/sqljs/vfs.ts";
import type { Store } from "../../runtime/store/store.ts";
import { done, executorsOf, failed, VirtualClock } from "../engine.ts";
import { randomOf } from "../random-plans.ts";
import { type Ignored, SimulatedDisk } from "../store/simulated-disk.ts";
import { ahead, answerTo, computeAnswer, crashPlan, ENDLESS, script } from "./plan.ts";
import { differences, type Meaning, meaningOf, type Recorded } from "./verdict.ts";

const RUNS = Number(process.env.RUNS ?? 18);
const RUN = "/project/.smithers/runs/r";
/** Just above what stays in the database. */
const LARGE = 300_000;
const plan = crashPlan(LARGE);

let vfs: NodeVfs;
beforeAll(async () => {
  vfs = await loadSqlite();
});

/** Found dead by the next owner, which goes on in place. */
const killed = (): Holder => ({ ...thisProcess(), pid: 2 ** 22 + 1 });
/** Of the boot before, with a heart that no longer beats: the next owner goes on from a copy. */
const rebooted = (): Holder => ({ ...thisProcess(), boot: "before" });

async function work(
  request: TaskRequest,
  { address: { nodeId }, attempt, signal }: AttemptContext,
): Promise<AttemptResult> {
  await new Promise((resolve) => setTimeout(resolve, 1));
  if (request.kind === "compute") {
    const [n = 0] = request.captures as readonly number[];
    return done({ v: computeAnswer(request.module, n, LARGE) });
  }
  const prompt = request.kind === "agent" ? request.prompt : "";
  const answer = answerTo(nodeId, attempt, prompt, LARGE);
  if (answer === null) return failed("overloaded");
  if (answer.ms < ENDLESS) return done({ v: answer.v });
  if (!signal.aborted) await once(signal, "abort");
  return aborted(signal);
}

interface Life extends Recorded {
  readonly divergence: unknown;
}

/** One life on a disk, to the end of the run. Every event is marked on the disk once it is acknowledged. */
async function live(disk: SimulatedDisk, holder: Holder): Promise<Life> {
  const store = await openStore(`${RUN}/store`, {
    ...{ above: "/", vfs, disk, holder, heartbeatMs: 1e8, staleAfterMs: -1, checkpointBytes: 200_000 },
  });
  try {
    const clock = new VirtualClock();
    // Time has passed since the life before.
    clock.pass(3_600_000 * store.epoch);
    const options = {
      root: "/project",
      clock,
      store,
      script,
      executors: executorsOf(work),
      requests: (take: (request: InboxRequest, done: () => void) => void) => {
        const inbox = new Inbox(RUN, take, disk);
        inbox.open();
        return () => inbox.close();
      },
      onEvent: ({ seq }: EventRecord) => disk.mark(seq),
    };
    const begun = (await store.journal()).run !== null;
    if (begun) await resume("r", options);
    else await run(plan, { ...options, runId: "r" });
    const { divergence } = await replayJournal(store, plan);
    return { ...(await recorded(store)), divergence };
  } finally {
    await store.close();
  }
}

async function recorded(store: Store): Promise<Recorded> {
  return { journal: await store.journal(), events: await store.events(0, 1_000_000) };
}

function fileAhead(disk: SimulatedDisk): void {
  for (const decision of ahead.decisions) dropDecision(RUN, decisionOf(decision), disk);
  for (const [at, signal] of ahead.signals.entries()) dropSignal(RUN, signalOf(signal, at), disk);
}

const decisionOf = (decision: (typeof ahead.decisions)[number]): FiledDecision => ({
  ...{ scope: "", iteration: 0, note: null, decidedBy: "ahead", decidedAt: 1 },
  ...decision,
});
const signalOf = (signal: (typeof ahead.signals)[number], at: number): SignalRequest => ({
  ...{ correlationId: null, by: "ahead", at },
  ...signal,
});

interface Cut {
  readonly problems: readonly string[];
  /** Events acknowledged before it. */
  readonly acknowledged: number;
}

/** Cuts the power `count` times within one recorded life, every third time once more while the run goes on. */
async function cuts(count: number, holder: () => Holder, ignoreSync?: Ignored): Promise<Cut[]> {
  const disk = new SimulatedDisk(new Map(), ignoreSync);
  disk.makeDirectory(RUN);
  for (const directory of ["/", "/project", "/project/.smithers", "/project/.smithers/runs"])
    disk.syncDirectory(directory);
  fileAhead(disk);
  const first = disk.history.length;
  const whole = await live(disk, holder());
  const undisturbed = meaningOf(whole);
  const random = randomOf(35);
  const found: Cut[] = [];
  for (let number = 0; number < count; number++) {
    const cut = first + Math.floor(random() * (disk.history.length + 1 - first));
    const acknowledged = disk.markedAfter(cut);
    found.push({ acknowledged, problems: await goOn(disk, cut, number % 3 === 0) });
  }
  return found;

  async function goOn(before: SimulatedDisk, cut: number, again: boolean): Promise<readonly string[]> {
    try {
      const next = new SimulatedDisk(before.after(cut, random));
      const start = next.history.length;
      const life = await live(next, killed());
      const problems = judge(life, undisturbed, whole.events.slice(0, disk.markedAfter(cut)));
      if (!again || problems.length > 0) return problems;
      const second = start + Math.floor(random() * (next.history.length + 1 - start));
      const last = await live(new SimulatedDisk(next.after(second, random)), killed());
      return judge(last, undisturbed, life.events.slice(0, next.markedAfter(second)));
    } catch (error) {
      return [String(error)];
    }
  }
}

/** What is lost of what was acknowledged, and what differs from the undisturbed run. */
function judge(life: Life, undisturbed: Meaning, acknowledged: readonly EventRecord[]): readonly string[] {
  const lost = acknowledged.filter((event, at) => JSON.stringify(life.events[at]) !== JSON.stringify(event));
  return [
    ...lost.map(({ seq, type }) => `event ${seq} ${type} is lost`),
    ...differences(meaningOf(life), undisturbed),
    ...(life.divergence === null ? [] : [`the replay differs: ${JSON.stringify(life.divergence)}`]),
  ];
}

const troubled = (found: readonly Cut[]): readonly Cut[] =>
  found.filter(({ problems }) => problems.length > 0);

describe("power loss within a run", () => {
  it.each([
    ["its successor goes on in place", killed],
    ["its successor goes on from a copy", rebooted],
  ])("loses and doubles nothing; %s", async (_, holder) => {
    const found = await cuts(RUNS, holder);
    expect(troubled(found)).toEqual([]);
    expect(Math.max(...found.map(({ acknowledged }) => acknowledged))).toBeGreaterThan(60);
    expect(found.filter(({ acknowledged }) => acknowledged > 0).length).toBeGreaterThan(RUNS / 2);
  });

  // If these did not fail, the test above could not see a loss.
  it.each([
    ["the log", (file: string) => file.includes("store.log")],
    ["large outputs", (file: string) => file.includes("blobs")],
    ["what lies in the inbox", (file: string) => file.includes("inbox")],
  ])("control: without the sync of %s it loses", async (_, ignored) => {
    expect(troubled(await cuts(12, killed, ignored)).length).toBeGreaterThan(0);
  });

  it("loses no request whose filing was acknowledged, and reads none by half", async () => {
    const random = randomOf(36);
    const disk = new SimulatedDisk();
    const signals = Array.from({ length: 12 }, (_, at) =>
      signalOf({ name: "paid", payload: { v: `${at} `.repeat(900) } } as never, at),
    );
    disk.makeDirectory(RUN);
    for (const directory of ["/", "/project", "/project/.smithers", "/project/.smithers/runs"])
      disk.syncDirectory(directory);
    for (const [at, signal] of signals.entries()) {
      dropSignal(RUN, signal, disk);
      disk.mark(at + 1);
    }
    for (let number = 0; number < RUNS * 4; number++) {
      const cut = Math.floor(random() * (disk.history.length + 1));
      const taken: unknown[] = [];
      const inbox = new Inbox(
        RUN,
        (request) => void taken.push({ ...request, id: undefined }),
        new SimulatedDisk(disk.after(cut, random)),
      );
      inbox.scan();
      const filed = disk.markedAfter(cut);
      expect(taken.slice(0, filed)).toEqual(
        signals.slice(0, filed).map((signal) => ({ ...signal, id: undefined })),
      );
      expect(taken.length).toBeLessThanOrEqual(filed + 1);
    }
  });
});
