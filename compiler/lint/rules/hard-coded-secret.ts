/** SM702: a key or password that stands in the source, and so in the plan and in its history. */
import type { Diagnostic } from "../../diagnostics.ts";
import type { Value } from "../../phases/3-evaluate/value.ts";
import type { AgentSource } from "../../phases/4-lower/draft.ts";
import type { Model } from "../../phases/5-analyse/model.ts";
import { problem } from "../../report.ts";
import type { Span } from "../../surface.ts";
import type { Rule } from "../rule.ts";

export const hardCodedSecret: Rule = {
  code: "SM702",
  check(model) {
    const byForm = model.files.flatMap((file, n) => inText(file.text, n));
    const byName = [...model.draft.agents].flatMap(([name, agent]) => inAgent(model, name, agent));
    // A key that is known by its form is told of once, by what it is.
    const covered = (d: Diagnostic): boolean =>
      byForm.some((one) => one.span && d.span && one.span.file === d.span.file && overlaps(one.span, d.span));
    return [...byForm, ...byName.filter((d) => !covered(d))];
  },
};

const overlaps = (a: Span, b: Span): boolean => a.start < b.end && b.start < a.end;

/** Keys that their issuers made recognisable, with what they are called. */
const FORMS: readonly (readonly [what: string, form: RegExp])[] = [
  ["an Anthropic API key", /\bsk-ant-[\w-]{24,}/g],
  ["an OpenAI API key", /\bsk-(?:proj-|svcacct-)?[A-Za-z0-9]{20}[\w-]{12,}/g],
  ["a GitHub token", /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{50,})/g],
  ["an AWS access key", /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/g],
  ["a Google API key", /\bAIza[\w-]{35}/g],
  ["a Slack token", /\bxox[abeprs]-[A-Za-z0-9-]{20,}/g],
  ["a Stripe key", /\b[rs]k_live_[A-Za-z0-9]{20,}/g],
  ["an npm token", /\bnpm_[A-Za-z0-9]{36}\b/g],
  ["a private key", /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/g],
];

/** Written where a key will stand, or in documentation. */
const PLACEHOLDER =
  /example|placeholder|dummy|fake|sample|your|change|replace|redacted|not-?needed|ollama|lm-?studio|local|unused|no-key|test|xxx|\*\*\*|\.\.\.|…|[<>{}$]/i;
/** One character over and over is no key. */
const isFiller = (text: string): boolean => new Set(text).size < 6;

function inText(text: string, file: number): Diagnostic[] {
  return FORMS.flatMap(([what, form]) =>
    [...text.matchAll(form)].flatMap((match) => {
      const [found] = match;
      if (PLACEHOLDER.test(found) || isFiller(found.slice(-16))) return [];
      const span = { file, start: match.index, end: match.index + found.length };
      return [secret(span, `This looks like ${what}.`)];
    }),
  );
}

function secret(span: Span | null, message: string): Diagnostic {
  return problem(
    "SM702",
    span,
    `${message} It would stand in the source, in the plan and in their history.`,
    {
      hint: "Leave it to the environment of the runner (ANTHROPIC_API_KEY and its like), and replace the key: it has been written down.",
    },
  );
}

function inAgent(model: Model, name: string, agent: AgentSource): Diagnostic[] {
  const values = agent.type === "Object" ? [agent] : agent.args;
  return values
    .flatMap((value) => named(value, agent.span ?? null))
    .map(({ key, text, span }) =>
      secret(span && model.placeIn(span, text), `\`${key}\` of the agent \`${name}\` is a literal.`),
    );
}

interface Found {
  readonly key: string;
  readonly text: string;
  readonly span: Span | null;
}

function named(value: Value, span: Span | null): Found[] {
  if (value.type === "Array")
    return value.items.flatMap((x) => (x.type === "SpreadItem" ? [] : named(x, span)));
  if (value.type !== "Object") return [];
  const at = value.span ?? span;
  return [...value.props].flatMap(([key, member]) => {
    const text = isSecretName(key) ? literalOf(member) : null;
    return text !== null && isSecret(text) ? [{ key, text, span: at }] : named(member, at);
  });
}

/** A literal, or the one that stands in for a missing value: `process.env.KEY ?? "…"`. */
function literalOf(value: Value): string | null {
  if (value.type === "Known") return typeof value.value === "string" ? value.value : null;
  if (value.type !== "Residual" || value.expr.type !== "Logical") return null;
  const { right } = value.expr;
  return right.type === "Literal" && typeof right.value === "string" ? right.value : null;
}

const NAMES =
  /(apikey|apitoken|accesstoken|authtoken|bearertoken|secret|secretkey|privatekey|password|passwd|authorization)$/;

/** `apiKey`, `Authorization`, `x-api-key`, `GITHUB_TOKEN`; not `maxTokens`. */
function isSecretName(key: string): boolean {
  const plain = key.toLowerCase().replace(/[-_]/g, "");
  return NAMES.test(plain) || plain === "token" || /_(TOKEN|KEY)$/.test(key);
}

const isSecret = (text: string): boolean =>
  text.length >= 8 && !/\s{2}|\n/.test(text) && !PLACEHOLDER.test(text) && !isFiller(text.slice(-16));
