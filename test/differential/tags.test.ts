/** Lower-case tags in prompts, in order and in a block: both give what direct execution gives. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { compareBuilt } from "./fidelity/fidelity.ts";
import { workflowOf } from "./snippets.ts";

const scratch = mkdtempSync(path.join(os.tmpdir(), "tags-"));
const folder = path.join(scratch, "tags");
mkdirSync(folder);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const PROMPTS: { readonly [what: string]: string } = {
  "a numbered list": "<ol><li>one {row?.id}</li><li>two</li></ol>",
  "a numbered list that starts later": "<ol start={3}><li>one</li><li>two {row?.n}</li></ol>",
  "a numbered list of the run's items":
    "<ol>{(row?.items ?? []).map((x) => <li key={x.id}>{x.id}</li>)}</ol>",
  "a numbered list through a fragment": "<ol><><li>one</li></><li>two {row?.id}</li></ol>",
  "lists in lists": "<ol><li>a<ul><li>b {row?.id}</li></ul></li><li>c<ol><li>d</li><li>e</li></ol></li></ol>",
  "a bare list": "<ul><li>one {row?.id}</li><li>two</li></ul>",
  "a fenced block": '<pre><code className="language-ts">{row?.note}</code></pre>',
  "a fenced block without language": "<pre><code>{row?.note}</code></pre>",
  "a fenced block of text": "<pre>{row?.note}</pre>",
  "code in a line": "<p>run <code>{row?.id}</code></p>",
  "a table": `<table><thead><tr><th>id</th><th align="right">n</th></tr></thead><tbody>
    <tr><td>{row?.id}</td> <td>a|b</td></tr></tbody></table>`,
  "a table of the run's rows":
    '<table>{" "}<thead><tr><th align="center">id</th></tr></thead><tbody>{(row?.items ?? []).map((x) => <tr key={x.id}><td>{x.id}</td>{" "}<td>{x.n}</td></tr>)}</tbody></table>',
  "a row under a condition":
    '<table><tbody>{row ? <>{" "}<tr><td>{row.id}</td></tr>{" "}</> : <tr><td>none</td></tr>}</tbody></table>',
  "a quote of a list": "<blockquote><ol><li>one {row?.id}</li><li>two</li></ol></blockquote>",
  "an object in a tag": "<span>{row?.items[0]}</span>",
  "a list of objects in a tag": "<p><span>{row?.items ?? [{ id: 1 }]}</span></p>",
  "tags under a condition": "<div>{row ? <p>there: {row.id}</p> : <p>not there</p>}</div>",
  "tags of their own": '<task kind="x" open={row?.ok}><ol><li>{row?.id}</li></ol></task>',
};

describe.each(Object.entries(PROMPTS))("%s in a prompt", (what, prompt) => {
  const task = `<Task id="said" output={outputs.other} agent={agent}>Say: ${prompt} {row?.id}</Task>`;
  const made = `const els = []; for (const it of ctx.input.tags.slice(0, 1)) { if (els.length > 0) break; els.push(${task}); }`;
  it.each([
    ["where it stands", { jsx: task }],
    ["in a block", { body: made, jsx: "<Parallel>{els}</Parallel>" }],
    [
      "by a function in a block",
      {
        top: "",
        body: `const say = () => ${task}; ${made.replace(task, "say()")}`,
        jsx: "<Parallel>{els}</Parallel>",
      },
    ],
  ])("%s", async (where, snippet) => {
    const file = path.join(folder, `${`${what} ${where}`.replace(/\W+/g, "-")}.tsx`);
    writeFileSync(file, workflowOf(snippet));
    const result = await compareBuilt(file, { seeds: 12, rules: false });
    expect(result.problem).toBeUndefined();
    expect(result.skipped).toBeUndefined();
    expect(result.twinless).toBeUndefined();
    expect(result.tasks).toBeGreaterThan(result.seeds);
  });
});
