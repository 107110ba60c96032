package main

import (
	"encoding/json"
	"net/http"
	"os"
	"time"
)

// witness writes down which release was asked what and when, in a file that outlasts its pod and that others write to
// as well. What a test concludes from it depends on nothing that the asking side believes.
type witness struct {
	file, version string
}

// of writes each request down before it is answered.
func (seen witness) of(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		seen.tell(request.Method+" "+request.URL.Path, request.UserAgent())
		handler.ServeHTTP(answer, request)
	})
}

func (seen witness) tell(what, agent string) {
	if seen.file == "" {
		return
	}
	host, _ := os.Hostname()
	line, _ := json.Marshal(map[string]string{
		"at": time.Now().UTC().Format(time.RFC3339Nano), "version": seen.version, "pod": host, "what": what, "agent": agent,
	})
	file, err := os.OpenFile(seen.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return
	}
	defer file.Close()
	// One write, so that lines of several servers stay whole.
	_, _ = file.Write(append(line, '\n'))
}
