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
	if chosen.pace == 40 {
		chosen.pace = 1e6
	}
	serving := httptest.NewServer(newServer(arguments{served: []string{"m"}}, chosen))
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

const whole, streamed = `{"model": "m"}`, `{"model": "m", "stream": true}`

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
		"no usage":        {map[string]string{"SCRIPTED_STREAM": "no-usage"}, streamed, 200, "[DONE]", `"usage"`},
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
