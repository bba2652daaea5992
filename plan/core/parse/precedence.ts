/** Binding strength of the binary operators; `??` is level with `||`, but the two don't mix. */
export const PRECEDENCE: Readonly<Record<string, number>> = {
  ...{ "??": 1, "||": 1, "&&": 2, "|": 3, "^": 4, "&": 5, "==": 6, "!=": 6, "===": 6, "!==": 6 },
  ...{ "<": 7, "<=": 7, ">": 7, ">=": 7, in: 7, instanceof: 7, "<<": 8, ">>": 8, ">>>": 8 },
  ...{ "+": 9, "-": 9, "*": 10, "/": 10, "%": 10, "**": 11 },
};
