package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

const folder = "../../../../canary"

// asked is a request of the harness; see vllm_qualify/workload.py.
func asked(system, user string, schema any) string {
	messages := []object{{"role": "user", "content": user}}
	if system != "" {
		messages = append([]object{{"role": "system", "content": system}}, messages...)
	}
	body := object{"model": "m", "messages": messages}
	if schema != nil {
		body["response_format"] = object{"type": "json_schema", "json_schema": object{"schema": schema}}
	}
	text, _ := json.Marshal(body)
	return string(text)
}

// answer is what comes back, as JSON.
func answer(t *testing.T, arguments, body string) object {
	t.Helper()
	settings := map[string]string{"folder": folder, "arguments": arguments}
	status, text := ask(t, settings, body)
	var whole struct{ Choices []struct{ Message object } }
	if err := json.Unmarshal([]byte(text), &whole); status != 200 || err != nil {
		t.Fatal(status, text, err)
	}
	return whole.Choices[0].Message
}

func TestDocumentsAreClassifiedRightWithAndWithoutASchema(t *testing.T) {
	known, err := loadCanary(folder)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(folder + "/schema.json")
	for _, schema := range []any{nil, json.RawMessage(text)} {
		for _, one := range known.documents {
			said := answer(t, "", asked("You file documents.", "Ref: 7\n"+one.Text, schema))["content"].(string)
			var got, want any
			_ = json.Unmarshal(one.Expected, &want)
			_ = json.Unmarshal([]byte(said), &got)
			left, _ := json.Marshal(got)
			right, _ := json.Marshal(want)
			if string(left) != string(right) {
				t.Fatalf("%s is not %s", left, right)
			}
		}
	}
}

func TestOnlyAConstraintBringsTheControlAbout(t *testing.T) {
	known, _ := loadCanary(folder)
	ask := "Describe this document in one sentence.\n\n" + known.documents[0].Text
	control := object{"type": "object", "properties": object{"verdict": object{"enum": []string{"zebra-7", "zebra-9"}}}}
	free, bound := answer(t, "", asked("", ask, nil))["content"], answer(t, "", asked("", ask, control))["content"]
	if bound != `{"verdict":"zebra-7"}` || strings.ContainsAny(free.(string), "{}") {
		t.Error(free, bound)
	}
}

func TestSumsAreReasonedAbout(t *testing.T) {
	known, _ := loadCanary(folder)
	one := known.sums[1]
	apart := answer(t, "--reasoning-parser deepseek_r1", asked("", one.Question, nil))
	if apart["content"] != one.Answer || apart["reasoning"] == "" || apart["reasoning"] != apart["reasoning_content"] {
		t.Error(apart)
	}
	inline := answer(t, "", asked("", one.Question, nil))
	chain, said, found := strings.Cut(inline["content"].(string), "</think>")
	if !found || !strings.HasPrefix(chain, "<think>") || strings.TrimSpace(said) != one.Answer || inline["reasoning"] != nil {
		t.Error(inline)
	}
}

func TestAStreamTellsThoughtsApart(t *testing.T) {
	known, _ := loadCanary(folder)
	body := strings.Replace(asked("", known.sums[0].Question, nil), `"model":"m"`, `"model":"m","stream":true`, 1)
	_, text := ask(t, map[string]string{"folder": folder, "arguments": "--reasoning-parser x"}, body)
	if strings.Count(text, `"reasoning":`) != 12 || strings.Count(text, `"content":`) != 6 || strings.Contains(text, "think>") {
		t.Error(text)
	}
}

func TestQuestionsForToolsLeadToTheirCalls(t *testing.T) {
	known, _ := loadCanary(folder)
	for _, one := range known.questions {
		body := strings.Replace(asked("", one.Question, nil), `"model":"m"`, `"model":"m","tools":[{"function":{"name":"no_such"}}]`, 1)
		_, text := ask(t, map[string]string{"folder": folder, "arguments": "--tool-call-parser hermes"}, body)
		if strings.Count(text, `"type":"function"`) != len(one.Calls) || strings.Contains(text, "no_such") {
			t.Error(one.Question, text)
		}
		for _, call := range one.Calls {
			if !strings.Contains(text, `"name":"`+call.Name+`"`) {
				t.Error(one.Question, text)
			}
		}
	}
}

func TestAnImageWithoutTheCanarySaysSo(t *testing.T) {
	_, err := behaviourFrom(func(name string) string { return map[string]string{"SCRIPTED_ANSWERS": "canary"}[name] })
	if err == nil || !strings.Contains(err.Error(), "the answers of the canary are not in the image") {
		t.Error(err)
	}
}
