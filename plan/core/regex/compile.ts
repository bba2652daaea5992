import { type AST, RegExpParser } from "@eslint-community/regexpp";
import type { Program, Step } from "./program.ts";

/** Parses a pattern that the engine has already accepted. */
export function parsePattern(source: string, flags: string): AST.Pattern {
  return new RegExpParser({ ecmaVersion: 2024 }).parsePattern(source, 0, source.length, {
    unicode: flags.includes("u"),
    unicodeSets: flags.includes("v"),
  });
}

class Builder {
  readonly steps: Step[] = [];
  counters = 0;
  readonly flags: string;
  /** The engine's own flags that decide which characters a set holds. */
  readonly setFlags: string;
  readonly tests = new Map<string, (code: number) => boolean>();
  constructor(flags: string) {
    this.flags = flags;
    this.setFlags = [..."ius"].filter((flag) => flags.includes(flag)).join("");
  }

  push<T extends Step>(step: T): T {
    this.steps.push(step);
    return step;
  }

  /** What the engine says of one character, asked once each: case folding and Unicode sets are exactly its own. */
  test(raw: string): (code: number) => boolean {
    const known = this.tests.get(raw);
    if (known !== undefined) {
      return known;
    }
    const regex = new RegExp(`^(?:${raw})$`, this.setFlags);
    const answers = new Map<number, boolean>();
    const test = (code: number): boolean => {
      let answer = answers.get(code);
      if (answer === undefined) {
        answer = regex.test(String.fromCodePoint(code));
        answers.set(code, answer);
      }
      return answer;
    };
    this.tests.set(raw, test);
    return test;
  }
}

/** Compiles a pattern for the metered matcher. */
export function compilePattern(pattern: AST.Pattern, flags: string): Program {
  const b = new Builder(flags.replace("v", "u"));
  const groups = new Map<AST.CapturingGroup, number>();
  numberGroups(pattern, groups);
  const c: Compile = { b, groups };
  alternation(c, pattern.alternatives, false);
  b.push({ op: "done" });
  const names = [...groups].flatMap(([group, number]) =>
    group.name === null ? [] : [[group.name, number] as const],
  );
  return {
    steps: b.steps,
    slots: (groups.size + 1) * 2,
    counters: b.counters,
    names,
    same: sameCharacter(b),
  };
}

interface Compile {
  readonly b: Builder;
  readonly groups: ReadonlyMap<AST.CapturingGroup, number>;
}

type Branch = AST.Pattern | AST.Element | AST.Alternative;

function numberGroups(node: Branch, into: Map<AST.CapturingGroup, number>): void {
  switch (node.type) {
    case "CapturingGroup":
      into.set(node, into.size + 1);
      break;
    case "Quantifier":
      numberGroups(node.element, into);
      return;
    case "Alternative":
      for (const element of node.elements) {
        numberGroups(element, into);
      }
      return;
    default:
      break;
  }
  if ("alternatives" in node) {
    for (const alternative of node.alternatives) {
      if (alternative.type === "Alternative") {
        numberGroups(alternative, into);
      }
    }
  }
}

function alternation(c: Compile, list: readonly AST.Alternative[], back: boolean): void {
  const { b } = c;
  const ends: { to: number }[] = [];
  list.forEach((alternative, i) => {
    const last = i === list.length - 1;
    const split = last ? undefined : b.push({ op: "split" as const, to: 0 });
    const elements = back ? [...alternative.elements].reverse() : alternative.elements;
    for (const element of elements) {
      compileElement(c, element, back);
    }
    if (split !== undefined) {
      ends.push(b.push({ op: "jump" as const, to: 0 }));
      split.to = b.steps.length;
    }
  });
  for (const end of ends) {
    end.to = b.steps.length;
  }
}

function compileElement(c: Compile, node: AST.Element, back: boolean): void {
  const { b } = c;
  switch (node.type) {
    case "Character":
    case "CharacterSet":
    case "CharacterClass":
    case "ExpressionCharacterClass":
      b.push({ op: "char", test: b.test(node.raw), back });
      return;
    case "Group":
      alternation(c, node.alternatives, back);
      return;
    case "CapturingGroup": {
      const slot = (c.groups.get(node) ?? 0) * 2;
      b.push({ op: "save", slot: back ? slot + 1 : slot });
      alternation(c, node.alternatives, back);
      b.push({ op: "save", slot: back ? slot : slot + 1 });
      return;
    }
    case "Assertion":
      compileAssertion(c, node);
      return;
    case "Quantifier":
      compileQuantifier(c, node, back);
      return;
    case "Backreference": {
      const resolved = Array.isArray(node.resolved) ? node.resolved : [node.resolved];
      b.push({ op: "back", group: resolved.map((group) => c.groups.get(group) ?? 0), back });
      return;
    }
    default:
      node satisfies never;
  }
}

function compileAssertion(c: Compile, node: AST.Assertion): void {
  const { b } = c;
  switch (node.kind) {
    case "start":
    case "end":
      b.push({ op: "assert", kind: node.kind });
      return;
    case "word":
      b.push({ op: "assert", kind: node.negate ? "notWord" : "word" });
      return;
    case "lookahead":
    case "lookbehind": {
      const look = b.push({ op: "look" as const, negate: node.negate, to: 0 });
      alternation(c, node.alternatives, node.kind === "lookbehind");
      b.push({ op: "done" });
      look.to = b.steps.length;
      return;
    }
    default:
      node satisfies never;
  }
}

function compileQuantifier(c: Compile, node: AST.Quantifier, back: boolean): void {
  const { b } = c;
  const counter = b.counters;
  b.counters += 2;
  const inside = new Map<AST.CapturingGroup, number>();
  numberGroups(node.element, inside);
  const numbers = [...inside.keys()].map((group) => c.groups.get(group) ?? 0);
  b.push({ op: "zero", counter });
  const head = b.steps.length;
  const { min, max, greedy } = node;
  const loop = b.push({ op: "loop" as const, counter, min, max, greedy, to: 0 });
  if (numbers.length > 0) {
    b.push({ op: "forget", from: Math.min(...numbers) * 2, to: Math.max(...numbers) * 2 + 2 });
  }
  compileElement(c, node.element, back);
  b.push({ op: "again", counter, min, head });
  loop.to = b.steps.length;
}

function sameCharacter(b: Builder): Program["same"] {
  if (!b.flags.includes("i")) {
    return (a, z) => a === z;
  }
  return (a, z) => a === z || b.test(`\\u${hex(a, b.flags)}`)(z);
}

function hex(code: number, flags: string): string {
  const digits = code.toString(16);
  return flags.includes("u") ? `{${digits}}` : digits.padStart(4, "0");
}
