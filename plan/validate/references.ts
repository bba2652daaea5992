/** Whether what the parts of a plan say of one another is true: tree, document order, names of entries. */
import { artifactDigest } from "../digest/definitions.ts";
import { requirementsOf, withToolModules } from "../features.ts";
import { dynamicText, isLeaf } from "../fields.ts";
import { childPath } from "../path.ts";
import type { Node, Plan, Role } from "../types.ts";
import { didYouMean, type Problems, show } from "./problems.ts";

/** Levels of nodes: far beyond any workflow, and what walks the tree may recurse. */
const MAX_LEVELS = 250;

type Known = (table: object, name: string, path: string, what: string) => void;

/** Reports a name that is no entry of its table. */
export function requireEntry(
  table: object,
  name: string,
  path: string,
  what: string,
  problems: Problems,
): void {
  if (Object.hasOwn(table, name)) return;
  const hint = problems.full ? "" : didYouMean(name, Object.keys(table));
  problems.add(path, "reference", `there is no ${what} ${show(name)}${hint}`);
}

/**
 * The plan has the shape of plan/types.ts; nothing it names need exist.
 *
 * @returns whether the tree is sound, so that names can be looked up along it
 */
export function checkReferences(plan: Plan, problems: Problems): boolean {
  const sound = checkTree(plan, problems);
  const known: Known = (table, name, path, what) => requireEntry(table, name, path, what, problems);
  if (plan.input) known(plan.schemas, plan.input.schema, "input.schema", "schema");
  for (const [name, agent] of Object.entries(plan.agents)) {
    if (agent.kind === "module" && "module" in agent)
      known(plan.modules, agent.module, `${childPath("agents", name)}.module`, "module");
    withToolModules(agent.options, (module) => {
      known(plan.modules, module, `${childPath("agents", name)}.options`, "module");
      return module;
    });
  }
  for (const [name, module] of Object.entries(plan.modules)) {
    if (problems.full) break;
    if (artifactDigest(module.code) !== module.artifact)
      problems.add(
        `${childPath("modules", name)}.artifact`,
        "integrity",
        "the digest is of other code than the module's",
      );
  }
  for (const [feature, by] of requirementsOf(plan))
    if (!plan.requires.includes(feature))
      problems.add("requires", "missing", `${by} needs ${show(feature)} of its runner, which is not listed`);
  for (const [key, node] of Object.entries(plan.nodes)) {
    if (problems.full) break;
    const path = childPath("nodes", key);
    checkRole(plan, node, path, problems);
    if (node.kind !== "approval" && "output" in node && typeof node.output === "string")
      known(plan.schemas, node.output, `${path}.output`, "schema for the output");
    if (node.kind === "subflow") checkSubflowNode(plan, node, path, known);
    if (node.kind !== "task") continue;
    if (node.agent !== undefined && dynamicText(node.agent) === null)
      for (const name of typeof node.agent === "string" ? [node.agent] : (node.agent as readonly string[]))
        known(plan.agents, name, `${path}.agent`, "agent");
    if (node.deps !== undefined && dynamicText(node.deps) === null)
      for (const [local, table] of Object.entries(node.deps as { readonly [local: string]: string }))
        known(plan.schemas, table, childPath(`${path}.deps`, local), "schema for the output");
    if (node.module !== undefined) {
      known(plan.modules, node.module, `${path}.module`, "module");
      checkCaptures(plan, node, node.module, path, problems);
    }
  }
  return sound;
}

/** The workflow that a node runs is there, and has the table that the node's row comes from. */
function checkSubflowNode(
  plan: Plan,
  { workflow, result }: Extract<Node, { kind: "subflow" }>,
  path: string,
  known: Known,
): void {
  const subflows = plan.subflows ?? {};
  known(subflows, workflow, `${path}.workflow`, "workflow");
  if (Object.hasOwn(subflows, workflow))
    known(subflows[workflow]!.schemas, result, `${path}.result`, `table of the workflow ${workflow}`);
}

/** Parts of a try or a saga say which they are, and nothing else does. */
function checkRole(plan: Plan, node: Node, path: string, problems: Problems): void {
  const parent = node.parent === undefined ? undefined : plan.nodes[node.parent];
  const roles: readonly Role[] =
    parent?.kind === "try"
      ? ["try", "catch", "finally"]
      : parent?.kind === "saga"
        ? ["action", "compensation"]
        : [];
  const role = node.kind === "sequence" ? node.role : undefined;
  if (roles.length === 0 && role !== undefined)
    problems.add(`${path}.role`, "misplaced", "only the parts of a try or a saga have a role");
  if (roles.length > 0 && (role === undefined || !roles.includes(role)))
    problems.add(
      `${path}.role`,
      "conflict",
      `the children of a ${parent?.kind} are sequences with the role ${roles.join(", ")}`,
    );
}

function checkCaptures(
  plan: Plan,
  node: Extract<Node, { kind: "task" }>,
  name: string,
  path: string,
  problems: Problems,
): void {
  if (!Object.hasOwn(plan.modules, name)) return;
  const wanted = new Set(plan.modules[name]!.captures);
  const given = new Set(Object.keys(node.captures ?? {}));
  for (const capture of wanted)
    if (!given.has(capture))
      problems.add(
        `${path}.captures`,
        "reference",
        `the module ${show(name)} takes ${show(capture)}, which is not given`,
      );
  for (const capture of given)
    if (!wanted.has(capture))
      problems.add(
        childPath(`${path}.captures`, capture),
        "reference",
        `the module ${show(name)} takes no such capture`,
      );
}

/** One root, which stands first; every other node stands behind its parent, within its parent's part of the document. */
function checkTree(plan: Plan, problems: Problems): boolean {
  const { nodes, root } = plan;
  const keys = Object.keys(nodes);
  if (keys.length === 0) {
    problems.add("nodes", "missing", "a plan has at least one node");
    return false;
  }
  if (keys[0] !== root)
    problems.add(
      "root",
      "reference",
      `the root is the first node, which is ${show(keys[0])}; this is ${show(root)}`,
    );
  // The nodes whose parts of the document are not over, root first, as a list and as a set.
  const above: string[] = [];
  const open = new Set<string>();
  const seen = new Set<string>();
  let sound = true;
  for (const key of keys) {
    const { parent } = nodes[key]!;
    const path = `${childPath("nodes", key)}.parent`;
    seen.add(key);
    if (parent === undefined) {
      if (key !== keys[0]) {
        sound = false;
        problems.add(path, "missing", "every node but the first has a parent");
      }
      above.length = 0;
      open.clear();
      above.push(key);
      open.add(key);
      continue;
    }
    const wrong = wrongParent(plan, key, parent, seen, open, problems.full);
    if (wrong) {
      // It goes on as a child of the node before it, so that one wrong parent is one problem.
      sound = false;
      problems.add(path, wrong.rule, wrong.message);
    } else while (above.at(-1) !== parent) open.delete(above.pop()!);
    above.push(key);
    open.add(key);
    if (above.length > MAX_LEVELS && sound) {
      sound = false;
      problems.add(path, "limit", `nodes are nested deeper than ${MAX_LEVELS} levels`);
    }
  }
  return sound;
}

function wrongParent(
  plan: Plan,
  key: string,
  parent: string,
  seen: ReadonlySet<string>,
  open: ReadonlySet<string>,
  terse: boolean,
): { readonly rule: "order" | "reference"; readonly message: string } | null {
  const { nodes } = plan;
  if (!Object.hasOwn(nodes, parent)) {
    const hint = terse ? "" : didYouMean(parent, Object.keys(nodes));
    return { rule: "reference", message: `there is no node ${show(parent)}${hint}` };
  }
  if (seen.size === 1) return { rule: "order", message: "the first node is the root and has no parent" };
  if (parent === key || !seen.has(parent))
    return { rule: "order", message: `the parent ${show(parent)} has to stand before the node` };
  const { kind } = nodes[parent]!;
  if (isLeaf(kind) || kind === "effect")
    return { rule: "reference", message: `a ${kind} holds no nodes, ${show(parent)} is one` };
  if (!open.has(parent))
    return { rule: "order", message: `the part of ${show(parent)} was over before this node` };
  return null;
}
