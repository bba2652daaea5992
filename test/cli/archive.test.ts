/** A run leaves a project as one file and comes back whole, or not at all. */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPromise } from "yauzl";
import { ZipFile } from "yazl";
import { jsonLines, type Scratch, scratch, smithers, start } from "./harness.ts";

const WORKFLOW = `
import { createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, Approval, smithers, outputs } = createSmithers({
  input: z.object({}),
  text: z.object({ text: z.string() }),
  decision: z.object({ approved: z.boolean(), note: z.string().nullable(), decidedBy: z.string(), decidedAt: z.string() }),
});
export default smithers((ctx) => (
  <Workflow name="travel">
    <Task id="large" output={outputs.text}>{() => ({ text: "x".repeat(400_000) })}</Task>
    <Task id="named" output={outputs.text}>{{ text: ctx.runId }}</Task>
    <Approval id="ok" output={outputs.decision} request={{ title: "Go on?" }} />
    <Task id="last" output={outputs.text}>{{ text: ctx.runId + " " + ctx.output(outputs.decision, { nodeId: "ok" }).decidedBy }}</Task>
  </Workflow>
));
`;
let here: Scratch;
let there: Scratch;
beforeAll(async () => {
  here = scratch();
  there = scratch();
  here.write("workflow.tsx", WORKFLOW);
  expect((await smithers(["build", "workflow.tsx", "-o", "plan.json"], here.dir)).code).toBe(0);
});
afterAll(() => {
  here.remove();
  there.remove();
});

const at = (place: Scratch, ...args: string[]) => smithers(args, place.dir);
const runs = (place: Scratch) => readdirSync(path.join(place.dir, ".smithers/runs")).sort();

type Files = Record<string, Buffer>;

/** What an archive holds. */
async function unzip(file: string): Promise<Files> {
  const files: Files = {};
  const zip = await openPromise(file, { lazyEntries: true, autoClose: false });
  for await (const entry of zip.eachEntry())
    files[entry.fileName] = await buffer(await zip.openReadStreamPromise(entry));
  zip.close();
  return files;
}

/** An archive of these files, its manifest made to fit where `seal` is given. */
async function zipped(name: string, files: Files, seal = false): Promise<string> {
  if (seal) {
    const manifest = JSON.parse(String(files["manifest.json"]));
    for (const [part, bytes] of Object.entries(files))
      if (part !== "manifest.json")
        manifest.files[part] = {
          bytes: bytes.length,
          sha256: createHash("sha256").update(bytes).digest("hex"),
        };
    files["manifest.json"] = Buffer.from(JSON.stringify(manifest));
  }
  const zip = new ZipFile();
  for (const [part, bytes] of Object.entries(files)) zip.addBuffer(bytes, part, { compress: false });
  zip.end();
  const file = path.join(here.dir, name);
  writeFileSync(file, await buffer(zip.outputStream));
  return file;
}

describe("export and import", () => {
  it("take a run along while it goes on; its copy replays identically and goes on elsewhere", async () => {
    const running = start(["run", "plan.json", "--run-id", "r", "--wait"], here.dir);
    await new Promise<void>((resolve) => {
      running.child.stderr?.on("data", (chunk: Buffer) => {
        if (chunk.includes("waits for a decision")) resolve();
      });
    });
    const exported = await at(here, "export", "r");
    expect(exported).toMatchObject({ code: 0, stdout: "r.zip\n" });
    running.child.kill("SIGINT");
    await running.done;
    const file = path.join(here.dir, "r.zip");
    expect(Object.keys(await unzip(file))).toEqual([
      "manifest.json",
      "store/store.db",
      expect.stringMatching(/^store\/blobs\/sha256-/),
    ]);

    expect(await at(there, "import", file)).toMatchObject({ code: 0 });
    expect((await at(there, "replay", "r")).stdout).toMatch(/^identical/);
    const rows = async (place: Scratch) => (await at(place, "db", "r", "outputs", "--json")).stdout;
    expect(await rows(there)).toBe(await rows(here));
    expect((await at(there, "approve", "r", "--by", "ann")).code).toBe(0);
    expect(await at(there, "resume", "r")).toMatchObject({ code: 0 });
    expect((await at(there, "replay", "r")).stdout).toMatch(/^identical/);
    // The original has not moved.
    expect((await at(here, "inspect", "r")).stdout).toMatch(/ok +approval +waiting/);
  });

  it("take an answer along that was not taken up, and a run under another name keeps its own", async () => {
    expect((await at(here, "approve", "r", "--by", "bob")).code).toBe(0);
    expect((await at(here, "export", "r", "-o", "decided.zip")).code).toBe(0);
    const file = path.join(here.dir, "decided.zip");
    const { code, stderr } = await at(there, "import", file, "--as", "copy");
    expect(code).toBe(0);
    expect(stderr).toContain("smithers resume copy");
    const resumed = await at(there, "resume", "copy");
    expect(resumed.stderr).toMatch(/finished {2}copy/);
    const outputs = jsonLines((await at(there, "db", "copy", "outputs", "--json")).stdout);
    expect(outputs.map(({ value }) => (value as { text?: string }).text).slice(-1)).toEqual(["r bob"]);
    expect((await at(there, "replay", "copy")).stdout).toMatch(/^identical/);
    expect((await at(there, "ps")).stdout).toMatch(/^copy +travel +finished/m);
  });

  it("overwrite nothing", async () => {
    const again = await at(here, "export", "r");
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("r.zip exists already");
    const twice = await at(there, "import", path.join(here.dir, "r.zip"));
    expect(twice.code).toBe(4);
    expect(twice.stderr).toContain("there is a run r already: import this one under another name with --as");
    expect((await at(there, "import", path.join(here.dir, "r.zip"), "--as", "../up")).code).toBe(2);
    expect((await at(here, "export", "nothing")).code).toBe(2);
    expect((await at(here, "export", "r", "-o", "no/such/place.zip")).stderr).toContain("no such directory");
  });
});

describe("an archive that is not what it should be", () => {
  const refused = async (file: string, message: string | RegExp, code = 2) => {
    const before = runs(there);
    const outcome = await at(there, "import", file, "--as", "bad");
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr).not.toContain("    at ");
    expect(outcome.code).toBe(code);
    expect(runs(there)).toEqual(before);
  };
  let files: Files;
  beforeAll(async () => {
    files = await unzip(path.join(here.dir, "decided.zip"));
  });
  const request = () => Object.keys(files).find((name) => name.startsWith("inbox/"))!;

  it("with paths that lead outside is refused", async () => {
    const file = await zipped("slip.zip", { ...files });
    const inside = Buffer.from(request());
    const text = readFileSync(file).toString("latin1");
    for (const outside of ["../../../../", "/etc/cron.d/", "inbox/../../", "..\\..\\..\\..\\"]) {
      const name = outside.padEnd(inside.length, "x");
      writeFileSync(file, text.replaceAll(String(inside), name), "latin1");
      await refused(file, /relative path|absolute path|no part of a run|characters in fileName/);
    }
  });

  it("that is damaged, cut or no archive at all is refused", async () => {
    const whole = readFileSync(path.join(here.dir, "decided.zip"));
    here.write("cut.zip", "");
    writeFileSync(path.join(here.dir, "cut.zip"), whole.subarray(0, whole.length / 2));
    await refused(path.join(here.dir, "cut.zip"), "is no zip archive");
    await refused(here.write("text.zip", "no archive"), "is no zip archive");
    await refused(path.join(here.dir, "absent.zip"), "archive not found");
    const database = Buffer.from(files["store/store.db"]!);
    database.fill(7, 9_000, 9_500);
    await refused(await zipped("bytes.zip", { ...files, "store/store.db": database }), "is damaged");
    await refused(
      await zipped("sealed.zip", { ...files, "store/store.db": database }, true),
      /damaged|malformed|no JSON/,
      4,
    );
  });

  it("that lacks, adds or renames something is refused", async () => {
    const { "store/store.db": _, ...rest } = files;
    await refused(await zipped("lacks.zip", rest), 'lacks "store/store.db"');
    await refused(await zipped("adds.zip", { ...files, "bin/run.sh": Buffer.from("x") }), "no part of a run");
    const manifest = { ...JSON.parse(String(files["manifest.json"])), runId: "other" };
    await refused(
      await zipped("other.zip", { ...files, "manifest.json": Buffer.from(JSON.stringify(manifest)) }),
      "does not hold the run",
    );
  });

  it("of a newer version is refused as such", async () => {
    const manifest = { ...JSON.parse(String(files["manifest.json"])), format: 2, news: true };
    await refused(
      await zipped("format.zip", { ...files, "manifest.json": Buffer.from(JSON.stringify(manifest)) }),
      "written by a newer version",
      4,
    );
    const database = Buffer.from(files["store/store.db"]!);
    database.writeUInt32BE(999, 60);
    await refused(
      await zipped("store.zip", { ...files, "store/store.db": database }, true),
      "written by a newer version",
      4,
    );
  });
});

describe("a run that holds another", () => {
  it("takes it along, with what it has done and what it asks", async () => {
    here.write(
      "child.tsx",
      `import { createSmithers } from "smithers";
      import { z } from "zod";
      const { Workflow, Task, Approval, smithers, outputs } = createSmithers({
        row: z.object({ at: z.number() }),
        decision: z.object({ approved: z.boolean(), note: z.string().nullable(), decidedBy: z.string(), decidedAt: z.string() }),
        output: z.object({ at: z.number(), by: z.string() }),
      });
      export default smithers((ctx) => (
        <Workflow name="child">
          <Task id="once" output={outputs.row}>{() => ({ at: Date.now() })}</Task>
          <Approval id="ok" output={outputs.decision} request={{ title: "Go on?" }} />
          <Task id="end" output={outputs.output}>
            {{ at: ctx.output(outputs.row, { nodeId: "once" }).at, by: ctx.output(outputs.decision, { nodeId: "ok" }).decidedBy }}
          </Task>
        </Workflow>
      ));
      `,
    );
    here.write(
      "parent.tsx",
      `import { createSmithers } from "smithers";
      import { z } from "zod";
      import child from "./child";
      const { Workflow, Subflow, smithers, outputs } = createSmithers({ got: z.object({ at: z.number(), by: z.string() }) });
      export default smithers(() => <Workflow name="p"><Subflow id="c" workflow={child} output={outputs.got} /></Workflow>);
      `,
    );
    expect((await at(here, "run", "parent.tsx", "--run-id", "p")).code).toBe(3);
    const file = path.join(here.dir, "p.zip");
    expect((await at(here, "export", "p", "-o", file)).code).toBe(0);
    expect(Object.keys(await unzip(file))).toContain("children/c/store/store.db");
    expect((await at(there, "import", file, "--as", "q")).code).toBe(0);
    expect((await at(there, "inbox")).stdout).toContain("smithers approve q:c ok");
    expect((await at(there, "approve", "q", "ok", "--by", "ada")).code).toBe(0);
    const done = jsonLines((await at(there, "resume", "q", "--json")).stdout).at(-1)!;
    const before = JSON.parse((await at(here, "inspect", "p:c", "--json")).stdout) as {
      outputs: { value: { at: number } }[];
    };
    expect(done).toMatchObject({
      status: "finished",
      outputs: { got: [{ at: before.outputs[0]!.value.at, by: "ada" }] },
    });
  });

  it("gives the other one a name of its own, and is told which", async () => {
    const file = path.join(here.dir, "p-c.zip");
    expect((await at(here, "export", "p:c", "-o", file)).code).toBe(0);
    const { code, stderr } = await at(there, "import", file);
    expect(code).toBe(4);
    const command = `smithers import ${file} --as p-c`;
    expect(stderr).toContain(`p:c was held by a node of another run`);
    expect(stderr).toContain(command);
    expect((await at(there, ...command.split(" ").slice(1))).code).toBe(0);
    expect((await at(there, "inbox")).stdout).toContain("smithers approve p-c ok");
  });
});
