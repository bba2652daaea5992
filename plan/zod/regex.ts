import { limits } from "../core/index.ts";
import { meteredRegExp } from "../core/regex/exec.ts";
import { RegexInfo } from "../core/regex/info.ts";
import { isShort } from "../core/regex/policy.ts";
import { CoreError } from "../core/values.ts";

/**
 * The same expression, safe to be given any text: where the engine could take long, the metered matcher of Core runs
 * instead and ends with an error when its steps are used up. Zod only calls `test`, which calls `exec`.
 */
export function guarded(regex: RegExp): RegExp {
  const info = new RegexInfo(regex.source, regex.flags);
  class Guarded extends RegExp {
    override exec(text: string): RegExpExecArray | null {
      if (isShort(info.growth(), text.length)) return super.exec(text);
      let fuel = limits.fuel;
      const metered = meteredRegExp(info, (units) => {
        fuel -= units;
        if (fuel < 0) throw new CoreError("LIMIT", `${String(regex)} takes too long on this text`);
      });
      metered.lastIndex = this.lastIndex;
      const found = metered.exec(text);
      this.lastIndex = metered.lastIndex;
      return found;
    }
  }
  return new Guarded(regex.source, regex.flags);
}
