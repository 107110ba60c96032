# Completion of vllm-qualify for fish.
function __vllm_qualify
    set -l words (commandline -opc) (commandline -ct)
    set -l found (vllm-qualify completion --candidates $words[2..-1] 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c vllm-qualify -f -a '(__vllm_qualify)'
