/** GitLab's Code Quality report: a JSON array of the part of Code Climate's format that GitLab reads. */
import type { Finding, Report } from "../../report.ts";

/** GitLab knows info, minor, major, critical and blocker. */
const LEVELS: { readonly [severity in Finding["severity"]]: string } = {
  error: "critical",
  warning: "minor",
  info: "info",
};

export function renderGitlab({ files }: Report): string {
  const issues = files.flatMap(({ file, findings }) =>
    findings.map(({ code, severity, message, hint, place, fingerprint }) => ({
      type: "issue",
      check_name: code,
      description: hint === null ? message : `${message} ${hint}`,
      categories: [severity === "error" ? "Bug Risk" : "Clarity"],
      severity: LEVELS[severity],
      fingerprint,
      location: {
        path: place?.path ?? file,
        lines: { begin: place?.line ?? 1, end: place?.end.line ?? 1 },
      },
    })),
  );
  return JSON.stringify(issues, null, 2);
}
