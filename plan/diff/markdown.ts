/** Changes as Markdown, for a comment on a pull request. */
import { printable } from "../render/printable.ts";
import type { Change } from "./change.ts";
import { REASONS } from "./reasons.ts";
import { affectsText, body, countsText, placeText, summary } from "./text.ts";

/** A list with one item a change and the differing lines in `diff` fences; without a newline at its end. */
export function renderDiffMarkdown(changes: readonly Change[]): string {
  if (changes.length === 0) return "No changes: both plans mean the same.";
  const items = changes.map((change) => {
    const { sign } = REASONS[change.code];
    const place = change.to ?? change.from;
    const where = place ? ` (${code(placeText(place))})` : "";
    const lines = [`- ${code(sign)} **${code(change.name)}** ${summary(change, code)}${where}`];
    const texts = body(change, 2);
    if (texts.length > 0) {
      const fence = "`".repeat(Math.max(3, longestRun(texts.join("\n")) + 1));
      lines.push(
        "",
        ...[`${fence}diff`, ...texts.map(printable), fence].map((line) => (line === "" ? line : `  ${line}`)),
        "",
      );
    }
    const reaches = affectsText(change.affects, code);
    if (reaches !== "") lines.push(`  - affects ${reaches}`);
    return lines.join("\n");
  });
  return `**${countsText(changes)}**\n\n${items.join("\n")}`;
}

/** The text of a plan is anybody's: in a code span nothing of it becomes markup, a mention or a link. */
function code(anything: string): string {
  const text = printable(anything).replaceAll(/\s+/g, " ");
  if (text.trim() === "") return JSON.stringify(text);
  const fence = "`".repeat(longestRun(text) + 1);
  return text.startsWith("`") || text.endsWith("`") ? `${fence} ${text} ${fence}` : `${fence}${text}${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}
