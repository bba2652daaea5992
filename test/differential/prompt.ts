/** A prompt file both ways: as the template that the plan would hold, and as `@mdx-js/mdx` and a JavaScript engine run it. */
import { readFileSync } from "node:fs";
import { build } from "esbuild";
import type { Random } from "../../cli/twin/random.ts";
import type { Diagnostic } from "../../compiler/diagnostics.ts";
import { nodeHost } from "../../compiler/host.ts";
import { bind } from "../../compiler/phases/2-bind/bind.ts";
import { newEvaluation } from "../../compiler/phases/3-evaluate/state.ts";
import { SyntaxEnvironments } from "../../compiler/phases/3-evaluate/syntax-environment.ts";
import { lowerPrompts } from "../../compiler/phases/4-lower/prompts.ts";
import type { Expr } from "../../plan/core/ast.ts";
import { compileExpr, parseExpr, printLines } from "../../plan/core/index.ts";
import type { Env, Value } from "../../plan/core/values.ts";
import { createElement, FRAGMENT, promptText } from "./direct.ts";
import { mdxSource } from "./markdown.ts";

type Props = Record<string, unknown>;
export type Render = (props: Props) => string;

export interface LoweredPrompt {
  readonly render: Render | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** The prompt as the compiler reads it. Every template goes through its printed form. */
export async function compiledPrompt(file: string, root: string): Promise<LoweredPrompt> {
  const graph = await bind(nodeHost(), root, file);
  if (!graph.entry) return { render: null, diagnostics: graph.problems };
  const ev = newEvaluation(
    graph.resolve,
    graph.library,
    graph.files,
    new SyntaxEnvironments(graph.resolve, graph.modules),
  );
  const span = { file: 0, start: 0, end: 0 };
  ev.prompts.set("it", { type: "Prompt", path: graph.entry.path, module: graph.entry, span });
  const prompts = lowerPrompts(ev);
  const diagnostics = [...graph.problems, ...ev.diagnostics];
  if (diagnostics.some((d) => d.severity === "error")) return { render: null, diagnostics };
  const printed = (expr: Expr): Expr => parseExpr([printLines(expr)].flat().join("\n"));
  const names = new Map<string, Expr>([...ev.constants, ...ev.functions]);
  for (const [name, { template }] of prompts)
    names.set(`prompt:${name}`, {
      type: "Arrow",
      params: [{ type: "Name", name: "props" }],
      body: template,
    });
  const values = new Map<string, Value>();
  const env: Env = {
    name(name) {
      const expr = names.get(name);
      if (!expr) return undefined;
      if (!values.has(name)) values.set(name, compileExpr(printed(expr)).evaluate(env));
      return values.get(name);
    },
  };
  const whole = compileExpr(parseExpr("text(prompt('it', given))"));
  return {
    diagnostics,
    render: (props) =>
      String(
        whole.evaluate({
          name: (name, reader) => (name === "given" ? (props as Value) : env.name(name, reader)),
        }),
      ),
  };
}

/** The prompt as its own code gives it. */
export async function directPrompt(file: string): Promise<Render> {
  const built = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: "cjs",
    platform: "node",
    jsx: "transform",
    jsxFactory: "__element",
    jsxFragment: "__fragment",
    tsconfigRaw: {
      compilerOptions: { jsx: "react", jsxFactory: "__element", jsxFragmentFactory: "__fragment" },
    },
    logLevel: "silent",
    plugins: [
      {
        name: "prompts",
        setup(at) {
          at.onLoad({ filter: /\.mdx?$/ }, async (x) => ({
            contents: await mdxSource(readFileSync(x.path, "utf8")),
            loader: "jsx",
          }));
        },
      },
    ],
  });
  const module: { exports: { default?: unknown } } = { exports: {} };
  new Function("module", "exports", "__element", "__fragment", built.outputFiles[0]!.text)(
    module,
    module.exports,
    createElement,
    FRAGMENT,
  );
  return (props) => promptText(createElement(module.exports.default, props));
}

const WORDS = ["alpha", "beta gamma", "", "x & y < z", "*star*", "{brace}"];
/** Props of the repository's own prompts; other files have those that their text names. */
const USUAL = ["title", "name", "count", "items", "tags", "data", "flag", "note"];

/** Props for whatever a prompt's text reads, by the look of how it is used. */
export function sampleProps(file: string, next: Random): Props {
  const text = readFileSync(file, "utf8");
  const names = new Set([...USUAL, ...[...text.matchAll(/\bprops\??\.(\w+)/g)].map((x) => x[1]!)]);
  names.delete("children");
  const below = (n: number): number => Math.floor(next() * n);
  const word = (): string => WORDS[below(WORDS.length)]!;
  const item = (): Props => ({ id: word(), label: word(), name: word(), done: below(2) === 0 });
  const many = <T>(make: () => T): T[] => Array.from({ length: below(4) }, make);
  const props: Props = {};
  for (const name of names) {
    const isList =
      name === "items" ||
      name === "tags" ||
      new RegExp(`props\\??\\.${name}\\??\\.(map|join|length|filter|slice|flatMap|some|every)\\b`).test(text);
    if (name === "count") props[name] = below(6);
    else if (name === "flag") props[name] = below(2) === 0;
    else if (name === "data") props[name] = { a: word(), list: many(word), deep: { n: below(9) } };
    else if (isList)
      props[name] =
        new RegExp(`${name}\\??\\.join|tags`).test(text) && name !== "items" ? many(word) : many(item);
    else if (USUAL.includes(name) || below(4) > 0)
      props[name] = name === "note" && below(2) ? undefined : word();
    else props[name] = [below(100), item(), null, undefined][below(4)];
  }
  return props;
}
