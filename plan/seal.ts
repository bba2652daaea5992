/** The last step of a build: everything in a plan that is computed from the plan. */
import { digestJson, sha256 } from "./canonical.ts";
import { artifactDigest, Forms, moduleDigest } from "./digest/definitions.ts";
import { nodeDigests, planDigest } from "./digest/nodes.ts";
import { shapeOf } from "./digest/shape.ts";
import type { PlanDraft } from "./draft.ts";
import type { Digest, Node, Plan } from "./types.ts";

/**
 * Completes a draft: digests of schemas, prompts, modules, nodes and the plan, and its integrity. Linear in the size of
 * the plan. A plan edited by hand can be given again.
 *
 * @throws CoreSyntaxError where Core text of the draft does not parse, CanonicalError where a value is not JSON
 */
export function seal(draft: PlanDraft): Plan {
  const forms = new Forms(draft);
  const digests = new Map(Object.keys(draft.nodes).map((key) => [key, nodeDigests(forms, key)]));
  const body = {
    kind: draft.kind,
    irVersion: draft.irVersion,
    requires: draft.requires,
    digest: planDigest(forms, digests),
    workflow: draft.workflow,
    input: draft.input,
    schemas: mapTable(draft.schemas, (schema, name) => ({
      ...schema,
      physical: digestJson(shapeOf(schema.jsonSchema)),
      semantic: sha256(forms.form(`schema:${name}`)),
    })),
    constants: draft.constants,
    agents: draft.agents,
    prompts: mapTable(draft.prompts, (prompt, name) => ({
      ...prompt,
      digest: sha256(forms.form(`prompt:${name}`)),
    })),
    functions: draft.functions,
    modules: mapTable(draft.modules, (module, name) => ({
      ...module,
      digest: moduleDigest(draft, name),
      artifact: artifactDigest(module.code),
    })),
    ...(draft.subflows && { subflows: draft.subflows }),
    root: draft.root,
    nodes: mapTable(draft.nodes, (node, key) => ({ ...node, digests: digests.get(key)!.digests }) as Node),
    capabilities: draft.capabilities,
    toolchain: draft.toolchain,
    sources: draft.sources,
    spans: draft.spans,
    ...(draft.maps && { maps: draft.maps }),
  };
  return { ...body, integrity: digestJson(body) };
}

/** What `integrity` of a plan must be: of the RFC 8785 form of everything else in it. */
export function integrityOf(plan: { readonly [key: string]: unknown }): Digest {
  const { integrity: _, ...body } = plan;
  return digestJson(body);
}

function mapTable<A, B>(
  table: { readonly [name: string]: A },
  map: (item: A, name: string) => B,
): { readonly [name: string]: B } {
  return Object.fromEntries(Object.entries(table).map(([name, item]) => [name, map(item, name)]));
}
