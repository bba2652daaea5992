/** What a run of JSX text means, as TypeScript and esbuild read it (React's rules). */
import { ENTITIES } from "./jsx-entities.ts";

/** White space that may be trimmed at a line's ends; line breaks apart. */
const BLANK = "[ \\t\\v\\f\\u00a0\\u0085\\u1680\\u2000-\\u200b\\u202f\\u205f\\u3000\\ufeff]";
const LEADING = new RegExp(`^${BLANK}+`);
const TRAILING = new RegExp(`${BLANK}+$`);

/**
 * Lines are trimmed where they touch a line break, empty ones vanish, the rest is joined by single spaces; entities are
 * decoded afterwards, so that `&nbsp;` survives. Null where nothing is left.
 */
export function jsxText(raw: string): string | null {
  const lines = raw.split(/\r\n|[\n\r\u2028\u2029]/);
  const kept: string[] = [];
  lines.forEach((line, i) => {
    let text = line;
    if (i > 0) text = text.replace(LEADING, "");
    if (i < lines.length - 1) text = text.replace(TRAILING, "");
    if (text !== "") kept.push(decodeEntities(text));
  });
  return kept.length === 0 ? null : kept.join(" ");
}

/** Decodes numeric entities and the 253 named ones of XHTML 1.0; anything else stays as it is written. */
export function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (whole, decimal, hex, name) => {
    const code =
      decimal !== undefined
        ? Number.parseInt(decimal, 10)
        : hex !== undefined
          ? Number.parseInt(hex, 16)
          : ENTITIES.get(name);
    return code === undefined || code > 0x10ffff ? whole : String.fromCodePoint(code);
  });
}
