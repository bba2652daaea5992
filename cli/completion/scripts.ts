/** What a shell loads to complete `smithers`: it asks the command itself, one answer a line. */

/** The first word by which the shell asks; what follows is the line, word by word, up to the cursor. */
export const ASK = "--complete-words";

export const SHELLS = ["bash", "zsh"] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * Bash splits words at `@` and `=` too, which stand in addresses (`ok@@outer=1@2`): the line is split at blanks here, and
 * what bash holds for done is cut off the answers.
 */
const BASH = `_smithers() {
  local line="\${COMP_LINE:0:COMP_POINT}" cur own words IFS=$' \\t\\n'
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  cur="\${words[\${#words[@]}-1]}"
  own="\${COMP_WORDS[COMP_CWORD]}"
  [[ $own == *[!@=:]* ]] || own=""
  local done="\${cur%"$own"}" answer
  COMPREPLY=()
  while IFS= read -r answer; do
    [[ $answer == "$cur"* ]] && COMPREPLY+=("\${answer#"$done"}")
  done < <("\${words[0]}" ${ASK} "\${words[@]:1}" 2>/dev/null)
}
complete -o default -F _smithers smithers
`;

const ZSH = `#compdef smithers
_smithers() {
  local -a answers
  answers=("\${(@f)$("\${words[1]}" ${ASK} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  answers=(\${answers:#})
  if (( \${#answers} )); then compadd -a answers; else _files; fi
}
if [[ "\${zsh_eval_context[-1]}" == "loadautofunc" ]]; then _smithers "$@"; else compdef _smithers smithers; fi
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH };
