import type { Json } from "../../plan/types.ts";
import { isSecret } from "../host.ts";

type Env = { readonly [name: string]: string | undefined };

/** The environment without keys and tokens: those are for the runner, and what a command prints goes to a model. */
export function withoutSecrets(env: Env): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name, value]) => value === undefined || !isSecret(`env.${name}`, value)),
  );
}

/** What a tool says with the values of secrets put out of it, before anybody is told and before it is written down. */
export function masked(output: Json, env: Env): Json {
  const text = JSON.stringify(output);
  const found = Object.entries(env).filter(
    ([name, value]) =>
      value !== undefined &&
      value.length >= SHORTEST &&
      isSecret(`env.${name}`, value) &&
      text.includes(quoted(value)),
  );
  if (found.length === 0) return output;
  let masked = text;
  for (const [name, value] of found) masked = masked.replaceAll(quoted(value as string), `(env.${name})`);
  return JSON.parse(masked) as Json;
}

/** As it stands within a string of JSON. */
const quoted = (value: string): string => JSON.stringify(value).slice(1, -1);

/** Shorter ones are words that stand everywhere. */
const SHORTEST = 8;
