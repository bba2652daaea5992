/** Every Core text of a plan: it parses, has allowed forms only, and all it names is there. */
import { CoreSyntaxError, checkExpr, envName, hostNames, parseExpr, RESERVED_NAMES } from "../core/index.ts";
import { components } from "../digest/components.ts";
import { type HandleName, walkExpr } from "../digest/walk.ts";
import { coreText, dynamicText, FIELDS, type Field, fieldOf, fieldsIn } from "../fields.ts";
import { childPath, itemPath } from "../path.ts";
import { lookup, type NodeScopes, nodeScopes, PLAN_SCOPE, type Scope } from "../scope.ts";
import type { CoreText, Node, Plan } from "../types.ts";
import { didYouMean, type Problems, show } from "./problems.ts";
import { requireEntry } from "./references.ts";

/** Where a handle's name has to be found, and what it is called in a message. */
const TABLES: {
  readonly [kind in Exclude<HandleName, "subflow">]: readonly [
    keyof Plan & ("agents" | "prompts" | "schemas" | "modules"),
    string,
  ];
} = {
  agent: ["agents", "agent"],
  prompt: ["prompts", "prompt"],
  schema: ["schemas", "schema"],
  output: ["schemas", "schema for the output"],
  module: ["modules", "module"],
};

/** Names the engine gives to the texts of nodes, beside those in scope. */
const NODE_NAMES: ReadonlySet<string> = new Set(["ctx", "deps"]);
const SCHEMA_NAMES: ReadonlySet<string> = new Set(["z"]);
const PROMPT_NAMES: ReadonlySet<string> = new Set(["props", "ctx"]);
const NO_NAMES: ReadonlySet<string> = new Set();
/** Options nest no deeper; what does is no agent's. */
const MAX_DEPTH = 100;
/** Functions and constants read `ctx` as the root of the plan does. */
const PLAN_NAMES: ReadonlySet<string> = new Set(["ctx"]);

/** The plan has the shape of plan/types.ts and a tree of bounded depth. */
export function checkCore(plan: Plan, problems: Problems): void {
  const texts = new CoreTexts(plan, problems);
  const each = <T>(table: { readonly [name: string]: T }, check: (name: string, item: T) => void): void => {
    for (const [name, item] of Object.entries(table)) {
      if (problems.full) return;
      check(name, item);
    }
  };
  each(plan.functions, (name, text) => {
    texts.function(name, text);
  });
  each(plan.constants, (name, constant) => {
    const path = `${childPath("constants", name)}.expr`;
    if ("expr" in constant) texts.check(constant.expr, path, PLAN_SCOPE, PLAN_NAMES, `constant:${name}`);
  });
  each(plan.schemas, (name, { zod }) => {
    texts.check(zod, `${childPath("schemas", name)}.zod`, PLAN_SCOPE, SCHEMA_NAMES);
  });
  each(plan.prompts, (name, { template }) => {
    texts.check(
      template,
      `${childPath("prompts", name)}.template`,
      PLAN_SCOPE,
      PROMPT_NAMES,
      `prompt:${name}`,
    );
  });
  each(plan.agents, (name, agent) => {
    texts.parts(agent, childPath("agents", name));
  });
  each(plan.nodes, (key, node) => {
    texts.node(key, node);
  });
  if (!problems.full) texts.checkCycles();
}

class CoreTexts {
  readonly plan: Plan;
  readonly problems: Problems;
  private readonly scopes: ReadonlyMap<string, NodeScopes>;
  /** Definition → path, and what it reads as soon as it is read itself: bodies of functions left out. */
  private readonly paths = new Map<string, string>();
  private readonly eager = new Map<string, Set<string>>();

  constructor(plan: Plan, problems: Problems) {
    this.plan = plan;
    this.problems = problems;
    this.scopes = nodeScopes(plan.nodes);
  }

  function(name: string, text: CoreText): void {
    const path = childPath("functions", name);
    const type = this.check(text, path, PLAN_SCOPE, PLAN_NAMES);
    if (type !== null && type !== "Arrow")
      this.problems.add(path, "core-form", "a function is an arrow function, as in `(x) => x + 1`");
  }

  /** Dynamic parts of an agent at any depth: they hang on the machine alone. */
  parts(value: unknown, path: string, depth = 0): void {
    if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return;
    const text = dynamicText(value);
    if (text !== null && !isText(text))
      this.problems.add(path, "core-syntax", "Core text is a string or a list of lines");
    else if (text !== null) this.check(text, path, PLAN_SCOPE, NO_NAMES);
    else
      for (const [key, part] of Object.entries(value))
        this.parts(
          part,
          Array.isArray(value) ? itemPath(path, Number(key)) : childPath(path, key),
          depth + 1,
        );
  }

  node(key: string, node: Node): void {
    const path = childPath("nodes", key);
    const scopes = this.scopes.get(key)!;
    for (const name of fieldsIn(node)) {
      const value = fieldOf(node, name);
      const field: Field = FIELDS[name];
      const scope = scopes[field.scope];
      const at = `${path}.${name}`;
      if (field.form === "core") this.check(value as CoreText, at, scope, NODE_NAMES);
      else if (field.form === "dynamic") this.dynamic(value, at, scope);
      else if (field.form === "captures")
        for (const [capture, item] of Object.entries(value as object))
          this.dynamic(item, childPath(at, capture), scope);
    }
    for (const [name, { expr }] of Object.entries(node.values ?? {}))
      this.check(
        expr,
        `${childPath(`${path}.values`, name)}.expr`,
        scopes.own,
        NODE_NAMES,
        `value:${key}\0${name}`,
      );
    node.guards?.forEach((guard, i) => {
      const at = itemPath(`${path}.guards`, i);
      this.check(guard.if, `${at}.if`, scopes.own, NODE_NAMES);
      this.dynamic(guard.message, `${at}.message`, scopes.own);
    });
  }

  private dynamic(value: unknown, path: string, scope: Scope): void {
    const text = dynamicText(value);
    if (text !== null) this.check(text, `${path}.$`, scope, NODE_NAMES);
  }

  /** Checks one text; gives the type of its expression, or null where it does not parse. */
  check(
    text: CoreText,
    path: string,
    scope: Scope,
    given: ReadonlySet<string>,
    definition?: string,
  ): string | null {
    const { problems } = this;
    let expr: ReturnType<typeof parseExpr>;
    try {
      expr = parseExpr(coreText(text));
    } catch (error) {
      if (!(error instanceof CoreSyntaxError)) throw error;
      problems.add(path, "core-syntax", `${error.message} (character ${error.offset + 1})`);
      return null;
    }
    const forms = checkExpr(expr);
    for (const { message } of forms) problems.add(path, "core-form", `Core does not allow ${message}`);
    for (const name of hostNames(expr)) this.host(name, path);
    const eager = new Set<string>();
    let arrows = 0;
    const refer = (key: string): void => {
      if (arrows === 0) eager.add(key);
    };
    walkExpr(expr, {
      combine: () => "",
      arrow: (where) => {
        arrows += where === "enter" ? 1 : -1;
      },
      name: (name) => {
        this.name(name, path, scope, given, refer);
        return "";
      },
      handle: (kind, id) => {
        if (kind === "subflow") return "";
        const [table, what] = TABLES[kind];
        requireEntry(this.plan[table], id, path, what, problems);
        if (kind === "prompt") refer(`prompt:${id}`);
        return "";
      },
      site: (key) => {
        this.site(key, path);
        return { form: "", args: [] };
      },
    });
    if (definition !== undefined) {
      this.paths.set(definition, path);
      this.eager.set(definition, eager);
    }
    return expr.type;
  }

  private name(
    name: string,
    path: string,
    scope: Scope,
    given: ReadonlySet<string>,
    refer: (key: string) => void,
  ): void {
    const binding = lookup(scope, name);
    if (binding) {
      if (binding.kind === "value") refer(`value:${binding.node}\0${binding.name}`);
      return;
    }
    if (Object.hasOwn(this.plan.constants, name)) {
      refer(`constant:${name}`);
      return;
    }
    if (Object.hasOwn(this.plan.functions, name) || given.has(name) || RESERVED_NAMES.has(name)) return;
    const hint = this.problems.full ? "" : didYouMean(name, this.namesIn(scope, given));
    this.problems.add(path, "unknown-name", `nothing in scope is called ${show(name)}${hint}`);
  }

  private *namesIn(scope: Scope, given: ReadonlySet<string>): Iterable<string> {
    for (let at: Scope | null = scope; at !== null; at = at.parent) yield* at.names.keys();
    yield* given;
    yield* Object.keys(this.plan.constants);
    yield* Object.keys(this.plan.functions);
  }

  /** What a run asks of its machine stands where a reviewer looks for it. */
  private host(name: string, path: string): void {
    const variable = envName(name);
    const area = variable === null ? "host" : "env";
    if (this.plan.capabilities[area].includes(variable ?? name)) return;
    const message = `${show(variable ?? name)} is read here and is not listed under capabilities.${area}`;
    this.problems.add(path, "capability", message);
  }

  private site(key: string, path: string): void {
    const { nodes } = this.plan;
    requireEntry(nodes, key, path, "node", this.problems);
    if (!Object.hasOwn(nodes, key)) return;
    let at = nodes[key]!.parent;
    // The tree may be wrong still; its depth is known to be bounded only where it is right.
    for (let steps = 0; at !== undefined && Object.hasOwn(nodes, at) && steps < 1_000; steps++) {
      if (nodes[at]!.kind === "block") return;
      at = nodes[at]!.parent;
    }
    this.problems.add(path, "reference", `the node ${show(key)} stands below no block, so it is no site`);
  }

  checkCycles(): void {
    const references = (key: string): readonly string[] =>
      [...(this.eager.get(key) ?? [])].filter((to) => this.eager.has(to));
    for (const group of components(this.eager.keys(), references)) {
      const [first] = group;
      if (group.length === 1 && !this.eager.get(first!)!.has(first!)) continue;
      this.problems.add(this.paths.get(first!)!, "cycle", `needs itself${through(group)}`);
    }
  }
}

function through(group: readonly string[]): string {
  if (group.length === 1) return "";
  const names = group.map((key) => key.slice(Math.max(key.indexOf(":"), key.indexOf("\0")) + 1));
  return ` through ${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}`;
}

/** What stands in an agent has no structure that was checked before. */
const isText = (text: unknown): boolean =>
  typeof text === "string" || (Array.isArray(text) && text.every((line) => typeof line === "string"));
