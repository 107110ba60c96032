// Command probe is what a test calls inside a container that holds nothing else:
//
//	probe resolve NAME | get URL | post URL BODY | read PATH | write PATH TEXT | type PATH | sleep
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	said, err := run(append(os.Args[1:], "", "", ""))
	fmt.Println(said)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(words []string) (string, error) {
	client := http.Client{Timeout: 30 * time.Second}
	switch words[0] {
	case "resolve":
		found, err := net.LookupHost(words[1])
		return strings.Join(found, " "), err
	case "get":
		return body(client.Get(words[1]))
	case "post":
		return body(client.Post(words[1], "application/json", strings.NewReader(words[2])))
	case "read":
		text, err := os.ReadFile(words[1])
		return string(text), err
	case "write":
		return "", os.WriteFile(words[1], []byte(words[2]), 0o644)
	case "type":
		var about syscall.Statfs_t
		err := syscall.Statfs(words[1], &about)
		return fmt.Sprintf("%#x", about.Type), err
	case "sleep":
		ending := make(chan os.Signal, 1)
		signal.Notify(ending, syscall.SIGTERM)
		<-ending
		return "ended", nil
	}
	return "", fmt.Errorf("%q is none of resolve, get, post, read, write, type, sleep", words[0])
}

func body(answer *http.Response, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return fmt.Sprintf("%d %s", answer.StatusCode, text), err
}
