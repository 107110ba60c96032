package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestScriptsAreFoundBehindPythonsOwnOptions(t *testing.T) {
	for line, script := range map[string]string{"-I -S -c code": "code", "-c code x": "code", "-m vllm -c x": "", "-c": ""} {
		if got, ok := command(strings.Fields(line)); got != script || ok != (script != "") {
			t.Error(line, got, ok)
		}
	}
}

func TestOtherScriptsAreRefused(t *testing.T) {
	if code := python("import torch", behaviour{}); code != 1 {
		t.Error(code)
	}
}

// report is what the probe says of these command lines.
func report(entrypoint string, argvs map[string][]string, rejects ...string) (told struct {
	Flags  []struct{ Dest string }
	Parsed map[string]struct {
		Accepted bool
		Error    string
		Values   object
	}
}) {
	made := questions{Entrypoint: entrypoint, Argvs: argvs}.answer(behaviour{rejects: rejects})
	text, _ := json.Marshal(made)
	_ = json.Unmarshal(text, &told)
	return told
}

func TestTheParserKnowsAllButTheRejectedFlags(t *testing.T) {
	line := strings.Fields("m --enforce-eager --gpu-memory-utilization 0.90 --no-x --old_one=3 --served-model-name a b")
	told := report("serve", map[string][]string{"ml": line, "control": {madeUp}, "old": {"--old-one", "3"}}, "--old-one")
	if ml := told.Parsed["ml"]; ml.Accepted || ml.Error != "unrecognized arguments: --old_one=3" {
		t.Error(ml)
	}
	if control := told.Parsed["control"]; control.Accepted || control.Error != "unrecognized arguments: "+madeUp {
		t.Error(control)
	}
	values := report("serve", map[string][]string{"ml": line}).Parsed["ml"].Values
	text, _ := json.Marshal(values)
	want := `{"enforce_eager":true,"gpu_memory_utilization":0.9,"model":"facebook/opt-125m","model_tag":"m","old_one":3,` +
		`"served_model_name":["a","b"],"x":false}`
	if string(text) != want {
		t.Error(string(text))
	}
}

func TestAReportIsFramedInShortLines(t *testing.T) {
	lines := strings.Split(framed(strings.Repeat("x", 9000)), "\n")
	if len(lines) != 4 || len(lines[0]) != 4001 || lines[2] != "|"+strings.Repeat("x", 1000) {
		t.Error(len(lines))
	}
}

func TestTheDriverIsWhatTheEnvironmentSays(t *testing.T) {
	none := func(string) (string, bool) { return "", false }
	if absent := driver("", none); absent["init"] != nil || !strings.Contains(absent["problem"].(string), "cannot open") {
		t.Error(absent)
	}
	if dead := driver("804", none); dead["init"] != 804 || dead["library"] != compatLibrary {
		t.Error(dead)
	}
	if well := driver("0", none); well["init"] != 0 || well["library"] != hostLibrary || well["problem"] != "" {
		t.Error(well)
	}
}

func TestNvidiaSmiShowsTheCard(t *testing.T) {
	var out, problems bytes.Buffer
	words := []string{"--query-gpu=index,name,driver_version,memory.total,memory.used,compute_cap", "--format=csv,noheader,nounits"}
	if code := smi(words, "NVIDIA GeForce RTX 3060, 570.195.03, 10820, 12288", &out, &problems); code != 0 {
		t.Error(code, problems.String())
	}
	if out.String() != "0, NVIDIA GeForce RTX 3060, 570.195.03, 12288, 10820, 8.6\n" {
		t.Error(out.String())
	}
	for card, code := range map[string]int{"": 127, "a, b": 2} {
		if got := smi(words, card, &out, &problems); got != code {
			t.Error(card, got)
		}
	}
	if got := smi([]string{"--query-gpu=fan", words[1]}, "a,b,c,d", &out, &problems); got != 2 {
		t.Error(got)
	}
}

func TestStoriesEndTheServer(t *testing.T) {
	for _, name := range []string{"v0.12.0", "v0.15.1"} {
		chosen, err := behaviourFrom(func(asked string) string { return map[string]string{"SCRIPTED_STORY": name}[asked] })
		if err != nil || chosen.exitCode != 1 || !strings.Contains(chosen.exitLog, "Error 804") {
			t.Error(err, chosen)
		}
	}
	if _, err := behaviourFrom(func(asked string) string { return map[string]string{"SCRIPTED_STORY": "v1"}[asked] }); err == nil {
		t.Error("accepted")
	}
}

func TestTheClientInAPodTellsOfEachRead(t *testing.T) {
	serving := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		answer.Header().Set("X-Own", request.Header.Get("X-Sent"))
		answer.WriteHeader(http.StatusTeapot)
		_, _ = answer.Write([]byte("tea"))
	}))
	defer serving.Close()
	var told bytes.Buffer
	encoder := json.NewEncoder(&told)
	one := errand{Method: "GET", URL: serving.URL, Headers: map[string]string{"X-Sent": "1"}, Deadline: 5}
	if err := one.run(time.Now(), encoder); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(&told)
	lines.Scan()
	if !strings.Contains(lines.Text(), `"x-own":"1"`) || !strings.Contains(lines.Text(), `"status":418`) {
		t.Error(lines.Text())
	}
	lines.Scan()
	if !strings.Contains(lines.Text(), `"data":"dGVh"`) {
		t.Error(lines.Text())
	}
	serving.Close()
	if kind := one.failure(one.run(time.Now(), encoder)).([]string)[0]; kind != "REFUSED" {
		t.Error(kind)
	}
}
