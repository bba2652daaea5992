// Builds dist/: one bundle an entry with shared chunks (a start reads a few files instead of hundreds), the type
// checker's own declarations beside it, and the project's bin linked so that `npm ci` alone leaves a working
// `npx smithers`.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);

/**
 * The help's layout measures text with `string-width`, which makes a segmenter and a pattern of all emoji as it loads: an
 * eighth of a short command's start, for help that nobody asked for. Here it makes each when it is first used.
 */
const LAZILY = [
  ["const segmenter = new Intl.Segmenter();", "segment", "segmenter"],
  ["const rgiEmojiRegex = /^\\p{RGI_Emoji}$/v;", "test", "rgiEmojiRegex"],
];
const widthOnUse = {
  name: "width-on-use",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]string-width[\\/]index\.js$/ }, ({ path: file }) => {
      let contents = readFileSync(file, "utf8");
      if (!contents.includes(LAZILY[0][0])) throw new Error(`${file} is not as known: look at widthOnUse`);
      for (const [eager, method, name] of LAZILY) {
        const made = eager.slice(eager.indexOf("=") + 2, -1);
        const lazy = `let ${name}Made; const ${name} = { ${method}: (text) => (${name}Made ??= ${made}).${method}(text) };`;
        contents = contents.replace(eager, () => lazy);
      }
      return { contents, loader: "js" };
    });
  },
};

rmSync(path.join(root, "dist"), { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: [
    "authoring/index.ts",
    "authoring/jsx-runtime.ts",
    "authoring/tools.ts",
    "plan/index.ts",
    "compiler/index.ts",
    "runtime/index.ts",
    "testing/index.ts",
    "cli/main.ts",
  ].filter((entry) => existsSync(path.join(root, entry))),
  outdir: "dist",
  outbase: ".",
  bundle: true,
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  format: "esm",
  platform: "node",
  target: "node20",
  sourcemap: "linked",
  // Half the bytes to parse at every start; names stay as they are.
  minifySyntax: true,
  minifyWhitespace: true,
  // Loaded lazily, or with files of their own beside their code.
  external: [
    ...["ts-morph", "esbuild", "sql.js", "sql.js/*", "@anthropic-ai/sdk", "@mdx-js/mdx", "typescript"],
    // CommonJS: a bundle that imports it lazily would find all its names under `default`.
    ...["yaml", "yauzl", "yazl"],
  ],
  // Some bundled packages are CommonJS and ask for Node's modules by `require`.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);',
  },
  logLevel: "warning",
  plugins: [widthOnUse],
  metafile: true,
});

// A third of a megabyte to read at every start, and nothing uses them: `import { z }` keeps all of Zod, `import * as z`
// what is used.
for (const { inputs } of Object.values(metafile.outputs)) {
  const language = Object.keys(inputs).find((input) => /zod\/v4\/locales\/(?!en\.js)/.test(input));
  if (language !== undefined && inputs[language].bytesInOutput > 0)
    throw new Error(`the bundle holds ${language}: write \`import * as z from "zod"\` where it comes in`);
}

const tsc = path.join(path.dirname(require.resolve("typescript/package.json")), "bin/tsc");
execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
for (const file of ["plan/plan.schema.json", "cli/smithers.schema.json"]) {
  if (existsSync(path.join(root, file))) copyFileSync(path.join(root, file), path.join(root, "dist", file));
}

// The worker process runs these files as they stand, from the sources as well.
const worker = "runtime/executors/compute/worker";
cpSync(path.join(root, worker), path.join(root, "dist", worker), { recursive: true });

const main = path.join(root, "dist/cli/main.js");
const modules = path.join(root, "node_modules");
if (existsSync(main) && existsSync(modules)) {
  chmodSync(main, 0o755);
  if (process.platform !== "win32") {
    mkdirSync(path.join(modules, ".bin"), { recursive: true });
    rmSync(path.join(modules, ".bin/smithers"), { force: true });
    symlinkSync("../../dist/cli/main.js", path.join(modules, ".bin/smithers"));
  }
}
