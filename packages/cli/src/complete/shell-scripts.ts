/** What each shell is to read; it asks `carto __complete` at each Tab, so it stays good when `carto` is replaced. */
export const SHELL_SCRIPTS: Readonly<Record<'bash' | 'zsh' | 'fish', string>> = {
  bash: `# carto completion for bash
_carto_complete() {
  local words=() word i cut out directive value
  # bash takes "=" and ":" for ends of words: put together again what was typed as one
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((\${#words[@]} > 0)) && { [[ $word == [=:]* ]] || [[ \${words[-1]} == *[=:] ]]; }; then
      words[-1]+=$word
    else
      words+=("$word")
    fi
  done
  word=\${words[-1]-}
  cut=\${word%"\${COMP_WORDS[COMP_CWORD]}"}
  [[ \${COMP_WORDS[COMP_CWORD]} == [=:] ]] && cut=$word
  out=$("$1" __complete "\${words[@]}" 2>/dev/null) || return
  directive=\${out##*:}
  COMPREPLY=()
  while IFS=$'\\t' read -r value _; do
    [[ $value == :* || -z $value ]] || COMPREPLY+=("$(printf %q "\${value#"$cut"}")")
  done <<<"$out"
  ((directive & 2)) && compopt -o nospace
  ((directive & 4)) && compopt +o default
  ((directive & 16)) && compopt +o default -o dirnames
  return 0
}
complete -o default -F _carto_complete carto
`,
  zsh: `#compdef carto
# carto completion for zsh
_carto() {
  local -a lines candidates
  local directive line value about
  lines=("\${(@f)$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  directive=\${lines[-1]#:}
  for line in "\${(@)lines[1,-2]}"; do
    value=\${line%%$'\\t'*}
    about=\${line#*$'\\t'}
    if [[ $about == $line ]]; then
      candidates+=("\${value//:/\\\\:}")
    else
      candidates+=("\${value//:/\\\\:}:$about")
    fi
  done
  if (( \${#candidates} > 0 )); then
    if (( directive & 2 )); then
      _describe -V carto candidates -S ''
    else
      _describe -V carto candidates
    fi
  elif (( directive & 16 )); then
    _files -/
  elif (( ! (directive & 4) )); then
    _files
  fi
}
compdef _carto carto
`,
  fish: `# carto completion for fish
function __carto_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l lines ($words[1] __complete $words[2..-1] 2>/dev/null)
  or return
  set -l directive (string sub -s 2 -- $lines[-1])
  set -e lines[-1]
  if test (count $lines) -gt 0
    printf '%s\\n' $lines
  else if test (math "bitand($directive, 16)") -gt 0
    __fish_complete_directories (commandline -ct)
  else if test (math "bitand($directive, 4)") -eq 0
    __fish_complete_path (commandline -ct)
  end
end
complete -c carto -f -k -a '(__carto_complete)'
`,
};
