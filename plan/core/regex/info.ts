import type { AST } from "@eslint-community/regexpp";
import { compilePattern, parsePattern } from "./compile.ts";
import { type Growth, growthOf } from "./policy.ts";
import type { Program } from "./program.ts";

/** What is known of one pattern, found out when it is first asked. */
export class RegexInfo {
  readonly source: string;
  readonly flags: string;
  private pattern: AST.Pattern | undefined;
  private known: { readonly growth: Growth | undefined } | undefined;
  private compiled: Program | undefined;
  constructor(source: string, flags: string) {
    this.source = source;
    this.flags = flags;
  }

  private parsed(): AST.Pattern {
    this.pattern ??= parsePattern(this.source, this.flags);
    return this.pattern;
  }

  growth(): Growth | undefined {
    this.known ??= { growth: growthOf(this.parsed()) };
    return this.known.growth;
  }

  program(): Program {
    this.compiled ??= compilePattern(this.parsed(), this.flags);
    return this.compiled;
  }
}
