package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// reply is one answer, token by token.
type reply struct {
	model  string
	chat   bool
	prompt int
	tokens []string
	finish string
}

func (this *server) reply(asked *question, chat bool) reply {
	text := this.chosen.answer
	if schema := asked.ResponseFormat.JSONSchema.Schema; text == "" && schema != nil {
		text = fitting(schema)
	} else if text == "" && asked.Guided != nil {
		text = fitting(asked.Guided)
	} else if text == "" {
		text = "This is a scripted answer."
	}
	prompt := fmt.Sprint(asked.Prompt)
	for _, message := range asked.Messages {
		prompt += fmt.Sprint(message.Content)
	}
	made := reply{model: asked.Model, chat: chat, prompt: len(strings.Fields(prompt)), finish: "stop"}
	made.tokens = strings.SplitAfter(text, " ")
	limit := max(asked.MaxTokens, asked.MaxCompletionTokens)
	for asked.IgnoreEOS && len(made.tokens) < limit {
		made.tokens = append(made.tokens, " more")
	}
	if limit > 0 && len(made.tokens) >= limit {
		made.tokens, made.finish = made.tokens[:limit], "length"
	}
	return made
}

func fitting(schema map[string]any) string {
	text, _ := json.Marshal(example(schema))
	return string(text)
}

// example is a value that fits a JSON Schema of the plain kind: types, enum, const, properties, items, minItems.
func example(schema map[string]any) any {
	if fixed, there := schema["const"]; there {
		return fixed
	}
	if choices, ok := schema["enum"].([]any); ok && len(choices) > 0 {
		return choices[0]
	}
	switch schema["type"] {
	case "object":
		made := object{}
		properties, _ := schema["properties"].(map[string]any)
		for name, inner := range properties {
			if inner, ok := inner.(map[string]any); ok {
				made[name] = example(inner)
			}
		}
		return made
	case "array":
		items, _ := schema["items"].(map[string]any)
		least, _ := schema["minItems"].(float64)
		made := []any{}
		for range max(1, int(least)) {
			made = append(made, example(items))
		}
		return made
	case "integer", "number":
		least, _ := schema["minimum"].(float64)
		return least
	case "boolean":
		return true
	case "null":
		return nil
	}
	return "scripted"
}

func (made reply) envelope(kind string) object {
	if !made.chat {
		kind = "text_completion"
	}
	return object{"id": "chatcmpl-scripted", "object": kind, "created": time.Now().Unix(), "model": made.model}
}

func (made reply) usage() object {
	return object{
		"prompt_tokens": made.prompt, "completion_tokens": len(made.tokens), "total_tokens": made.prompt + len(made.tokens),
	}
}

func (made reply) whole() object {
	text := strings.Join(made.tokens, "")
	choice := object{"index": 0, "finish_reason": made.finish, "text": text}
	if made.chat {
		choice = object{"index": 0, "finish_reason": made.finish, "message": object{"role": "assistant", "content": text}}
	}
	body := made.envelope("chat.completion")
	body["choices"], body["usage"] = []object{choice}, made.usage()
	return body
}

func (made reply) piece(token string, finish any, role bool) object {
	choice := object{"index": 0, "finish_reason": finish, "text": token}
	if made.chat {
		delta := object{"content": token}
		if role {
			delta["role"] = "assistant"
		}
		choice = object{"index": 0, "finish_reason": finish, "delta": delta}
	}
	body := made.envelope("chat.completion.chunk")
	body["choices"] = []object{choice}
	return body
}

// stream sends a role, each token in its time, the usage and [DONE], less what the chosen fault leaves out.
func (this *server) stream(answer http.ResponseWriter, made reply) {
	answer.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	send := func(data string) {
		fmt.Fprintf(answer, "data: %s\n\n", data)
		answer.(http.Flusher).Flush()
	}
	event := func(body object) {
		text, _ := json.Marshal(body)
		send(string(text))
	}
	if made.chat {
		event(made.piece("", nil, true))
	}
	for place, token := range made.tokens {
		time.Sleep(time.Duration(float64(time.Second) / this.chosen.pace))
		this.generated.Add(1)
		var finish any
		if place == len(made.tokens)-1 {
			finish = made.finish
		}
		event(made.piece(token, finish, false))
		switch this.chosen.stream {
		case "cut":
			panic(http.ErrAbortHandler)
		case "malformed":
			send(`{"id": "chatcmpl-scripted", "choices": [{`)
			return
		case "error":
			event(object{"error": object{"message": "EngineCore encountered an issue", "code": http.StatusInternalServerError}})
			return
		}
	}
	if this.chosen.stream != "no-usage" {
		last := made.envelope("chat.completion.chunk")
		last["choices"], last["usage"] = []object{}, made.usage()
		event(last)
	}
	if this.chosen.stream != "no-done" {
		send("[DONE]")
	}
}
