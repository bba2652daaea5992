import fc from "fast-check";
import { SAMPLES } from "./samples.ts";

/** Variables of every generated program: three parameters, a `let`, a counter of closures. */
const NAMES = ["a", "b", "c", "d"];

const sample = fc.constantFrom(
  ...Object.entries(SAMPLES)
    .filter(([type]) => type !== "intrinsic")
    .flatMap(([, list]) => list),
);
const name = fc.constantFrom(...NAMES);
const literal = fc.oneof(
  fc.constantFrom("0", "-0", "1", "2", "NaN", "'x'", "''", "null", "undefined", "true", "'1'", "'length'"),
  sample,
);
const binary = fc.constantFrom(
  ...[
    "+",
    "+",
    "-",
    "*",
    "/",
    "%",
    "**",
    "==",
    "===",
    "!==",
    "<",
    "<=",
    ">",
    ">=",
    "&",
    "|",
    "^",
    "<<",
    ">>",
    ">>>",
  ],
  ...["&&", "||", "in"],
);
const unary = fc.constantFrom("-", "+", "!", "~", "typeof ", "void ");
const method = fc.constantFrom(
  ...[
    "map((x, i) => [x, i])",
    "filter((x) => x)",
    "slice(1)",
    "join('-')",
    "concat([9], 8)",
    "at(-1)",
    "toString()",
  ],
  ...[
    "includes('b')",
    "indexOf(2)",
    "reduce((s, x) => s + x, 0)",
    "flatMap((x) => [x, x])",
    "find((x) => x > 1)",
  ],
  ...["toSorted()", "split('-')", "replace(/[a-b]/g, (m) => m + m)", "trim()", "toUpperCase()", "toFixed(1)"],
  ...[
    "some((x) => x === b)",
    "every(Boolean)",
    "entries()",
    "keys()",
    "get('k')",
    "has('a')",
    "match(/(\\w)(x)?/)",
  ],
  ...[
    "padEnd(5, 'ab')",
    "repeat(2)",
    "flat()",
    "getTime()",
    "forEach((x) => { d = x; })",
    "test('abc')",
    "valueOf()",
  ],
);
const mutation = fc.constantFrom(
  ...[
    "push(1, 'z')",
    "pop()",
    "shift()",
    "unshift(a)",
    "sort()",
    "sort((x, y) => y - x)",
    "reverse()",
    "splice(1, 1, 'n')",
  ],
  ...["fill(0, 1)", "set('k', 5)", "add(b)", "delete('a')", "clear()", "setUTCDate(3)", "copyWithin(0, 1)"],
);

const helpers: readonly string[] = [
  "((xs, n) => { const out = []; for (let i = 0; i < xs.length; i += Math.max(1, n | 0)) { out.push(xs.slice(i, i + n)); } return out; })",
  "((xs, f) => { const m = {}; for (const x of xs) { (m[f(x)] ??= []).push(x); } return m; })",
  "((s, n) => `${s}`.toLowerCase().replace(/[^a-z0-9]+/g, '-').slice(0, n.length))",
  "((s, f) => { try { return JSON.parse(s); } catch { return f; } })",
  "((xs, k) => [...new Set(xs.map((x) => x?.[k] ?? x))])",
  "((o, p) => Object.fromEntries(Object.entries(o).map(([k, v]) => [p + k, v])))",
];

interface Grammar {
  expression: string;
  statement: string;
}

/** Programs with statements, closures and mutation, as text: an expression that gives all that there is to see. */
export const programs: fc.Arbitrary<string> = (() => {
  const { statement } = fc.letrec<Grammar>((tie) => {
    const e = tie("expression");
    const pair = fc.tuple(e, e);
    const expression = fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      name,
      literal,
      fc.tuple(pair, binary).map(([[l, r], op]) => `((${l}) ${op} (${r}))`),
      fc.tuple(unary, e).map(([op, x]) => `(${op}(${x}))`),
      fc.tuple(e, pair).map(([t, [l, r]]) => `((${t}) ? (${l}) : (${r}))`),
      pair.map(([l, r]) => `((${l}) ?? (${r}))`),
      pair.map(([o, k]) => `(${o})[${k}]`),
      e.map((o) => `(${o})?.a?.[0]`),
      fc.tuple(e, method).map(([o, call]) => `(${o}).${call}`),
      fc.tuple(e, method).map(([o, call]) => `(${o})?.${call}`),
      fc.tuple(name, mutation).map(([o, call]) => `${o}.${call}`),
      pair.map(([x, y]) => `[${x}, ...[${y}], , 1]`),
      pair.map(([x, y]) => `({ a: ${x}, [${y}]: 1, ...(${x}) })`),
      e.map((x) => `\`<\${${x}}>\``),
      fc.tuple(name, e).map(([n, x]) => `(${n} = ${x})`),
      fc
        .tuple(name, fc.constantFrom("+=", "-=", "??=", "||=", "&&=", "*="), e)
        .map(([n, op, x]) => `(${n} ${op} ${x})`),
      fc.tuple(fc.constantFrom("++", "--"), name).map(([op, n]) => `(${n}${op})`),
      fc.tuple(name, e).map(([n, x]) => `((${n}) => (${x}))(${x})`),
      e.map((x) => `(() => { d = [d, ${x}]; return d; })`),
      fc.tuple(fc.constantFrom(...helpers), pair).map(([f, [x, y]]) => `${f}(${x}, ${y})`),
      fc
        .tuple(
          fc.constantFrom("String", "Number", "Boolean", "Array.isArray", "JSON.stringify", "Object.keys"),
          e,
        )
        .map(([f, x]) => `${f}(${x})`),
      fc.tuple(name, e, e).map(([n, k, v]) => `(${n}[${k}] = ${v})`),
      fc.tuple(name, e).map(([n, k]) => `(delete ${n}[${k}])`),
    );
    const s = tie("statement");
    const statements = fc.array(s, { maxLength: 2 }).map((list) => list.join(" "));
    const statement = fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      e.map((x) => `log.push(${x});`),
      e.map((x) => `(${x});`),
      fc.tuple(name, e, statements).map(([n, x, body]) => `{ let ${n} = ${x}; ${body} log.push(${n}); }`),
      fc.tuple(e, statements, statements).map(([t, x, y]) => `if (${t}) { ${x} } else { ${y} }`),
      fc
        .tuple(e, statements)
        .map(([x, body]) => `for (const x of ${x}) { log.push(x); ${body} if (log.length > 30) { break; } }`),
      statements.map(
        (body) =>
          `for (let i = 0; i < 3; i++) { fns.push(() => i++); ${body} if (i === 1) { continue; } log.push(i); }`,
      ),
      fc
        .tuple(statements, statements, statements)
        .map(([x, y, z]) => `try { ${x} } catch (e) { log.push(e); ${y} } finally { ${z} }`),
      fc
        .tuple(e, e, statements, statements)
        .map(
          ([v, t, x, y]) =>
            `switch (${v}) { case ${t}: ${x} case 'x': ${y} break; default: log.push('default'); }`,
        ),
      fc
        .tuple(e, statements)
        .map(
          ([x, body]) => `{ const [p, { a: q = 5, ...r } = {}, ...t] = ${x}; log.push(p, q, r, t); ${body} }`,
        ),
      e.map((x) => `{ const { a, length: z = ${x}, ...r } = ${x}; log.push(a, z, r); }`),
      e.map((x) => `throw new Error(${x});`),
      statements.map((body) => `{ let n = 0; while (n < 2) { n++; ${body} } do { n--; } while (n > 0); }`),
      e.map((x) => `return [${x}, log];`),
    );
    return { expression, statement };
  });
  return fc
    .tuple(fc.array(statement, { minLength: 1, maxLength: 5 }), sample, sample, sample)
    .map(
      ([body, a, b, c]) =>
        `((a, b, c) => { const log = []; const fns = []; let d = 0; ${body.join(" ")} ` +
        `return [a, b, c, d, log, fns.map((f) => f())]; })(${a}, ${b}, ${c})`,
    );
})();
