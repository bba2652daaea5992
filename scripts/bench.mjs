// Runs benchmarks: `npm run bench` all of them, `npm run bench -- store core` those. Each is bundled and run in a
// process of its own, after a build, because some of them measure the built command.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const all = readdirSync(path.join(root, "bench"))
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
  .map((name) => name.slice(0, -3))
  .filter((name) => name !== "lib");
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`no such benchmark: ${unknown.join(", ")}; there are ${all.join(", ")}\n`);
  process.exit(2);
}

spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: root, stdio: "inherit" });
const out = path.join(root, "dist/bench");
mkdirSync(out, { recursive: true });
let failed = false;
for (const name of wanted.length > 0 ? wanted : all) {
  const outfile = path.join(out, `${name}.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: [`bench/${name}.ts`],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    logLevel: "warning",
  });
  process.stdout.write(`\n${name}\n`);
  failed = spawnSync(process.execPath, [outfile], { cwd: root, stdio: "inherit" }).status !== 0 || failed;
}
rmSync(out, { recursive: true, force: true });
process.exitCode = failed ? 1 : 0;
