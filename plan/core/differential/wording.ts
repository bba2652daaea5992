/**
 * Messages without the words for the expression at fault. For names and member chains they are compared exactly
 * (coverage.test.ts); for compound ones V8's depend on how it compiled them.
 */
export function unsourced(text: string): string {
  return text
    .replace(/"(?:[^"\\]|\\.)* is not (?:iterable|a function)(?:[^"\\]|\\.)*"/g, '"not usable"')
    .replace(/"Spread syntax requires (?:[^"\\]|\\.)*"/g, '"not usable"')
    .replace(/"Cannot destructure (?:[^"\\]|\\.)*"/g, '"not usable"');
}
