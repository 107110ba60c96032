package main

import (
	"slices"
	"strconv"
	"strings"
)

// questions is what the probe of the parser asks: command lines by name, and whose parser is to read them.
type questions struct {
	Entrypoint string              `json:"entrypoint"`
	Argvs      map[string][]string `json:"argvs"`
}

// answer is the report of the probe. The parser knows every flag that it is asked about, but for the rejected ones.
func (asked questions) answer(chosen behaviour) object {
	parsed, flags := object{}, map[string]object{}
	for name, words := range asked.Argvs {
		parsed[name] = asked.parse(words, chosen.rejects, flags)
	}
	table := []object{}
	for _, dest := range slices.Sorted(keys(flags)) {
		table = append(table, flags[dest])
	}
	return object{
		"version": chosen.version, "module_version": chosen.version, "path": "/usr/local/bin/vllm", "python": "scripted",
		"entrypoint": asked.Entrypoint, "known_values": object{}, "flags": table, "parsed": parsed,
	}
}

func keys(flags map[string]object) func(func(string) bool) {
	return func(yield func(string) bool) {
		for dest := range flags {
			if !yield(dest) {
				return
			}
		}
	}
}

// parse reads one command line and adds the flags that it uses to the table.
func (asked questions) parse(words []string, rejects []string, flags map[string]object) object {
	said := object{
		"argv": words, "accepted": true, "stage": "", "error": "", "error_type": "", "exit_code": nil,
		"values": object{}, "unchecked": []string{}, "notes": []string{},
	}
	program := map[string]string{"serve": "vllm serve"}[asked.Entrypoint]
	line, err := read(program, words)
	if unknown := line.unknown(rejects); unknown != "" && err == nil {
		err = line.refusal("unrecognized arguments: " + unknown)
	}
	if err != nil {
		_, told, _ := strings.Cut(err.Error(), "error: ")
		said["accepted"], said["stage"], said["error"], said["error_type"] = false, "parse", told, "SystemExit"
		said["exit_code"] = 2
		return said
	}
	values := object{"model": "facebook/opt-125m", "model_tag": nil}
	for _, one := range line.groups {
		dest, value := one.meaning()
		values[dest] = value
		flags[dest] = one.option(dest)
	}
	said["values"] = values
	return said
}

// meaning is the name under which argparse keeps a flag, and what it makes of the words behind it.
func (one group) meaning() (string, any) {
	flag, _, _ := strings.Cut(strings.TrimLeft(one.flag, "-"), ".")
	dest := strings.ReplaceAll(flag, "-", "_")
	switch {
	case one.flag == "":
		return "model_tag", one.values[0]
	case len(one.values) == 0 && strings.HasPrefix(one.flag, "--no-"):
		return strings.TrimPrefix(dest, "no_"), false
	case len(one.values) == 0:
		return dest, true
	case len(one.values) > 1:
		return dest, one.values
	}
	if number, err := strconv.ParseFloat(one.values[0], 64); err == nil {
		return dest, number
	}
	return dest, one.values[0]
}

// option is a flag as the table of the parser has it.
func (one group) option(dest string) object {
	told := object{
		"options": []string{}, "dest": dest, "nargs": nil, "choices": nil, "const": nil, "default": "None", "type": "",
		"deprecated": false, "help": "",
	}
	if one.flag == "" {
		told["nargs"] = "?"
		return told
	}
	flag, _, _ := strings.Cut(one.flag, ".")
	told["options"] = []string{flag}
	if len(one.values) == 0 {
		positive := "--" + strings.ReplaceAll(dest, "_", "-")
		told["nargs"], told["options"] = 0, slices.Compact([]string{positive, flag})
	} else if len(one.values) > 1 {
		told["nargs"] = "+"
	}
	return told
}
