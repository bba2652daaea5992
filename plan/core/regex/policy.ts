import type { AST } from "@eslint-community/regexpp";

/**
 * How the time of a backtracking match can grow with the length `n` of the text: at most `factor * n ** degree` steps.
 * Undefined where it may be exponential, or where this analysis can't tell.
 */
export interface Growth {
  readonly degree: number;
  readonly factor: number;
}

type Element = AST.Element | AST.Alternative | AST.Group | AST.Pattern | AST.QuantifiableElement;

const CONSTANT: Growth = { degree: 0, factor: 1 };

/** Both one after the other: every way through the first is combined with every way through the second. */
function sequence(a: Growth | undefined, b: Growth | undefined): Growth | undefined {
  return a && b && { degree: a.degree + b.degree, factor: a.factor * b.factor };
}

/** The ways through a node. */
function ways(node: Element): Growth | undefined {
  switch (node.type) {
    case "Pattern":
    case "Group":
    case "CapturingGroup":
      return alternatives(node.alternatives);
    case "Alternative":
      return node.elements.reduce<Growth | undefined>(
        (sum, element) => sequence(sum, ways(element)),
        CONSTANT,
      );
    case "Assertion":
      return node.kind === "lookahead" || node.kind === "lookbehind"
        ? alternatives(node.alternatives)
        : CONSTANT;
    case "Quantifier":
      return repeated(node);
    case "Backreference":
      // comparing costs up to the length of the text
      return { degree: 1, factor: 1 };
    case "Character":
    case "CharacterSet":
    case "CharacterClass":
      return CONSTANT;
    case "ExpressionCharacterClass":
      return undefined;
    default:
      return node satisfies never;
  }
}

function alternatives(
  list: readonly AST.Alternative[],
  of: (alternative: AST.Alternative) => Growth | undefined = ways,
): Growth | undefined {
  let degree = 0;
  let factor = 0;
  for (const alternative of list) {
    const own = of(alternative);
    if (own === undefined) {
      return undefined;
    }
    degree = Math.max(degree, own.degree);
    factor += own.factor;
  }
  return { degree, factor };
}

function repeated(node: AST.Quantifier): Growth | undefined {
  const { element, max, min } = node;
  if (max === 0) {
    return CONSTANT;
  }
  const inner = ways(element);
  if (inner === undefined) {
    return undefined;
  }
  if (max === 1) {
    return { degree: inner.degree, factor: inner.factor + (min === 0 ? 1 : 0) };
  }
  // what can be passed in more than one way must not be passed often: the ways multiply each time round
  if (inner.degree > 0 || inner.factor > 1) {
    const total = inner.factor ** (max + 1);
    return inner.degree === 0 && total <= MOST_WAYS ? { degree: 0, factor: total } : undefined;
  }
  if (max === Number.POSITIVE_INFINITY) {
    return { degree: 1, factor: 1 };
  }
  return { degree: 0, factor: max - min + 1 };
}

/** A last repetition has nothing after it that could fail: it is gone through once. */
function topLevel(alternative: AST.Alternative): Growth | undefined {
  const last = alternative.elements.at(-1);
  if (last?.type !== "Quantifier") {
    return ways(alternative);
  }
  const inner = ways(last.element);
  const free = inner !== undefined && inner.degree === 0 && inner.factor === 1;
  const end = free ? { degree: 0, factor: Math.max(1, last.min) } : repeated(last);
  return alternative.elements
    .slice(0, -1)
    .reduce<Growth | undefined>((sum, element) => sequence(sum, ways(element)), end);
}

const MOST_WAYS = 10_000;

/** The growth of a whole search, which tries every position of the text. */
export function growthOf(pattern: AST.Pattern): Growth | undefined {
  const own = alternatives(pattern.alternatives, topLevel);
  return own && { degree: own.degree + 1, factor: own.factor * Math.max(1, pattern.raw.length) };
}

/** What one search may cost in the engine at most; above it the metered matcher runs, whose cost is what it does. */
const MOST = 20_000_000;

/** Whether a search over a text of this length is short whatever the text is. */
export function isShort(growth: Growth | undefined, length: number): boolean {
  return growth !== undefined && growth.factor * length ** growth.degree <= MOST;
}
