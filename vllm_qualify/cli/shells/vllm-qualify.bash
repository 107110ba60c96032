# Completion of vllm-qualify for bash.
_vllm_qualify() {
    local line=${COMP_LINE:0:COMP_POINT} words found cur
    read -ra words <<<"$line"
    # The word under the cursor is empty after a blank.
    [[ $line == *[[:space:]] ]] && words+=("")
    cur=${words[-1]}
    mapfile -t found < <(vllm-qualify completion --candidates "${words[@]:1}" 2>/dev/null)
    COMPREPLY=("${found[@]%%$'\t'*}")
    # bash replaces what follows the last of these characters only.
    if [[ $cur == *[:=]* && $COMP_WORDBREAKS == *[:=]* ]]; then
        COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*[:=]}"}"}")
    fi
}
complete -o bashdefault -o default -F _vllm_qualify vllm-qualify
