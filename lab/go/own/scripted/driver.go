package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	hostLibrary   = "/usr/lib/x86_64-linux-gnu/libcuda.so.1"
	compatLibrary = "/usr/local/cuda/compat/libcuda.so.1"
)

// driver is what the probe of the CUDA driver would tell where cuInit(0) gives this. "absent" is a container without
// any driver; 803 and 804 come from the image's compat library, everything else from the driver of the host.
func driver(cuInit string, lookup func(string) (string, bool)) object {
	env := map[string]string{}
	for _, name := range []string{"LD_LIBRARY_PATH", "NVIDIA_REQUIRE_CUDA", "CUDA_VERSION"} {
		if value, there := lookup(name); there {
			env[name] = value
		}
	}
	told := object{"env": env, "problem": ""}
	code, err := strconv.Atoi(cuInit)
	if err != nil {
		told["problem"] = "libcuda.so.1: cannot open shared object file: No such file or directory"
		return told
	}
	told["library"], told["init"], told["version"] = hostLibrary, code, 12080
	if code == 803 || code == 804 {
		told["library"], told["version"] = compatLibrary, 12090
	}
	return told
}

// smi answers `nvidia-smi --query-gpu=FIELDS --format=csv,noheader,nounits` for the one card, "name, driver, used,
// total"; without a card it is as if the program were not there.
func smi(words []string, card string, out, problems io.Writer) int {
	if card == "" {
		fmt.Fprintln(problems, "nvidia-smi: not found")
		return 127
	}
	parts := strings.Split(card, ",")
	if len(parts) != 4 {
		fmt.Fprintf(problems, "SCRIPTED_GPU is %q and must be: name, driver, used MiB, total MiB\n", card)
		return 2
	}
	for place := range parts {
		parts[place] = strings.TrimSpace(parts[place])
	}
	query, rest, _ := strings.Cut(strings.Join(words, " "), " ")
	fields, asked := strings.CutPrefix(query, "--query-gpu=")
	if !asked || rest != "--format=csv,noheader,nounits" {
		fmt.Fprintln(problems, "only --query-gpu=FIELDS --format=csv,noheader,nounits is scripted")
		return 2
	}
	known := map[string]string{
		"index": "0", "name": parts[0], "uuid": "GPU-00000000-0000-4000-8000-000000003060", "driver_version": parts[1],
		"memory.used": parts[2], "memory.total": parts[3], "compute_cap": "8.6",
	}
	var row []string
	for _, field := range strings.Split(fields, ",") {
		value, there := known[field]
		if !there {
			fmt.Fprintf(out, "Field \"%s\" is not a valid field to query.\n", field)
			return 2
		}
		row = append(row, value)
	}
	fmt.Fprintln(out, strings.Join(row, ", "))
	return 0
}
