import { describe, expect, it } from "vitest";
import { readOptions } from "./anthropic-options.ts";
import { isRetryableStatus, retryAfterMs } from "./status.ts";

describe("Retry-After", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  it.each([
    ["seconds", { "retry-after": "3" }, 3_000],
    ["parts of seconds", { "retry-after": "0.0015" }, 2],
    ["a date", { "retry-after": "Thu, 01 Jan 2026 00:00:05 GMT" }, 5_000],
    ["a date gone by", { "retry-after": "Wed, 31 Dec 2025 00:00:00 GMT" }, 0],
    ["milliseconds, which count more", { "retry-after-ms": "20", "retry-after": "3" }, 20],
    ["nothing", {}, undefined],
    ["nonsense", { "retry-after": "soon" }, undefined],
    ["a negative number of seconds, which is no date either", { "retry-after": "-" }, undefined],
  ])("is read as %s", (_, headers, expected) => {
    expect(retryAfterMs(new Headers(headers as Record<string, string>), now)).toBe(expected);
  });
});

describe("statuses", () => {
  it("are retried as SEMANTICS 27 says", () => {
    expect([429, 500, 502, 503, 504, 529].every(isRetryableStatus)).toBe(true);
    expect([400, 401, 403, 404, 413, 422].some(isRetryableStatus)).toBe(false);
  });
});

describe("options of an agent as a plan holds them", () => {
  const read = (options: Parameters<typeof readOptions>[0]["options"]) => {
    const result = readOptions({ kind: "anthropic", options });
    return result.ok ? { ...result.options, ignored: result.ignored } : result.message;
  };

  it("bound the steps", () => {
    expect(read({})).toMatchObject({ maxSteps: 50, timeoutMs: 600_000 });
    expect(read({ stopWhen: [{ maxSteps: 7 }, { maxSteps: 4 }] })).toMatchObject({ maxSteps: 4 });
    expect(read({ stopWhen: { maxSteps: 7 }, maxSteps: 9 })).toMatchObject({ maxSteps: 9 });
  });

  it("leave a declared output to the task's schema, and tell what has no effect", () => {
    expect(read({ output: { output: "object" }, seed: 3 })).toMatchObject({ ignored: ["seed"] });
  });
});
