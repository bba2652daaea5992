import { posix } from "node:path";
import { forbidden, native } from "../evaluate/errors.ts";
import type { Evaluation } from "../evaluate/evaluation.ts";
import { Intrinsic } from "../evaluate/functions.ts";
import { isObject } from "../evaluate/types.ts";
import type { Value } from "../values.ts";
import { statics } from "./define.ts";

/** A function of `node:path` on texts. A number gives Node's own TypeError. */
function onTexts(run: (...texts: string[]) => Value): (ev: Evaluation, args: readonly Value[]) => Value {
  return (ev, args) => {
    for (const arg of args) {
      if (isObject(arg)) {
        // Node's TypeError would describe the object as the engine sees it
        forbidden("a path that is not a text");
      }
      ev.spend(typeof arg === "string" ? arg.length : 1);
    }
    const result = native(() => run(...(args as string[])));
    return typeof result === "string" ? ev.text(result) : result;
  };
}

function isAbsolute(value: Value): boolean {
  return typeof value === "string" && value.startsWith("/");
}

/** `node:path`, in its POSIX form on every machine; what would ask for the working directory is refused. */
export const PATH = new Intrinsic("path", {
  members: {
    ...statics("path", {
      basename: onTexts(posix.basename),
      dirname: onTexts(posix.dirname),
      extname: onTexts(posix.extname),
      isAbsolute: onTexts(posix.isAbsolute),
      join: onTexts(posix.join),
      normalize: onTexts(posix.normalize),
      parse: (ev, [file]) => {
        if (isObject(file)) forbidden("a path that is not a text");
        ev.spend(typeof file === "string" ? file.length : 1);
        return ev.own({ ...native(() => posix.parse(file as string)) });
      },
      relative: (ev, args) =>
        isAbsolute(args[0]) && isAbsolute(args[1])
          ? onTexts(posix.relative)(ev, args)
          : forbidden("path.relative of paths that are not absolute"),
      resolve: (ev, args) =>
        args.some(isAbsolute)
          ? onTexts(posix.resolve)(ev, args)
          : forbidden("path.resolve without an absolute path"),
    }),
    delimiter: posix.delimiter,
    sep: posix.sep,
  },
});
