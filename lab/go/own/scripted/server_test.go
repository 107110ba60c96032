package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// ask posts to a server that behaves so, or asks what "METHOD /path" says, and gives status and body.
func ask(t *testing.T, settings map[string]string, body string) (int, string) {
	t.Helper()
	chosen, err := behaviourFrom(func(name string) string { return settings[name] })
	if err != nil {
		t.Fatal(err)
	}
	if folder := settings["folder"]; folder != "" {
		if chosen.canary, err = loadCanary(folder); err != nil {
			t.Fatal(err)
		}
	}
	line, err := read("vllm serve", append([]string{"m"}, strings.Fields(settings["arguments"])...))
	if err != nil {
		t.Fatal(err)
	}
	serving := httptest.NewServer(newServer(line, chosen))
	defer serving.Close()
	client := http.Client{Timeout: time.Second}
	method, path := "POST", "/v1/chat/completions"
	if other := strings.Trim(body, `"`); other != body {
		method, path, _ = strings.Cut(other, " ")
		body = ""
	}
	request, err := http.NewRequest(method, serving.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(request)
	if err != nil {
		return 0, failed + err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return answer.StatusCode, string(text) + failed + err.Error()
	}
	return answer.StatusCode, string(text)
}

const whole = `{"model": "m"}`

// failed stands between what came and why no more did.
const failed = "\x00"

// TestTheTableIsKept puts to this server what the simulator of the Python tests is held to as well.
func TestTheTableIsKept(t *testing.T) {
	table, err := loadTable()
	if err != nil || len(table.Behaviours) == 0 {
		t.Fatal(err)
	}
	exit = func(int) { panic(http.ErrAbortHandler) }
	defer func() { exit = os.Exit }()
	for _, row := range table.Behaviours {
		t.Run(row.Name, func(t *testing.T) {
			settings := map[string]string{"SCRIPTED_BEHAVIOUR": row.Name, "folder": folder, "arguments": "--reasoning-parser x --tool-call-parser y"}
			status, text := ask(t, settings, string(table.Requests[row.Ask]))
			text, failure, _ := strings.Cut(text, failed)
			if status != row.Status || !strings.Contains(text, row.Holds) || strings.Contains(text, row.Lacks) {
				t.Errorf("%d %s %s", status, text, failure)
			}
			if kind(failure) != row.Failure {
				t.Errorf("it ended in %q: %s", kind(failure), failure)
			}
		})
	}
}

// kind is the name that the table has for how an exchange failed.
func kind(failure string) string {
	for name, sign := range map[string]string{"closed": "EOF", "reset": "reset by peer", "timeout": "exceeded"} {
		if strings.Contains(failure, sign) {
			return name
		}
	}
	return failure
}

func TestAnUnknownBehaviourIsNamed(t *testing.T) {
	for _, name := range []string{"SCRIPTED_BEHAVIOUR", "SCRIPTED_STREAM", "SCRIPTED_CRASH_ON"} {
		_, err := behaviourFrom(func(asked string) string { return map[string]string{name: "none"}[asked] })
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Error(err)
		}
	}
}

func TestAFreeChoiceNeedsAParser(t *testing.T) {
	table, _ := loadTable()
	status, text := ask(t, nil, string(table.Requests["tools"]))
	if status != http.StatusBadRequest || !strings.Contains(text, "--tool-call-parser") {
		t.Error(status, text)
	}
	if status, text = ask(t, nil, string(table.Requests["no arguments"])); status != http.StatusOK {
		t.Error(status, text)
	}
}

func TestTheEnvironmentOutranksTheTable(t *testing.T) {
	said := map[string]string{"SCRIPTED_BEHAVIOUR": "stream-cut", "SCRIPTED_STREAM": "no-done"}
	chosen, err := behaviourFrom(func(asked string) string { return said[asked] })
	if err != nil || chosen.stream != "no-done" {
		t.Error(chosen.stream, err)
	}
}

func TestAHangingServerIsHealthy(t *testing.T) {
	answer := httptest.NewRecorder()
	server := newServer(arguments{served: []string{"m"}}, behaviour{hang: true, crashAfter: -1})
	server.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/health", nil))
	if answer.Code != http.StatusOK {
		t.Error(answer.Code)
	}
}

func TestANumberThatIsNoneIsNamed(t *testing.T) {
	_, err := behaviourFrom(func(string) string { return "soon" })
	if err == nil || !strings.Contains(err.Error(), "SCRIPTED_") {
		t.Error(err)
	}
}

func TestExactlyTheTokensThatWereAskedForComeInTheirTime(t *testing.T) {
	began := time.Now()
	_, text := ask(t, map[string]string{"SCRIPTED_TOKENS_PER_SECOND": "200"},
		`{"model": "m", "max_tokens": 40, "ignore_eos": true, "stream": true, "stream_options": {"include_usage": true}}`)
	if took := time.Since(began).Seconds(); took < 0.2 || took > 0.6 {
		t.Errorf("40 tokens at 200 a second took %.3f s", took)
	}
	if !strings.Contains(text, `"completion_tokens":40`) || strings.Count(text, `"content"`) != 41 {
		t.Error(text)
	}
}

func TestCountersGrow(t *testing.T) {
	chosen, _ := behaviourFrom(func(string) string { return "" })
	server := newServer(arguments{served: []string{"m"}}, chosen)
	for _, body := range []string{whole, `{"model": "m", "messages": [{"role": "user", "content": "two words"}], "max_tokens": 1}`} {
		server.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/v1/chat/completions", strings.NewReader(body)))
	}
	page := httptest.NewRecorder()
	server.ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, line := range []string{
		`vllm:generation_tokens_total{engine="0",model_name="m"} 6.0`,
		`vllm:prompt_tokens_total{engine="0",model_name="m"} 2.0`,
		`vllm:request_success_total{engine="0",finished_reason="length",model_name="m"} 1.0`,
		`vllm:request_success_total{engine="0",finished_reason="stop",model_name="m"} 1.0`,
	} {
		if !strings.Contains(page.Body.String(), line) {
			t.Errorf("no %s in %s", line, page.Body)
		}
	}
}
