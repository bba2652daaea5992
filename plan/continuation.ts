/**
 * What a run finds in its input that took the place of another one: the name of the public library. It is not the workflow's
 * own, so no schema has to know it.
 */
export const CONTINUATION = "__smithersContinuation";
