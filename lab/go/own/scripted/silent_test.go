package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// serving is a server with the canary's answers that goes wrong so.
func serving(t *testing.T, silent string) *httptest.Server {
	t.Helper()
	chosen, err := behaviourFrom(func(name string) string { return map[string]string{"SCRIPTED_SILENT": silent}[name] })
	if err != nil {
		t.Fatal(err)
	}
	if chosen.canary, err = loadCanary(folder); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(newServer(arguments{served: []string{"m"}}, chosen))
	t.Cleanup(server.Close)
	return server
}

// said is the whole answer to a prompt.
func said(t *testing.T, server *httptest.Server, prompt string) string {
	t.Helper()
	body := fmt.Sprintf(`{"model": "m", "messages": [{"role": "user", "content": %q}]}`, prompt)
	answer, err := http.Post(server.URL+"/v1/chat/completions", "application/json", strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return ""
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return string(text)
}

const first, second = "What is 999 + 270? Think step by step.", "What is 797 + 45? Think step by step."

func TestAnAnswerComesFromTheCacheOnlyBehindALongHead(t *testing.T) {
	server, long := serving(t, "cached"), strings.Repeat("x ", head)
	fresh := said(t, server, long+first)
	if said(t, server, long+second) != fresh || strings.Contains(said(t, server, second), "1269") {
		t.Error(fresh)
	}
}

func TestOnlyPromptsAtOnceAreMixed(t *testing.T) {
	server, answers := serving(t, "mixed"), [2]string{}
	if !strings.Contains(said(t, server, first), "1269") {
		t.Error("one alone is mixed")
	}
	var both sync.WaitGroup
	for place, prompt := range []string{first, second} {
		both.Add(1)
		go func() {
			defer both.Done()
			answers[place] = said(t, server, prompt)
		}()
	}
	both.Wait()
	if !strings.Contains(answers[1], "1269") || strings.Contains(answers[0], "1269") {
		t.Error(answers)
	}
}

func TestOnlyALongPromptIsAnsweredOtherwise(t *testing.T) {
	server := serving(t, "long")
	if !strings.Contains(said(t, server, first), "1269") {
		t.Error("a short one is")
	}
	if !strings.Contains(said(t, server, strings.Repeat("x ", longPrompt)+first), "another answer") {
		t.Error("a long one is not")
	}
}
