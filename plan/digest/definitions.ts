/**
 * What names of a plan stand for, as forms (plan/digest/walk.ts): functions, constants, prompts, schemas, modules,
 * agents, named values and the identities of nodes. Each is formed once, after everything it refers to; a group that
 * refers to itself is unfolded from each member, so that neither names nor order tell.
 */
import { canonicalize, sha256 } from "../canonical.ts";
import type { Expr } from "../core/ast.ts";
import { parseExpr } from "../core/index.ts";
import type { DraftNode, PlanDraft } from "../draft.ts";
import { withToolModules } from "../features.ts";
import { coreText, dynamicText, isAddressed } from "../fields.ts";
import { lookup, type NodeScopes, nodeScopes, PLAN_SCOPE, type Scope } from "../scope.ts";
import type { CoreText, Json } from "../types.ts";
import { components } from "./components.ts";
import { combine, type HandleName, type Outside, walkExpr, walkJson } from "./walk.ts";

/** Key of a definition: a kind, a colon, a name; values are `value:NODE\0NAME`. */
export type DefinitionKey = string;

export const valueKey = (node: string, name: string): DefinitionKey => `value:${node}\0${name}`;

/** How one walk is made: to form what is walked, or only to learn what it refers to (`collecting`). */
export interface Pass {
  ref(key: DefinitionKey): string;
  readonly combine: Outside["combine"];
}

type Definition = (pass: Pass) => string;

/** Members of `ctx` that read the same from every scope; what the others give depends on the loops around the reader (COMPILER 18). */
const SCOPE_FREE: ReadonlySet<string> = new Set([
  "input",
  "outputs",
  "iterationCount",
  "latestArray",
  "runId",
  "now",
  "state",
  "vol",
  "random",
]);

export class Forms {
  readonly plan: PlanDraft;
  readonly scopes: ReadonlyMap<string, NodeScopes>;
  private readonly definitions = new Map<DefinitionKey, Definition>();
  private readonly forms = new Map<DefinitionKey, string>();
  private readonly references = new Map<DefinitionKey, readonly DefinitionKey[]>();
  private readonly parsed = new Map<string, Expr>();
  private readonly siteOrdinals: ReadonlyMap<string, number>;
  /** Makes forms in which every reference is replaced by what it names. */
  readonly pass: Pass;

  constructor(plan: PlanDraft) {
    this.plan = plan;
    this.scopes = nodeScopes(plan.nodes);
    this.siteOrdinals = siteOrdinals(plan.nodes);
    this.pass = { ref: (key) => this.form(key), combine };
    this.define();
    for (const group of components(this.definitions.keys(), (key) => this.referencesOf(key)))
      for (const key of group) this.forms.set(key, this.formed(key, group));
  }

  /** The form of a definition; that of a missing one says so. */
  form(key: DefinitionKey): string {
    return this.forms.get(key) ?? combine("missing", [JSON.stringify(key)]);
  }

  /** The definitions that a definition refers to directly. */
  referencesOf(key: DefinitionKey): readonly DefinitionKey[] {
    const known = this.references.get(key);
    if (known) return known;
    const found = new Set<DefinitionKey>();
    this.definitions.get(key)?.(collecting(found, this));
    const list = [...found];
    this.references.set(key, list);
    return list;
  }

  /** The keys of all definitions. */
  keys(): Iterable<DefinitionKey> {
    return this.definitions.keys();
  }

  has(key: DefinitionKey): boolean {
    return this.definitions.has(key);
  }

  /** The form of a definition whose references are as `pass` makes them. */
  formOf(key: DefinitionKey, pass: Pass): string {
    return this.definitions.get(key)!(pass);
  }

  /** The form of Core text read in a scope. */
  core(text: CoreText, scope: Scope, pass: Pass = this.pass, bound: readonly string[] = []): string {
    return walkExpr(this.parse(coreText(text)), this.outside(scope, pass), bound);
  }

  private parse(text: string): Expr {
    const known = this.parsed.get(text);
    if (known) return known;
    const expr = parseExpr(text);
    this.parsed.set(text, expr);
    return expr;
  }

  /** The form of a dynamic value: plain JSON and the literal that gives it are the same. */
  dynamic(value: Json, scope: Scope, pass: Pass = this.pass): string {
    const text = dynamicText(value);
    return text === null ? walkJson(value, pass.combine) : this.core(text, scope, pass);
  }

  handle(kind: HandleName, id: string, pass: Pass = this.pass): string {
    if (kind !== "output") return pass.ref(`${kind}:${id}`);
    const schema = Object.hasOwn(this.plan.schemas, id) ? pass.ref(`schema:${id}`) : "_";
    return pass.combine("output", [JSON.stringify(id), schema]);
  }

  private outside(scope: Scope, pass: Pass): Outside {
    return {
      combine: pass.combine,
      handle: (kind, id) => this.handle(kind, id, pass),
      site: (key) => ({
        form: pass.combine("node", [pass.ref(`identity:${key}`), String(this.siteOrdinals.get(key) ?? -1)]),
        args: this.plan.nodes[key]?.args ?? [],
      }),
      name: (name, member) => this.name(name, member, scope, pass),
    };
  }

  private name(name: string, member: string | null, scope: Scope, pass: Pass): string {
    const binding = lookup(scope, name);
    if (binding) {
      switch (binding.kind) {
        case "value":
          return pass.ref(valueKey(binding.node, binding.name));
        case "item":
        case "index":
        case "all":
          return pass.combine(binding.kind, [String(binding.level)]);
        case "arg":
          return pass.combine("arg", [String(binding.level), String(binding.position)]);
        default:
          return binding satisfies never;
      }
    }
    if (Object.hasOwn(this.plan.constants, name)) return pass.ref(`constant:${name}`);
    if (Object.hasOwn(this.plan.functions, name)) return pass.ref(`function:${name}`);
    if (name === "ctx") return pass.combine("ctx", readingScope(member, scope.loops));
    return pass.combine("free", [JSON.stringify(name)]);
  }

  private define(): void {
    const { plan, definitions } = this;
    for (const [name, text] of Object.entries(plan.functions))
      definitions.set(`function:${name}`, (pass) => this.core(text, PLAN_SCOPE, pass));
    for (const [name, constant] of Object.entries(plan.constants))
      definitions.set(`constant:${name}`, (pass) =>
        "expr" in constant
          ? this.core(constant.expr, PLAN_SCOPE, pass)
          : walkJson(constant.value, pass.combine),
      );
    for (const [name, prompt] of Object.entries(plan.prompts))
      definitions.set(`prompt:${name}`, (pass) =>
        pass.combine("prompt", [this.core(prompt.template, PLAN_SCOPE, pass, ["props"])]),
      );
    for (const [name, schema] of Object.entries(plan.schemas))
      definitions.set(`schema:${name}`, (pass) =>
        pass.combine("schema", [this.core(schema.zod, PLAN_SCOPE, pass)]),
      );
    for (const name of Object.keys(plan.modules))
      definitions.set(`module:${name}`, (pass) => pass.combine("module", [moduleDigest(plan, name)]));
    for (const [name, agent] of Object.entries(plan.agents))
      definitions.set(`agent:${name}`, (pass) => {
        const { module, ...rest } = agent as { readonly module?: string };
        const code = module === undefined ? "_" : pass.ref(`module:${module}`);
        const options = withToolModules(agent.options, (name) => pass.ref(`module:${name}`));
        return pass.combine("agent", [canonicalize({ ...rest, options }), code]);
      });
    for (const [name, { digest }] of Object.entries(plan.subflows ?? {}))
      definitions.set(`subflow:${name}`, (pass) => pass.combine("subflow", [digest]));
    for (const [key, node] of Object.entries(plan.nodes)) this.defineNode(key, node);
  }

  private defineNode(key: string, node: DraftNode): void {
    const { outer, own } = this.scopes.get(key)!;
    for (const [name, { expr }] of Object.entries(node.values ?? {}))
      this.definitions.set(valueKey(key, name), (pass) => this.core(expr, own, pass));
    this.definitions.set(`identity:${key}`, (pass) => {
      const explicit = node.id !== undefined;
      const each = node.each ? pass.combine("each", explicit ? [] : [this.eachKey(node, own, pass)]) : "_";
      const address = explicit
        ? this.dynamic(node.id!, own, pass)
        : pass.combine("unnamed", [
            isAddressed(node.kind) ? JSON.stringify(key) : "_",
            node.key === undefined ? "_" : this.dynamic(node.key, own, pass),
          ]);
      return pass.combine("identity", [
        node.kind,
        address,
        each,
        this.place(node.parent, explicit, outer, pass),
      ]);
    });
  }

  /** The enclosing loops and eaches of a node, without what else stands between. Each keys matter only to addresses made of them. */
  private place(parent: string | undefined, explicit: boolean, outer: Scope, pass: Pass): string {
    const parts: string[] = [];
    let scope: Scope = outer;
    let at = parent;
    while (at !== undefined && scope.loops + scope.eaches > 0) {
      const node: DraftNode | undefined = this.plan.nodes[at];
      const scopes = this.scopes.get(at);
      if (!node || !scopes) break;
      if (node.kind === "loop") {
        parts.push(pass.combine("loop", [pass.ref(`identity:${at}`)]));
        break;
      }
      if (node.each) parts.push(pass.combine("each", explicit ? [] : [this.eachKey(node, scopes.own, pass)]));
      scope = scopes.outer;
      at = node.parent;
    }
    return pass.combine("place", parts);
  }

  private eachKey(node: DraftNode, own: Scope, pass: Pass): string {
    return node.each?.key === undefined ? "_" : this.core(node.each.key, own, pass);
  }

  private formed(key: DefinitionKey, group: readonly DefinitionKey[]): string {
    const definition = this.definitions.get(key)!;
    const recursive = group.length > 1 || this.referencesOf(key).includes(key);
    if (!recursive) return definition(this.pass);
    const members = new Set(group);
    const numbers = new Map<DefinitionKey, number>([[key, 0]]);
    const unfolding: Pass = {
      combine,
      ref: (to) => {
        if (!members.has(to)) return this.form(to);
        const number = numbers.get(to);
        if (number !== undefined) return combine("again", [String(number)]);
        numbers.set(to, numbers.size);
        return combine("member", [this.definitions.get(to)!(unfolding)]);
      },
    };
    return combine("recursive", [definition(unfolding)]);
  }
}

/** Adds what a walk refers to, to `found`; its forms are empty. */
export function collecting(found: Set<DefinitionKey>, known: { has(key: DefinitionKey): boolean }): Pass {
  return {
    combine: () => "",
    ref: (key) => {
      if (known.has(key)) found.add(key);
      return "";
    },
  };
}

/**
 * `latest` and `outputMaybe` mean the same outside and directly inside one loop (DESIGN §6), so naming such a read
 * outside changes nothing; what else `ctx` gives may differ between any two loops.
 */
function readingScope(member: string | null, loops: number): readonly string[] {
  if (member !== null && SCOPE_FREE.has(member)) return [];
  if (member === "latest" || member === "outputMaybe") return loops <= 1 ? [] : [String(loops)];
  return loops === 0 ? [] : [String(loops)];
}

/** The order of a block's sites in the document, at any depth. */
function siteOrdinals(nodes: { readonly [key: string]: DraftNode }): ReadonlyMap<string, number> {
  const block = new Map<string, string>();
  const counts = new Map<string, number>();
  const ordinals = new Map<string, number>();
  for (const [key, node] of Object.entries(nodes)) {
    const parent = node.parent;
    if (parent === undefined) continue;
    const at = nodes[parent]?.kind === "block" ? parent : block.get(parent);
    if (at === undefined) continue;
    if (node.kind !== "block") block.set(key, at);
    const count = counts.get(at) ?? 0;
    ordinals.set(key, count);
    counts.set(at, count + 1);
  }
  return ordinals;
}

/** Digest of the bytes of a module's code, as `Module.artifact` has it. */
export function artifactDigest(code: readonly string[]): string {
  return sha256(code.join("\n"));
}

/** The compiler's digest where it still belongs to the code, else one taken from the code itself. */
export function moduleDigest(plan: PlanDraft, name: string): string {
  const { digest, artifact, code, captures, externals } = plan.modules[name]!;
  if (digest !== undefined && (artifact === undefined || artifact === artifactDigest(code))) return digest;
  return sha256(canonicalize({ code, captures: captures.length, externals }));
}
