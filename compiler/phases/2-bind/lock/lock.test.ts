import { describe, expect, it } from "vitest";
import { memoryHost } from "../../../host.ts";
import { Files } from "../files.ts";
import { lockedVersions } from "./index.ts";

const json = (value: unknown): string => JSON.stringify(value);
const needs = (ranges: Record<string, string>, more: object = {}): string =>
  json({ dependencies: ranges, ...more });
const RANGES = { a: "^1.0.0", "@s/b": "^2.0.0", linked: "file:./linked", other: "npm:real@^3.0.0" };

/** What `importer` gets for `name` in a project at /p; files without a slash in front are of the project. */
async function find(files: Record<string, string>, name: string, importer = "workflow.tsx", root = "/p") {
  const all = Object.entries(files).map(([file, text]) => [file.startsWith("/") ? file : `/p/${file}`, text]);
  const host = memoryHost(Object.fromEntries(all));
  const answer = await lockedVersions(new Files(host, root, []))(name, `${root}/${importer}`);
  return answer.type === "version" ? answer.version : answer;
}

const NPM3 = json({
  lockfileVersion: 3,
  packages: {
    "": {},
    "node_modules/a": { version: "1.2.3" },
    "node_modules/@s/b": { version: "2.0.1" },
    "node_modules/x/node_modules/a": { version: "9.9.9" },
    "node_modules/other": { name: "real", version: "3.1.0" },
    "node_modules/linked": { resolved: "linked", link: true },
  },
});
const NPM1 = json({
  lockfileVersion: 1,
  dependencies: {
    a: { version: "1.2.3", requires: { x: "1" } },
    x: { version: "1.0.0", dependencies: { a: { version: "9.9.9" } } },
    "@s/b": { version: "2.0.1" },
    other: { version: "3.1.0" },
    linked: { version: "file:linked" },
  },
});
const PNPM9 = `lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      a:
        specifier: ^1.0.0
        version: 1.2.3(peer@1.0.0(deep@2.0.0))
      '@s/b':
        specifier: ^2.0.0
        version: 2.0.1
      linked:
        specifier: file:./linked
        version: link:linked
      other:
        specifier: npm:real@^3.0.0
        version: real@3.1.0
packages:
  a@9.9.9: {}
`;
const PNPM6 = `lockfileVersion: '6.0'
dependencies:
  a: { specifier: ^1.0.0, version: 1.2.3(peer@1.0.0) }
  '@s/b': { specifier: ^2.0.0, version: 2.0.1 }
devDependencies:
  linked: { specifier: file:./linked, version: 'file:linked' }
  other: { specifier: 'npm:real@^3.0.0', version: /real@3.1.0 }
packages:
  /a@9.9.9: {}
`;
const PNPM5 = `lockfileVersion: 5.4
specifiers: { a: ^1.0.0 }
dependencies: { a: 1.2.3_peer@1.0.0, '@s/b': 2.0.1, linked: 'link:linked', other: /real/3.1.0 }
`;
const YARN1 = `# yarn lockfile v1


"@s/b@^2.0.0":
  version "2.0.1"
  resolved "https://registry.invalid/b.tgz#1"

a@^0.9.0:
  version "0.9.9"

a@^1.0.0, a@^1.1.0:
  version "1.2.3"
  dependencies:
    version "9.9.9"

"linked@file:./linked":
  version "0.0.0"

"other@npm:real@^3.0.0":
  version "3.1.0"
`.replace('"linked@file:./linked":\n  version "0.0.0"', '"linked@file:./linked":\n  version "link:./linked"');
const BERRY = `__metadata:
  version: 8

"@s/b@npm:^2.0.0":
  version: 2.0.1
  resolution: "@s/b@npm:2.0.1"

"a@npm:^0.9.0":
  version: 0.9.9

"a@npm:^1.0.0, a@npm:^1.1.0":
  version: 1.2.3
  resolution: "a@npm:1.2.3"

"linked@file:./linked::locator=p%40workspace%3A.":
  version: 0.0.0
  resolution: "linked@file:./linked#./linked::hash=1&locator=p%40workspace%3A."

"other@npm:real@^3.0.0":
  version: 3.1.0
  resolution: "real@npm:3.1.0"
`;
const BUN = `{
  // written by bun
  "lockfileVersion": 1,
  "workspaces": { "": { "name": "p", "dependencies": { "a": "^1.0.0", }, }, },
  "packages": {
    "a": ["a@1.2.3", "", { "dependencies": { "x": "1", } }, "sha512-//,]=="],
    "@s/b": ["@s/b@2.0.1", "", {}, "sha512-x"],
    "x/a": ["a@9.9.9", "", {}, ""],
    "linked": ["linked@file:linked", {}],
    "other": ["real@3.1.0", "", {}, ""],
  },
}
`;

describe.each([
  ["npm 3", "package-lock.json", NPM3],
  ["npm 2", "package-lock.json", json({ ...JSON.parse(NPM1), ...JSON.parse(NPM3), lockfileVersion: 2 })],
  ["npm 1", "package-lock.json", NPM1],
  ["npm's shrinkwrap", "npm-shrinkwrap.json", NPM3],
  ["pnpm 9", "pnpm-lock.yaml", PNPM9],
  ["pnpm 6", "pnpm-lock.yaml", PNPM6],
  ["pnpm 5", "pnpm-lock.yaml", PNPM5],
  ["yarn 1", "yarn.lock", YARN1],
  ["yarn berry", "yarn.lock", BERRY],
  ["bun", "bun.lock", BUN],
])("the lock file of %s", (_, name, text) => {
  const project = { "package.json": needs(RANGES), [name]: text };

  it("gives the version that the project resolves to, not another of the same package", async () => {
    expect(await find(project, "a")).toBe("1.2.3");
    expect(await find(project, "@s/b")).toBe("2.0.1");
    expect(await find(project, "other")).toBe("3.1.0");
  });

  it("knows what is linked, and what it does not hold", async () => {
    expect(await find(project, "linked")).toEqual({ type: "local" });
    expect(await find(project, "missing")).toEqual({ type: "not-locked", locks: [name] });
    expect(await find(project, "constructor")).toEqual({ type: "not-locked", locks: [name] });
  });

  it("reads the same with Windows line endings", async () => {
    const crlf = { ...project, [name]: text.replaceAll("\n", "\r\n") };
    expect(await find(crlf, "a")).toBe("1.2.3");
    expect(await find(crlf, "linked")).toEqual({ type: "local" });
  });
});

describe("a workspace", () => {
  const members = {
    "package.json": json({ workspaces: ["packages/*"] }),
    "packages/one/package.json": needs({ a: "^2.0.0" }, { name: "one" }),
    "packages/two/package.json": needs({ a: "^1.0.0" }, { name: "two" }),
  };
  it.each([
    [
      "package-lock.json",
      json({
        packages: {
          "node_modules/a": { version: "1.2.3" },
          "packages/one/node_modules/a": { version: "2.0.0" },
          "node_modules/two": { link: true, resolved: "packages/two" },
        },
      }),
    ],
    [
      "pnpm-lock.yaml",
      "importers:\n  .: {}\n  packages/one:\n    dependencies:\n      a: { specifier: ^2, version: 2.0.0 }\n      two: { specifier: 'workspace:*', version: link:../two }\n  packages/two:\n    dependencies:\n      a: { specifier: ^1, version: 1.2.3 }\n",
    ],
    ["yarn.lock", '# yarn lockfile v1\na@^1.0.0:\n  version "1.2.3"\na@^2.0.0:\n  version "2.0.0"\n'],
    [
      "yarn.lock",
      '__metadata:\n  version: 8\n"a@npm:^1.0.0":\n  version: 1.2.3\n"a@npm:^2.0.0":\n  version: 2.0.0\n"two@workspace:packages/two":\n  version: 0.0.0-use.local\n  resolution: "two@workspace:packages/two"\n',
    ],
    [
      "bun.lock",
      '{ "workspaces": { "": {}, "packages/one": { "name": "one" }, "packages/two": { "name": "two" } }, "packages": { "a": ["a@1.2.3"], "one/a": ["a@2.0.0"], "two": ["two@workspace:packages/two"], } }',
    ],
  ])("gives each member its own version: %s", async (name, text) => {
    const all = { ...members, [name]: text };
    expect(await find(all, "a", "packages/one/src/f.ts")).toBe("2.0.0");
    expect(await find(all, "a", "packages/two/src/f.ts")).toBe("1.2.3");
    if (!text.startsWith("# yarn"))
      expect(await find(all, "two", "packages/one/src/f.ts")).toEqual({ type: "local" });
    // A member that is built alone finds the lock file of the workspace above it.
    expect(await find(all, "a", "src/f.ts", "/p/packages/one")).toBe("2.0.0");
  });
});

describe("the lock file that decides", () => {
  it("is the nearest, `.smithers/` included, and the next where that one knows nothing", async () => {
    const files = {
      "package.json": needs({ a: "^1.0.0", only: "1" }),
      "package-lock.json": json({
        packages: { "node_modules/a": { version: "1.0.0" }, "node_modules/only": { version: "1.0.0" } },
      }),
      ".smithers/package.json": needs({ a: "^1.0.0" }),
      ".smithers/bun.lock": '{ "packages": { "a": ["a@1.5.0"] } }',
    };
    expect(await find(files, "a", ".smithers/workflows/w.tsx")).toBe("1.5.0");
    expect(await find(files, "a")).toBe("1.0.0");
    expect(await find(files, "only", ".smithers/workflows/w.tsx")).toBe("1.0.0");
  });

  it("is of the program that package.json names, where several stand side by side", async () => {
    const files = {
      "package.json": needs({ a: "^1.0.0" }),
      "package-lock.json": json({ packages: { "node_modules/a": { version: "1.0.0" } } }),
      "pnpm-lock.yaml": PNPM9,
    };
    expect(await find(files, "a")).toBe("1.0.0");
    const named = { ...files, "package.json": needs({ a: "^1.0.0" }, { packageManager: "pnpm@9.1.0" }) };
    expect(await find(named, "a")).toBe("1.2.3");
  });

  it("is looked for up to the repository's root and no further", async () => {
    const above = { "/r/package-lock.json": NPM3, "/r/p/package.json": needs({ a: "1" }) };
    expect(await find({ ...above, "/r/.git/HEAD": "" }, "a", "w.tsx", "/r/p")).toBe("1.2.3");
    expect(await find(above, "a", "w.tsx", "/r/p")).toMatchObject({ type: "no-lock" });
    expect(await find({ ...above, "/r/p/.git/HEAD": "" }, "a", "w.tsx", "/r/p")).toMatchObject({
      type: "no-lock",
    });
  });

  it("is not one that a link takes from elsewhere", async () => {
    const host = memoryHost(
      { "/p/package.json": "{}", "/elsewhere/lock.json": NPM3 },
      { "/p/package-lock.json": "/elsewhere/lock.json" },
    );
    const versions = lockedVersions(new Files(host, "/p", []));
    expect(await versions("a", "/p/w.tsx")).toEqual({ type: "no-lock", directory: "", binary: false });
  });

  it("is never what is installed", async () => {
    const files = {
      "package.json": needs({ a: "1" }),
      "node_modules/a/package.json": json({ version: "5.0.0" }),
    };
    expect(await find(files, "a")).toEqual({ type: "no-lock", directory: "", binary: false });
    expect(await find({ ...files, "package-lock.json": NPM3 }, "a")).toBe("1.2.3");
  });

  it("has to be text that can be read", async () => {
    expect(await find({ "bun.lockb": "" }, "a")).toMatchObject({ type: "no-lock", binary: true });
    for (const [name, text] of [
      ["package-lock.json", "<<<<<<< ours\n{}"],
      ["pnpm-lock.yaml", "a: [1"],
      ["bun.lock", "{ nope }"],
      ["yarn.lock", "<<<<<<< ours"],
    ] as const)
      expect(await find({ [name]: text }, "a")).toMatchObject({ type: "unreadable", lock: name });
  });
});
