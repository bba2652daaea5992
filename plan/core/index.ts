/** Core: the language of plans. This is its whole public face. */
export { checkExpr, type Problem } from "./check.ts";
export {
  Closure,
  type Compiled,
  callFunction,
  compileExpr,
  type EvaluateOptions,
  isCallable,
  outcomeOf,
  ranOutOfStack,
} from "./evaluate.ts";
export { envName, hostCall, hostNames, isHostName } from "./host.ts";
export { hasFunction, RESERVED_NAMES } from "./intrinsics/names.ts";
export { type Limits, limits } from "./limits.ts";
export { CoreSyntaxError, parseExpr } from "./parse.ts";
export { printExpr, printLines } from "./print.ts";
export { freeNames, isContext, type Resolve, readsOf, STATE_WRITES, stateCall } from "./reads.ts";
