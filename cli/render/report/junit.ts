/** JUnit XML: a suite a workflow file, a test case a finding; a file without findings is one case that passed. */
import { counts, type FileReport, type Finding, type Report } from "../../report.ts";
import { wellFormed } from "./well-formed.ts";

export function renderJunit({ files, maxSeverity }: Report): string {
  const failures = (findings: readonly Finding[]): number =>
    findings.filter(({ severity }) => counts(severity, maxSeverity)).length;
  const all = files.flatMap(({ findings }) => findings);
  const cases = files.reduce((sum, { findings }) => sum + Math.max(1, findings.length), 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="smithers" tests="${cases}" failures="${failures(all)}" errors="0">`,
    ...files.flatMap((file) => [
      `  <testsuite name="${xml(file.file)}" tests="${Math.max(1, file.findings.length)}" failures="${failures(file.findings)}" errors="0" skipped="0">`,
      ...casesOf(file, maxSeverity),
      "  </testsuite>",
    ]),
    "</testsuites>",
  ].join("\n");
}

function casesOf({ file, findings }: FileReport, maxSeverity: Report["maxSeverity"]): string[] {
  if (findings.length === 0) return [`    <testcase name="compiles" classname="${xml(file)}"/>`];
  return findings.map((finding) => {
    const { code, title, severity, message, text, place } = finding;
    const where = place ? ` at ${place.path}:${place.line}:${place.column}` : "";
    const head = `    <testcase name="${xml(`${code} ${title}${where}`)}" classname="${xml(file)}">`;
    const body = counts(severity, maxSeverity)
      ? `<failure type="${xml(code)}" message="${xml(message)}">${xml(text)}</failure>`
      : `<system-out>${xml(text)}</system-out>`;
    return `${head}\n      ${body}\n    </testcase>`;
  });
}

/** Text for attributes and elements. What XML 1.0 can't hold at all (most control characters, lone surrogates) becomes U+FFFD. */
export function xml(text: string): string {
  return wellFormed(text)
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\t", "&#9;")
    .replaceAll("\n", "&#10;")
    .replaceAll("\r", "&#13;");
}
