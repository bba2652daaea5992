/** How a statement ended. What a `return` gives stands in the frame. */
export type Completion = undefined | 1 | 2 | 3;

export const BREAK_COMPLETION = 1;
export const CONTINUE_COMPLETION = 2;
export const RETURN_COMPLETION = 3;
