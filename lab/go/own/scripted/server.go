package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

type server struct {
	chosen                                      behaviour
	names                                       []string
	reasons                                     bool // a reasoning parser takes the chain of thought out of the content
	parsesTools                                 bool // a parser of tool calls is there
	requests, generated, prompted, cut, stopped atomic.Int64
	running                                     atomic.Int64
	heads                                       heads
	swaps                                       chan swap
}

// message is one of those that lead to an answer.
type message struct {
	Role    string `json:"role"`
	Content any    `json:"content"`
}

// question is what of a request matters here.
type question struct {
	Model               string    `json:"model"`
	Stream              bool      `json:"stream"`
	Prompt              any       `json:"prompt"`
	Messages            []message `json:"messages"`
	Temperature         float64   `json:"temperature"`
	MaxTokens           int       `json:"max_tokens"`
	MaxCompletionTokens int       `json:"max_completion_tokens"`
	ResponseFormat      struct {
		Type       string `json:"type"`
		JSONSchema struct {
			Schema map[string]any `json:"schema"`
		} `json:"json_schema"`
	} `json:"response_format"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
		Continuous   bool `json:"continuous_usage_stats"`
	} `json:"stream_options"`
	IgnoreEOS         bool   `json:"ignore_eos"`
	Tools             []tool `json:"tools"`
	ToolChoice        any    `json:"tool_choice"`
	GuidedJSON        object `json:"guided_json"`
	GuidedChoice      []any  `json:"guided_choice"`
	GuidedRegex       string `json:"guided_regex"`
	StructuredOutputs struct {
		JSON   object `json:"json"`
		Choice []any  `json:"choice"`
		Regex  string `json:"regex"`
	} `json:"structured_outputs"`
	ended <-chan struct{} // closed once nobody listens any more
}

// schema is what the answer must fit, in whichever spelling it was asked, and whether it stands bare, as no JSON; nil
// for nothing.
func (asked *question) schema() (schema object, bare bool) {
	own := asked.StructuredOutputs
	for _, choice := range [][]any{own.Choice, asked.GuidedChoice} {
		if choice != nil {
			return object{"enum": choice}, true
		}
	}
	for _, regex := range []string{own.Regex, asked.GuidedRegex} {
		if regex != "" {
			return object{"pattern": regex}, true
		}
	}
	for _, schema := range []object{asked.ResponseFormat.JSONSchema.Schema, own.JSON, asked.GuidedJSON} {
		if schema != nil {
			return schema, false
		}
	}
	if asked.ResponseFormat.Type == "json_object" {
		return object{"type": "object"}, false
	}
	return nil, false
}

// guided tells whether a constraint has one of the old spellings.
func (asked *question) guided() bool {
	return asked.GuidedJSON != nil || asked.GuidedChoice != nil || asked.GuidedRegex != ""
}

// text is everything that was said to the model.
func (asked *question) text() string {
	text := ""
	if asked.Prompt != nil {
		text = fmt.Sprint(asked.Prompt)
	}
	for _, message := range asked.Messages {
		text += fmt.Sprint(message.Content) + "\n"
	}
	return text
}

// system tells whether there is a system message.
func (asked *question) system() bool {
	return len(asked.Messages) > 0 && asked.Messages[0].Role == "system"
}

func newServer(asked arguments, chosen behaviour) http.Handler {
	this := &server{chosen: chosen, names: asked.served, parsesTools: asked.gives("--tool-call-parser")}
	this.reasons = asked.gives("--reasoning-parser") && chosen.thoughts != "leak"
	this.heads.known, this.swaps = map[string]reply{}, make(chan swap)
	if chosen.model != "" {
		this.names = []string{chosen.model}
	}
	paths := http.NewServeMux()
	paths.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	paths.HandleFunc("GET /metrics", this.metrics)
	paths.HandleFunc("GET /v1/models", this.models)
	paths.HandleFunc("GET /version", func(answer http.ResponseWriter, _ *http.Request) {
		say(answer, http.StatusOK, object{"version": chosen.version})
	})
	paths.HandleFunc("POST /v1/chat/completions", this.complete)
	paths.HandleFunc("POST /v1/completions", this.complete)
	return paths
}

type object = map[string]any

// modelLength is what prompt and answer may have together, in tokens.
const modelLength = 8192

func (this *server) models(answer http.ResponseWriter, _ *http.Request) {
	var found []object
	for _, name := range this.names {
		found = append(found, object{"id": name, "object": "model", "created": time.Now().Unix(), "owned_by": "vllm", "max_model_len": modelLength})
	}
	say(answer, http.StatusOK, object{"object": "list", "data": found})
}

func (this *server) metrics(answer http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(answer, this.counters())
}

func (this *server) complete(answer http.ResponseWriter, request *http.Request) {
	if wrong := disfigurements[this.chosen.shape]; wrong != nil {
		answer = disfiguring{answer, wrong}
	}
	this.running.Add(1)
	defer this.running.Add(-1)
	count := this.requests.Add(1)
	if this.chosen.crashAfter >= 0 && count > int64(this.chosen.crashAfter) {
		this.crash()
	}
	var asked question
	if err := json.NewDecoder(request.Body).Decode(&asked); err != nil {
		refuse(answer, http.StatusBadRequest, "BadRequestError", err.Error())
		return
	}
	asked.ended = request.Context().Done()
	if this.chosen.hang {
		<-asked.ended
		return
	}
	if this.chosen.notFound || !this.serves(asked.Model) {
		refuse(answer, http.StatusNotFound, "NotFoundError", fmt.Sprintf("The model `%s` does not exist.", asked.Model))
		return
	}
	if asked.Temperature < 0 {
		refuse(answer, http.StatusBadRequest, "BadRequestError", "temperature must be non-negative.")
		return
	}
	if schema, _ := asked.schema(); schema != nil && problem(schema) != "" {
		refuse(answer, http.StatusBadRequest, "BadRequestError", problem(schema))
		if this.chosen.crashOn == "refusal" {
			answer.(http.Flusher).Flush()
			this.crash()
		}
		return
	} else if schema != nil && this.chosen.crashOn == "schema" {
		this.crash()
	}
	if this.chosen.silent == "mixed" {
		this.mixed(&asked)
	}
	if refusal := this.refusal(&asked); refusal != "" {
		refuse(answer, http.StatusBadRequest, "BadRequestError", refusal)
		return
	}
	reply := this.reply(&asked, request.URL.Path == "/v1/chat/completions")
	if reply.prompt > modelLength {
		refuse(answer, http.StatusBadRequest, "BadRequestError", fmt.Sprintf("This model's maximum context length is %d tokens.", modelLength))
		return
	}
	if this.chosen.silent == "cached" {
		reply = this.heads.first(asked.text(), reply)
	}
	if asked.Stream {
		this.stream(answer, &asked, reply)
		return
	}
	this.pace(&asked, time.Now(), len(reply.tokens))
	this.generated.Add(int64(len(reply.tokens)))
	this.finished(reply)
	body := reply.whole()
	body["usage"] = reply.usage(this.lied("usage", len(reply.tokens)))
	say(answer, http.StatusOK, body)
}

// exit is another thing in tests, which go on.
var exit = os.Exit

func (this *server) crash() {
	fmt.Fprintln(os.Stderr, this.chosen.crashLog)
	exit(1)
}

func (this *server) serves(model string) bool {
	for _, name := range this.names {
		if name == model {
			return true
		}
	}
	return false
}

func refuse(answer http.ResponseWriter, status int, kind, message string) {
	// Both shapes: older releases answer the flat one, newer ones nest it below "error".
	fault := object{"object": "error", "message": message, "type": kind, "param": nil, "code": status}
	fault["error"] = object{"message": message, "type": kind, "param": nil, "code": status}
	say(answer, status, fault)
}

func say(answer http.ResponseWriter, status int, body any) {
	text := encoded(body)
	answer.Header().Set("Content-Type", "application/json")
	answer.Header().Set("Content-Length", strconv.Itoa(len(text)))
	answer.WriteHeader(status)
	_, _ = answer.Write(text)
}

// encoded is JSON as Python writes it, with < and > as they are.
func encoded(body any) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(body)
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}
