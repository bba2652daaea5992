/**
 * The other side of the comparison: the same source run by the JavaScript engine, under a JSX runtime of a few lines.
 * Nothing here is shared with the compiler.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import * as url from "node:url";
import { build, transform } from "esbuild";
import { ts } from "ts-morph";
import * as zod from "zod";
import { PATTERNS_SOURCE } from "../../compiler/library.gen.ts";
import { fsOf, OS, PATH, PROCESS, StillDate, withoutMeta } from "./machine.ts";
import { LINE, mdxSource, tagText } from "./markdown.ts";
import type { Frame, Mounted } from "./tree.ts";

export interface Element {
  readonly isElement: true;
  readonly type: unknown;
  readonly props: Record<string, unknown>;
  readonly key: unknown;
}

export interface Store {
  readonly [table: string]: readonly Record<string, unknown>[];
}

export interface Program {
  readonly schemas: Record<string, unknown>;
  /** `loops` says where in its loops the frame is; without, everything is in its first iteration. */
  frame(input: unknown, store: Store, loops?: Loops): Frame;
}

/** What a frame has to know of loops. Rows may carry their place as a hidden `at`: iterations, outermost first. */
export interface Loops {
  /** What `ctx.iteration` gives. */
  readonly iteration: number;
  readonly iterations: Readonly<Record<string, number>>;
  iterationOf(loop: string, place: Place): number;
  /** The row that `deps` gives a task at `place`. */
  dep(table: string, nodeId: string, place: Place): Record<string, unknown> | undefined;
}

export type Place = readonly { readonly id: string; readonly iteration: number }[];

class Missing extends Error {}

export const FRAGMENT = { kind: "Fragment" };
const KINDS = [
  "Workflow",
  "Task",
  "Sequence",
  "Parallel",
  "Branch",
  "If",
  "Each",
  "Loop",
  "Ralph",
  "While",
  "Approval",
  "MergeQueue",
  "Worktree",
  "Aspects",
  "Timer",
  "WaitForEvent",
  "Signal",
  "HumanTask",
  "ContinueAsNew",
  "TryCatchFinally",
  "Saga",
  "Switch",
  "Case",
  "Default",
  "Phase",
  "Step",
  "Stop",
  "End",
];

export function createElement(
  type: unknown,
  given: Record<string, unknown> | null,
  ...children: unknown[]
): Element {
  const { key, ...props } = given ?? {};
  if (children.length) props.children = children.length === 1 ? children[0] : children;
  return { isElement: true, type, props, key };
}

const isElement = (x: unknown): x is Element => typeof x === "object" && x !== null && "isElement" in x;

const CLI: ReadonlySet<string> = new Set(["ClaudeCodeAgent", "CodexAgent", "GeminiAgent"]);

/** What a command-line agent keeps of its options. */
function keptOptions(options: unknown): Record<string, unknown> {
  const { id, model, systemPrompt, instructions, cwd, env, yolo, timeoutMs } = (options ?? {}) as Record<
    string,
    unknown
  >;
  return { id, model, systemPrompt: systemPrompt ?? instructions, cwd, env, yolo: yolo ?? true, timeoutMs };
}

/** What an agent is compared by: its class and options. */
class Agent {
  readonly className: string;
  readonly options: unknown;
  constructor(className: string, options: unknown) {
    this.className = className;
    this.options = options;
    if (CLI.has(className)) Object.assign(this, keptOptions(options));
  }
  generate(): never {
    throw new Error("an agent is called while the workflow is rendered");
  }
}

interface Definition {
  readonly run: (ctx: unknown) => unknown;
}

/** Loads a workflow file of the project at `root`, by default the file's own folder. */
export async function load(file: string, root = path.dirname(path.resolve(file))): Promise<Program> {
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
        name: "parts",
        setup(at) {
          at.onLoad({ filter: /\.mdx?$/ }, async (x) => ({
            contents: await mdxSource(readFileSync(x.path, "utf8")),
            loader: "jsx",
          }));
          at.onLoad({ filter: /\.[jt]sx?$/ }, (x) => ({
            // The module is no async one here; what a compute function imports is never asked for.
            contents: withoutMeta(readFileSync(x.path, "utf8"), x.path, root).replace(
              /\bawait import\(/g,
              "require(",
            ),
            loader: /\.tsx?$/.test(x.path) ? "tsx" : "jsx",
          }));
          at.onResolve({ filter: /^[^./]/ }, async (x) => {
            if (x.kind === "entry-point") return undefined;
            const target = aliasOf(x.path, path.dirname(x.importer));
            if (target === undefined) return { path: x.path, external: true };
            return at.resolve(target, { kind: x.kind, resolveDir: path.dirname(x.importer) });
          });
        },
      },
    ],
  });
  let schemas: Record<string, unknown> = {};
  let current: unknown;
  const components: Record<string, { kind: string; Step?: unknown }> = Object.fromEntries(
    KINDS.map((kind) => [kind, { kind }]),
  );
  components.Saga = { kind: "Saga", Step: { kind: "Saga.Step" } };
  const library: Record<string, unknown> = {
    ...components,
    Fragment: FRAGMENT,
    UI: () => null,
    TUI: () => null,
    useCtx: () => current,
    createSmithers: (tables: Record<string, unknown>) => {
      // Of a schema under two keys, each key keeps its own (COMPILER 15).
      const seen = new Set<unknown>();
      schemas = Object.fromEntries(
        Object.entries(tables).map(([name, schema]) => {
          const again = seen.has(schema);
          seen.add(schema);
          return [name, again ? (schema as zod.ZodType).clone() : schema];
        }),
      );
      return {
        ...components,
        outputs: schemas,
        tables: schemas,
        useCtx: () => current,
        smithers: (run: Definition["run"]): Definition => ({ run }),
      };
    },
  };
  const patterns = await loadPatterns(library);
  Object.assign(library, patterns);
  Object.assign(components, patterns);
  const classes = new Map<string, unknown>();
  const packageOf = (name: string): unknown =>
    new Proxy(function external() {}, {
      apply: () => new Proxy({}, { get: (_, key) => (key === "toJSON" ? () => "(external)" : undefined) }),
      get(target, key) {
        if (typeof key !== "string" || key === "then" || key === "prototype") return Reflect.get(target, key);
        if (key === "__esModule") return true;
        const id = `${name}#${key}`;
        const made = classes.get(id) ?? agentClass(key);
        classes.set(id, made);
        return made;
      },
    });
  const require = (name: string): unknown => {
    if (/^(smithers|smthrs)(-orchestrator)?(\/|$)/.test(name))
      return new Proxy(library, {
        get: (target, key) => Reflect.get(target, key) ?? Reflect.get(packageOf(name) as object, key),
      });
    if (/^zod(\/|$)/.test(name)) return zod;
    if (/^(node:)?os$/.test(name)) return OS;
    if (/^(node:)?path$/.test(name)) return PATH;
    if (/^(node:)?url$/.test(name)) return url;
    if (/^(node:)?fs$/.test(name)) return fsOf(root);
    return packageOf(name);
  };
  const module: { exports: { default?: Definition } } = { exports: {} };
  const code = built.outputFiles[0]!.text;
  new Function("module", "exports", "require", "__element", "__fragment", "process", "Date", code)(
    module,
    module.exports,
    require,
    createElement,
    FRAGMENT,
    PROCESS,
    StillDate,
  );
  const definition = module.exports.default;
  if (!definition) throw new Error(`${file} exports no workflow`);
  const tableName = (table: unknown): unknown =>
    typeof table === "string" ? table : Object.entries(schemas).find(([, schema]) => schema === table)?.[0];
  return {
    schemas,
    frame(input, store, loops) {
      const ctx = context(input, store, tableName, loops);
      current = ctx;
      try {
        const tree: Mounted[] = [];
        const schemaOf: Table = (table) => schemas[String(tableName(table))];
        render(definition.run(ctx), tree, { ctx, tableName, schemaOf, loops, place: [] });
        return { type: "tree", tree, waiting: false };
      } catch (error) {
        if (error instanceof Missing) return { type: "waiting" };
        return { type: "threw", message: error instanceof Error ? error.message : String(error) };
      }
    },
  };
}

/** Where a specifier points by the `paths` of the nearest tsconfig.json; undefined for a package's. */
function aliasOf(specifier: string, folder: string): string | undefined {
  if (/^(smithers|zod)/.test(specifier)) return undefined;
  const config = path.join(folder, "tsconfig.json");
  if (!existsSync(config)) {
    const above = path.dirname(folder);
    return above === folder ? undefined : aliasOf(specifier, above);
  }
  const { config: read } = ts.parseConfigFileTextToJson(config, readFileSync(config, "utf8")) as {
    readonly config?: { readonly compilerOptions?: CompilerOptions };
  };
  const { baseUrl = ".", paths = {} } = read?.compilerOptions ?? {};
  for (const [pattern, [target]] of Object.entries(paths)) {
    const [head = "", tail] = pattern.split("*");
    if (tail === undefined ? specifier !== pattern : !specifier.startsWith(head)) continue;
    return path.resolve(folder, baseUrl, target!.replace("*", specifier.slice(head.length)));
  }
  return undefined;
}

interface CompilerOptions {
  readonly baseUrl?: string;
  readonly paths?: { readonly [pattern: string]: readonly string[] };
}

/** The library's own components, run by the engine as the compiler reads them. */
async function loadPatterns(library: Record<string, unknown>): Promise<Record<string, unknown>> {
  const { code } = await transform(PATTERNS_SOURCE, {
    loader: "jsx",
    format: "cjs",
    jsx: "transform",
    jsxFactory: "__element",
    jsxFragment: "__fragment",
  });
  const internals = {
    isAgent: (x: unknown) =>
      x instanceof Agent || Array.isArray(x) || (typeof x === "object" && x !== null && "generate" in x),
    each: (list: unknown[], fn: (item: unknown, n: number) => unknown) => list.map((item, n) => fn(item, n)),
    foldRight: (list: unknown[], fn: (made: unknown, item: unknown, n: number) => unknown, start: unknown) =>
      list.reduceRight((made, item, n) => fn(made, item, n), start),
    entriesOf: (x: object) => Object.entries(x),
    record: (list: unknown[], fn: (item: unknown, n: number) => [string, unknown]) =>
      Object.fromEntries(list.map((item, n) => fn(item, n))),
  };
  const module: { exports: Record<string, unknown> } = { exports: {} };
  const require = (name: string): unknown =>
    name === "smithers/library" ? internals : name === "zod" ? zod : name.startsWith("node:") ? {} : library;
  new Function("module", "exports", "require", "__element", "__fragment", code)(
    module,
    module.exports,
    require,
    createElement,
    FRAGMENT,
  );
  return { ...module.exports };
}

/** An export of a package: a class makes agents, a call gives a value that only its own code understands. */
function agentClass(name: string): unknown {
  return new Proxy(function external() {}, {
    get(target, key) {
      if (key === "toJSON") return () => "(external)";
      if (typeof key !== "string" || key === "prototype") return Reflect.get(target, key);
      return agentClass(`${name}.${key}`);
    },
    construct: (_, [options]) => new Agent(name, options),
    apply: () => new Proxy({}, { get: (_, key) => (key === "toJSON" ? () => "(external)" : undefined) }),
  });
}

type Table = (table: unknown) => unknown;

function context(input: unknown, store: Store, tableName: Table, loops: Loops | undefined) {
  const rows = (table: unknown): readonly Record<string, unknown>[] => store[String(tableName(table))] ?? [];
  const of = (table: unknown, nodeId: string) => rows(table).filter((row) => row.nodeId === nodeId);
  const pick = (table: unknown, { nodeId, iteration }: Key) =>
    highest(of(table, nodeId).filter((row) => iteration === undefined || row.iteration === iteration));
  const strip = (row: Record<string, unknown> | undefined) => {
    if (!row) return undefined;
    const { nodeId: _, iteration: __, ...fields } = row;
    return fields;
  };
  // One object per row and frame, as a runtime that parses a row once.
  const cache = new Map<object, unknown>();
  const once = (row: Record<string, unknown> | undefined): unknown => {
    if (!row) return undefined;
    if (!cache.has(row)) cache.set(row, strip(row));
    return cache.get(row);
  };
  const outputs = Object.assign((table: unknown) => rows(table), store);
  return {
    runId: "run-1",
    iteration: loops?.iteration ?? 0,
    iterations: loops?.iterations ?? {},
    input,
    outputs,
    now: () => 1_700_000_000_000,
    once,
    outputMaybe: (table: unknown, at: Key) => once(pick(table, at)),
    output: (table: unknown, at: Key) => {
      const row = pick(table, at);
      if (!row) throw new Missing(at.nodeId);
      return once(row);
    },
    latest: (table: unknown, nodeId: string) => once(pick(table, { nodeId })),
    latestArray: (value: unknown) => (Array.isArray(value) ? value : value == null ? [] : [value]),
    iterationCount: (table: unknown, nodeId: string) => of(table, nodeId).length,
  };
}

interface Key {
  readonly nodeId: string;
  readonly iteration?: number;
}

type Row = Record<string, unknown>;

export const placeOf = (row: Row): readonly number[] =>
  (row.at as number[] | undefined) ?? [Number(row.iteration)];

/** The row of the latest iteration, by the outermost loop first. */
export function highest(rows: readonly Row[]): Row | undefined {
  return rows.reduce<Row | undefined>((best, row) => {
    if (!best) return row;
    const [a, b] = [placeOf(best), placeOf(row)];
    const level = a.findIndex((n, i) => n !== b[i]);
    return level < 0 || a[level]! <= (b[level] ?? 0) ? row : best;
  }, undefined);
}

interface Rendering {
  readonly loops: Loops | undefined;
  readonly place: Place;
  readonly ctx: ReturnType<typeof context>;
  readonly tableName: Table;
  readonly schemaOf: Table;
}

/** Mounts whatever a component gave. */
function render(x: unknown, out: Mounted[], r: Rendering): void {
  if (x === null || x === undefined || typeof x !== "object") {
    if (typeof x === "function") throw new Error("a function as child");
    return;
  }
  if (Array.isArray(x)) {
    for (const item of x) render(item, out, r);
    return;
  }
  if (!isElement(x)) throw new Error("an object as child");
  const { type, props } = x;
  if (type === FRAGMENT || typeof type === "function") {
    render(type === FRAGMENT ? props.children : (type as (p: unknown) => unknown)(props), out, r);
    return;
  }
  if (typeof type !== "object" || type === null || !("kind" in type)) throw new Error("an unknown element");
  const children: Mounted[] = [];
  switch (String(type.kind)) {
    case "Branch":
      render(props.if ? props.then : props.else, children, r);
      out.push({ kind: "branch", id: null, props: {}, children });
      return;
    case "If":
      render(props.test ? (props.then ?? props.children) : props.else, children, r);
      out.push({ kind: "branch", id: null, props: {}, children });
      return;
    case "Switch":
      render(chosenOf(props), children, r);
      out.push({ kind: "branch", id: null, props: {}, children });
      return;
    case "Phase":
    case "Step": {
      const { id = null, children: inside, skipIf, ...others } = props;
      render(inside, children, r);
      const own = { ...others, skipIf: Boolean(skipIf) };
      out.push({
        kind: String(type.kind).toLowerCase(),
        id: id === null ? null : String(id),
        props: own,
        children,
      });
      return;
    }
    case "Stop":
    case "End":
      out.push(task(x, String(type.kind).toLowerCase(), r));
      return;
    case "Each": {
      const each = props.children as (item: unknown, index: number) => unknown;
      for (const [n, item] of (props.of as unknown[]).entries()) render(each(item, n), out, r);
      return;
    }
    case "Signal": {
      const { children: inside, schema, ...rest } = props;
      const wait = { ...x, props: { ...rest, output: schema, event: props.id } };
      out.push(task(wait, "wait", r));
      const row = r.ctx.outputMaybe(schema, { nodeId: String(props.id) });
      if (inside && row !== undefined) render((inside as (row: unknown) => unknown)(row), out, r);
      return;
    }
    case "WaitForEvent":
      out.push(task(x, "wait", r));
      return;
    case "HumanTask": {
      const { prompt, ...rest } = props;
      const asked = task({ ...x, props: rest }, "human", r);
      out.push({ ...asked, props: { ...asked.props, prompt: promptText(prompt) } });
      return;
    }
    case "Timer": {
      const { until, ...rest } = props;
      out.push(task({ ...x, props: until === undefined ? rest : { ...rest, at: until } }, "timer", r));
      return;
    }
    case "ContinueAsNew":
      out.push({ kind: "continue-as-new", id: null, props: { state: props.state }, children: [] });
      return;
    case "TryCatchFinally": {
      if (props.skipIf) return;
      for (const role of ["try", "catch", "finally"])
        if (props[role]) children.push(part(role, props[role], r));
      const id = props.id === undefined ? null : String(props.id);
      out.push({ kind: "try", id, props: { catchErrors: props.catchErrors }, children });
      return;
    }
    case "Saga": {
      if (props.skipIf) return;
      const given = (props.steps ?? [props.children].flat()) as (Record<string, unknown> | Element)[];
      for (const step of given) {
        const { id, action, compensation, children: inside } = isElement(step) ? step.props : step;
        children.push(part("action", action ?? inside, r, id), part("compensation", compensation, r, id));
      }
      const id = props.id === undefined ? null : String(props.id);
      out.push({ kind: "saga", id, props: { onFailure: props.onFailure }, children });
      return;
    }
    case "Task":
    case "Approval":
      out.push(task(x, String(type.kind).toLowerCase(), r));
      return;
    default: {
      const { id, children: inside, skipIf, ...others } = props;
      if (skipIf) return;
      const name = String(type.kind);
      const kind = ["Ralph", "While"].includes(name) ? "loop" : (KIND_OF[name] ?? name.toLowerCase());
      if (name === "MergeQueue") others.maxConcurrency ??= 1;
      if (kind === "loop") others.until = Boolean(others.until);
      const loop =
        kind === "loop" && r.loops
          ? { id: loopName(id), iteration: r.loops.iterationOf(loopName(id), r.place) }
          : undefined;
      render(inside, children, loop ? { ...r, place: [...r.place, loop] } : r);
      out.push({ kind, id: id === undefined || id === null ? null : String(id), props: others, children });
    }
  }
}

/** What a switch shows: of the first case that has the value, else of the default. */
function chosenOf({ on, cases, default: otherwise, children }: Record<string, unknown>): unknown {
  const table = (cases ?? {}) as Record<string, unknown>;
  if (Object.hasOwn(table, String(on))) return table[String(on)];
  const parts = [children].flat(2).filter(isElement);
  const isOf = (kind: string) => (part: Element) => (part.type as { kind?: string }).kind === kind;
  const chosen = parts.filter(isOf("Case")).find(({ props }) => [props.when].flat().includes(on));
  return (chosen ?? parts.find(isOf("Default")))?.props.children ?? (chosen ? undefined : otherwise);
}

/** What a loop without an id is called by a run of the source. */
export const loopName = (id: unknown): string => (id === undefined || id === null ? "(unnamed)" : String(id));

const KIND_OF: Record<string, string> = { MergeQueue: "parallel" };

/** A part of a try or a saga. */
function part(role: string, content: unknown, r: Rendering, step?: unknown): Mounted {
  const children: Mounted[] = [];
  render(content, children, r);
  return { kind: "sequence", id: null, props: { role, step }, children };
}

/** Props that another prop of the plan stands for. */
function asFields(element: Element, r: Rendering): Record<string, unknown> {
  const {
    fallbackAgent,
    noRetry,
    sideEffect: _effect,
    outputSchema: _,
    heartbeatTimeout,
    ...props
  } = element.props;
  if (noRetry) props.retries = 0;
  if (heartbeatTimeout !== undefined) props.heartbeatTimeoutMs = heartbeatTimeout;
  // What is falsy is no agent, and then the one that would follow is none either.
  if (!props.agent) delete props.agent;
  else if (fallbackAgent) props.agent = [props.agent, fallbackAgent].flat();
  for (const name of ["cache", "autoApprove"])
    if (typeof props[name] === "object" && props[name] !== null)
      props[name] = Object.fromEntries(
        Object.entries(props[name] as Record<string, unknown>).map(([key, value]) => [
          key,
          typeof value === "function" ? value(r.ctx) : value,
        ]),
      );
  if (props.mode === "decision" || props.mode === "approve") delete props.mode;
  const { metadata, ...request } = (props.request ?? {}) as Record<string, unknown>;
  if (metadata) props.meta = { ...metadata, ...(props.meta as object | undefined) };
  return props.request ? { ...props, request } : props;
}

function task(element: Element, kind: string, r: Rendering): Mounted {
  const { id, children, agent, output, deps, request, depsOptional, ...others } = asFields(element, r);
  const props: Record<string, unknown> = { ...others, skipIf: Boolean(others.skipIf) };
  if (agent !== undefined && agent !== null) props.agent = agentText(agent);
  if (output !== undefined) props.output = r.tableName(output);
  let given: Record<string, unknown> | undefined;
  if (deps) {
    given = {};
    const names: Record<string, unknown> = {};
    for (const [key, table] of Object.entries(deps as Record<string, unknown>)) {
      names[key] = r.tableName(table);
      const nodeId = (props.needs as Record<string, string> | undefined)?.[key] ?? key;
      const row = r.loops
        ? r.ctx.once(r.loops.dep(String(r.tableName(table)), nodeId, r.place))
        : r.ctx.outputMaybe(table, { nodeId });
      if (row === undefined && !depsOptional) props.blocked = true;
      if (row !== undefined || !depsOptional) given[key] = row;
    }
    props.deps = names;
  }
  if (request) Object.assign(props, request);
  const isCode = typeof children === "function" && children.constructor.name === "AsyncFunction";
  if (isCode && deps && props.agent === undefined) props.compute = true;
  else if (!props.blocked) child(children, given, props, "children" in element.props, r.schemaOf(output));
  return { kind, id: id === undefined || id === null ? null : String(id), props, children: [] };
}

function child(
  children: unknown,
  deps: Record<string, unknown> | undefined,
  props: Record<string, unknown>,
  given: boolean,
  schema: unknown,
): void {
  const isFunction = typeof children === "function";
  const hasAgent = props.agent !== undefined;
  const value =
    isFunction && (hasAgent || deps) ? (children as (x: unknown) => unknown)(deps ?? {}) : children;
  if (hasAgent) {
    if (value !== undefined) props.prompt = promptText(told(value, schema));
    else if (given) props.prompt = "";
  } else if (typeof value === "function") props.compute = true;
  else if (value !== undefined && value !== null) props.payload = payload(value);
}

/** The one element that is a task's prompt knows the output, unless it is told otherwise. */
function told(value: unknown, schema: unknown): unknown {
  if (!isElement(value) || typeof value.type !== "function" || !schema || "schema" in value.props)
    return value;
  return { ...value, props: { ...value.props, schema: JSON.stringify(sample(schema), null, 2) } };
}

interface Sampled {
  readonly description?: string;
  readonly shape?: Record<string, unknown>;
  readonly def: { type: string; element?: unknown; entries?: object; innerType?: unknown; in?: unknown };
}

function sample(given: unknown): unknown {
  const { def, description, shape } = given as Sampled;
  if (def.type === "object")
    return Object.fromEntries(Object.entries(shape ?? {}).map(([key, field]) => [key, sample(field)]));
  if (def.type === "array") return [sample(def.element)];
  if (def.type === "optional" || def.type === "nullable") return sample(def.innerType);
  if (def.type === "enum") return Object.keys(def.entries ?? {})[0];
  if (def.type === "number") return 0;
  if (def.type === "boolean") return false;
  return description || (def.type === "string" ? "string" : "value");
}

function payload(value: unknown): unknown {
  const markup = isElement(value) || (Array.isArray(value) && value.some(isElement));
  return markup ? promptText(value) : JSON.parse(JSON.stringify(value));
}

function agentText(agent: unknown): unknown {
  if (Array.isArray(agent)) return agent.filter(Boolean).map(agentText);
  if (agent instanceof Agent) return `${agent.className} ${JSON.stringify(agent.options)}`;
  if (typeof agent === "object" && agent !== null && "generate" in agent) return "a plain agent";
  return "no agent";
}

/** DESIGN §4, prompts: one string or number is exact; the rest is joined, shortened, trimmed. */
export function promptText(children: unknown): string {
  if (typeof children === "string") return children;
  if (typeof children === "number") return String(children);
  return textOf(children)
    .replaceAll(LINE, "\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

function textOf(x: unknown): string {
  if (x === null || x === undefined || typeof x === "boolean") return "";
  if (typeof x === "string" || typeof x === "number") return String(x);
  if (Array.isArray(x)) {
    const isData =
      x.length > 0 &&
      x.every((y) => typeof y === "object" && y !== null && !Array.isArray(y) && !isElement(y));
    return isData ? JSON.stringify(x, null, 2) : x.map(textOf).join("");
  }
  if (!isElement(x)) return JSON.stringify(x, null, 2);
  const { type, props } = x;
  if (type === FRAGMENT) return textOf(props.children);
  if (typeof type === "string") return tagText(type, props, { isElement, part: textOf });
  if (typeof type === "function") return textOf((type as (p: unknown) => unknown)(props));
  throw new Error("an element of the library in a prompt");
}
