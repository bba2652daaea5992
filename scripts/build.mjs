// Builds dist/ with the type checker's own emit, and links the project's bin into node_modules so that
// `npm ci` alone leaves a working `npx smithers`.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const tsc = path.join(
  path.dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
  "bin/tsc",
);

rmSync(path.join(root, "dist"), { recursive: true, force: true });
execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
for (const file of ["plan/plan.schema.json"]) {
  if (existsSync(path.join(root, file))) copyFileSync(path.join(root, file), path.join(root, "dist", file));
}

const main = path.join(root, "dist/cli/main.js");
if (existsSync(main)) {
  chmodSync(main, 0o755);
  const bin = path.join(root, "node_modules/.bin");
  if (existsSync(path.dirname(bin)) && process.platform !== "win32") {
    mkdirSync(bin, { recursive: true });
    rmSync(path.join(bin, "smithers"), { force: true });
    symlinkSync("../../dist/cli/main.js", path.join(bin, "smithers"));
  }
}
