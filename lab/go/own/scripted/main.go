// Command scripted stands in for a vLLM server: it takes the command line of the official images, speaks their API,
// and misbehaves as the environment of its image says. See behaviour for what can be chosen.
//
// It answers to `python3 -m vllm.entrypoints.openai.api_server --model M ...` and to `vllm serve M ...`, so one file
// under both names is all that an image of it needs.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	asked, err := parse(os.Args)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	chosen, err := behaviourFrom(os.Getenv)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if asked.help {
		fmt.Print(usage)
		return
	}
	for _, flag := range chosen.rejects {
		if asked.given[flag] {
			fmt.Fprintf(os.Stderr, "%s%s: error: unrecognized arguments: %s\n", usage, asked.program, flag)
			os.Exit(2)
		}
	}
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGINT, syscall.SIGTERM)
	go func() { <-end; time.Sleep(chosen.stop); os.Exit(0) }()

	info("vLLM API server version %s", chosen.version)
	info("args: %s", strings.Join(os.Args[1:], " "))
	time.Sleep(chosen.load)
	chosen.hold()
	if chosen.exitLog != "" || chosen.exitCode != 0 {
		fmt.Fprintln(os.Stderr, chosen.exitLog)
		os.Exit(chosen.exitCode)
	}
	info("Starting vLLM API server on http://%s:%s", asked.host, asked.port)
	info("Application startup complete.")
	log.Fatal(http.ListenAndServe(asked.host+":"+asked.port, newServer(asked, chosen)))
}

func info(format string, values ...any) {
	stamp := time.Now().UTC().Format("01-02 15:04:05")
	fmt.Printf("INFO %s [api_server.py:1] %s\n", stamp, fmt.Sprintf(format, values...))
}
