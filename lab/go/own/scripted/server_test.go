package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// ask posts to a server that behaves so, and gives status and body.
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
	answer, err := client.Post(serving.URL+"/v1/chat/completions", "application/json", strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return answer.StatusCode, string(text) + err.Error()
	}
	return answer.StatusCode, string(text)
}

const (
	whole    = `{"model": "m"}`
	streamed = `{"model": "m", "stream": true, "stream_options": {"include_usage": true}}`
	counted  = `{"model": "m", "stream": true, "stream_options": {"include_usage": true, "continuous_usage_stats": true}}`
	unasked  = `{"model": "m", "stream": true}`
	noSchema = `{"model": "m", "response_format": {"json_schema": {"schema": {"properties": {"a": {"type": "no-such-type"}}}}}}`
)

func TestEachBehaviourShows(t *testing.T) {
	for name, one := range map[string]struct {
		settings map[string]string
		body     string
		status   int
		holds    string
		lacks    string
	}{
		"honest":          {nil, whole, 200, "scripted answer", "error"},
		"honest stream":   {nil, streamed, 200, "data: [DONE]", "error"},
		"other model":     {nil, `{"model": "other"}`, 404, "does not exist", "choices"},
		"wrong model":     {map[string]string{"SCRIPTED_MODEL": "old"}, whole, 404, "does not exist", "choices"},
		"not found":       {map[string]string{"SCRIPTED_NOT_FOUND": "1"}, whole, 404, "NotFoundError", "choices"},
		"answer":          {map[string]string{"SCRIPTED_ANSWER": "42"}, whole, 200, `"content":"42"`, "scripted answer"},
		"hang":            {map[string]string{"SCRIPTED_HANG": "1"}, whole, 0, "exceeded", "choices"},
		"cut stream":      {map[string]string{"SCRIPTED_STREAM": "cut"}, streamed, 200, "EOF", "[DONE]"},
		"error in stream": {map[string]string{"SCRIPTED_STREAM": "error"}, streamed, 200, "EngineCore", "[DONE]"},
		"malformed":       {map[string]string{"SCRIPTED_STREAM": "malformed"}, streamed, 200, `"choices": [{` + "\n", "[DONE]"},
		"no end":          {map[string]string{"SCRIPTED_STREAM": "no-done"}, streamed, 200, `"usage"`, "[DONE]"},
		"no usage":        {map[string]string{"SCRIPTED_STREAM": "no-usage"}, counted, 200, "[DONE]", `"usage"`},
		"nobody asked":    {nil, unasked, 200, "[DONE]", `"usage"`},
		"counted":         {nil, counted, 200, `"completion_tokens":2`, "error"},
		"not counted":     {nil, streamed, 200, `"completion_tokens":5`, `"completion_tokens":2`},
		"no such type":    {nil, noSchema, 400, "Unsupported type: no-such-type", "choices"},
	} {
		t.Run(name, func(t *testing.T) {
			status, text := ask(t, one.settings, one.body)
			if status != one.status || !strings.Contains(text, one.holds) || strings.Contains(text, one.lacks) {
				t.Errorf("%d %s", status, text)
			}
		})
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
