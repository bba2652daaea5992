// @ts-check
/** The trace of an attempt goes on in its worker, where the user's process has a tracer provider (NODE_OPTIONS). */

/**
 * Runs `work` so that spans which it makes nest in the attempt's. Without a provider nothing is loaded.
 * @template T
 * @param {string | null} traceparent W3C trace context
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function inTrace(traceparent, work) {
  const [, traceId, spanId, flags] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent ?? "") ?? [];
  // Where OpenTelemetry's API keeps what was registered, for all its copies in a process.
  if (traceId === undefined || spanId === undefined || !(Symbol.for("opentelemetry.js.api.1") in globalThis))
    return work();
  const { context, trace } = await import("@opentelemetry/api");
  const parent = { traceId, spanId, traceFlags: Number.parseInt(flags ?? "0", 16), isRemote: true };
  return context.with(trace.setSpanContext(context.active(), parent), work);
}
