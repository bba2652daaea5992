/** Forms of a node's fields, its four digests, and the plan's own. */
import { canonicalize, sha256 } from "../canonical.ts";
import type { DraftNode, PlanDraft } from "../draft.ts";
import {
  dynamicText,
  type Facet,
  FIELD_NAMES,
  FIELDS,
  type Field,
  type FieldName,
  fieldOf,
  type Target,
} from "../fields.ts";
import type { Scope } from "../scope.ts";
import { isScopeOnly } from "../tree.ts";
import type { CoreText, Digest, Json, NodeDigests } from "../types.ts";
import type { Forms, Pass } from "./definitions.ts";
import { combine } from "./walk.ts";

/** A field of the table, or the guards, which hold two texts each. */
export type Part = FieldName | "guards";

export const PARTS: readonly Part[] = [...FIELD_NAMES, "guards"];

/** The form of one part of a node, or null where the node has none. `pass` as for Forms.core. */
export function partForm(forms: Forms, key: string, part: Part, pass: Pass = forms.pass): string | null {
  const node = forms.plan.nodes[key]!;
  const scopes = forms.scopes.get(key)!;
  if (part === "guards") return guards(forms, node, scopes.own, pass);
  const value = fieldOf(node, part);
  if (value === undefined) return null;
  const field: Field = FIELDS[part];
  const scope = scopes[field.scope];
  switch (field.form) {
    case "core":
      return forms.core(value as CoreText, scope, pass);
    case "plain":
    case "dynamic":
      return field.target && dynamicText(value) === null
        ? named(forms, field.target, value, pass)
        : forms.dynamic(value, scope, pass);
    case "captures":
      return captures(forms, node, value as { readonly [name: string]: Json }, scope, pass);
    default:
      return field satisfies never;
  }
}

function named(forms: Forms, target: Target, value: Json, pass: Pass): string {
  if (typeof value === "string") return forms.handle(target, value, pass);
  if (Array.isArray(value))
    return pass.combine(
      "array",
      value.map((item) => named(forms, target, item as Json, pass)),
    );
  return pass.combine("malformed", [canonicalize(value)]);
}

/** Captures are the module's parameters: they count by position, and what the module does not take by name. */
function captures(
  forms: Forms,
  node: DraftNode,
  given: { readonly [name: string]: Json },
  scope: Scope,
  pass: Pass,
): string {
  const module =
    node.kind === "task" && node.module !== undefined ? forms.plan.modules[node.module] : undefined;
  const params = module?.captures ?? [];
  const parts = params.map((name) =>
    Object.hasOwn(given, name) ? forms.dynamic(given[name]!, scope, pass) : "_",
  );
  const others = Object.keys(given).filter((name) => !params.includes(name));
  for (const name of others.sort())
    parts.push(pass.combine("named", [JSON.stringify(name), forms.dynamic(given[name]!, scope, pass)]));
  return pass.combine("captures", parts);
}

function guards(forms: Forms, node: DraftNode, scope: Scope, pass: Pass): string | null {
  if (!node.guards || node.guards.length === 0) return null;
  return pass.combine(
    "guards",
    node.guards.map((guard) =>
      pass.combine("guard", [forms.core(guard.if, scope, pass), forms.dynamic(guard.message, scope, pass)]),
    ),
  );
}

/** All parts of a node that it has, with their forms. */
export function partForms(forms: Forms, key: string): ReadonlyMap<Part, string> {
  const found = new Map<Part, string>();
  for (const part of PARTS) {
    const form = partForm(forms, key, part);
    if (form !== null) found.set(part, form);
  }
  return found;
}

/** A node's four digests and the form of its each's source, which belongs to none of them (COMPILER 24). */
export function nodeDigests(
  forms: Forms,
  key: string,
): { readonly digests: NodeDigests; readonly source: string } {
  const { plan } = forms;
  const parts: Record<Facet, string[]> = {
    identity: [],
    interface: [],
    behaviour: [],
    policy: [],
    source: [],
  };
  for (const [part, form] of partForms(forms, key)) {
    const facet = part === "guards" ? "behaviour" : FIELDS[part].facet;
    parts[facet].push(combine(part, [form]));
  }
  // The root stands for the whole workflow, whatever kind it is.
  if (key === plan.root && plan.input) parts.interface.push(forms.form(`schema:${plan.input.schema}`));
  return {
    digests: {
      identity: sha256(forms.form(`identity:${key}`)),
      interface: facetDigest("interface", parts.interface),
      behaviour: facetDigest("behaviour", parts.behaviour),
      policy: facetDigest("policy", parts.policy),
    },
    source: combine("source", parts.source),
  };
}

function facetDigest(facet: Facet, parts: readonly string[]): Digest {
  return sha256(`${facet} ${parts.join(" ")}`);
}

/**
 * The plan's digest: a Merkle tree over the nodes in document order, with the input schema, what the runner must know
 * and what the run may touch. Names of nodes, values, components, files are no part of it.
 */
export function planDigest(
  forms: Forms,
  digests: ReadonlyMap<string, { readonly digests: NodeDigests; readonly source: string }>,
): Digest {
  const { plan } = forms;
  // Last child first: document order puts children behind their parents, so from the back every node is complete when met.
  const children = new Map<string, string[]>();
  let root = "";
  for (const key of Object.keys(plan.nodes).reverse()) {
    const node = plan.nodes[key]!;
    const below = children.get(key) ?? [];
    const { digests: own, source } = digests.get(key)!;
    const parts = [own.identity, own.interface, own.behaviour, own.policy, source, ...below.toReversed()];
    const forest = isScopeOnly(node) ? below : [sha256(combine("node", parts))];
    if (node.parent === undefined) root = combine("root", forest.toReversed());
    else {
      const siblings = children.get(node.parent);
      if (!siblings) children.set(node.parent, [...forest]);
      else for (const tree of forest) siblings.push(tree);
    }
  }
  return sha256(combine("plan", [JSON.stringify(plan.workflow.name), meaning(plan), root]));
}

function meaning(plan: PlanDraft): string {
  // A newer minor version may have areas of another form; an empty one is as good as none.
  const areas = Object.entries<unknown>({ ...plan.capabilities })
    .filter(([, list]) => !Array.isArray(list) || list.length > 0)
    .map(([area, list]) => [area, Array.isArray(list) ? [...list].sort() : list]);
  const capabilities = Object.fromEntries(areas);
  return canonicalize({ requires: [...plan.requires].sort(), capabilities });
}
