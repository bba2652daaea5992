/**
 * A checkout that means harm: whatever it holds, a build runs none of it and takes nothing from outside of it into the
 * plan. Canaries lie outside; code everywhere would leave a marker if it ever ran.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cli, repository, smithers } from "./harness.ts";

const CANARY = "CANARY-3f9c";
const GOOD = readFileSync(path.join(repository, "examples/bugfix/workflow.tsx"), "utf8");

let scratch: string;
let project: string;
let marker: string;
const write = (name: string, text: string): void => {
  mkdirSync(path.dirname(path.join(project, name)), { recursive: true });
  writeFileSync(path.join(project, name), text);
};

beforeEach(() => {
  scratch = mkdtempSync(path.join(os.tmpdir(), "smithers-hostile-"));
  project = path.join(scratch, "checkout");
  marker = path.join(scratch, "ran");
  mkdirSync(project);
  mkdirSync(path.join(scratch, "outside"));
  for (const [name, text] of Object.entries({
    "secret.ts": `export const secret = "${CANARY}";`,
    "secret.json": `{ "secret": "${CANARY}" }`,
    "secret.md": CANARY,
    "secret.txt": CANARY,
    "tsconfig.json": `{ "compilerOptions": { "paths": { "@x/*": ["./*"] } } }`,
  }))
    writeFileSync(path.join(scratch, "outside", name), text);
  write("package.json", '{ "name": "victim", "type": "module" }');
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

/** Code that leaves the marker when it runs. */
const trap = (): string => `require("node:fs").writeFileSync(${JSON.stringify(marker)}, "")`;

/** Everything below a folder that was written by the command. */
function written(): string {
  return readdirSync(project, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".plan.json"))
    .map((name) => readFileSync(path.join(project, name), "utf8"))
    .join("\n");
}

async function attack(...args: string[]) {
  const outcome = await smithers(args.length > 0 ? args : ["build", "workflow.tsx"], project, {
    SECRET_TOKEN: CANARY,
  });
  expect(existsSync(marker), "something of the checkout was run").toBe(false);
  expect(outcome.stdout + outcome.stderr + written()).not.toContain(CANARY);
  expect(outcome.stderr).not.toMatch(/internal error|\n\s+at /);
  return outcome;
}

describe("reads that lead outside of the project", () => {
  const links = {
    relative: "../outside/secret",
    "up and down again": "./src/../../outside/secret",
    "a linked file": "./linked",
    "a file in a linked folder": "./folder/secret",
    "an alias": "@out/secret",
    "an alias of a config outside": "@x/secret",
  };
  for (const [name, specifier] of Object.entries(links))
    for (const extension of ["ts", "json", "md"])
      it(`${name}, .${extension}`, async () => {
        symlinkSync(`../outside/secret.${extension}`, path.join(project, `linked.${extension}`));
        symlinkSync("../outside", path.join(project, "folder"));
        const config = specifier.startsWith("@x")
          ? { extends: "../outside/tsconfig.json" }
          : { compilerOptions: { baseUrl: ".", paths: { "@out/*": ["../outside/*"] } } };
        write("tsconfig.json", JSON.stringify(config));
        const from = extension === "ts" ? specifier : `${specifier}.${extension}`;
        const use =
          extension === "ts"
            ? `import { secret } from "${from}";`
            : `import file from "${from}";\nconst secret = ${extension === "json" ? "file.secret" : "file"};`;
        write(
          "workflow.tsx",
          `${use}\n${GOOD.replace("`Analyze this bug:", "`${secret} Analyze this bug:")}`,
        );
        const { code } = await attack();
        // A name that leads nowhere inside is a package, or no file at all; a file outside is refused.
        if (!specifier.startsWith("@x")) expect(code).toBe(1);
      });

  it("reads while the module is evaluated", async () => {
    write(
      "workflow.tsx",
      `import { readFileSync } from "node:fs";\nconst secret = readFileSync("../outside/secret.txt", "utf8");\n${GOOD.replace("`Analyze this bug:", "`${secret} Analyze this bug:")}`,
    );
    await attack();
  });

  it("environment variables stay names", async () => {
    write(
      "workflow.tsx",
      GOOD.replace("`Analyze this bug:", "`${process.env.SECRET_TOKEN} Analyze this bug:"),
    );
    const { code } = await attack();
    expect(code).toBe(0);
    expect(written()).toContain("SECRET_TOKEN");
  });

  it("a workflow that is itself a link to the outside", async () => {
    writeFileSync(path.join(scratch, "outside/flow.tsx"), GOOD.replace("Analyze", CANARY));
    symlinkSync("../outside/flow.tsx", path.join(project, "workflow.tsx"));
    expect((await attack()).code).toBe(1);
    symlinkSync("../outside", path.join(project, "flows"));
    expect((await attack("build", "**/*.tsx")).code).not.toBe(0);
  });

  it("plans are not written through a configuration that points outside", async () => {
    write("smithers.json", '{ "entries": ["workflow.tsx"], "output": "../outside" }');
    write("workflow.tsx", GOOD);
    expect((await attack("build")).code).toBe(2);
    expect(readdirSync(path.join(scratch, "outside")).some((name) => name.endsWith(".plan.json"))).toBe(
      false,
    );
  });
});

describe("code that waits to be run", () => {
  it("modules, configs, packages and hooks of every kind are left alone", async () => {
    const esm = `import { writeFileSync } from "node:fs";\nwriteFileSync(${JSON.stringify(marker)}, "");\n`;
    for (const name of [
      "smithers.config.ts",
      "smithers.config.js",
      "smithers.config.mjs",
      "esbuild.config.mjs",
      "babel.config.js",
      ".mdxrc.mjs",
    ])
      write(name, name.endsWith(".js") ? trap() : esm);
    write(
      ".npmrc",
      `node-options=--require ${path.join(project, "evil.cjs")}\nscript-shell=${path.join(project, "evil.sh")}\n`,
    );
    write("evil.cjs", trap());
    write("evil.sh", `#!/bin/sh\ntouch ${marker}\n`);
    write(
      "package.json",
      JSON.stringify({
        name: "victim",
        scripts: { prepare: "node evil.cjs", build: "node evil.cjs" },
        exports: { "./x": "./evil.cjs" },
        imports: { "#x": "./evil.cjs" },
        main: "evil.cjs",
      }),
    );
    write(
      "tsconfig.json",
      JSON.stringify({
        compilerOptions: { plugins: [{ transform: "./evil.cjs", name: "./evil.cjs" }] },
        extends: ["evil-package/tsconfig"],
      }),
    );
    for (const name of [
      "evil-package",
      "zod",
      "smithers",
      "ts-morph",
      "esbuild",
      "typescript",
      "@mdx-js/mdx",
      "yargs",
    ]) {
      write(
        `node_modules/${name}/package.json`,
        JSON.stringify({
          name,
          version: "1.0.0",
          main: "index.js",
          exports: { ".": "./index.js", "./*": "./index.js" },
        }),
      );
      write(`node_modules/${name}/index.js`, trap());
    }
    write("part.ts", `${esm}export const part = "p";\n`);
    write(
      "ask.mdx",
      `{require("node:fs").writeFileSync(${JSON.stringify(marker)}, "")}\n\nexport const x = ${trap()};\n\nHello`,
    );
    write(
      "workflow.tsx",
      `import "evil-package";\nimport { part } from "./part";\nimport Ask from "./ask.mdx";\n${trap()};\nglobalThis.process?.mainModule;\neval(${JSON.stringify(trap())});\nnew Function(${JSON.stringify(trap())})();\nconst lazy = import("evil-package");\n${GOOD.replace("`Analyze this bug:", `\`\${part + (() => { ${trap()} })()} Analyze this bug:`).replace("</Workflow>", "<Task id='ask' output={outputs.fix} agent={engineer}><Ask /></Task></Workflow>")}`,
    );
    await attack();
    await attack("build", ".", "--format", "sarif");
    write("workflow.tsx", GOOD.replace("`Analyze this bug:", "`${(() => 1)()} Analyze this bug:"));
    const { code } = await attack("build", "workflow.tsx", "--check");
    expect(code).toBe(1);
    expect(existsSync(cli)).toBe(true);
  });
});
