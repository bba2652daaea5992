/** Functions of `deps` that do something: they run once, as code, when their task starts. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { freeNames } from "../3-evaluate/names.ts";
import { attempt, Bail, type Evaluation } from "../3-evaluate/state.ts";
import { type Environment, lookup } from "../3-evaluate/value.ts";

/** Whether a plain function uses one that only code can run: what it gives is a promise, most often. */
export const callsCode = (
  arrow: Core.Arrow<Surface.Extra>,
  env: Environment,
  isLocal: (name: string) => boolean = () => false,
): boolean =>
  [...freeNames(arrow)].some((name) => !isLocal(name) && lookup(env, name)?.value.type === "Code");

/** Random values, effects and facts that no run records: no frame may have them. */
const ACTS: ReadonlySet<string> = new Set(["SM502", "SM504", "SM505"]);

/** What `make` gives; undefined where it reports that something is done, and the report is taken back. */
export function unlessItActs<T>(ev: Evaluation, make: () => T): T | undefined {
  const known = ev.diagnostics.length;
  const functions = new Set(ev.functions.keys());
  let acts = false;
  return attempt<T | undefined>(
    ev,
    () => {
      const made = make();
      acts = ev.diagnostics.slice(known).some((d) => d.severity === "error" && ACTS.has(d.code));
      if (acts) throw new Bail("a function of deps that does something");
      return made;
    },
    (why) => {
      if (!acts) throw why;
      // Helpers written down meanwhile are read anew, and reported, where others use them.
      for (const name of [...ev.functions.keys()]) if (!functions.has(name)) ev.functions.delete(name);
      for (const [closure, { name, scope }] of ev.closureNames)
        if (scope === null && !ev.functions.has(name)) ev.closureNames.delete(closure);
      return undefined;
    },
  );
}
