package main

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// behaviour is what the environment chooses. An honest server is what it gives when nothing is set.
type behaviour struct {
	answer     string        // SCRIPTED_ANSWER: the answer to every question; by default one that fits the asked schema
	canary     *canary       // SCRIPTED_ANSWERS=canary: the right answers to the documents and sums of the canary
	crashAfter int           // SCRIPTED_CRASH_AFTER: end with exit code 1 at the request after so many
	crashLog   string        // SCRIPTED_CRASH_LOG: and print this
	crashOn    string        // SCRIPTED_CRASH_ON: end at the first schema, or behind the first refusal of one
	cuInit     string        // SCRIPTED_CUINIT: what cuInit(0) gives, such as 804; absent by default
	download   time.Duration // SCRIPTED_DOWNLOAD_SECONDS: take so long to fill an empty model cache
	exitCode   int           // SCRIPTED_EXIT_CODE: end with this code after loading
	exitLog    string        // SCRIPTED_EXIT_LOG: and print this, \n between lines
	gpu        string        // SCRIPTED_GPU: "name, driver, used, total" in MiB for nvidia-smi; none by default
	hang       bool          // SCRIPTED_HANG=1: /health answers 200, completions never
	load       time.Duration // SCRIPTED_LOAD_SECONDS: serve only after so long
	loadUntil  string        // SCRIPTED_LOAD_UNTIL: serve only once there is such a file
	memoryMiB  int           // SCRIPTED_MEMORY_MIB: hold so much memory
	metrics    string        // SCRIPTED_METRICS=renamed: one that autoscalers read has another name
	model      string        // SCRIPTED_MODEL: serve under this name, whatever was asked
	notFound   bool          // SCRIPTED_NOT_FOUND=1: 404 to every completion
	pace       float64       // SCRIPTED_TOKENS_PER_SECOND: with ignore_eos; 40 by default
	rejects    []string      // SCRIPTED_REJECTS: flags that this release no longer knows, separated by spaces
	schemas    string        // SCRIPTED_SCHEMA: which constraints force no answer
	shape      string        // SCRIPTED_SHAPE: how the form of answers went wrong, see disfigurements
	silent     string        // SCRIPTED_SILENT: what goes wrong without a sign of it, see silentFaults
	stop       time.Duration // SCRIPTED_STOP_SECONDS: from SIGTERM to the end
	stream     string        // SCRIPTED_STREAM: how streams go wrong, see streamFaults
	thoughts   string        // SCRIPTED_THOUGHTS=leak: leave them in the content, whatever parser there is
	tools      string        // SCRIPTED_TOOLS: how calls of tools go wrong, see toolFaults
	version    string        // SCRIPTED_VERSION: what /version says
	witness    string        // SCRIPTED_WITNESS: this file gets a line of JSON for each start and each request
}

//go:embed stories
var stories embed.FS

func behaviourFrom(lookup func(string) string) (behaviour, error) {
	lookup, err := taught(lookup)
	reading := reader{lookup: lookup, err: err}
	chosen := behaviour{
		answer:     lookup("SCRIPTED_ANSWER"),
		canary:     reading.canary("/canary"),
		crashAfter: int(reading.number("CRASH_AFTER", -1)),
		crashLog:   lookup("SCRIPTED_CRASH_LOG"),
		crashOn:    reading.choice("CRASH_ON", "refusal", "schema"),
		cuInit:     lookup("SCRIPTED_CUINIT"),
		download:   time.Duration(reading.number("DOWNLOAD_SECONDS", 0) * float64(time.Second)),
		exitCode:   int(reading.number("EXIT_CODE", 0)),
		exitLog:    strings.ReplaceAll(lookup("SCRIPTED_EXIT_LOG"), `\n`, "\n"),
		gpu:        lookup("SCRIPTED_GPU"),
		hang:       lookup("SCRIPTED_HANG") == "1",
		load:       time.Duration(reading.number("LOAD_SECONDS", 0) * float64(time.Second)),
		loadUntil:  lookup("SCRIPTED_LOAD_UNTIL"),
		memoryMiB:  int(reading.number("MEMORY_MIB", 0)),
		metrics:    reading.choice("METRICS", "renamed"),
		model:      lookup("SCRIPTED_MODEL"),
		notFound:   lookup("SCRIPTED_NOT_FOUND") == "1",
		pace:       reading.number("TOKENS_PER_SECOND", 40),
		rejects:    strings.Fields(lookup("SCRIPTED_REJECTS")),
		schemas:    reading.choice("SCHEMA", "guided-ignored", "ignored", "pattern-ignored"),
		shape:      reading.choice("SHAPE", "bare-error", "no-null", "renamed"),
		silent:     reading.choice("SILENT", silentFaults...),
		stop:       time.Duration(reading.number("STOP_SECONDS", 0) * float64(time.Second)),
		stream:     reading.choice("STREAM", streamFaults...),
		thoughts:   reading.choice("THOUGHTS", "leak"),
		tools:      reading.choice("TOOLS", toolFaults...),
		version:    lookup("SCRIPTED_VERSION"),
		witness:    lookup("SCRIPTED_WITNESS"),
	}
	if chosen.version == "" {
		chosen.version = "0.0.0+scripted"
	}
	// SCRIPTED_STORY: end as the operator saw this release end, v0.12.0 or v0.15.1.
	if story := lookup("SCRIPTED_STORY"); story != "" {
		chosen.exitCode, chosen.exitLog = 1, reading.story(story)
	}
	return chosen, reading.err
}

// reader remembers the first value that is none.
type reader struct {
	lookup func(string) string
	err    error
}

func (reading *reader) fail(format string, values ...any) {
	if reading.err == nil {
		reading.err = fmt.Errorf(format, values...)
	}
}

func (reading *reader) number(name string, otherwise float64) float64 {
	text := reading.lookup("SCRIPTED_" + name)
	if text == "" {
		return otherwise
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		reading.fail("SCRIPTED_%s is %q and must be a number", name, text)
	}
	return value
}

func (reading *reader) choice(name string, known ...string) string {
	chosen := reading.lookup("SCRIPTED_" + name)
	if chosen != "" && !slices.Contains(known, chosen) {
		reading.fail("SCRIPTED_%s is %q and must be one of %s", name, chosen, strings.Join(known, ", "))
	}
	return chosen
}

func (reading *reader) story(name string) string {
	text, err := stories.ReadFile("stories/" + name + ".log")
	if err != nil {
		reading.fail("SCRIPTED_STORY is %q and must be v0.12.0 or v0.15.1", name)
	}
	return strings.TrimSuffix(string(text), "\n")
}

func (reading *reader) canary(folder string) *canary {
	switch asked := reading.lookup("SCRIPTED_ANSWERS"); asked {
	case "":
	case "canary":
		known, err := loadCanary(folder)
		if err != nil {
			reading.fail("the answers of the canary are not in the image: %w", err)
		}
		return known
	default:
		reading.fail("SCRIPTED_ANSWERS is %q and must be canary", asked)
	}
	return nil
}

var held []byte

// hold takes memory and touches each page of it, so that it counts.
func (chosen behaviour) hold() {
	held = make([]byte, chosen.memoryMiB<<20)
	for place := 0; place < len(held); place += 4096 {
		held[place] = 1
	}
}
