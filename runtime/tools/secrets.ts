import type { Json } from "../../plan/types.ts";
import { isSecret } from "../host.ts";
import { swapped, swapsOf } from "../secret-text.ts";

type Env = { readonly [name: string]: string | undefined };

/** The environment without keys and tokens: those are for the runner, and what a command prints goes to a model. */
export function withoutSecrets(env: Env): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name, value]) => value === undefined || !isSecret(`env.${name}`, value)),
  );
}

/** What a tool says with the values of secrets put out of it, before anybody is told and before it is written down. */
export function masked(output: Json, env: Env): Json {
  const secrets = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && isSecret(`env.${name}`, value) ? { value, mark: `(env.${name})` } : [],
  );
  return swapped(output, swapsOf(secrets), "value", "mark");
}
