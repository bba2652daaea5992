/** One step of a compiled pattern. `to` and `next` are indices into the program. */
export type Step =
  /** One character (code unit, or code point with `u`) that passes `test`; backwards inside a lookbehind. */
  | { readonly op: "char"; readonly test: (code: number) => boolean; readonly back: boolean }
  | { readonly op: "save"; readonly slot: number }
  /** Goes on at the next step, and at `to` if that fails. */
  | { readonly op: "split"; to: number }
  | { readonly op: "jump"; to: number }
  | { readonly op: "assert"; readonly kind: "start" | "end" | "word" | "notWord" }
  /** Matches the steps up to `to`, which end in `done`, without moving. */
  | { readonly op: "look"; readonly negate: boolean; to: number }
  | { readonly op: "done" }
  | { readonly op: "back"; readonly group: readonly number[]; readonly back: boolean }
  /** Forgets the groups of a repeated part before each time round. */
  | { readonly op: "forget"; readonly from: number; readonly to: number }
  | { readonly op: "zero"; readonly counter: number }
  /** The head of a repeated part: stays inside, leaves to `to`, or both. */
  | {
      readonly op: "loop";
      readonly counter: number;
      readonly min: number;
      readonly max: number;
      readonly greedy: boolean;
      to: number;
    }
  /** The end of a repeated part: nothing more may be gained by an empty time round. */
  | { readonly op: "again"; readonly counter: number; readonly min: number; readonly head: number };

export interface Program {
  readonly steps: readonly Step[];
  /** Capture slots: two a group, the whole match first. */
  readonly slots: number;
  /** Counter slots: two a repeated part, the count and where it began. */
  readonly counters: number;
  /** Named groups in source order, with their numbers. */
  readonly names: readonly (readonly [string, number])[];
  /** Whether two characters are one to a backreference. */
  readonly same: (a: number, b: number) => boolean;
}
