package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

const usage = "usage: api_server.py [-h] [--model MODEL] [--served-model-name NAME [NAME ...]] [--host HOST] [--port PORT]\n"

// arguments is what a command line asks for.
type arguments struct {
	program, host, model, port string
	served                     []string
	given                      map[string]bool
	help                       bool
}

// switches take no value; every other flag takes what follows up to the next flag.
var switches = map[string]bool{
	"--enforce-eager": true, "--trust-remote-code": true, "--disable-log-requests": true, "--enable-reasoning": true,
	"--enable-prefix-caching": true, "--enable-chunked-prefill": true, "--enable-auto-tool-choice": true,
}

// parse reads a whole command line, its program included, in either of the official styles.
func parse(whole []string) (arguments, error) {
	asked := arguments{host: "0.0.0.0", port: "8000", given: map[string]bool{}, program: "api_server.py"}
	rest := whole[1:]
	switch {
	case filepath.Base(whole[0]) == "vllm":
		if len(rest) == 0 || rest[0] != "serve" {
			return asked, errors.New("usage: vllm [-h] {serve} ...\nvllm: error: only serve is scripted")
		}
		asked.program, rest = "vllm serve", rest[1:]
	case len(rest) >= 2 && rest[0] == "-m":
		if rest[1] != "vllm.entrypoints.openai.api_server" {
			return asked, fmt.Errorf("python3: No module named %s", rest[1])
		}
		rest = rest[2:]
	}
	return asked, asked.read(rest)
}

func (asked *arguments) read(rest []string) error {
	for len(rest) > 0 {
		word := rest[0]
		rest = rest[1:]
		if !strings.HasPrefix(word, "-") {
			if asked.model != "" {
				return fmt.Errorf("%s%s: error: unrecognized arguments: %s", usage, asked.program, word)
			}
			asked.model = word
			continue
		}
		flag, inline, joined := strings.Cut(word, "=")
		flag = strings.ReplaceAll(flag, "_", "-")
		var values []string
		if joined {
			values = []string{inline}
		} else if !switches[flag] {
			for len(rest) > 0 && !strings.HasPrefix(rest[0], "--") {
				values, rest = append(values, rest[0]), rest[1:]
			}
		}
		if err := asked.take(flag, values); err != nil {
			return err
		}
	}
	if asked.model == "" && !asked.help {
		asked.model = "facebook/opt-125m" // vLLM's own default
	}
	if len(asked.served) == 0 {
		asked.served = []string{asked.model}
	}
	return nil
}

func (asked *arguments) take(flag string, values []string) error {
	asked.given[flag] = true
	single := map[string]*string{"--model": &asked.model, "--host": &asked.host, "--port": &asked.port}
	switch {
	case flag == "-h" || flag == "--help":
		asked.help = true
	case flag == "--served-model-name":
		asked.served = values
	case single[flag] != nil:
		if len(values) != 1 {
			return fmt.Errorf("%s%s: error: argument %s: expected one argument", usage, asked.program, flag)
		}
		*single[flag] = values[0]
	}
	return nil
}
