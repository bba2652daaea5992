// The whole check: types, lint, then every test suite. Closes with one line, `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const scratch = mkdtempSync(path.join(os.tmpdir(), "smithers-test-"));
const report = path.join(scratch, "report.json");
const bin = (name) => path.join(root, "node_modules/.bin", name);

let passed = 0;
let failed = 0;
const step = (name, command, args) => {
  process.stdout.write(`\n${name}\n`);
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  return status === 0;
};
const count = (ok) => (ok ? passed++ : failed++);

count(step("types", bin("tsc"), ["--noEmit"]));
count(step("types of the examples", bin("tsc"), ["--noEmit", "-p", "examples/tsconfig.json"]));
count(step("lint and format", bin("biome"), ["check", "."]));
count(step("build", process.execPath, ["scripts/build.mjs"]));
const ok = step("tests", bin("vitest"), [
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${report}`,
]);
try {
  const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(report, "utf8"));
  passed += numPassedTests;
  // A suite that cannot even load has no failed test of its own.
  failed += Math.max(
    numFailedTests,
    ok ? 0 : Math.max(1, numFailedTests),
    numFailedTests === 0 ? numFailedTestSuites : 0,
  );
} catch {
  failed += 1;
}
rmSync(scratch, { recursive: true, force: true });
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
