package main

import (
	"fmt"
	"strings"
	"time"
)

// reply is one answer, token by token; the first tokens may be thought and not said.
type reply struct {
	model    string
	chat     bool
	prompt   int
	thoughts int
	tokens   []string
	finish   string
	calls    []call // of tools; the tokens are then those of their arguments
	left     bool   // the token of a call is left in the content
}

func (this *server) reply(asked *question, chat bool) reply {
	made := reply{model: asked.Model, chat: chat, prompt: len(strings.Fields(asked.text())), finish: "stop"}
	if calls := this.calls(asked); calls != nil {
		return this.calling(made, asked, calls)
	}
	thought, said := this.said(asked)
	if thought != "" && this.reasons {
		made.tokens = strings.SplitAfter(thought, " ")
		made.thoughts = len(made.tokens)
	} else if schema, _ := this.constraint(asked); thought != "" && (schema == nil || this.chosen.thoughts == "leak") {
		// Without a parser that ends the chain, a schema holds from the first token on.
		said = "<think>\n" + thought + "\n</think>\n\n" + said
	}
	made.tokens = append(made.tokens, strings.SplitAfter(said, " ")...)
	limit := max(asked.MaxTokens, asked.MaxCompletionTokens)
	for asked.IgnoreEOS && len(made.tokens) < limit {
		made.tokens = append(made.tokens, " more")
	}
	if this.chosen.silent == "half" && limit > 0 && len(made.tokens) >= limit {
		made.tokens = made.tokens[:(limit+1)/2]
	} else if limit > 0 && len(made.tokens) >= limit {
		made.tokens, made.finish = made.tokens[:limit], "length"
		made.thoughts = min(made.thoughts, limit)
	}
	return made
}

// said is the chain of thought and the answer behind it.
func (this *server) said(asked *question) (thought, said string) {
	schema, bare := this.constraint(asked)
	if said = this.chosen.answer; said == "" && this.chosen.silent == "long" && len(strings.Fields(asked.text())) > longPrompt {
		return "", "This is another answer."
	} else if said == "" && this.chosen.canary != nil {
		thought, said = this.chosen.canary.answer(asked.text(), asked.system(), schema)
	}
	if said == "" && schema != nil {
		said = fitting(schema, bare)
	} else if said == "" {
		said = "This is a scripted answer."
	}
	return thought, said
}

// constraint is what forces the answer, of what was asked for.
func (this *server) constraint(asked *question) (schema object, bare bool) {
	schema, bare = asked.schema()
	switch ignored := this.chosen.schemas; {
	case schema == nil || ignored == "ignored" || ignored == "guided-ignored" && asked.guided():
		return nil, false
	case ignored == "pattern-ignored" && !bare:
		return without(schema, "pattern").(object), bare
	}
	return schema, bare
}

func (made reply) envelope(kind string) object {
	if !made.chat {
		kind = "text_completion"
	}
	return object{"id": "chatcmpl-scripted", "object": kind, "created": time.Now().Unix(), "model": made.model}
}

func (made reply) usage(tokens int) object {
	return object{"prompt_tokens": made.prompt, "completion_tokens": tokens, "total_tokens": made.prompt + tokens}
}

func (made reply) whole() object {
	text := strings.Join(made.tokens[made.thoughts:], "")
	choice := object{"index": 0, "finish_reason": made.finish, "text": text}
	if made.chat {
		message := object{"role": "assistant", "content": text}
		if made.thoughts > 0 {
			reason(message, strings.Join(made.tokens[:made.thoughts], ""))
		}
		if made.calls != nil {
			message = made.callsWhole()
		}
		choice = object{"index": 0, "finish_reason": made.finish, "message": message}
	}
	body := made.envelope("chat.completion")
	body["choices"] = []object{choice}
	return body
}

// reason writes a chain of thought under both names: releases between the old one and the new one send both.
func reason(into object, text string) {
	into["reasoning_content"], into["reasoning"] = text, text
}

// piece is one event of a stream; place is that of the token, -1 for the role that goes before.
func (made reply) piece(place int) object {
	token, finish := "", any(nil)
	if place >= 0 {
		token = made.tokens[place]
	}
	if place >= 0 && place == len(made.tokens)-1 && made.finish != "" {
		finish = made.finish
	}
	choice := object{"index": 0, "finish_reason": finish, "text": token}
	if made.chat {
		delta := object{"content": token}
		if place < 0 {
			delta["role"] = "assistant"
		} else if place < made.thoughts {
			delta = object{}
			reason(delta, token)
		} else if made.calls != nil {
			delta = made.callPiece(place)
		}
		choice = object{"index": 0, "finish_reason": finish, "delta": delta}
	}
	body := made.envelope("chat.completion.chunk")
	body["choices"] = []object{choice}
	return body
}

// metricTypes are what every release of vLLM shows and nobody here reads: by their names, without samples.
var metricTypes = []string{
	"cache_config_info gauge", "e2e_request_latency_seconds histogram", "num_preemptions_total counter",
	"num_requests_waiting gauge", "request_generation_tokens histogram",
	"request_params_n histogram", "request_prompt_tokens histogram", "time_to_first_token_seconds histogram",
}

// counters is the page of /metrics: counters, each by its name and labels, and the names of other metrics.
func (this *server) counters() string {
	var page strings.Builder
	for _, one := range metricTypes {
		if this.chosen.metrics == "renamed" {
			one = strings.Replace(one, "num_requests_waiting", "num_requests_queued", 1)
		}
		fmt.Fprintf(&page, "# TYPE vllm:%s\n", one)
	}
	fmt.Fprintf(&page, "# TYPE vllm:num_requests_running gauge\n")
	fmt.Fprintf(&page, "vllm:num_requests_running{engine=\"0\",model_name=%q} %d.0\n", this.names[0], this.running.Load())
	for _, one := range []struct {
		name, labels string
		value        int64
	}{
		{"generation_tokens_total", "", this.generated.Load()},
		{"prompt_tokens_total", "", this.prompted.Load()},
		{"request_success_total", `finished_reason="length",`, this.cut.Load()},
		{"request_success_total", `finished_reason="stop",`, this.stopped.Load()},
	} {
		fmt.Fprintf(&page, "# TYPE vllm:%s counter\n", one.name)
		fmt.Fprintf(&page, "vllm:%s{engine=\"0\",%smodel_name=%q} %d.0\n", one.name, one.labels, this.names[0], one.value)
	}
	return page.String()
}
