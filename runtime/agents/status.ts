/** HTTP statuses after which another attempt may help (SEMANTICS 27). */
export function isRetryableStatus(status: number): boolean {
  return [408, 429, 500, 502, 503, 504, 529].includes(status);
}

/** Milliseconds from `Retry-After` (seconds or a date) or `retry-after-ms`; undefined without a usable one. */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const exact = Number(headers.get("retry-after-ms") ?? Number.NaN);
  if (exact >= 0) return exact;
  const value = headers.get("retry-after");
  if (value === null || value.trim() === "") return undefined;
  const seconds = Number(value);
  if (seconds >= 0) return Math.ceil(seconds * 1_000);
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
