/** Host values of a run: asked once at its start, journaled, compared when it is resumed (SEMANTICS 57). */
import { createHmac } from "node:crypto";
import os from "node:os";
import { pathToFileURL } from "node:url";
import type { Value } from "../plan/core/values.ts";
import type { Json, Plan } from "../plan/types.ts";
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
      case "project":
        return root;
      case "project.url":
        return pathToFileURL(root).href;
      default:
        return process.env[name.slice("env.".length)];
    }
  };
}

/** What the expressions of a plan ask for. What only its modules read of the environment is theirs, and not journaled. */
function askedFor({ capabilities, constants, functions, prompts, nodes, agents }: Plan): string[] {
  const listed = [...capabilities.host, ...capabilities.env.map((name) => `env.${name}`)];
  if (listed.length === 0) return [];
  const texts = JSON.stringify([constants, functions, prompts, nodes, agents]);
  const named = new Set([...texts.matchAll(/\bhost\(\s*(?:'|\\"|`)([\w.]+)/g)].map(([, name]) => name));
  return listed.filter((name) => name !== STARTED_AT && named.has(name)).sort();
}

const STARTED_AT = "startedAt";

/** Asks the host for everything the plan names, for the journal of a new run. */
export function recordHost(plan: Plan, source: HostSource, seed: string): RunRecord["host"] {
  return Object.fromEntries(askedFor(plan).map((name) => [name, recordOf(name, source(name), seed)]));
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

function isSecret(name: string, value: string): boolean {
  return name.startsWith("env.") && (SECRET_NAME.test(name) || SECRET_VALUE.test(value));
}

function keyedHash(seed: string, name: string, value: string): string {
  return createHmac("sha256", seed).update(`${name}\0${value}`).digest("hex");
}

export interface KnownHost {
  readonly values: HostValues;
  /** What differs from the start of the run, a phrase each. */
  readonly changes: readonly string[];
}

/** The values a run sees: those of its journal; of secrets, which no journal holds, the current ones. */
export function knownHost(record: RunRecord, source: HostSource): KnownHost {
  const values: Record<string, Value> = { [STARTED_AT]: record.createdAt };
  const changes: string[] = [];
  for (const [name, recorded] of Object.entries(record.host)) {
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
