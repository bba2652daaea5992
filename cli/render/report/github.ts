/**
 * GitHub workflow commands, one a line: annotations on the lines of a pull request. Escapes as `@actions/core` does:
 * `%`, CR and LF in messages, `:` and `,` in properties as well.
 */
import type { Finding, Report } from "../../report.ts";

const COMMANDS: { readonly [severity in Finding["severity"]]: string } = {
  error: "error",
  warning: "warning",
  info: "notice",
};

export function renderGithub({ files }: Report): string {
  return files.flatMap(({ file, findings }) => findings.map((finding) => command(file, finding))).join("\n");
}

function command(file: string, { code, title, severity, message, hint, place }: Finding): string {
  const properties: [string, string | number][] = [["file", place?.path ?? file]];
  if (place) {
    properties.push(["line", place.line], ["endLine", place.end.line]);
    // Columns are only allowed where the place is within one line.
    if (place.line === place.end.line)
      properties.push(["col", place.column], ["endColumn", place.end.column]);
  }
  properties.push(["title", `${code} ${title}`]);
  const shown = properties.map(([name, value]) => `${name}=${property(String(value))}`).join(",");
  return `::${COMMANDS[severity]} ${shown}::${data(hint === null ? message : `${message}\n${hint}`)}`;
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
