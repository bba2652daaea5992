/**
 * What runs programs, and which parts of a call of it a shell reads as program text. Arguments of a program that is no shell
 * are none of them, nor are the holes of a template whose tag quotes them (zx, Bun, execa): but what stands behind `sh -c`
 * is a program whoever quotes it.
 */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import type { External, Value } from "../3-evaluate/value.ts";

export type Part = Surface.Expr | Core.Spread<Surface.Extra>;

export interface Program {
  /** `execSync`. */
  readonly name: string;
  /** Made with settings that ask for a shell: `$({ shell: true })`. */
  readonly shell?: true;
}

/** What else is known of expressions. */
export interface Known {
  /** The program that a callee is; null for other callees. */
  program(callee: Surface.Expr): Program | null;
  /** The text that an expression certainly is. */
  text(node: Surface.Expr): string | undefined;
}

/** Reaches a shell with its first argument. */
const SHELLS: ReadonlySet<string> = new Set(["exec", "execSync", "execaCommand", "execaCommandSync"]);
/** Reaches one where its options say so, or where the program is one. */
const PROGRAMS: ReadonlySet<string> = new Set([
  ...["spawn", "spawnSync", "execFile", "execFileSync", "execa", "execaSync", "execaNode", "$"],
]);
const FROM = /^(node:child_process|child_process|execa|zx|bun|shelljs)$/;
const POSIX = /^(.*[/\\])?(sh|bash|zsh|dash|ksh|ash|fish)(\.exe)?$/;
const WINDOWS = /^(.*[/\\])?(cmd|powershell|pwsh)(\.exe)?$/i;
const POSIX_FLAG = /^-\w*c$/;
const WINDOWS_FLAG = /^(\/[ck]|-c|-command)$/i;

/** The program that a value is, or that its member at `path` is: `execSync` for `cp.execSync`, `exec` for `promisify(exec)`. */
export function programOf(value: Value | undefined, path: readonly string[] = []): Program | null {
  if (value?.type === "External") {
    const names = [...value.path, ...path].filter((part) => part !== "default");
    const name = names.findLast((part, n) => part !== "sync" || n === 0) ?? "";
    return FROM.test(value.from) && (SHELLS.has(name) || PROGRAMS.has(name)) ? { name } : null;
  }
  return value?.type === "Instance" && isPromisify(value.callee) ? programOf(value.args[0]) : null;
}

export const isPromisify = (callee: Value | undefined): boolean =>
  callee?.type === "External" && callee.path.at(-1) === "promisify";

/** Globals of runtimes and of `zx/globals`, where nothing of the source has their name. */
export function globalProgram(name: string): External | undefined {
  const span = { file: 0, start: 0, end: 0 };
  if (name === "Bun") return { type: "External", from: "bun", path: [], span };
  return name === "$" ? { type: "External", from: "zx", path: ["$"], span } : undefined;
}

/** The parts of a call that a shell reads as program text, with the program that runs it. */
export function shellText(
  node: Core.Call<Surface.Extra>,
  known: Known,
): { readonly by: string; readonly parts: readonly Part[] } | null {
  const program = known.program(node.callee) ?? withSettings(node.callee, known);
  if (!program) return null;
  return { by: program.name, parts: partsOf(program, node, known) };
}

/** `$({ shell: true })`, `execa({ … })`: the same program with settings. */
function withSettings(callee: Surface.Expr, known: Known): Program | null {
  if (callee.type !== "Call") return null;
  const program = known.program(callee.callee);
  const [settings, ...more] = callee.args;
  if (!program || settings?.type !== "Object" || more.length > 0) return null;
  return asksForShell(settings) ? { ...program, shell: true } : program;
}

function partsOf(program: Program, node: Core.Call<Surface.Extra>, known: Known): readonly Part[] {
  const { args } = node;
  const texts = quoted(args);
  if (texts) return holesRead(program, texts, args.slice(1));
  const [first, second] = args;
  if (!first) return [];
  if (SHELLS.has(program.name)) return [first];
  if (args.some((arg) => arg.type === "Object" && asksForShell(arg)))
    return args.filter((arg) => arg.type !== "Object");
  const list = first.type === "Object" ? propOf(first, "cmd") : first;
  // Bun takes the whole command as one list.
  if (list?.type === "Array") return behindShell(list.elements, known);
  if (first.type === "Spread" || first.type === "Object") return [];
  if (second?.type === "Array") return behindShell([first, ...second.elements], known);
  return second && second.type !== "Object" && shellKind(first, known) ? [second] : [];
}

/** What in a command with its arguments is program text: behind `sh -c`, wherever it stands (`sudo sh -c`, `docker exec x sh -c`). */
function behindShell(words: readonly (Part | null)[], known: Known): readonly Part[] {
  const found: Part[] = [];
  words.forEach((word, n) => {
    const kind = word && word.type !== "Spread" ? shellKind(word, known) : null;
    if (!kind) return;
    const rest = words.slice(n + 1);
    const flag = flagIn(rest, kind, known);
    // Without a flag the rest may still bring one where it is spread.
    const read =
      flag < 0
        ? rest.filter((x) => x?.type === "Spread")
        : kind === "posix"
          ? rest.slice(flag + 1, flag + 2)
          : rest.slice(flag + 1);
    for (const part of read) if (part) found.push(part);
  });
  return found;
}

/** Where the flag stands behind which a shell is given its program; -1 where a script comes first, or none. */
function flagIn(words: readonly (Part | null)[], kind: "posix" | "windows", known: Known): number {
  let before = "";
  for (const [n, word] of words.entries()) {
    const text = word && word.type !== "Spread" ? known.text(word) : undefined;
    if (text === undefined) return -1;
    if ((kind === "posix" ? POSIX_FLAG : WINDOWS_FLAG).test(text)) return n;
    // `-o pipefail`
    if (kind === "posix" && !/^[-+]/.test(text) && !/^[-+]\w*o$/i.test(before)) return -1;
    before = text;
  }
  return -1;
}

function shellKind(node: Surface.Expr, known: Known): "posix" | "windows" | null {
  switch (node.type) {
    case "Logical":
      return shellKind(node.left, known) ?? shellKind(node.right, known);
    case "Conditional":
      return shellKind(node.then, known) ?? shellKind(node.else, known);
    case "Member":
      if (node.property === "SHELL") return "posix";
      return node.property === "ComSpec" || node.property === "COMSPEC" ? "windows" : null;
    default: {
      const text = known.text(node);
      if (text === undefined) return null;
      return POSIX.test(text) ? "posix" : WINDOWS.test(text) ? "windows" : null;
    }
  }
}

/** The texts of a tagged template, as phase 1 hands them to the tag; null for another call. */
function quoted(args: readonly Part[]): readonly string[] | null {
  const [first] = args;
  if (first?.type !== "Array" || first.elements.length !== args.length) return null;
  const texts = first.elements.map((x) => (x?.type === "Literal" ? x.value : null));
  return texts.every((text) => typeof text === "string") ? texts : null;
}

/** The holes of a template that are program text although its tag quotes what they hold. */
function holesRead(program: Program, texts: readonly string[], holes: readonly Part[]): readonly Part[] {
  if (program.shell || SHELLS.has(program.name)) return holes;
  return holes.flatMap((hole, n): readonly Part[] => {
    // Bun takes `{ raw }` as it is.
    const raw = hole.type === "Object" ? propOf(hole, "raw") : undefined;
    if (raw) return [raw];
    return endsInProgram(texts.slice(0, n + 1).join("x")) ? [hole] : [];
  });
}

const SHELL_WORDS =
  /(?:^|[\s|;&(/])(?:sh|bash|zsh|dash|ksh|ash|fish)(?:\s+[-+]\w+(?:(?<=o)\s+\w+)?)*?\s+-\w*c(?=\s|$)/gi;
const WINDOWS_WORDS =
  /(?:^|[\s|;&(/\\])(?:cmd(?:\.exe)?\s+\/[ck]|(?:powershell|pwsh)(?:\.exe)?\s+-c(?:ommand)?)(?=\s|$)/i;

/** Whether what follows a text of a shell is read as a program: of `sh -c` its next word, of `eval` and Windows all words. */
function endsInProgram(text: string): boolean {
  if (WINDOWS_WORDS.test(text) || /(?:^|[\s|;&(])eval\s[^|;&\n]*$/.test(text)) return true;
  return [...text.matchAll(SHELL_WORDS)].some((match) => {
    const rest = text.slice(match.index + match[0].length).trimStart();
    const quote = /^["']/.exec(rest)?.[0];
    return quote ? !rest.slice(1).includes(quote) : !/\s/.test(rest);
  });
}

function propOf(node: Core.ObjectExpr<Surface.Extra>, name: string): Surface.Expr | undefined {
  const found = node.props.find((prop) => prop.type === "Property" && prop.key === name);
  return found?.type === "Property" ? found.value : undefined;
}

function asksForShell(options: Core.ObjectExpr<Surface.Extra>): boolean {
  const shell = propOf(options, "shell");
  return shell?.type === "Literal" && Boolean(shell.value);
}
