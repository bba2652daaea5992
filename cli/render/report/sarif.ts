/** SARIF 2.1.0 (OASIS, errata 01), as GitHub code scanning reads it: relative URIs, stable fingerprints, rules with help. */
import type { Finding, Place, Report, Rule } from "../../report.ts";
import { wellFormed } from "./well-formed.ts";

const LEVELS: { readonly [severity in Finding["severity"]]: string } = {
  error: "error",
  warning: "warning",
  info: "note",
};

export function renderSarif({ version, homepage, rules, files }: Report): string {
  const ids = [...rules.keys()];
  const log = {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "smithers",
            semanticVersion: version,
            ...(homepage === null ? {} : { informationUri: homepage }),
            rules: ids.map((id) => ruleOf(id, rules.get(id)!, homepage)),
          },
        },
        columnKind: "utf16CodeUnits",
        results: files.flatMap(({ file, findings }) => findings.map((finding) => result(file, finding, ids))),
      },
    ],
  };
  return JSON.stringify(log, null, 2);
}

function ruleOf(id: string, { title, severity, what, why, example, instead }: Rule, homepage: string | null) {
  const markdown = `${what}\n\n**Why is this bad**\n\n${why}\n\n**Example**\n\n${example}\n\n**Use instead**\n\n${instead}`;
  return {
    id,
    name: title.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: title },
    fullDescription: { text: what },
    help: { text: `${what} ${why}`, markdown },
    ...(homepage === null ? {} : { helpUri: `${homepage.replace(/#.*$/, "")}#${id.toLowerCase()}` }),
    defaultConfiguration: { level: LEVELS[severity] },
  };
}

function result(file: string, finding: Finding, ids: readonly string[]) {
  const { code, severity, message, hint, place, related, fingerprint } = finding;
  return {
    ruleId: code,
    ...(ids.includes(code) ? { ruleIndex: ids.indexOf(code) } : {}),
    level: LEVELS[severity],
    message: { text: hint === null ? message : `${message}\n${hint}` },
    locations: [{ physicalLocation: place ? locationOf(place) : { artifactLocation: artifact(file) } }],
    ...(related.length === 0
      ? {}
      : {
          relatedLocations: related.map((more, i) => ({
            id: i + 1,
            message: { text: more.message },
            physicalLocation: locationOf(more.place),
          })),
        }),
    partialFingerprints: { "smithersFinding/v1": fingerprint },
  };
}

function locationOf({ path, line, column, end }: Place) {
  return {
    artifactLocation: artifact(path),
    region: { startLine: line, startColumn: column, endLine: end.line, endColumn: end.column },
  };
}

function artifact(path: string) {
  return { uri: wellFormed(path).split("/").map(encodeURIComponent).join("/"), uriBaseId: "%SRCROOT%" };
}
