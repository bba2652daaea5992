/** `build` and `check` over many files, and every format against what its readers demand. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { ConfigSchema } from "../../cli/config.ts";
import { FORMATS } from "../../cli/render/report/index.ts";
import { xml } from "../../cli/render/report/junit.ts";
import { MESSAGES } from "../../compiler/index.ts";
import { jsonLines, repository, type Scratch, scratch, inProcess as smithers } from "./harness.ts";

const GOOD = readFileSync(path.join(repository, "examples/bugfix/workflow.tsx"), "utf8");
const BAD = GOOD.replace("analysis.severity", "analysis.sevrity");

let project: Scratch;
const home = process.cwd();
beforeEach(() => {
  project = scratch();
  mkdirSync(path.join(project.dir, ".git"));
  process.chdir(project.dir);
});
afterEach(() => {
  process.chdir(home);
  project.remove();
});

const plans = () =>
  readdirSync(project.dir, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".plan.json") && !name.startsWith("node_modules"))
    .sort();

describe("many files in one call", () => {
  it("all are compiled, whatever becomes of the others, each plan beside its source", async () => {
    project.write("a.tsx", GOOD);
    project.write("flows/bad.tsx", BAD);
    project.write("flows/deep/c.tsx", GOOD);
    const { code, stderr } = await smithers("build", "a.tsx", "flows/bad.tsx", "flows/deep/c.tsx");
    expect(code).toBe(1);
    expect(plans()).toEqual(["a.plan.json", "flows/deep/c.plan.json"]);
    expect(stderr).toContain("flows/bad.tsx:37:45 error SM303");
    expect(stderr).toContain("3 files: 1 error; no plan was written for 1 of them");
  });

  it("a name that leads to nothing is exit 2, and the others are still built", async () => {
    project.write("a.tsx", GOOD);
    project.write("report.tsx", GOOD);
    const { code, stderr } = await smithers("build", "a.tsx", "reprot.tsx", "report.ts", "none/*.tsx");
    expect(code).toBe(2);
    expect(plans()).toEqual(["a.plan.json"]);
    expect(stderr).toContain("no such file: reprot.tsx");
    expect(stderr).toContain("no such file: report.ts (there is report.tsx)");
    expect(stderr).toContain("none/*.tsx holds no workflow file");
  });

  it("folders and globs mean their workflows: no parts, no declarations, nothing installed, no link followed", async () => {
    project.write("flows/a.tsx", GOOD);
    project.write("flows/deep/er/b.tsx", GOOD);
    project.write(
      "flows/part.tsx",
      'import { Task } from "smithers";\nexport default function Part() { return <Task id="p" />; }\n',
    );
    project.write("flows/table.ts", "export const a = 1;\n");
    project.write("flows/node_modules/x/c.tsx", GOOD);
    for (const pattern of ["flows", "flows/**/*.tsx", "**/*.tsx", path.join(project.dir, "flows/**")]) {
      const { code, stdout } = await smithers("build", pattern, "--json");
      expect(code).toBe(0);
      expect(jsonLines(stdout).map(({ file }) => file)).toEqual(["flows/a.tsx", "flows/deep/er/b.tsx"]);
    }
  });

  it("a file of a folder that forgets its default export is reported", async () => {
    project.write("flows/a.tsx", GOOD.replace("export default smithers(", "const flow = smithers("));
    const { code, stdout } = await smithers("check", "flows", "--json");
    expect(code).toBe(1);
    expect(jsonLines(stdout)[0]).toMatchObject({ code: "SM113" });
  });

  it("-o is a file for one workflow and a folder for several", async () => {
    project.write("a.tsx", GOOD);
    project.write("x/b.tsx", GOOD);
    expect((await smithers("build", "a.tsx", "-o", "one.json")).code).toBe(0);
    expect(existsSync("one.json")).toBe(true);
    expect((await smithers("build", "a.tsx", "x/b.tsx", "-o", "out")).code).toBe(0);
    expect(plans()).toEqual(["out/a.plan.json", "out/x/b.plan.json"]);
    expect((await smithers("build", "a.tsx", "x/b.tsx", "-o", "one.json")).code).toBe(2);
    expect((await smithers("build", "a.tsx", "x/b.tsx", "-o", "-")).code).toBe(2);
    const { stdout } = await smithers("build", "a.tsx", "-o", "-");
    expect(JSON.parse(stdout)).toMatchObject({ kind: "smithers.plan" });
  });
});

describe("--max-severity", () => {
  it("decides on the exit code of build and check", async () => {
    project.write("a.tsx", GOOD.replace("`Analyze this bug:", "`${process.env.HOME} Analyze this bug:"));
    for (const command of ["build", "check"]) {
      expect((await smithers(command, "a.tsx")).code).toBe(0);
      expect((await smithers(command, "a.tsx", "--max-severity", "warning")).code).toBe(1);
    }
  });
});

describe("--check", () => {
  it("writes nothing, and fails where the committed plan is missing, stale or broken", async () => {
    project.write("a.tsx", GOOD);
    const missing = await smithers("build", "a.tsx", "--check");
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain("error SM803: There is no committed plan: `a.plan.json` is missing.");
    expect(plans()).toEqual([]);
    await smithers("build", "a.tsx");
    expect((await smithers("build", "a.tsx", "--check")).code).toBe(0);
    // A checkout with CRLF is the same plan.
    const text = readFileSync("a.plan.json", "utf8");
    writeFileSync("a.plan.json", text.replaceAll("\n", "\r\n"));
    expect((await smithers("build", "a.tsx", "--check")).code).toBe(0);
    project.write("a.tsx", GOOD.replace("Analyze this bug", "Look at this bug"));
    const stale = await smithers("build", "a.tsx", "--check");
    expect(stale.code).toBe(1);
    expect(stale.stderr).toContain("1 change: 1 changed (analyze prompt changed)");
    expect(readFileSync("a.plan.json", "utf8")).toBe(text.replaceAll("\n", "\r\n"));
    project.write("a.tsx", `// A comment.\n${GOOD}`);
    expect((await smithers("build", "a.tsx", "--check")).stderr).toContain("means the same as this source");
    writeFileSync("a.plan.json", "{");
    expect((await smithers("build", "a.tsx", "--check")).stderr).toContain("not a plan that can be used");
  });

  it("is reported in every format", async () => {
    project.write("a.tsx", GOOD);
    for (const format of FORMATS) {
      const { code, stdout, stderr } = await smithers("build", "a.tsx", "--check", "--format", format);
      expect(code).toBe(1);
      expect(format === "text" ? stderr : stdout).toContain("SM803");
    }
  });
});

/** A workflow whose findings are as awkward as names and texts can be. */
const AWKWARD = GOOD.replace("analysis.severity", 'analysis["<b>&\\"\u0001%0A:,|@you"]').replace(
  "`Analyze this bug:",
  "`${process.env.HOME} Analyze this bug:",
);

async function report(format: (typeof FORMATS)[number]): Promise<string> {
  project.write("my flows/ü, 1.tsx", AWKWARD);
  project.write("good.tsx", GOOD);
  mkdirSync(path.join(project.dir, "my flows"), { recursive: true });
  process.chdir(path.join(project.dir, "my flows"));
  return (await smithers("check", "ü, 1.tsx", "../good.tsx", "--format", format)).stdout;
}

describe("formats", () => {
  it("sarif: what GitHub's code scanning needs of SARIF 2.1.0", async () => {
    const text = z.strictObject({ text: z.string().min(1) });
    const region = z
      .strictObject({
        startLine: z.int().min(1),
        startColumn: z.int().min(1),
        endLine: z.int().min(1),
        endColumn: z.int().min(1),
      })
      .refine((r) => r.endLine > r.startLine || r.endColumn >= r.startColumn);
    const location = z.strictObject({
      artifactLocation: z.strictObject({
        uri: z.string().regex(/^(?!\/|[a-z]+:)[\w\-.~!*'()%/]+$/i),
        uriBaseId: z.literal("%SRCROOT%"),
      }),
      region: region.optional(),
    });
    const level = z.enum(["error", "warning", "note", "none"]);
    const sarif = z.strictObject({
      $schema: z.url(),
      version: z.literal("2.1.0"),
      runs: z.tuple([
        z.strictObject({
          tool: z.strictObject({
            driver: z.strictObject({
              name: z.string(),
              semanticVersion: z.string(),
              informationUri: z.url().optional(),
              rules: z.array(
                z.strictObject({
                  id: z.string(),
                  name: z.string().regex(/^[A-Z][A-Za-z0-9]*$/),
                  shortDescription: text,
                  fullDescription: text,
                  help: text.extend({ markdown: z.string() }),
                  helpUri: z.url().optional(),
                  defaultConfiguration: z.strictObject({ level }),
                }),
              ),
            }),
          }),
          columnKind: z.literal("utf16CodeUnits"),
          results: z.array(
            z.strictObject({
              ruleId: z.string(),
              ruleIndex: z.int().min(0),
              level,
              message: text,
              locations: z.array(z.strictObject({ physicalLocation: location })).length(1),
              relatedLocations: z
                .array(z.strictObject({ id: z.int(), message: text, physicalLocation: location }))
                .optional(),
              partialFingerprints: z.record(z.string(), z.string().min(16)),
            }),
          ),
        }),
      ]),
    });
    const log = JSON.parse(await report("sarif"));
    const run = sarif.parse(log).runs[0];
    expect(run.results.map(({ ruleId }) => ruleId)).toContain("SM303");
    for (const { ruleId, ruleIndex } of run.results)
      expect(run.tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    expect(run.results[0]!.locations[0]!.physicalLocation.artifactLocation.uri).toBe(
      "my%20flows/%C3%BC%2C%201.tsx",
    );
    // The published schema itself is not ours to keep here: SARIF_SCHEMA names a copy of it.
    if (process.env.SARIF_SCHEMA !== undefined)
      z.fromJSONSchema(JSON.parse(readFileSync(process.env.SARIF_SCHEMA, "utf8"))).parse(log);
  });

  it("sarif: fingerprints stay while lines move, and tell equal findings apart", async () => {
    const fingerprints = async (): Promise<string[]> =>
      jsonLines((await smithers("check", "a.tsx", "--json")).stdout).map(({ fingerprint }) =>
        String(fingerprint),
      );
    const twice = BAD.replace("${analysis.sevrity}", "${analysis.sevrity} ${analysis.sevrity}");
    project.write("a.tsx", twice);
    const before = await fingerprints();
    expect(new Set(before).size).toBe(2);
    project.write("a.tsx", `// One\n// more\n${twice}`);
    expect(await fingerprints()).toEqual(before);
  });

  it("github: one command a line, escaped as the runner unescapes it, paths from the repository", async () => {
    const lines = (await report("github")).split("\n");
    const decoded = (text: string): string =>
      text
        .replaceAll("%0D", "\r")
        .replaceAll("%0A", "\n")
        .replaceAll("%3A", ":")
        .replaceAll("%2C", ",")
        .replaceAll("%25", "%");
    const commands = lines.map((line) => {
      const [, name, properties, message] = /^::(error|warning|notice) (.*?)::(.*)$/.exec(line) ?? [];
      expect(name, line).toBeDefined();
      const read = Object.fromEntries(
        properties!.split(",").map((p) => p.split(/=(.*)/).slice(0, 2).map(decoded)),
      );
      return { name, ...read, message: decoded(message!) } as Record<string, string>;
    });
    const field = commands.find(({ title }) => title?.startsWith("SM303"));
    expect(field).toMatchObject({ name: "error", file: "my flows/ü, 1.tsx", line: "37" });
    expect(field?.message).toContain("%0A:,|@you");
  });

  it("gitlab: what the Code Quality widget reads, fingerprints unique", async () => {
    const issues = z
      .array(
        z.object({
          description: z.string().min(1),
          check_name: z.string(),
          fingerprint: z.string().regex(/^[0-9a-f]{32}$/),
          severity: z.enum(["info", "minor", "major", "critical", "blocker"]),
          location: z.object({
            path: z.string().regex(/^(?!\.?\/)/),
            lines: z.object({ begin: z.int().min(1), end: z.int().min(1) }),
          }),
        }),
      )
      .parse(JSON.parse(await report("gitlab")));
    expect(issues.map((issue) => issue.check_name)).toContain("SM303");
    expect(new Set(issues.map((issue) => issue.fingerprint)).size).toBe(issues.length);
    expect(issues[0]!.location.path).toBe("my flows/ü, 1.tsx");
    rmSync("ü, 1.tsx");
    expect((await smithers("check", "../good.tsx", "--format", "gitlab")).stdout).toBe("[]");
  });

  it("junit: well-formed XML with counts that add up", async () => {
    const text = await report("junit");
    const elements = parseXml(text);
    const count = (name: string): number => elements.filter((e) => e.name === name).length;
    const total = elements.find((e) => e.name === "testsuites")!;
    expect(Number(total.attributes.tests)).toBe(count("testcase"));
    expect(Number(total.attributes.failures)).toBe(count("failure"));
    expect(count("testsuite")).toBe(2);
    expect(elements.find((e) => e.name === "failure")?.attributes.message).toContain('<b>&"');
    expect(xml("\u0000\ud800<")).toBe("\ufffd\ufffd&lt;");
  });

  it("markdown: nothing of a source becomes markup, a mention or a link", async () => {
    const text = await report("markdown");
    expect(text).toMatch(/^### Smithers: 1 error, 1 warning in 2 workflows/);
    const outside = text.replaceAll(/(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, "");
    expect(outside).not.toMatch(/<b>|@you/);
  });

  it("json: --json is --format json; every line stands for itself", async () => {
    project.write("a.tsx", BAD);
    const { stdout } = await smithers("check", "a.tsx", "--json");
    expect(stdout).toBe((await smithers("check", "a.tsx", "--format", "json")).stdout);
    expect(jsonLines(stdout)[0]).toMatchObject({
      type: "diagnostic",
      file: "a.tsx",
      code: "SM303",
      severity: "error",
      title: MESSAGES.SM303.title,
      place: { path: "a.tsx", line: 37, column: 45, end: { line: 37, column: 52 } },
    });
  });

  it("a file that two workflows import is reported once", async () => {
    project.write("shared.ts", "export const broken = (;\n");
    for (const name of ["a", "b"])
      project.write(`${name}.tsx`, `import { broken } from "./shared";\n${GOOD}\nbroken;`);
    const { stdout } = await smithers("check", "a.tsx", "b.tsx", "--format", "gitlab");
    expect(JSON.parse(stdout).filter((i: { check_name: string }) => i.check_name === "SM110")).toHaveLength(
      1,
    );
  });
});

interface XmlElement {
  readonly name: string;
  readonly attributes: Record<string, string>;
}

/** Enough of XML to see that tags nest, attributes are quoted and entities are known. */
function parseXml(text: string): XmlElement[] {
  const found: XmlElement[] = [];
  const open: string[] = [];
  const body = text.replace(/^<\?xml [^?]*\?>\s*/, "");
  const decode = (value: string): string => {
    expect(value).not.toMatch(/[<>]|&(?!(amp|lt|gt|quot|#\d+);)|[\u0000-\u0008]/);
    return value
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"')
      .replaceAll("&amp;", "&");
  };
  for (const [, tag, content] of body.matchAll(/<([^>]*)>|([^<]+)/g)) {
    if (content !== undefined) decode(content);
    else if (tag!.startsWith("/")) expect(open.pop()).toBe(tag!.slice(1));
    else {
      const name = /^[\w-]+/.exec(tag!)![0];
      const attributes = Object.fromEntries(
        [...tag!.matchAll(/ (\w+)="([^"]*)"/g)].map(([, k, v]) => [k!, decode(v!)]),
      );
      found.push({ name, attributes });
      if (!tag!.endsWith("/")) open.push(name);
    }
  }
  expect(open).toEqual([]);
  return found;
}

describe("smithers.json", () => {
  const config = (value: unknown) =>
    project.write("smithers.json", typeof value === "string" ? value : JSON.stringify(value, null, 2));

  it("says what is built, where plans go and how severe findings are", async () => {
    project.write(
      "flows/a.tsx",
      GOOD.replace("`Analyze this bug:", "`${process.env.HOME} Analyze this bug:"),
    );
    config({ entries: ["flows/**/*.tsx"], output: "plans", severity: { SM503: "error" } });
    mkdirSync(path.join(project.dir, "below"));
    process.chdir(path.join(project.dir, "below"));
    const strict = await smithers("build");
    expect(strict.code).toBe(1);
    expect(plans()).toEqual([]);
    config({
      entries: ["flows/**/*.tsx"],
      output: "plans",
      severity: { SM503: "off" },
      maxSeverity: "warning",
    });
    expect(await smithers("build")).toMatchObject({ code: 0 });
    expect(plans()).toEqual(["plans/flows/a.plan.json"]);
    expect((await smithers("build", "--check")).code).toBe(0);
  });

  it.each([
    [
      '{\n  "entires": ["a.tsx"]\n}',
      "smithers.json:2 there is no setting `entires` (did you mean `entries`?)",
    ],
    ['{\n  "entries": ["a.tsx"],\n  "maxSeverity": "fatal"\n}', "smithers.json:3 `maxSeverity`"],
    ['{\n  "severity": { "SM1": "off" }\n}', "smithers.json:2 `severity.SM1`"],
    ['{ "entries": ["a.tsx"], "severity": { "SM987": "off" } }', "there is no diagnostic SM987"],
    [
      '{ "entries": ["a.tsx"], "severity": { "SM103": "off" } }',
      "SM103 is an error and can't be turned down",
    ],
    ['{ "entries": ["a.tsx"], "root": "../.." }', "lies outside the folder of the configuration"],
    ['{\n  "entries": [,]\n}', "smithers.json:2 is not JSON"],
    ["[]", "the configuration"],
  ])("%j is refused with its place", async (text, message) => {
    project.write("a.tsx", GOOD);
    config(text);
    const { code, stderr } = await smithers("check");
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it("that is code is never run, and that is said", async () => {
    project.write("a.tsx", GOOD);
    project.write(
      "smithers.config.ts",
      'import { writeFileSync } from "node:fs";\nwriteFileSync("ran", "");\n',
    );
    const { code, stderr } = await smithers("check", "a.tsx");
    expect(code).toBe(0);
    expect(stderr).toContain("smithers.config.ts is code and is never run");
    expect(existsSync("ran")).toBe(false);
  });

  it("has a published schema that says the same (UPDATE=1 writes it)", () => {
    const file = path.join(repository, "cli/smithers.schema.json");
    const text = `${JSON.stringify({ title: "smithers.json", ...z.toJSONSchema(ConfigSchema) }, null, 2)}\n`;
    if (process.env.UPDATE === "1") writeFileSync(file, text);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(JSON.parse(text));
  });
});

describe("the same bytes everywhere", () => {
  it("from two directories, with CRLF, with another time zone and language; comments change no digest", async () => {
    const plan = async (folder: string): Promise<string> => {
      process.chdir(path.join(project.dir, folder));
      expect((await smithers("build", "workflow.tsx")).code).toBe(0);
      return readFileSync("workflow.plan.json", "utf8");
    };
    for (const folder of ["one", "deep/er/two", "crlf", "commented"]) {
      cpSync(path.join(repository, "examples/review"), path.join(project.dir, folder), { recursive: true });
      project.write(`${folder}/package.json`, "{}");
    }
    const source = readFileSync(path.join(project.dir, "one/workflow.tsx"), "utf8");
    project.write("crlf/workflow.tsx", `\ufeff${source.replaceAll("\n", "\r\n")}`);
    project.write("commented/workflow.tsx", `/* A\n * B */\n${source.replaceAll(/;\n/g, "; // why\n")}`);
    const one = await plan("one");
    expect(await plan("deep/er/two")).toBe(one);
    expect(await plan("crlf")).toBe(one);
    const saved = { TZ: process.env.TZ, LANG: process.env.LANG, LC_ALL: process.env.LC_ALL };
    const umask = process.umask(0o077);
    Object.assign(process.env, { TZ: "Pacific/Apia", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" });
    try {
      expect(await plan("one")).toBe(one);
    } finally {
      process.umask(umask);
      for (const [name, value] of Object.entries(saved))
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
    }
    const { digest, nodes } = JSON.parse(one);
    const commented = JSON.parse(await plan("commented"));
    expect(commented.digest).toBe(digest);
    expect(Object.values(commented.nodes)).toEqual(Object.values(nodes));
    expect(commented.sources).not.toEqual(JSON.parse(one).sources);
  });
});
