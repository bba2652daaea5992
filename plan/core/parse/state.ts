import type { Expr, Property, Span } from "../ast.ts";
import { limits } from "../limits.ts";
import { Lexer, RESERVED_WORDS } from "./lexer.ts";

/** What the productions share: the tokens, how deep they are, and marks that outlive one production. */
export class ParseState {
  readonly lex: Lexer;
  /** Expressions that stood in parentheses, where that decides what they may become. */
  readonly parenthesised = new Set<Expr>();
  /** `{ a = 1 }` read as an object: legal only once it has become a pattern. */
  readonly shorthandDefaults = new Set<Property>();
  private depth = 0;

  constructor(text: string) {
    this.lex = new Lexer(text);
  }

  span(start: number): Span {
    return { file: 0, start, end: this.lex.previousEnd };
  }

  enter(): void {
    if (++this.depth > limits.nesting) {
      this.lex.fail(`nested deeper than ${limits.nesting}`);
    }
  }

  leave(): void {
    this.depth--;
  }

  /** Is the current token this punctuation? */
  at(text: string): boolean {
    return this.lex.kind === "punct" && this.lex.value === text;
  }

  atWord(word: string): boolean {
    return this.lex.kind === "name" && this.lex.value === word;
  }

  eat(text: string): boolean {
    if (this.at(text)) {
      this.lex.next();
      return true;
    }
    return false;
  }

  expect(text: string): void {
    if (!this.eat(text)) {
      this.unexpected(`expected ${text}`);
    }
  }

  eatWord(word: string): boolean {
    if (this.atWord(word)) {
      this.lex.next();
      return true;
    }
    return false;
  }

  /** Reads a name that is not a reserved word. */
  identifier(): string {
    const { lex } = this;
    if (lex.kind !== "name" || RESERVED_WORDS.has(lex.value)) {
      this.unexpected("expected a name");
    }
    const name = lex.value;
    lex.next();
    return name;
  }

  unexpected(wanted: string): never {
    const { lex } = this;
    const found =
      lex.kind === "end"
        ? "the end of the text"
        : JSON.stringify(lex.text.slice(lex.start, lex.end).slice(0, 30));
    return lex.fail(`${wanted}, found ${found}`);
  }
}
