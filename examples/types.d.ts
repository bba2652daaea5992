/** Prompts as a workflow imports them: `<Critique draft={…} />` renders the file's text. */
declare module "*.md" {
  const prompt: (props: { readonly [name: string]: unknown }) => import("smithers").Element;
  export default prompt;
}
