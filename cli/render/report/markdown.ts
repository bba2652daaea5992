/** Markdown for a comment on a pull request. */
import { countsOf, type Finding, type Report } from "../../report.ts";

const MARKS: { readonly [severity in Finding["severity"]]: string } = {
  error: "❌",
  warning: "⚠️",
  info: "ℹ️",
};

export function renderMarkdown({ files }: Report): string {
  const findings = files.flatMap((file) => file.findings);
  const many = `${files.length} workflow${files.length === 1 ? "" : "s"}`;
  const head = findings.length === 0 ? `✅ ${many}, no problems` : `${countsOf(findings)} in ${many}`;
  const plans = files.flatMap(({ plan }) => (plan === null ? [] : [plan]));
  return [
    `### Smithers: ${head}`,
    ...findings.map(item),
    ...(plans.length === 0
      ? []
      : [
          [
            "| plan | nodes | digest |",
            "|---|---|---|",
            ...plans.map(
              ({ path, nodes, digest }) =>
                `| ${code(path).replaceAll("|", "\\|")} | ${nodes} | ${code(digest.slice(0, 19))} |`,
            ),
          ].join("\n"),
        ]),
  ].join("\n\n");
}

function item({ code: id, severity, message, hint, place, text }: Finding): string {
  const where = place ? ` ${code(`${place.path}:${place.line}:${place.column}`)}` : "";
  const lines = [`- ${MARKS[severity]} **${id}**${where} ${prose(message)}`];
  if (hint !== null) lines.push(`  ${prose(hint)}`);
  const frame = text.split("\n").filter((line) => /^[> ] +\d* \| ?/.test(line));
  if (frame.length > 0) {
    const fence = "`".repeat(Math.max(3, longestRun(frame.join("\n")) + 1));
    lines.push("", ...[`${fence}text`, ...frame, fence].map((line) => `  ${line}`));
  }
  return lines.join("\n");
}

/** Messages quote names with backticks. What stands outside of them is text and never markup, a mention or a link. */
function prose(text: string): string {
  const parts = text.replaceAll(/\s+/g, " ").split("`");
  if (parts.length % 2 === 0) return plain(text.replaceAll(/\s+/g, " "));
  return parts.map((part, i) => (i % 2 === 0 ? plain(part) : code(part))).join("");
}

function plain(text: string): string {
  return text.replace(/[\\`*_[\]<>#|~]/g, "\\$&").replace(/@(?=\w)/g, "@\u200b");
}

function code(text: string): string {
  if (text.trim() === "") return JSON.stringify(text);
  const flat = text.replaceAll(/\s+/g, " ");
  const fence = "`".repeat(longestRun(flat) + 1);
  return flat.startsWith("`") || flat.endsWith("`") ? `${fence} ${flat} ${fence}` : `${fence}${flat}${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}
