package main

import (
	"fmt"
	"net"
	"net/http"
	"time"
)

// streamFaults are what SCRIPTED_STREAM may be; the table of behaviours says what each does.
var streamFaults = []string{
	"cut", "error", "error-event", "hang", "malformed", "no-done", "no-finish", "no-tokens", "no-usage", "reset",
}

const errorEvent = `{"error": {"message": "EngineCore encountered an issue", "code": 500}}`

// pace waits until a token is due, and tells whether anybody still waits for it; only answers of a given length are
// paced, since they alone are measured.
func (this *server) pace(asked *question, began time.Time, tokens int) bool {
	if asked.IgnoreEOS {
		pace := this.chosen.pace
		if this.chosen.silent == "crowded" && this.running.Load() > 1 {
			pace *= 0.9
		}
		due := time.Duration(float64(tokens) / pace * float64(time.Second))
		select {
		case <-asked.ended:
			return false
		case <-time.After(time.Until(began.Add(due))):
		}
	}
	return true
}

// stream sends a role, each token in its time, the usage and [DONE], less what the chosen fault leaves out. As in vLLM
// there is no usage unless it is asked for.
func (this *server) stream(answer http.ResponseWriter, asked *question, made reply) {
	answer.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	send := func(data string) {
		fmt.Fprintf(answer, "data: %s\n\n", data)
		answer.(http.Flusher).Flush()
	}
	event := func(body object) {
		send(string(encoded(body)))
	}
	usage := asked.StreamOptions.IncludeUsage && this.chosen.stream != "no-usage"
	if this.chosen.stream == "no-finish" {
		made.finish = ""
	}
	if this.chosen.stream == "no-tokens" {
		made.tokens, made.thoughts = nil, 0
	}
	began, first := time.Now(), 0
	if made.chat {
		first = -1
	}
	for place := first; place < len(made.tokens); place++ {
		body := made.piece(place)
		if usage && asked.StreamOptions.Continuous {
			body["usage"] = made.usage(place + 1)
		}
		if place >= 0 {
			if !this.pace(asked, began, place+1) {
				return
			}
			this.generated.Add(1)
		}
		event(body)
		if place >= 0 && this.broken(answer, asked, send) {
			return
		}
	}
	this.finished(made)
	if this.chosen.stream == "error-event" {
		send(errorEvent)
	}
	if usage {
		last := made.envelope("chat.completion.chunk")
		last["choices"], last["usage"] = []object{}, made.usage(this.lied("usage-streamed", len(made.tokens)))
		event(last)
	}
	if this.chosen.stream != "no-done" {
		send("[DONE]")
	}
}

// broken ends a stream after its first token, as the chosen fault has it.
func (this *server) broken(answer http.ResponseWriter, asked *question, send func(string)) bool {
	switch this.chosen.stream {
	case "hang":
		<-asked.ended
		return true
	case "reset":
		reset(answer)
		return true
	case "cut":
		panic(http.ErrAbortHandler)
	case "malformed":
		send(`{"id": "chatcmpl-scripted", "choices": [{`)
		return true
	case "error":
		send(errorEvent)
		return true
	}
	return false
}

// reset closes the connection so that the other side gets RST, not an end of file.
func reset(answer http.ResponseWriter) {
	if connection, _, err := answer.(http.Hijacker).Hijack(); err == nil {
		if tcp, ok := connection.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = connection.Close()
	}
}

func (this *server) finished(made reply) {
	this.prompted.Add(int64(made.prompt))
	if made.finish == "length" {
		this.cut.Add(1)
	} else {
		this.stopped.Add(1)
	}
}
