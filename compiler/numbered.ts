/** Names of which each is given once: `work`, `work#2`, `work#3`, … */

export class Numbered {
  /** By name that was given, the one that was asked for. */
  readonly #taken = new Map<string, string>();
  /** By name, the lowest number that may be free: with ten thousand of one name each costs the same. */
  readonly #next = new Map<string, number>();

  /** The name, or with the lowest free number where it is taken. */
  take(name: string, join: string, isReserved: (name: string) => boolean = () => false): string {
    const key = `${name}${join}`;
    let n = this.#next.get(key) ?? 1;
    const numbered = (): string => (n === 1 ? name : `${key}${n}`);
    while (this.#taken.has(numbered()) || isReserved(numbered())) n++;
    const given = numbered();
    this.#taken.set(given, name);
    this.#next.set(key, n + 1);
    return given;
  }

  /** What was asked for when a name was given. */
  nameOf(given: string): string {
    return this.#taken.get(given) ?? given;
  }

  /** Gives a name back. */
  delete(name: string): void {
    if (this.#taken.delete(name)) this.#next.clear();
  }

  clear(): void {
    this.#taken.clear();
    this.#next.clear();
  }
}
