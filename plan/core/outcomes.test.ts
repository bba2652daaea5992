import { describe, expect, it } from "vitest";
import { callFunction, compileExpr, outcomeOf } from "./evaluate.ts";
import { parseExpr } from "./parse.ts";
import { CoreError, Demand, type Env, Handle, HostObject, Pending, type Reader } from "./values.ts";

class Context extends HostObject {
  readonly reads: string[] = [];
  get(key: string): unknown {
    this.reads.push(key);
    return key === "input" ? { goal: "g" } : new Outputs();
  }
}

class Outputs extends HostObject {
  get(): unknown {
    throw new Pending("outputs.t");
  }
  override call(args: readonly unknown[]): unknown {
    return args;
  }
}

function envOf(names: Readonly<Record<string, () => unknown>>): Env {
  return {
    name: (name) => {
      const give = names[name];
      if (give === undefined) {
        throw new CoreError("FORBIDDEN", `nothing is called ${name}`);
      }
      return give();
    },
  };
}

const env = envOf({
  pending: () => {
    throw new Pending("outputs.review@validate");
  },
  demand: () => {
    throw new Demand("cell");
  },
  broken: () => {
    throw new CoreError("THROWN", "a named value failed");
  },
  row: () => ({ items: [3, 1, 2], name: "n" }),
  map: () => new Map([["a", 1]]),
  ctx: () => new Context(),
});

const evaluate = (text: string, within = env): unknown => compileExpr(parseExpr(text)).evaluate(within);

const PLACES = (what: string): string[] => [
  `(() => { try { return ${what}; } catch { return 'caught'; } })()`,
  `(() => { try { return ${what}; } catch (e) { return e; } finally { return 'finally'; } })()`,
  `(() => { for (const x of [1]) { try { ${what}; } finally { continue; } } return 'passed'; })()`,
  `${what} ?? 'default'`,
  `${what} || 'default'`,
  `${what} && 'default'`,
  `${what}?.x`,
  `[1].map(() => ${what})`,
  `[2, 1].sort(() => ${what})`,
  `'a'.replace('a', () => ${what})`,
  `JSON.stringify({ toJSON: () => ${what} })`,
  `((x = ${what}) => x)()`,
  `typeof ${what}`,
  `text('a', ${what})`,
];

describe("the three outcomes", () => {
  it.each(PLACES("pending"))("no form sees what is pending: %s", (text) => {
    expect(outcomeOf(() => evaluate(text))).toEqual({ kind: "pending", cell: "outputs.review@validate" });
  });

  it.each(PLACES("demand"))("no form sees a demand: %s", (text) => {
    expect(() => evaluate(text)).toThrow(expect.any(Demand));
  });

  it.each(PLACES("broken"))("no form sees the error of another cell: %s", (text) => {
    expect(outcomeOf(() => evaluate(text))).toMatchObject({
      kind: "error",
      error: { message: "a named value failed" },
    });
  });

  it("does not evaluate what is not reached", () => {
    expect(evaluate("false && pending")).toBe(false);
    expect(evaluate("1 ?? pending")).toBe(1);
    expect(evaluate("row.missing?.[pending]")).toBeUndefined();
  });

  it("keeps the fields of a site apart", () => {
    const site = evaluate(
      "site('fix', { prompt: pending, id: `fix-${row.name}`, skip: null.x }, [null, site('b', {})])",
    );
    expect(site).toMatchObject({
      kind: "site",
      id: "fix",
      args: {
        prompt: { kind: "pending", cell: "outputs.review@validate" },
        id: { kind: "value", value: "fix-n" },
        skip: { kind: "error", error: { code: "THROWN" } },
      },
      children: [null, { id: "b" }],
    });
    expect(() => evaluate("site('fix', { prompt: demand })")).toThrow(expect.any(Demand));
  });

  it("gives what the program threw", () => {
    expect(outcomeOf(() => evaluate("(() => { throw { code: 7 }; })()"))).toMatchObject({
      kind: "error",
      error: { code: "THROWN", value: { code: 7 } },
    });
    expect(outcomeOf(() => evaluate("fail('no such route')"))).toMatchObject({
      error: { message: "no such route" },
    });
    expect(outcomeOf(() => evaluate("(() => { try { fail('x'); } catch { return 1; } })()")).kind).toBe(
      "error",
    );
  });
});

describe("errors", () => {
  it.each([
    ["1 + row.missing.x", "row.missing.x"],
    ["[1, row.name.nope(2)]", "row.name.nope(2)"],
    ["row.items.map((x) => x.y.z)", "x.y.z"],
    ["row.items.sort()", "row.items.sort()"],
    ["(() => { throw new Error('no'); })()", "throw new Error('no');"],
  ])("of %s say where", (text, part) => {
    const outcome = outcomeOf(() => evaluate(text));
    const span = outcome.kind === "error" ? outcome.error.span : undefined;
    expect(text.slice(span?.start, span?.end)).toBe(part);
  });
});

describe("writes", () => {
  const frozenIn = (text: string, within = env): void => {
    expect(outcomeOf(() => evaluate(text, within))).toMatchObject({
      kind: "error",
      error: { code: "FROZEN" },
    });
  };

  it.each([
    "row.items.sort()",
    "row.items.push(1)",
    "((r) => { r.name = 'x'; })(row)",
    "((r) => { delete r.name; })(row)",
    "((r) => { r.items[0] = 9; })({ ...row })",
    "((r) => { r.items.length = 0; })(row)",
    "Object.assign(row, { a: 1 })",
    "map.set('b', 2)",
    "map.clear()",
    "(() => { try { row.name = 'x'; } catch { return 'caught'; } })()",
  ])("%s is refused", (text) => {
    frozenIn(text);
  });

  it("may go to what the evaluation made itself", () => {
    expect(evaluate("[...row.items].sort().concat(row.items.toSorted())")).toEqual([1, 2, 3, 1, 2, 3]);
    expect(
      evaluate("((r) => { r.name = 'x'; r.items = []; r.items.push(1); return r; })({ ...row })"),
    ).toEqual({
      name: "x",
      items: [1],
    });
    expect(evaluate("(() => { const e = JSON.parse('{\"a\":[1]}'); e.a.push(2); return e; })()")).toEqual({
      a: [1, 2],
    });
  });

  it("never reach the variables of another cell", () => {
    const counter = evaluate("(() => { let n = 0; return () => ++n; })()");
    frozenIn("counter()", envOf({ counter: () => counter }));
    const adder = evaluate("(xs, x) => { xs.push(x); return xs; }");
    expect(evaluate("add([1], 2)", envOf({ add: () => adder }))).toEqual([1, 2]);
    expect(outcomeOf(() => callFunction(adder, [[], 1]))).toMatchObject({ error: { code: "FROZEN" } });
    expect(callFunction(evaluate("(xs, x) => [...xs, x]"), [[1], 2])).toEqual([1, 2]);
  });
});

describe("hosts, handles, texts", () => {
  it("asks the host for members and calls", () => {
    expect(evaluate("ctx.input.goal")).toBe("g");
    expect(evaluate("ctx.outputs('t', 1)")).toEqual(["t", 1]);
    expect(outcomeOf(() => evaluate("ctx.outputs.review.filter((x) => x)"))).toMatchObject({
      kind: "pending",
    });
  });

  it("keeps handles opaque", () => {
    expect(evaluate("({ a: agent('x') })['a']")).toEqual(new Handle("agent", "x"));
    expect(evaluate("agent('x') === agent('x')")).toBe(true);
    for (const text of [
      "agent('x').name",
      "`${agent('x')}`",
      "agent('x') + 1",
      "JSON.stringify([agent('x')])",
    ]) {
      expect(outcomeOf(() => evaluate(text))).toMatchObject({ kind: "error", error: { code: "HANDLE" } });
    }
  });

  it("makes the text of a prompt", () => {
    const prompts = envOf({ "prompt:hello": () => evaluate("(props) => `Hello ${props.who}`") });
    expect(evaluate("text('  a\\n\\n\\n\\nb', 1, true, null, ['c', [2]])", prompts)).toBe("a\n\nb1c2");
    expect(evaluate("text(prompt('hello', { who: 'you' }), '!')", prompts)).toBe("Hello you!");
    expect(
      evaluate("text(((Prompt, props) => Prompt(props))(prompt('hello'), { who: 'you' }))", prompts),
    ).toBe("Hello you");
    expect(evaluate("text({ a: [1] })", prompts)).toBe('{\n  "a": [\n    1\n  ]\n}');
  });

  it("charges the reader what was used", () => {
    let spent = 0;
    const reader: Reader = { spend: (units) => (spent += units) };
    compileExpr(parseExpr("[1, 2, 3].map((x) => x)")).evaluate(env, { reader });
    const small = spent;
    compileExpr(parseExpr("new Array(1000).fill(0).map((x) => x)")).evaluate(env, { reader });
    expect(spent - small).toBeGreaterThan(small * 10);
  });

  it("keeps to the zone of the run", () => {
    const at = (timeZone: string, text: string): unknown =>
      compileExpr(parseExpr(text)).evaluate(env, { timeZone });
    expect(at("America/New_York", "new Date(0).getHours()")).toBe(19);
    expect(at("America/New_York", "String(new Date(0))")).toBe(
      "Wed Dec 31 1969 19:00:00 GMT-0500 (Eastern Standard Time)",
    );
    expect(at("America/New_York", "new Date(2024, 2, 10, 12).toISOString()")).toBe(
      "2024-03-10T16:00:00.000Z",
    );
    expect(at("Europe/Berlin", "new Date('2024-07-01T12:00').toISOString()")).toBe(
      "2024-07-01T10:00:00.000Z",
    );
    expect(at("Asia/Kolkata", "new Date('2024-07-01').getMinutes()")).toBe(30);
  });
});
