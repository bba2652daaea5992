/** Host values of a run: asked once at its start, journaled, compared when it is resumed (SEMANTICS 57). */
import { createHmac } from "node:crypto";
import { existsSync } from "node:fs";
import os from "node:os";
import { pathToFileURL } from "node:url";
import type { Value } from "../plan/core/values.ts";
import type { Json, Plan } from "../plan/types.ts";
import { gitHead } from "./git.ts";
import type { HostRecord, RunRecord } from "./store/store.ts";

/** Answers for the machine: the value behind a name of plan/core/host.ts, undefined where there is none. */
export type HostSource = (name: string) => string | undefined;

/** Values by name, as residuals see them. */
export type HostValues = { readonly [name: string]: Value };

/** The machine this process runs on. `root` is the project directory. */
export function systemHost(root: string): HostSource {
  return (name) => {
    switch (name) {
      case "os.homedir":
        return os.homedir();
      case "os.hostname":
        return os.hostname();
      case "os.tmpdir":
        return os.tmpdir();
      case "process.arch":
        return process.arch;
      case "process.cwd":
        return process.cwd();
      case "process.platform":
        return process.platform;
      case GIT_HEAD:
        return gitHead(root);
      case "project":
        return root;
      case "project.url":
        return pathToFileURL(root).href;
      default:
        return process.env[name.slice("env.".length)];
    }
  };
}

/** What the expressions of a plan ask for. What only its modules read of the environment is theirs: they get what is there. */
function askedFor({ capabilities, constants, functions, prompts, nodes, agents }: Plan): string[] {
  const listed = [...capabilities.host, ...capabilities.env.map((name) => `env.${name}`)];
  if (listed.length === 0) return [];
  const texts = JSON.stringify([constants, functions, prompts, nodes, agents]);
  const named = new Set([...texts.matchAll(/\bhost\(\s*(?:'|\\"|`)([\w.]+)/g)].map(([, name]) => name));
  return listed.filter((name) => name !== STARTED_AT && named.has(name)).sort();
}

const STARTED_AT = "startedAt";

/** The commit that the project stands on. No expression can ask for it. */
const GIT_HEAD = "git.head";
/** In front of the names of what only modules read: kept as a hash, to tell at resume that it is another one. */
const OF_MODULES = "modules.";

/**
 * Asks the host for everything the plan names, for the journal of a new run, and for what is compared when it is resumed
 * although no expression sees it: the commit, and of the variables that only modules read a keyed hash.
 * @param secrets names of those that the run is told of by the one that it comes from
 */
export function recordHost(
  plan: Plan,
  source: HostSource,
  seed: string,
  secrets: readonly string[] = [],
): RunRecord["host"] {
  const asked = [...new Set([...askedFor(plan), ...secrets])].sort();
  const others = plan.capabilities.env.map((name) => `env.${name}`).filter((name) => !asked.includes(name));
  const head = source(GIT_HEAD);
  return {
    ...Object.fromEntries(asked.map((name) => [name, recordOf(name, source(name), seed)])),
    ...Object.fromEntries(
      others.sort().map((name) => [`${OF_MODULES}${name}`, hashOf(name, source(name), seed)]),
    ),
    ...(head === undefined ? {} : { [GIT_HEAD]: head }),
  };
}

function hashOf(name: string, value: string | undefined, seed: string): HostRecord {
  return value === undefined ? null : { keyedHash: keyedHash(seed, name, value) };
}

function recordOf(name: string, value: string | undefined, seed: string): HostRecord {
  if (value === undefined) return null;
  return isSecret(name, value) ? { keyedHash: keyedHash(seed, name, value) } : value;
}

/** What a run that began here and now would see; a secret stands as its name, since a preview is printed. */
export function previewHost(plan: Plan, source: HostSource, now: number): { readonly [name: string]: Json } {
  const values: Record<string, Json> = { [STARTED_AT]: now };
  for (const name of askedFor(plan)) {
    const value = source(name);
    if (value !== undefined) values[name] = isSecret(name, value) ? `(${name})` : value;
  }
  return values;
}

const SECRET_NAME = /KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL/i;
/** A URL that carries a password, as database addresses do. */
const SECRET_VALUE = /:\/\/[^/\s:@]*:[^/\s@]+@/;

/** Whether a host value (`env.NAME`) is for this machine alone, by its name or by what it is. */
export function isSecret(name: string, value: string): boolean {
  return name.startsWith("env.") && (SECRET_NAME.test(name) || SECRET_VALUE.test(value));
}

function keyedHash(seed: string, name: string, value: string): string {
  return createHmac("sha256", seed).update(`${name}\0${value}`).digest("hex");
}

/** Answers as a run had them when it began; for what it did not ask then, and for secrets, those of the machine. */
export function hostOfRun(record: RunRecord | null, source: HostSource): HostSource {
  return (name) => {
    const recorded = record?.host[name];
    return typeof recorded === "string" ? recorded : source(name);
  };
}

/** The values that the expressions of a plan would see on this host. */
export function hostValues(plan: Plan, source: HostSource): HostValues {
  return knownHost({ host: recordHost(plan, source, ""), createdAt: 0, seed: "" }, source).values;
}

export interface KnownHost {
  readonly values: HostValues;
  /** What differs from the start of the run, a phrase each. */
  readonly changes: readonly string[];
}

/** The values a run sees: those of its journal; of secrets, which no journal holds, the current ones. */
export function knownHost(
  record: Pick<RunRecord, "host" | "createdAt" | "seed">,
  source: HostSource,
): KnownHost {
  const values: Record<string, Value> = { [STARTED_AT]: record.createdAt };
  const changes: string[] = [];
  for (const [name, recorded] of Object.entries(record.host)) {
    if (name === GIT_HEAD || name.startsWith(OF_MODULES)) {
      changes.push(...changeOf(name, recorded, record.seed, source));
      continue;
    }
    const current = source(name);
    const isHash = typeof recorded === "object" && recorded !== null;
    const secret = isHash || (current !== undefined && isSecret(name, current));
    values[name] = secret ? current : (recorded ?? undefined);
    if (sameAsRecorded(name, recorded, current, record.seed)) continue;
    changes.push(
      secret
        ? `${name} has changed (a secret: the current value is used)`
        : `${name} is ${shown(current)} now (${shown(recorded ?? undefined)} is used, as when the run began)`,
    );
  }
  return { values, changes };
}

/** Of what no expression sees. A project that is no longer, or not yet, in git tells nothing. */
function changeOf(name: string, recorded: HostRecord, seed: string, source: HostSource): readonly string[] {
  if (name === GIT_HEAD) {
    const current = source(GIT_HEAD);
    return current === undefined || current === recorded
      ? []
      : [`the git head is ${shortHead(current)} now (${shortHead(String(recorded))} when the run began)`];
  }
  const variable = name.slice(OF_MODULES.length);
  return sameAsRecorded(variable, recorded, source(variable), seed)
    ? []
    : [`${variable} has changed (modules see the current value)`];
}

/** `main 89abcde`. */
const shortHead = (head: string): string =>
  head.replace("refs/heads/", "").replace(/([0-9a-f]{7})[0-9a-f]{33,}$/, "$1");

/**
 * Where compute tasks of a resumed run work: where they did, as long as that is there. An imported run, or one whose
 * project was moved, goes on in the project it is in now.
 */
export function workingDirectory(
  { cwd }: RunRecord,
  source: HostSource,
): { readonly cwd: string; readonly changes: readonly string[] } {
  const current = source("project");
  if (current === undefined || current === cwd) return { cwd, changes: [] };
  const kept = existsSync(cwd);
  const used = kept ? `${cwd} is used, as when the run began` : `${cwd}, where the run began, is gone`;
  return { cwd: kept ? cwd : current, changes: [`the working directory is ${current} now (${used})`] };
}

/** Variables of this process. Whoever replays a run asks for nothing but secrets, which the journal tells from others. */
export const environment: HostSource = (name) => process.env[name.slice("env.".length)];

/**
 * Answers of the journal, for a replay, which asks no machine. Of a secret it holds a hash: `secrets` may give the value back,
 * which is taken where it is the one that was recorded; else its mark stands for it, as it does in the journal.
 */
export function hostOfReplay(record: RunRecord, secrets: HostSource): HostSource {
  return (name) => {
    const recorded = record.host[name];
    if (typeof recorded !== "object" || recorded === null) return recorded ?? undefined;
    const value = secrets(name);
    return value !== undefined && sameAsRecorded(name, recorded, value, record.seed)
      ? value
      : secretMark(name, recorded.keyedHash);
  };
}

/** The secrets that the expressions of a run see, as its journal has them. */
export const secretsOf = ({
  host,
}: Pick<RunRecord, "host">): readonly { readonly name: string; readonly keyedHash: string }[] =>
  Object.entries(host).flatMap(([name, recorded]) =>
    typeof recorded === "object" && recorded !== null && !name.startsWith(OF_MODULES)
      ? { name, keyedHash: recorded.keyedHash }
      : [],
  );

/** What stands for the value of a secret where it must not stand itself. */
export const secretMark = (name: string, keyedHash: string): string => `(${name} ${keyedHash.slice(0, 16)})`;

/** Secrets that expressions see and whose recorded value `secrets` does not give: their names, sorted. */
export function missingSecrets(record: RunRecord, secrets: HostSource): readonly string[] {
  const answer = hostOfReplay(record, secrets);
  return secretsOf(record)
    .filter(({ name, keyedHash }) => answer(name) === secretMark(name, keyedHash))
    .map(({ name }) => name)
    .sort();
}

/** Whether a host value is the one with which a run began. */
export const isRecorded = (
  { host, seed }: Pick<RunRecord, "host" | "seed">,
  name: string,
  value: string,
): boolean => sameAsRecorded(name, host[name] ?? null, value, seed);

function sameAsRecorded(
  name: string,
  recorded: HostRecord,
  current: string | undefined,
  seed: string,
): boolean {
  if (recorded === null || current === undefined) return recorded === null && current === undefined;
  if (typeof recorded === "string") return recorded === current;
  return recorded.keyedHash === keyedHash(seed, name, current);
}

function shown(value: string | undefined): string {
  return value === undefined ? "not set" : JSON.stringify(value);
}
