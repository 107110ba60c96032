package main

import (
	"slices"
	"testing"
)

func TestBothStylesOfTheOfficialImagesAreUnderstood(t *testing.T) {
	for _, line := range [][]string{
		{"/usr/bin/python3", "-m", "vllm.entrypoints.openai.api_server", "--model", "m", "--enforce-eager", "--port=9"},
		{"/usr/local/bin/vllm", "serve", "m", "--enforce-eager", "--port", "9"},
		{"vllm", "serve", "--model=m", "--port", "9", "--served-model-name", "m"},
	} {
		asked, err := parse(line)
		if err != nil || asked.model != "m" || asked.port != "9" || !slices.Equal(asked.served, []string{"m"}) {
			t.Errorf("%v: %+v, %v", line, asked, err)
		}
	}
}

func TestAFlagWithoutItsValueIsRefused(t *testing.T) {
	if _, err := parse([]string{"vllm", "serve", "m", "--port"}); err == nil {
		t.Error("accepted")
	}
}

func TestUnknownFlagsAreNamedWithTheirWords(t *testing.T) {
	asked, err := parse([]string{"vllm", "serve", "m", "--old_one", "3", "--port", "9", madeUp})
	if got := asked.unknown([]string{"--old-one"}); err != nil || got != "--old_one 3 "+madeUp {
		t.Error(got, err)
	}
}

func TestASecondModelIsRefused(t *testing.T) {
	if _, err := parse([]string{"vllm", "serve", "m", "--enforce-eager", "n"}); err == nil {
		t.Error("accepted")
	}
}
