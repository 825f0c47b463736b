/** Completion scripts: each passes the words so far to `croft __complete`, and offers files where that returns nothing. */

export const shells = ['bash', 'zsh', 'fish'] as const;

const scripts: Readonly<Record<(typeof shells)[number], string>> = {
  bash: `_croft() {
  local IFS=$'\\n'
  COMPREPLY=()
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  local word
  for word in $("\${COMP_WORDS[0]}" __complete "\${words[@]}" 2>/dev/null); do
    COMPREPLY+=("$word")
  done
}
complete -o default -F _croft croft
`,
  zsh: `#compdef croft
_croft() {
  local -a found
  found=("\${(@f)$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=("\${(@)found:#}")
  if (( \${#found} )); then
    compadd -a found
  else
    _files
  fi
}
if [ "\${funcstack[1]}" = _croft ]; then
  _croft "$@"
else
  compdef _croft croft
fi
`,
  fish: `function __croft_complete
    set -l words (commandline -opc) (commandline -ct)
    $words[1] __complete $words[2..-1] 2>/dev/null
end
complete -c croft -a '(__croft_complete)'
`,
};

export function completionScript(shell: (typeof shells)[number]): string {
  return scripts[shell];
}
