/**
 * The bounds of one evaluation and of one text. They are part of the meaning of a plan (a residual that hits one is in
 * error), so they are counted deterministically and belong to `irVersion`.
 */
export interface Limits {
  /** Elementary steps of one evaluation, without those of the named values it reads. */
  readonly fuel: number;
  /** UTF-16 code units of one string. */
  readonly string: number;
  /** Elements of one array, entries of one Map or Set. */
  readonly array: number;
  /** Sum of the static nesting of all functions that are active at once. */
  readonly depth: number;
  /** Nesting of syntax in one text. */
  readonly nesting: number;
  /** Nodes of one text. */
  readonly nodes: number;
  /** UTF-16 code units of one text. */
  readonly source: number;
}

export const limits: Limits = {
  fuel: 10_000_000,
  string: 4_194_304,
  array: 1_000_000,
  depth: 4_000,
  nesting: 256,
  nodes: 200_000,
  source: 2_000_000,
};
