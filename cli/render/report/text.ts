/** Findings for people: place, message, the lines of source, how to mend it. */
import type { Finding } from "../../report.ts";
import type { Painter } from "../../terminal.ts";

/** Nobody reads more of one file in a terminal; what reads them all takes another format. */
const MOST = 1_000;

export function renderText(findings: readonly Finding[], paint: Painter): string {
  const colours = { error: paint.red, warning: paint.yellow, info: paint.cyan };
  const shown = findings
    .slice(0, MOST)
    .map(({ text, severity, code }) => {
      const mark = `${severity} ${code}`;
      const at = text.indexOf(mark);
      return `${text.slice(0, at)}${colours[severity](mark)}${text.slice(at + mark.length)}\n`;
    })
    .join("\n");
  const more = findings.length - MOST;
  return more > 0
    ? `${shown}\n… and ${more.toLocaleString("en-US")} more; --format json gives them all.\n`
    : shown;
}
