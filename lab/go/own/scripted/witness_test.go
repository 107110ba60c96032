package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A line for each start and each request, whoever else writes to the same file.
func TestWitness(t *testing.T) {
	file := filepath.Join(t.TempDir(), "witness.jsonl")
	old, seen := witness{file: file, version: "0.5.5"}, witness{file: file, version: "0.8.5"}
	old.tell("start", "")
	seen.of(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/health", nil))

	text, err := os.ReadFile(file)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if err != nil || len(lines) != 2 {
		t.Fatalf("%v: %q", err, text)
	}
	var last map[string]string
	if err := json.Unmarshal([]byte(lines[1]), &last); err != nil {
		t.Fatal(err)
	}
	if last["version"] != "0.8.5" || last["what"] != "GET /health" || last["at"] == "" {
		t.Fatalf("%v", last)
	}
}
