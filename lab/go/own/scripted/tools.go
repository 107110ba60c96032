package main

import (
	"fmt"
	"strings"
)

// toolFaults are what SCRIPTED_TOOLS may be; the table of behaviours says what each does.
var toolFaults = []string{
	"brace-lost", "empty-arguments", "ignored", "one-id", "stop", "streamed-otherwise", "token-left",
}

// tool is what may be called.
type tool struct {
	Function struct {
		Name       string `json:"name"`
		Parameters object `json:"parameters"`
	} `json:"function"`
}

// call is one call; its arguments are JSON as text, cut into tokens.
type call struct {
	id, name string
	tokens   []string
}

// named is the tool that must be called; empty where none is named.
func (asked *question) named() string {
	choice, _ := asked.ToolChoice.(object)
	function, _ := choice["function"].(object)
	name, _ := function["name"].(string)
	return name
}

// toolQuestion is what the canary knows which tools to call for.
type toolQuestion struct {
	Question string `json:"question"`
	Calls    []struct {
		Name      string `json:"name"`
		Arguments object `json:"arguments"`
	} `json:"calls"`
}

// question is the longest that was asked: one for two tools may hold one for a single tool.
func (known *canary) question(text string) (found toolQuestion) {
	if known == nil {
		return found
	}
	for _, one := range known.questions {
		if strings.Contains(text, one.Question) && len(one.Question) > len(found.Question) {
			found = one
		}
	}
	return found
}

// calls are those that a question leads to; none where the answer is a text.
func (this *server) calls(asked *question) []call {
	if len(asked.Tools) == 0 || asked.ToolChoice == "none" || this.chosen.answer != "" || this.chosen.tools == "ignored" {
		return nil
	}
	var made []call
	add := func(name string, values object) {
		id := fmt.Sprintf("call-%d", len(made))
		if this.chosen.tools == "one-id" {
			id = "call-0"
		}
		made = append(made, call{id, name, this.written(values, asked.Stream)})
	}
	for _, one := range this.chosen.canary.question(asked.text()).Calls {
		if asked.named() == "" || asked.named() == one.Name {
			add(one.Name, one.Arguments)
		}
	}
	if made != nil {
		return made
	}
	chosen := asked.Tools[0].Function
	for _, one := range asked.Tools {
		if one.Function.Name == asked.named() {
			chosen = one.Function
		}
	}
	// Of an unknown question two where it asks for each.
	for range 1 + min(1, strings.Count(asked.text(), "each")) {
		values, _ := example(chosen.Parameters, chosen.Parameters).(object)
		add(chosen.Name, values)
	}
	return made
}

// written are arguments as text, in tokens of four bytes.
func (this *server) written(values object, streamed bool) []string {
	text := string(encoded(values))
	switch fault := this.chosen.tools; {
	case len(values) > 0 && (fault == "brace-lost" || fault == "streamed-otherwise" && streamed):
		text = strings.TrimSuffix(text, "}")
	case fault == "empty-arguments" && len(values) == 0:
		return []string{""}
	}
	var tokens []string
	for ; len(text) > 4; text = text[4:] {
		tokens = append(tokens, text[:4])
	}
	return append(tokens, text)
}

// calling is an answer of calls. As in vLLM, one whose tool was named ends like a text.
func (this *server) calling(made reply, asked *question, calls []call) reply {
	made.calls, made.finish = calls, "tool_calls"
	if asked.named() != "" || this.chosen.tools == "stop" {
		made.finish = "stop"
	}
	made.left = this.chosen.tools == "token-left"
	for _, one := range calls {
		made.tokens = append(made.tokens, one.tokens...)
	}
	return made
}

func (one call) body(arguments string) object {
	function := object{"name": one.name, "arguments": arguments}
	return object{"id": one.id, "type": "function", "function": function}
}

// callsWhole is the message of an answer of calls.
func (made reply) callsWhole() object {
	message := object{"role": "assistant", "content": nil}
	if made.left {
		message["content"] = "<tool_call>"
	}
	var calls []object
	for _, one := range made.calls {
		calls = append(calls, one.body(strings.Join(one.tokens, "")))
	}
	message["tool_calls"] = calls
	return message
}

// callPiece is what one token of the arguments brings; the first of a call brings its id and name as well.
func (made reply) callPiece(place int) object {
	for index, one := range made.calls {
		if place >= len(one.tokens) {
			place -= len(one.tokens)
			continue
		}
		piece := object{"function": object{"arguments": one.tokens[place]}}
		if place == 0 {
			piece = one.body(one.tokens[place])
		}
		piece["index"] = index
		return object{"tool_calls": []object{piece}}
	}
	panic(fmt.Sprintf("no call has token %d", place))
}

// refusal says, as vLLM does, that a model may not choose where nothing reads what it writes; empty where it may.
func (this *server) refusal(asked *question) string {
	if len(asked.Tools) == 0 || this.parsesTools || asked.ToolChoice != nil && asked.ToolChoice != "auto" {
		return ""
	}
	return `"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set`
}
