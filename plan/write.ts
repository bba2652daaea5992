/**
 * The plan as the file people read in a raw `git diff` (DESIGN §5): fixed key order, two-space JSON, what fits on one
 * line on one line, code one line a line. The canonical bytes of plan/canonical.ts are for hashing only.
 */
import type { Json, Plan } from "./types.ts";

/** Lines aim at this width, as those of the code do. */
const WIDTH = 100;

/**
 * How one kind of object is laid out: the known keys in reading order, each with the layout of its value. Unknown keys
 * follow in their own order. `each` is the layout of every value of a dictionary, whose own order is kept.
 */
interface Layout {
  readonly keys?: { readonly [key: string]: Layout };
  readonly each?: Layout;
  /** Never on one line while it holds anything. */
  readonly open?: true;
  /** On one line however long, always or while it holds no other keys than these. */
  readonly line?: true | ReadonlySet<string>;
}

const plain: Layout = {};
/** Core text or code: an array of it is one line a line, whatever its width. */
const code: Layout = { open: true };
const dynamic: Layout = { keys: { $: code } };
const table: Layout = { each: plain, open: true };
const dynamicTable: Layout = { keys: { $: code }, each: dynamic };

/** A node that says no more than what it is and where is one line, and so is the edit that adds it. */
const BARE: ReadonlySet<string> = new Set(["kind", "parent", "component", "args", "digests"]);

const node: Layout = {
  open: true,
  line: BARE,
  keys: {
    kind: plain,
    parent: plain,
    component: plain,
    if: code,
    else: code,
    each: { keys: { of: code, as: plain, index: plain, all: plain, key: code, if: code } },
    id: dynamic,
    key: dynamic,
    name: dynamic,
    args: plain,
    values: { open: true, each: { keys: { expr: code, reads: plain } } },
    guards: { keys: {}, each: { keys: { if: code, message: dynamic } } },
    role: plain,
    step: dynamic,
    path: dynamic,
    branch: dynamic,
    baseBranch: dynamic,
    tokenBudget: dynamic,
    latencySlo: dynamic,
    costBudget: dynamic,
    tracking: dynamic,
    catchErrors: dynamic,
    onFailure: plain,
    until: code,
    maxIterations: dynamic,
    onMaxReached: plain,
    continueAsNewEvery: dynamic,
    maxConcurrency: dynamic,
    failurePolicy: plain,
    yields: code,
    output: dynamic,
    deps: dynamicTable,
    depsOptional: dynamic,
    needs: dynamicTable,
    dependsOn: dynamic,
    skipIf: code,
    duration: dynamic,
    at: dynamic,
    every: dynamic,
    event: dynamic,
    correlationId: dynamic,
    onTimeout: plain,
    state: dynamic,
    reason: dynamic,
    status: plain,
    agent: dynamic,
    prompt: dynamic,
    maxAttempts: dynamic,
    maxSchemaRetries: dynamic,
    module: plain,
    captures: dynamicTable,
    payload: dynamic,
    workflow: plain,
    input: dynamic,
    result: plain,
    memory: dynamic,
    allowTools: dynamic,
    needsApproval: dynamic,
    sideEffect: plain,
    onResume: plain,
    hijack: dynamic,
    onHijackExit: plain,
    mode: plain,
    title: dynamic,
    summary: dynamic,
    options: dynamic,
    allowedScopes: dynamic,
    allowedUsers: dynamic,
    autoApprove: dynamic,
    onDeny: plain,
    label: dynamic,
    meta: dynamic,
    continueOnFail: dynamic,
    async: dynamic,
    priority: dynamic,
    retries: dynamic,
    retryPolicy: dynamic,
    timeoutMs: dynamic,
    heartbeatTimeoutMs: dynamic,
    cache: dynamic,
    onUnmount: plain,
    onFinished: code,
    onError: code,
    onProgress: code,
    watches: dynamic,
    run: code,
    cleanup: code,
    reads: plain,
    digests: { line: true, keys: { identity: plain, interface: plain, behaviour: plain, policy: plain } },
  },
};

/** All but the workflows that it runs, which are plans themselves. */
const parts: Layout = {
  open: true,
  keys: {
    kind: plain,
    irVersion: plain,
    requires: plain,
    digest: plain,
    integrity: plain,
    workflow: { keys: { name: plain, description: plain } },
    input: plain,
    root: plain,
    nodes: { open: true, each: node },
    constants: { open: true, each: { keys: { value: plain, expr: code } } },
    functions: { open: true, each: code },
    agents: {
      open: true,
      each: { keys: { kind: plain, model: plain, module: plain, instructions: plain, options: plain } },
    },
    prompts: {
      open: true,
      each: { open: true, keys: { source: plain, template: code, digest: plain } },
    },
    modules: {
      open: true,
      each: {
        open: true,
        keys: { captures: plain, externals: plain, digest: plain, artifact: plain, code },
      },
    },
    schemas: {
      open: true,
      each: { open: true, keys: { zod: code, physical: plain, semantic: plain, jsonSchema: plain } },
    },
    capabilities: { keys: { net: plain, env: plain, exec: plain, fs: plain, host: plain } },
    toolchain: plain,
    sources: table,
    spans: plain,
    maps: { open: true, each: plain },
  },
};

const plan: Layout = { ...parts, keys: { ...parts.keys } };
Object.assign(plan.keys as object, { subflows: { open: true, each: plan } });

/**
 * The plan file's text, with a newline at its end. The same plan gives the same bytes whatever order its objects were
 * built in, but for dictionaries (nodes, constants, options …), whose order is kept: it is the document's.
 * `JSON.parse(formatPlan(plan))` equals `plan`.
 */
export function formatPlan(value: Plan): string {
  return `${render(value as unknown as Json, plan, "", 0)}\n`;
}

/** @param before columns that are taken on the first line; `indent` the spaces of the line it stands on. */
function render(value: Json, layout: Layout, indent: string, before: number): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return renderArray(value, layout, indent, before);
  const entries = ordered(value as { readonly [key: string]: Json }, layout);
  if (entries.length === 0) return "{}";
  const { line } = layout;
  const long = line === true || (line && entries.every(([key]) => line.has(key)));
  if (long || !layout.open) {
    const { open: _, ...closed } = layout;
    const text = oneLine(value, closed, long ? Number.POSITIVE_INFINITY : WIDTH - before);
    if (text !== null) return text;
  }
  const inner = `${indent}  `;
  const lines = entries.map(([key, item, itemLayout]) => {
    const head = `${inner}${JSON.stringify(key)}: `;
    return head + render(item, itemLayout, inner, head.length + 1);
  });
  return `{\n${lines.join(",\n")}\n${indent}}`;
}

function renderArray(value: readonly Json[], layout: Layout, indent: string, before: number): string {
  if (value.length === 0) return "[]";
  if (!layout.open) {
    const line = oneLine(value, layout, WIDTH - before);
    if (line !== null) return line;
  }
  const inner = `${indent}  `;
  const items = value.map((item) => inner + render(item, layout.each ?? plain, inner, inner.length + 1));
  return `[\n${items.join(",\n")}\n${indent}]`;
}

/** The value on one line, or null where it takes more than `room` columns or holds lines of code. */
function oneLine(value: Json, layout: Layout, room: number): string | null {
  if (room < 0) return null;
  if (value === null || typeof value !== "object") return fits(JSON.stringify(value), room);
  const array = Array.isArray(value);
  if (layout.open && (array ? value.length > 0 : true)) return null;
  let text = array ? "[" : "{ ";
  let first = true;
  const entries: readonly (readonly [string, Json, Layout])[] = array
    ? value.map((item) => ["", item, layout.each ?? plain] as const)
    : ordered(value as { readonly [key: string]: Json }, layout);
  if (entries.length === 0) return array ? "[]" : "{}";
  for (const [key, item, itemLayout] of entries) {
    if (!first) text += ", ";
    first = false;
    if (!array) text += `${JSON.stringify(key)}: `;
    const line = oneLine(item, itemLayout, room - text.length);
    if (line === null) return null;
    text += line;
  }
  return fits(text + (array ? "]" : " }"), room);
}

function fits(text: string, room: number): string | null {
  return text.length <= room ? text : null;
}

/** Own entries in reading order, absent ones (undefined) left out, each with its layout. */
function ordered(value: { readonly [key: string]: Json }, layout: Layout): [string, Json, Layout][] {
  const keys = layout.keys ?? {};
  const known = Object.keys(keys).filter((key) => Object.hasOwn(value, key));
  const others = Object.keys(value).filter((key) => !Object.hasOwn(keys, key));
  return [...known, ...others]
    .filter((key) => value[key] !== undefined)
    .map((key) => [key, value[key] as Json, (Object.hasOwn(keys, key) ? keys[key] : layout.each) ?? plain]);
}
