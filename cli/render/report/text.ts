/** Findings for people: place, message, the lines of source, how to mend it. */
import type { Finding } from "../../report.ts";
import type { Painter } from "../../terminal.ts";

export function renderText(findings: readonly Finding[], paint: Painter): string {
  const colours = { error: paint.red, warning: paint.yellow, info: paint.cyan };
  return findings
    .map(({ text, severity, code }) => {
      const mark = `${severity} ${code}`;
      const at = text.indexOf(mark);
      return `${text.slice(0, at)}${colours[severity](mark)}${text.slice(at + mark.length)}\n`;
    })
    .join("\n");
}
