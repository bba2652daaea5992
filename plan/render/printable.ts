/** Text of a plan for a terminal: nothing in it may move the cursor, hide or reorder what is shown. */

// Controls but tab and newline, and the marks that change the direction of text.
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

export function printable(text: string): string {
  return text.replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
