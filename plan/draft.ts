/** What the compiler builds and `seal` completes: a plan without anything that is computed from the plan itself. */
import type { Digest, Module, Node, Plan, Prompt, Schema } from "./types.ts";

type WithoutDigests<N> = N extends Node ? Omit<N, "digests"> : never;

/** A node before its digests are known. Distributes over the kinds. */
export type DraftNode = WithoutDigests<Node>;

export type DraftSchema = Omit<Schema, "physical" | "semantic">;

export type DraftPrompt = Omit<Prompt, "digest">;

/**
 * `digest` is of the alpha-normalised source closure and externals, where the compiler has it; without one it is taken
 * from the code. `artifact` is recomputed always; where a given one no longer fits the code, `digest` is too.
 */
export type DraftModule = Omit<Module, "digest" | "artifact"> & {
  readonly digest?: Digest;
  readonly artifact?: Digest;
};

/** Every sealed Plan is a PlanDraft too, so a plan edited by hand can be sealed again. */
export type PlanDraft = Omit<Plan, "digest" | "integrity" | "schemas" | "prompts" | "modules" | "nodes"> & {
  readonly schemas: { readonly [name: string]: DraftSchema };
  readonly prompts: { readonly [name: string]: DraftPrompt };
  readonly modules: { readonly [name: string]: DraftModule };
  readonly nodes: { readonly [key: string]: DraftNode };
};
