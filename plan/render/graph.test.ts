/** Pictures of plans are valid whatever the plan's texts hold. */
import { describe, expect, it } from "vitest";
import { planOf, value } from "../../test/plans.ts";
import { renderDot } from "./dot.ts";
import { graphOf } from "./graph.ts";
import { renderMermaid } from "./mermaid.ts";
import { renderXml } from "./xml.ts";

const HOSTILE = `end "a" [b] <c> & {d} \\ | #e; é 日本\n\`x\` 'y'`;
const plan = planOf(
  {
    l: { kind: "loop", id: HOSTILE, until: "ctx.latest('row', 'work')?.v > 1", reads: ["outputs.row@work"] },
    work: value(1, {
      parent: "l",
      if: `ctx.input.x === "${HOSTILE.replaceAll('"', "'").replaceAll("\n", " ")}"`,
    }),
    end: value(2, { dependsOn: ["work"] }),
    ask: { kind: "approval", title: HOSTILE, output: "row", reads: ["outputs.row@end"] },
    'odd " key': value(3, { reads: ["outputs.row"] }),
  },
  { workflow: { name: HOSTILE } },
);

describe("graphOf", () => {
  it("has an edge for what is waited for and one for what is read", () => {
    const { edges } = graphOf(plan);
    expect(edges).toContainEqual({ from: "work", to: "end", kind: "after", label: "" });
    expect(edges).toContainEqual({ from: "end", to: "ask", kind: "reads", label: "row" });
    expect(edges).toContainEqual({ from: "work", to: "l", kind: "reads", label: "row" });
  });
});

describe("a container that is waited for", () => {
  const waiting = planOf({
    part: { kind: "sequence", id: "part" },
    a: value(1, { parent: "part" }),
    b: value(2, { parent: "part" }),
    ask: { kind: "human", prompt: "?", output: "row", dependsOn: ["part"] },
    wait: { kind: "timer", duration: "1s", dependsOn: ["ask"] },
  });

  it("has an edge, as what else is waited for has", () => {
    expect(graphOf(waiting).edges).toEqual([
      { from: "part", to: "ask", kind: "after", label: "" },
      { from: "ask", to: "wait", kind: "after", label: "" },
    ]);
  });

  it("is drawn from its last leaf", () => {
    expect(renderMermaid(waiting)).toContain("n3 ==> n4");
    expect(renderDot(waiting)).toContain("n3 -> n4");
  });
});

describe("DOT", () => {
  it("quotes all texts and closes what it opens", () => {
    const bare = renderDot(plan).replace(/"(?:[^"\\\n]|\\.)*"/g, '""');
    expect(bare).not.toMatch(/[^\x20-\x7e\n]/);
    expect(bare.match(/\{/g)).toHaveLength(bare.match(/\}/g)!.length);
    for (const line of bare.split("\n").slice(1, -1))
      expect(line).toMatch(/^ *(\w+ \[.*\];|\w+ -> \w+ \[.*\];|subgraph \w+ \{|label="";|\}|rankdir.*;)$/);
  });
});

describe("Mermaid", () => {
  it("keeps labels to letters, digits, harmless signs and entities", () => {
    for (const line of renderMermaid(plan).split("\n").slice(1)) {
      const bare = line.replace(/"[^"]*"/g, '""');
      expect(bare).toMatch(
        /^ *(subgraph n\d+\[""\]|end|n\d+(\[""\]|\{\{""\}\})|n\d+ (==>|-->|-\.->)(\|""\|)? n\d+)$/,
      );
      for (const [label] of line.matchAll(/"[^"]*"/g))
        expect(label.replaceAll("<br/>", "").replace(/#\d+;/g, "")).toMatch(
          /^"[\p{L}\p{N} .,:;=(){}→…/+'@-]*"$/u,
        );
    }
  });

  it("draws no edge from a leaf to a container around it", () => {
    expect(renderMermaid(plan)).not.toMatch(/n2 .*> n1$/m);
  });
});

describe("XML", () => {
  it("is well formed and gives its texts back", () => {
    const xml = renderXml(plan);
    const open: string[] = [];
    for (const [tag, closing, name, self] of xml.matchAll(
      /<(\/?)([a-z][\w.]*)(?: [\w.]+="[^"<]*")*(\/?)>/g,
    )) {
      if (closing) expect(open.pop()).toBe(name);
      else if (!self) open.push(name!);
      expect(tag).not.toContain("\n");
    }
    expect(open).toEqual([]);
    const id = /<loop node="l" id="([^"]*)"/.exec(xml)![1]!;
    const entities: Record<string, string> = {
      "&quot;": '"',
      "&lt;": "<",
      "&gt;": ">",
      "&amp;": "&",
      "&#10;": "\n",
    };
    expect(id.replace(/&[#\w]+;/g, (entity) => entities[entity]!)).toBe(HOSTILE);
  });
});
