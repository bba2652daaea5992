/** What can be wrong with a plan, as data. */

/** Closed list; messages say the rest. */
export type Rule =
  /** Not JSON; `line` and `column` say where. */
  | "json-syntax"
  | "json-duplicate-key"
  /** JSON, but no plan. */
  | "not-a-plan"
  /** A newer major version of the IR. */
  | "version"
  /** `requires` names something this version does not know. */
  | "requires"
  /** The bytes are not the ones that were sealed. */
  | "integrity"
  /** A value of the wrong type or outside its set. */
  | "type"
  | "missing"
  | "unknown-kind"
  /** A known field on a kind of node that has none such. */
  | "misplaced"
  /** Fields that exclude or need one another. */
  | "conflict"
  /** A key or name that may not be one. */
  | "name"
  /** A parent, agent, schema, module, prompt, site that is not there. */
  | "reference"
  /** Nodes out of document order. */
  | "order"
  /** Values or constants that need themselves. */
  | "cycle"
  /** Core text that does not parse. */
  | "core-syntax"
  /** Core text in a form that Core does not allow. */
  | "core-form"
  /** A free name that nothing in scope gives. */
  | "unknown-name"
  /** A host value that the capabilities do not list. */
  | "capability"
  /** Deeper, larger or more than any plan may be. */
  | "limit";

export interface Problem {
  /** As in `nodes.fix.prompt`; "" is the plan itself. */
  readonly path: string;
  readonly rule: Rule;
  readonly message: string;
  /** Of a syntax error, 1-based, columns in UTF-16 units. */
  readonly line?: number;
  readonly column?: number;
}

/** A hostile plan may be wrong everywhere: nobody reads more than this. */
const MAX_PROBLEMS = 100;
const MAX_PATH_UNITS = 300;

export class Problems {
  private readonly found: Problem[] = [];
  private dropped = 0;

  add(path: string, rule: Rule, message: string): void {
    if (this.found.length >= MAX_PROBLEMS) this.dropped++;
    else this.found.push({ path: shorten(path), rule, message: shorten(message) });
  }

  /** Whether nothing is wrong so far. */
  get none(): boolean {
    return this.found.length === 0;
  }

  /** Whether looking on would only be counted. */
  get full(): boolean {
    return this.found.length >= MAX_PROBLEMS;
  }

  list(): readonly Problem[] {
    if (!this.full) return this.found;
    const more: Problem = {
      path: "",
      rule: "limit",
      message: `these are the first ${MAX_PROBLEMS} problems`,
    };
    return this.dropped > 0 ? [...this.found, more] : this.found;
  }
}

function shorten(text: string): string {
  return text.length <= MAX_PATH_UNITS ? text : `${text.slice(0, MAX_PATH_UNITS)}…`;
}

/** A value as a message shows it. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "string")
    return value.length > 60 ? `${JSON.stringify(value.slice(0, 60))}…` : JSON.stringify(value);
  return String(value);
}

/** The nearest of the known names, as the end of a message; "" where none is near. */
export function didYouMean(name: string, known: Iterable<string>): string {
  if (name.length > 40) return "";
  let best = "";
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  let tried = 0;
  for (const candidate of known) {
    if (++tried > 1_000) break;
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const distance = editDistance(name, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best === "" ? "" : `; did you mean ${JSON.stringify(best)}?`;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
