// Command pause holds the namespaces of a pod open and reaps what its containers leave.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ending := make(chan os.Signal, 1)
	signal.Notify(ending, syscall.SIGINT, syscall.SIGTERM)
	died := make(chan os.Signal, 8)
	signal.Notify(died, syscall.SIGCHLD)
	for {
		select {
		case <-ending:
			return
		case <-died:
			for {
				if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
					break
				}
			}
		}
	}
}
