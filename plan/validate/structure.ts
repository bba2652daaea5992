/** Types and presence: after this the plan has the shape of plan/types.ts, and references can be followed. */
import { RESERVED_NAMES } from "../core/index.ts";
import { dynamicText, FIELDS, type Field, fieldOf, fieldsIn, NODE_KINDS, type Plain } from "../fields.ts";
import { childPath, itemPath } from "../path.ts";
import type { Node, NodeKind } from "../types.ts";
import { type Problems, show } from "./problems.ts";

type Table = { readonly [key: string]: unknown };

/** Levels of JSON a plan may have; everything that walks one recurses. */
const MAX_DEPTH = 200;

/** Fields that a kind can't be without. */
const WANTED = [
  ["yields", "block", "what it yields"],
  ["path", "worktree", "where it is"],
  ["event", "wait", "what it waits for"],
  ["prompt", "human", "what it asks"],
  ["run", "effect", "what it does"],
  ["workflow", "subflow", "which workflow it runs"],
  ["result", "subflow", "which rows of it are its own"],
  ["name", "phase", "what it is called"],
  ["name", "step", "what it is called"],
  ["reason", "stop", "why it stops"],
] as const satisfies readonly (readonly [string, NodeKind, string])[];

/** When a timer is due. */
const TIMES = ["duration", "at", "every"] as const;

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;
const INTEGER_KEY = /^(?:0|[1-9]\d{0,9})$/;
/** Depth, and the one key that no object may have. Without recursion, so that it can be the first thing done. */
export function checkNesting(json: unknown, problems: Problems): void {
  let level: (readonly [string, unknown])[] = [["", json]];
  for (let depth = 0; level.length > 0; depth++) {
    const below: (readonly [string, unknown])[] = [];
    for (const [path, value] of level) {
      if (typeof value !== "object" || value === null) continue;
      if (depth > MAX_DEPTH) {
        problems.add(path, "limit", `nested deeper than ${MAX_DEPTH} levels`);
        return;
      }
      const isArray = Array.isArray(value);
      for (const key of Object.keys(value)) {
        if (!isArray && key === "__proto__")
          problems.add(childPath(path, key), "name", '"__proto__" may not be a key');
        const item = (value as Table)[key];
        if (typeof item === "object" && item !== null)
          below.push([isArray ? itemPath(path, Number(key)) : childPath(path, key), item]);
      }
    }
    level = below;
  }
}

export function checkStructure(plan: Table, problems: Problems): void {
  new Structure(problems).plan(plan);
}

class Structure {
  readonly problems: Problems;

  constructor(problems: Problems) {
    this.problems = problems;
  }

  plan(plan: Table): void {
    this.digest(plan.digest, "digest");
    this.digest(plan.integrity, "integrity");
    const workflow = this.table(plan.workflow, "workflow");
    if (workflow) {
      this.string(workflow.name, "workflow.name");
      this.optional(workflow.description, "workflow.description", this.string);
    }
    if (plan.input !== null) {
      const input = this.table(plan.input, "input");
      if (input) this.string(input.schema, "input.schema");
    }
    this.entries(plan.schemas, "schemas", (schema, path) => {
      this.code(schema.zod, `${path}.zod`);
      if (schema.jsonSchema === undefined)
        this.problems.add(`${path}.jsonSchema`, "missing", "a JSON Schema is wanted");
      this.digest(schema.physical, `${path}.physical`);
      this.digest(schema.semantic, `${path}.semantic`);
    });
    this.entries(plan.constants, "constants", (constant, path, name) => {
      this.identifier(name, path);
      const has = [constant.value !== undefined, constant.expr !== undefined];
      if (has[0] === has[1]) this.problems.add(path, "conflict", "a constant has either `value` or `expr`");
      else if (has[1]) this.code(constant.expr, `${path}.expr`);
    });
    this.entries(plan.agents, "agents", (agent, path) => {
      this.string(agent.kind, `${path}.kind`);
      for (const field of ["model", "instructions"] as const)
        if (dynamicText(agent[field]) === null) this.optional(agent[field], `${path}.${field}`, this.string);
      this.table(agent.options, `${path}.options`);
      if (agent.kind === "module") this.string(agent.module, `${path}.module`);
    });
    this.entries(plan.prompts, "prompts", (prompt, path) => {
      this.string(prompt.source, `${path}.source`);
      this.code(prompt.template, `${path}.template`);
      this.digest(prompt.digest, `${path}.digest`);
    });
    const functions = this.table(plan.functions, "functions");
    for (const [name, text] of Object.entries(functions ?? {})) {
      const path = childPath("functions", name);
      this.identifier(name, path);
      this.code(text, path);
    }
    this.entries(plan.modules, "modules", (module, path) => {
      this.strings(module.code, `${path}.code`);
      this.strings(module.captures, `${path}.captures`);
      this.stringTable(module.externals, `${path}.externals`);
      this.digest(module.digest, `${path}.digest`);
      this.digest(module.artifact, `${path}.artifact`);
    });
    if (plan.subflows !== undefined)
      // Each is a plan of its own, and checked as one (../validate.ts).
      this.entries(plan.subflows, "subflows", () => {});
    this.string(plan.root, "root");
    this.entries(plan.nodes, "nodes", (node, path, key) => {
      if (INTEGER_KEY.test(key))
        this.problems.add(
          path,
          "name",
          "a key that is a whole number would lose its place in document order",
        );
      this.node(node, path);
    });
    const capabilities = this.table(plan.capabilities, "capabilities");
    if (capabilities)
      for (const name of ["net", "env", "exec", "fs", "host"])
        this.strings(capabilities[name], `capabilities.${name}`);
    this.stringTable(plan.toolchain, "toolchain");
    const sources = this.table(plan.sources, "sources");
    for (const [file, digest] of Object.entries(sources ?? {}))
      this.digest(digest, childPath("sources", file));
    this.string(plan.spans, "spans");
    if (plan.maps !== undefined)
      this.entries(plan.maps, "maps", (map, path) => {
        this.strings(map.sources, `${path}.sources`);
        this.string(map.mappings, `${path}.mappings`);
      });
  }

  private node(node: Table, path: string): void {
    if (!NODE_KINDS.includes(node.kind as NodeKind)) {
      this.problems.add(
        `${path}.kind`,
        "unknown-kind",
        `${show(node.kind)} is none of ${NODE_KINDS.join(", ")}`,
      );
      return;
    }
    const kind = node.kind as NodeKind;
    this.optional(node.parent, `${path}.parent`, this.string);
    this.optional(node.component, `${path}.component`, this.string);
    this.optional(node.reads, `${path}.reads`, this.strings);
    this.optional(node.args, `${path}.args`, this.names);
    this.optional(node.each, `${path}.each`, this.each);
    this.optional(node.values, `${path}.values`, this.values);
    this.optional(node.guards, `${path}.guards`, this.guards);
    const digests = this.table(node.digests, `${path}.digests`);
    if (digests)
      for (const name of ["identity", "interface", "behaviour", "policy"])
        this.digest(digests[name], `${path}.digests.${name}`);
    for (const name of fieldsIn(node as unknown as Node)) {
      if (name.startsWith("each.")) continue;
      const value = fieldOf(node as unknown as Node, name);
      const field: Field = FIELDS[name];
      if (field.kinds.includes(kind)) this.field(value, field, `${path}.${name}`);
      else this.problems.add(`${path}.${name}`, "misplaced", `a ${kind} has no \`${name}\``);
    }
    if (kind === "task") this.task(node, path);
    if (kind === "timer" && TIMES.filter((name) => node[name] !== undefined).length !== 1)
      this.problems.add(path, "conflict", "a timer has exactly one of duration, at and every");
    // Of an approval it is a text.
    if (kind === "approval" && node.summary !== undefined)
      this.dynamic(node.summary, "string", `${path}.summary`);
    for (const [name, of, what] of WANTED)
      if (kind === of && node[name] === undefined)
        this.problems.add(`${path}.${name}`, "missing", `a ${kind} says ${what}`);
  }

  private task(task: Table, path: string): void {
    const has = ["agent", "module", "payload"].filter((name) => task[name] !== undefined);
    if (has.length !== 1)
      this.problems.add(
        path,
        "conflict",
        `a task has exactly one of agent, module, payload; this has ${has.length === 0 ? "none" : has.join(" and ")}`,
      );
    if (task.agent !== undefined && task.prompt === undefined)
      this.problems.add(`${path}.prompt`, "missing", "an agent needs a prompt");
    if (task.agent === undefined && task.prompt !== undefined)
      this.problems.add(`${path}.prompt`, "conflict", "a prompt needs an agent");
    if (task.module === undefined && task.captures !== undefined)
      this.problems.add(`${path}.captures`, "conflict", "captures need a module");
  }

  private field(value: unknown, field: Field, path: string): void {
    switch (field.form) {
      case "core":
        this.code(value, path);
        return;
      case "plain":
        this.plainValue(value, field.plain, path);
        return;
      case "dynamic":
        this.dynamic(value, field.plain, path);
        return;
      case "captures":
        for (const [name, item] of Object.entries(this.table(value, path) ?? {}))
          this.dynamic(item, "json", childPath(path, name));
        return;
      default:
        field satisfies never;
    }
  }

  private dynamic(value: unknown, plain: Plain, path: string): void {
    const text = dynamicText(value);
    if (text !== null) this.code(text, `${path}.$`);
    else this.plainValue(value, plain, path);
  }

  private plainValue(value: unknown, plain: Plain, path: string): void {
    if (typeof plain !== "string") {
      if (!plain.includes(value as string))
        this.problems.add(path, "type", `${plain.map(show).join(" or ")} is wanted, this is ${show(value)}`);
      return;
    }
    switch (plain) {
      case "json":
        return;
      case "string":
        this.string(value, path);
        return;
      case "signed":
        if (typeof value !== "number") this.wanted("a number", value, path);
        return;
      case "boolean":
        if (typeof value !== "boolean") this.wanted("true or false", value, path);
        return;
      case "number":
        if (typeof value !== "number" || !(value >= 0)) this.wanted("a number from 0 up", value, path);
        return;
      case "strings":
        if (typeof value === "string" && path.endsWith(".agent")) return;
        this.strings(value, path);
        return;
      case "table":
        this.stringTable(value, path);
        return;
      case "backoff":
        this.backoff(value, path);
        return;
      default:
        plain satisfies never;
    }
  }

  private backoff(value: unknown, path: string): void {
    const policy = this.table(value, path);
    if (!policy) return;
    if (policy.backoff !== undefined)
      this.plainValue(policy.backoff, ["exponential", "linear", "fixed"], `${path}.backoff`);
    for (const name of ["initialDelayMs", "maxDelayMs"])
      if (policy[name] !== undefined) this.plainValue(policy[name], "number", `${path}.${name}`);
  }

  private each(value: unknown, path: string): void {
    const each = this.table(value, path);
    if (!each) return;
    this.code(each.of, `${path}.of`);
    this.name(each.as, `${path}.as`);
    this.optional(each.index, `${path}.index`, this.name);
    this.optional(each.all, `${path}.all`, this.name);
    this.optional(each.key, `${path}.key`, this.code);
    this.optional(each.if, `${path}.if`, this.code);
  }

  private values(value: unknown, path: string): void {
    this.entries(value, path, (named, at, name) => {
      this.identifier(name, at);
      this.code(named.expr, `${at}.expr`);
      this.strings(named.reads, `${at}.reads`);
    });
  }

  private guards(value: unknown, path: string): void {
    if (!Array.isArray(value)) {
      this.wanted("an array", value, path);
      return;
    }
    value.forEach((item, i) => {
      const guard = this.table(item, itemPath(path, i));
      if (!guard) return;
      this.code(guard.if, `${itemPath(path, i)}.if`);
      this.dynamic(guard.message, "string", `${itemPath(path, i)}.message`);
    });
  }

  private names(value: unknown, path: string): void {
    if (!Array.isArray(value)) {
      this.wanted("an array", value, path);
      return;
    }
    value.forEach((item, i) => {
      this.name(item, itemPath(path, i));
    });
    if (new Set(value).size < value.length) this.problems.add(path, "conflict", "a name stands twice");
  }

  private name(value: unknown, path: string): void {
    if (typeof value !== "string") this.wanted("a name", value, path);
    else this.identifier(value, path);
  }

  private identifier(name: string, path: string): void {
    if (!IDENTIFIER.test(name)) this.problems.add(path, "name", `${show(name)} is not an identifier`);
    else if (name === "ctx" || RESERVED_NAMES.has(name))
      this.problems.add(path, "name", `${show(name)} is a name of Core's own`);
  }

  /** Every entry of a dictionary of objects. */
  private entries(
    value: unknown,
    path: string,
    check: (item: Table, path: string, key: string) => void,
  ): void {
    const table = this.table(value, path);
    if (!table) return;
    for (const key of Object.keys(table)) {
      if (this.problems.full) return;
      const at = childPath(path, key);
      const item = this.table(table[key], at);
      if (item) check(item, at, key);
    }
  }

  private optional(value: unknown, path: string, check: (value: unknown, path: string) => void): void {
    if (value !== undefined) check.call(this, value, path);
  }

  private table(value: unknown, path: string): Table | null {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Table;
    this.wanted("an object", value, path);
    return null;
  }

  private stringTable(value: unknown, path: string): void {
    for (const [name, item] of Object.entries(this.table(value, path) ?? {}))
      this.string(item, childPath(path, name));
  }

  private strings(value: unknown, path: string): void {
    if (!Array.isArray(value)) {
      this.wanted("an array of strings", value, path);
      return;
    }
    const at = value.findIndex((item) => typeof item !== "string");
    if (at !== -1) this.wanted("a string", value[at], itemPath(path, at));
  }

  private string(value: unknown, path: string): void {
    if (typeof value !== "string") this.wanted("a string", value, path);
  }

  private code(value: unknown, path: string): void {
    const lines = Array.isArray(value) ? value : [value];
    if (lines.length === 0 || lines.some((line) => typeof line !== "string"))
      this.wanted("Core text, a string or an array of lines,", value, path);
  }

  private digest(value: unknown, path: string): void {
    if (typeof value !== "string" || !DIGEST.test(value))
      this.wanted("`sha256:` and 64 hex digits", value, path);
  }

  private wanted(what: string, value: unknown, path: string): void {
    if (value === undefined) this.problems.add(path, "missing", `${what} is wanted here`);
    else this.problems.add(path, "type", `${what} is wanted, this is ${show(value)}`);
  }
}
