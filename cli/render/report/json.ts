/** One JSON object a line: every diagnostic, every plan that was written, every comparison with a twin. */
import type { Report } from "../../report.ts";

export function renderJson({ files }: Report): string {
  return files
    .flatMap(({ file, findings, plan, twin }) => [
      ...findings.map(({ text: _, hint, related, ...finding }) => ({
        type: "diagnostic",
        file,
        ...finding,
        ...(hint === null ? {} : { hint }),
        ...(related.length === 0 ? {} : { related }),
      })),
      ...(plan === null ? [] : [{ type: "plan", file, ...plan }]),
      ...(twin === null ? [] : [{ type: "twin", file, ...twin }]),
    ])
    .map((line) => JSON.stringify(line))
    .join("\n");
}
