package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const usage = "usage: api_server.py [-h] [--model MODEL] [--served-model-name NAME [NAME ...]] [--host HOST] [--port PORT]\n"

// madeUp is a flag that no release has; the harness asks about it.
const madeUp = "--vllm-qualify-made-up-flag"

// group is one flag with the words behind it, or a word that stands alone.
type group struct {
	flag   string // dashes for underscores; empty for a word alone
	values []string
	words  []string // as they were written
}

// arguments is what a command line asks for.
type arguments struct {
	program, host, model, port string
	served                     []string
	groups                     []group
	help                       bool
}

// switches take no value; every other flag takes what follows up to the next flag.
var switches = map[string]bool{
	"--enforce-eager": true, "--trust-remote-code": true, "--disable-log-requests": true, "--enable-reasoning": true,
	"--enable-prefix-caching": true, "--enable-chunked-prefill": true, "--enable-auto-tool-choice": true,
}

var negative = regexp.MustCompile(`^-\d*\.?\d+$`)

// grouped takes a command line apart; the words of all groups in a row are the command line again.
func grouped(words []string) []group {
	var groups []group
	for _, word := range words {
		last := len(groups) - 1
		option := len(word) > 1 && word[0] == '-' && !strings.Contains(word, " ") && !negative.MatchString(word)
		flag, value, joined := strings.Cut(word, "=")
		switch {
		case option && joined:
			groups = append(groups, group{dashed(flag), []string{value}, []string{word}})
		case option:
			groups = append(groups, group{flag: dashed(word), words: []string{word}})
		case last >= 0 && groups[last].takes():
			groups[last].values = append(groups[last].values, word)
			groups[last].words = append(groups[last].words, word)
		default:
			groups = append(groups, group{values: []string{word}, words: []string{word}})
		}
	}
	return groups
}

func dashed(flag string) string { return strings.ReplaceAll(flag, "_", "-") }

func (one group) takes() bool {
	return one.flag != "" && !switches[one.flag] && !strings.Contains(one.words[0], "=")
}

// parse reads a whole command line, its program included, in either of the official styles.
func parse(whole []string) (arguments, error) {
	program, rest := "api_server.py", whole[1:]
	switch {
	case filepath.Base(whole[0]) == "vllm":
		if len(rest) == 0 || rest[0] != "serve" {
			return arguments{}, errors.New("usage: vllm [-h] {serve} ...\nvllm: error: only serve is scripted")
		}
		program, rest = "vllm serve", rest[1:]
	case len(rest) >= 2 && rest[0] == "-m":
		if rest[1] != "vllm.entrypoints.openai.api_server" {
			return arguments{}, fmt.Errorf("python3: No module named %s", rest[1])
		}
		rest = rest[2:]
	}
	return read(program, rest)
}

// read makes of the words what argparse would.
func read(program string, words []string) (arguments, error) {
	asked := arguments{program: program, host: "0.0.0.0", port: "8000", groups: grouped(words)}
	for _, one := range asked.groups {
		if one.flag == "" && asked.model != "" {
			return asked, asked.refusal("unrecognized arguments: " + one.words[0])
		}
		if err := asked.take(one); err != nil {
			return asked, err
		}
	}
	if asked.model == "" {
		asked.model = "facebook/opt-125m" // vLLM's own default
	}
	if len(asked.served) == 0 {
		asked.served = []string{asked.model}
	}
	return asked, nil
}

func (asked *arguments) take(one group) error {
	single := map[string]*string{"": &asked.model, "--model": &asked.model, "--host": &asked.host, "--port": &asked.port}
	switch {
	case one.flag == "-h" || one.flag == "--help":
		asked.help = true
	case one.flag == "--served-model-name":
		asked.served = one.values
	case single[one.flag] != nil:
		if len(one.values) != 1 {
			return asked.refusal(fmt.Sprintf("argument %s: expected one argument", one.flag))
		}
		*single[one.flag] = one.values[0]
	}
	return nil
}

func (asked arguments) refusal(said string) error {
	return fmt.Errorf("%s%s: error: %s", usage, asked.program, said)
}

// unknown names the words that this release does not know, as argparse lists them; empty when it knows all.
func (asked arguments) unknown(rejects []string) string {
	var words []string
	for _, one := range asked.groups {
		if one.flag == madeUp || slices.Contains(rejects, one.flag) {
			words = append(words, one.words...)
		}
	}
	return strings.Join(words, " ")
}

// gives tells whether a flag was given.
func (asked arguments) gives(flag string) bool {
	return slices.ContainsFunc(asked.groups, func(one group) bool { return one.flag == flag })
}
