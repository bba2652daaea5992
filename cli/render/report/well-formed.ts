/** Lone surrogates become U+FFFD: no XML and no URI can hold them. (`String.prototype.toWellFormed` is ES2024.) */
export function wellFormed(text: string): string {
  return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");
}
