package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"
)

// errand is one request of the harness to the client in a pod; see vllm_qualify/client/_exec_script.py.
type errand struct {
	Method   string            `json:"method"`
	URL      string            `json:"url"`
	Headers  map[string]string `json:"headers"`
	Body     *string           `json:"body"`
	Deadline float64           `json:"deadline"`
}

var errLate = errors.New("still sending")

// carry takes requests, one a line, and tells of each read of their answers, until there is nobody to ask any more.
func carry(from *bufio.Reader, to io.Writer) int {
	tell := json.NewEncoder(to)
	_ = tell.Encode(object{"ready": "scripted"})
	errands := make(chan errand)
	go func() {
		defer os.Exit(0)
		decoder := json.NewDecoder(from)
		for {
			var next errand
			if decoder.Decode(&next) != nil {
				return
			}
			errands <- next
		}
	}()
	for next := range errands {
		began := time.Now()
		err := next.run(began, tell)
		_ = tell.Encode(object{"end": time.Since(began).Seconds(), "failure": next.failure(err)})
	}
	return 0
}

func (asked errand) run(began time.Time, tell *json.Encoder) error {
	var body io.Reader
	if asked.Body != nil {
		body = strings.NewReader(*asked.Body)
	}
	request, err := http.NewRequest(asked.Method, asked.URL, body)
	if err != nil {
		return err
	}
	for name, value := range asked.Headers {
		request.Header.Set(name, value)
	}
	way := &http.Transport{DialContext: asked.dial, DisableCompression: true, DisableKeepAlives: true}
	answer, err := way.RoundTrip(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	headers := map[string]string{}
	for name := range answer.Header {
		headers[strings.ToLower(name)] = answer.Header.Get(name)
	}
	_ = tell.Encode(object{"status": answer.StatusCode, "headers": headers})
	piece := make([]byte, 65536)
	for {
		count, err := answer.Body.Read(piece)
		at := time.Since(began).Seconds()
		if count > 0 {
			_ = tell.Encode(object{"at": at, "data": piece[:count]}) // bytes become base64
		}
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		} else if at > asked.Deadline {
			return errLate
		}
	}
}

// patient is a connection on which no single read may take longer than the limit.
type patient struct {
	net.Conn
	limit time.Duration
}

func (this patient) Read(into []byte) (int, error) {
	_ = this.SetReadDeadline(time.Now().Add(this.limit))
	return this.Conn.Read(into)
}

func (asked errand) dial(ctx context.Context, network, address string) (net.Conn, error) {
	limit := time.Duration(asked.Deadline * float64(time.Second))
	connection, err := (&net.Dialer{Timeout: min(limit, 10*time.Second)}).DialContext(ctx, network, address)
	return patient{connection, limit}, err
}

// failure is the kind of an error by the names of the harness, with a detail; nil for none.
func (asked errand) failure(err error) any {
	var late net.Error
	var operation *net.OpError
	kind, detail := "UNREADABLE", fmt.Sprint(err)
	switch {
	case err == nil:
		return nil
	case err == errLate:
		kind, detail = "DEADLINE", fmt.Sprintf("still sending after %g s", asked.Deadline)
	case errors.Is(err, syscall.ECONNREFUSED):
		kind = "REFUSED"
	case errors.As(err, &late) && late.Timeout():
		kind, detail = "TIMEOUT", fmt.Sprintf("limit %g s", asked.Deadline)
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		kind = "CLOSED"
	case errors.As(err, &operation) && operation.Op == "dial":
		kind = "UNREACHABLE"
	case errors.As(err, &operation):
		kind = "RESET"
	}
	return []string{kind, detail}
}
