/** `ctx.random(key)`: numbers that a run draws of its seed, the same at every frame, after a resume and in a replay. */
import { createHash } from "node:crypto";

/** What the numbers hang on. A seed of its own, since the functions of compute tasks are handed it. */
export function seedOfNumbers(seed: string): string {
  return createHash("sha256").update(`${seed}\nnumbers`).digest("hex");
}

/** A number in [0, 1). `seed` as `seedOfNumbers` gives it. */
export function randomOf(seed: string, key: string): number {
  return createHash("sha256").update(`${seed}\n${key}`).digest().readUIntBE(0, 6) / 2 ** 48;
}
