package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheBundleIsFoundHoweverItIsNamed(t *testing.T) {
	for _, line := range [][]string{
		{"--root", "/r", "create", "--bundle", "/b", "id"}, {"create", "--bundle=/b", "id"}, {"run", "-b", "/b", "id"},
	} {
		if found := bundleOf(line); found != "/b" {
			t.Error(line, found)
		}
	}
	if found := bundleOf([]string{"delete", "id"}); found != "" {
		t.Error(found)
	}
}

func TestSeccompAloneIsDropped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte(`{"linux":{"seccomp":{"x":1},"y":[2]},"z":9007199254740993}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := withoutSeccomp(path); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(path); string(text) != `{"linux":{"y":[2]},"z":9007199254740993}` {
		t.Error(string(text))
	}
}
