/** What a part of an optional chain gives when the chain has ended; never a value. */
export const SHORT: unique symbol = Symbol("short-circuit");
