/** One JSON object a line: every diagnostic, and every plan that was written. */
import type { Report } from "../../report.ts";

export function renderJson({ files }: Report): string {
  return files
    .flatMap(({ file, findings, plan }) => [
      ...findings.map(({ text: _, hint, related, ...finding }) => ({
        type: "diagnostic",
        file,
        ...finding,
        ...(hint === null ? {} : { hint }),
        ...(related.length === 0 ? {} : { related }),
      })),
      ...(plan === null ? [] : [{ type: "plan", file, ...plan }]),
    ])
    .map((line) => JSON.stringify(line))
    .join("\n");
}
