// Draws what the command prints on a terminal as an SVG: `node scripts/picture.mjs OUT.svg ARGUMENTS…`. `smithers
// ARGUMENTS` really runs, on a terminal of its own (util-linux's `script`); the picture shows the screen as it ends.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

const [out, ...command] = process.argv.slice(2);
if (out === undefined || command.length === 0) {
  process.stderr.write("usage: node scripts/picture.mjs OUT.svg ARGUMENTS…\n");
  process.exit(2);
}
const scratch = mkdtempSync(path.join(os.tmpdir(), "picture-"));
const record = path.join(scratch, "typescript");
const shown = `npx smithers ${command.join(" ")}`;
execFileSync("script", ["-qec", `stty cols 100; node dist/cli/main.js ${command.join(" ")}`, record], {
  stdio: "ignore",
  env: { ...process.env, TERM: "xterm-256color", FORCE_COLOR: "1" },
});
const text = readFileSync(record, "utf8")
  .replace(/^Script started.*\n/, "")
  .replace(/\nScript done[\s\S]*$/, "");
rmSync(scratch, { recursive: true });

const COLOURS = { 31: "#e06c75", 32: "#98c379", 33: "#e5c07b", 36: "#56b6c2" };
const lines = [[]];
let row = 0;
let style = {};
for (const [token] of text.matchAll(/\u001b\[[0-9;?]*[A-Za-z]|\r?\n|\r|[^\u001b\r\n]+/g)) {
  const control = /^\u001b\[([0-9;?]*)([A-Za-z])$/.exec(token);
  if (control) {
    const n = Number(control[1] || 0);
    if (control[2] === "A") row = Math.max(0, row - (n || 1));
    else if (control[2] === "K") lines[row] = [];
    else if (control[2] === "J") lines.splice(row, Infinity, []);
    else if (control[2] === "m") style = nextStyle(style, n);
  } else if (token === "\n" || token === "\r\n") {
    row += 1;
    lines[row] ??= [];
  } else if (token !== "\r") lines[row].push({ text: token, ...style });
}

function nextStyle(current, code) {
  if (code === 0) return {};
  if (code === 1) return { ...current, bold: true };
  if (code === 2) return { ...current, dim: true };
  if (code === 22) return { ...current, bold: false, dim: false };
  if (code === 39) return { ...current, colour: undefined };
  return { ...current, colour: COLOURS[code] ?? current.colour };
}

const escapeXml = (s) => s.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const body = [[{ text: `$ ${shown}`, dim: true }], ...lines].filter(
  (line, i, all) => i < all.length - 1 || line.length > 0,
);
const width = 100;
const spans = body.map((line, i) => {
  let column = 0;
  const parts = line.map(({ text, colour, bold, dim }) => {
    const room = Math.max(0, width - column);
    const visible = text.length <= room ? text : `${text.slice(0, Math.max(0, room - 1))}…`;
    column += visible.length;
    const attributes = `${colour ? ` fill="${colour}"` : ""}${bold ? ' font-weight="bold"' : ""}${dim ? ' opacity="0.6"' : ""}`;
    return `<tspan${attributes}>${escapeXml(visible)}</tspan>`;
  });
  return `<text x="16" y="${30 + i * 19}" xml:space="preserve">${parts.join("")}</text>`;
});
const height = 30 + body.length * 19;
writeFileSync(
  out,
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width * 8 + 32}" height="${height}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="13" fill="#d7dae0">\n<title>${escapeXml(shown)}</title>\n<rect width="100%" height="100%" rx="8" fill="#1e222a"/>\n${spans.join("\n")}\n</svg>\n`,
);
