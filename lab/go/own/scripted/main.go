// Command scripted stands in for everything in a vLLM image that is run: the server, which takes the command line of
// the official images, speaks their API and misbehaves as the environment of its image says; and, as far as the
// harness asks them, Python and nvidia-smi. See behaviour for what can be chosen.
//
// It answers to `python3 -m vllm.entrypoints.openai.api_server --model M ...`, to `vllm serve M ...`, to
// `python3 -c SCRIPT` and to `nvidia-smi --query-gpu=...`, so one file under these names is all that an image needs.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	chosen, err := behaviourFrom(os.Getenv)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if filepath.Base(os.Args[0]) == "nvidia-smi" {
		os.Exit(smi(os.Args[1:], chosen.gpu, os.Stdout, os.Stderr))
	}
	if script, ok := command(os.Args[1:]); ok {
		os.Exit(python(script, chosen))
	}
	serve(chosen)
}

func serve(chosen behaviour) {
	asked, err := parse(os.Args)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if asked.help {
		fmt.Print(usage)
		return
	}
	if words := asked.unknown(chosen.rejects); words != "" {
		fmt.Fprintln(os.Stderr, asked.refusal("unrecognized arguments: "+words))
		os.Exit(2)
	}
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGINT, syscall.SIGTERM)
	go func() { <-end; time.Sleep(chosen.stop); os.Exit(0) }()

	info("vLLM API server version %s", chosen.version)
	info("args: %s", strings.Join(os.Args[1:], " "))
	info("Starting to load model %s...", asked.model)
	fill(modelCache, asked.model, chosen.download)
	time.Sleep(chosen.load)
	await(chosen.loadUntil)
	info("Loading weights took %.2f seconds", chosen.load.Seconds())
	chosen.hold()
	if chosen.exitLog != "" || chosen.exitCode != 0 {
		fmt.Fprintln(os.Stderr, chosen.exitLog)
		os.Exit(chosen.exitCode)
	}
	seen := witness{file: chosen.witness, version: chosen.version}
	seen.tell("start", "")
	info("Starting vLLM API server on http://%s:%s", asked.host, asked.port)
	info("Application startup complete.")
	log.Fatal(http.ListenAndServe(asked.host+":"+asked.port, seen.of(newServer(asked, chosen))))
}

const modelCache = "/root/.cache/huggingface"

// fill takes its time where the model cache is empty, as a download does, and leaves something there for the next start.
func fill(folder, model string, takes time.Duration) {
	mark := filepath.Join(folder, "scripted")
	if _, err := os.Stat(mark); takes == 0 || err == nil {
		return
	}
	time.Sleep(takes)
	if err := os.WriteFile(mark, nil, 0o644); err != nil {
		log.Fatal(err)
	}
	info("Time spent downloading weights for %s: %.6f seconds", model, takes.Seconds())
}

// await returns once there is such a file, or at once where none is named.
func await(path string) {
	for _, err := os.Stat(path); path != "" && err != nil; _, err = os.Stat(path) {
		time.Sleep(20 * time.Millisecond)
	}
}

func info(format string, values ...any) {
	stamp := time.Now().UTC().Format("01-02 15:04:05")
	fmt.Printf("INFO %s [api_server.py:1] %s\n", stamp, fmt.Sprintf(format, values...))
}
