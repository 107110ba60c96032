// Command runtime stands before runc, which was built without libseccomp and refuses bundles that name a profile:
// it drops linux.seccomp from the bundle and becomes runc, which lies beside it.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	if bundle := bundleOf(os.Args[1:]); bundle != "" {
		if err := withoutSeccomp(filepath.Join(bundle, "config.json")); err != nil {
			fail(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		fail(err)
	}
	runc := filepath.Join(filepath.Dir(self), "runc")
	fail(syscall.Exec(runc, append([]string{runc}, os.Args[1:]...), os.Environ()))
}

// bundleOf is the folder that follows --bundle of create or run; other commands name none.
func bundleOf(arguments []string) string {
	for place, argument := range arguments {
		if value, found := strings.CutPrefix(argument, "--bundle="); found {
			return value
		}
		if (argument == "--bundle" || argument == "-b") && place+1 < len(arguments) {
			return arguments[place+1]
		}
	}
	return ""
}

func withoutSeccomp(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var spec map[string]json.RawMessage
	if err := json.Unmarshal(text, &spec); err != nil {
		return err
	}
	var linux map[string]json.RawMessage
	if err := json.Unmarshal(spec["linux"], &linux); err != nil {
		return err
	}
	if _, named := linux["seccomp"]; !named {
		return nil
	}
	delete(linux, "seccomp")
	if spec["linux"], err = json.Marshal(linux); err != nil {
		return err
	}
	if text, err = json.Marshal(spec); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "lab runtime:", err)
	os.Exit(1)
}
