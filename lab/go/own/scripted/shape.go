package main

import (
	"net/http"
	"strings"
)

// disfigurements are what SCRIPTED_SHAPE may be, with what is written otherwise then.
var disfigurements = map[string]*strings.Replacer{
	"bare-error": strings.NewReplacer(`"error":{`, `"detail":{`, `"object":"error"`, `"object":"detail"`),
	"no-null":    strings.NewReplacer(`"finish_reason":null`, `"reason":null`),
	"renamed":    strings.NewReplacer(`"total_tokens":`, `"tokens":`),
}

// disfiguring writes whole events or bodies, each with what went wrong in it.
type disfiguring struct {
	http.ResponseWriter
	wrong *strings.Replacer
}

func (answer disfiguring) WriteHeader(status int) {
	answer.Header().Del("Content-Length")
	answer.ResponseWriter.WriteHeader(status)
}

func (answer disfiguring) Write(text []byte) (int, error) {
	_, err := answer.wrong.WriteString(answer.ResponseWriter, string(text))
	return len(text), err
}

func (answer disfiguring) Flush() {
	answer.ResponseWriter.(http.Flusher).Flush()
}
