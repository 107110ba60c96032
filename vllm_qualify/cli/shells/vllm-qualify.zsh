#compdef vllm-qualify
# Completion of vllm-qualify for zsh.
_vllm_qualify() {
    local -a lines offered
    local line
    lines=("${(@f)$(vllm-qualify completion --candidates "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    for line in $lines; do
        offered+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    done
    if (( $#offered )); then
        _describe vllm-qualify offered
    else
        _files
    fi
}
if [[ $funcstack[1] == _vllm_qualify ]]; then
    _vllm_qualify "$@"
else
    compdef _vllm_qualify vllm-qualify
fi
