package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// loader is what the harness starts its client in a pod with; the client itself is the first line of standard input.
const loader = "json.loads(sys.stdin.readline())"

// What the harness' scripts hold that tells them apart.
const (
	probeBegin   = "-----BEGIN VLLM-QUALIFY PROBE-----"
	probeEnd     = "-----END VLLM-QUALIFY PROBE-----"
	clientSource = "Asks a server over HTTP from inside a container"
)

// command finds the script of `python3 -I -S -c SCRIPT`.
func command(words []string) (string, bool) {
	for place, word := range words {
		if word == "-c" && place+1 < len(words) {
			return words[place+1], true
		}
		if !strings.HasPrefix(word, "-") || word == "-m" {
			break
		}
	}
	return "", false
}

// python does what one of the harness' own scripts would do; there is no Python in the image.
func python(script string, chosen behaviour) int {
	if strings.Contains(script, probeBegin) {
		return probed(chosen)
	}
	if strings.Contains(script, loader) {
		lines := bufio.NewReader(os.Stdin)
		line, _ := lines.ReadString('\n')
		if strings.Contains(line, clientSource) {
			return carry(lines, os.Stdout)
		}
	}
	fmt.Fprintln(os.Stderr, "only the parser probe and the client in a pod are scripted")
	return 1
}

// probed answers the probe of the parser: its questions come from the environment, or else from standard input.
func probed(chosen behaviour) int {
	text, there := os.LookupEnv("VLLM_QUALIFY_PROBE")
	if !there {
		read, _ := io.ReadAll(os.Stdin)
		text = string(read)
	}
	var asked questions
	if err := json.Unmarshal([]byte(text), &asked); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	report := asked.answer(chosen)
	if os.Getenv("VLLM_QUALIFY_DRIVER_PROBE") != "" {
		report["driver"] = driver(chosen.cuInit, os.LookupEnv)
	}
	document, _ := json.Marshal(report)
	fmt.Printf("\n%s\n%s%s\n", probeBegin, framed(string(document)), probeEnd)
	return 0
}

// framed cuts a text into marked lines, which the log of a pod keeps whole.
func framed(text string) string {
	const width = 4000
	var lines strings.Builder
	for len(text) > 0 {
		piece := text[:min(width, len(text))]
		text = text[len(piece):]
		fmt.Fprintf(&lines, "|%s\n", piece)
	}
	return lines.String()
}
