package main

import (
	"sync"
	"time"
)

// silentFaults are what SCRIPTED_SILENT may be; the table of behaviours says what each does.
var silentFaults = []string{"cached", "crowded", "half", "long", "mixed", "usage", "usage-streamed"}

const (
	longPrompt = 4096 // tokens beyond which a prompt is too much for one that is wrong about long prompts
	head       = 1000 // bytes of a prompt by which one finds it again that answers from its cache
	overlap    = 20 * time.Millisecond
)

// swap is a question that waits for another one to change places with.
type swap struct {
	mine []message
	back chan []message
}

// mixed gives a question the words of another one that is asked at the same time, and the other way round.
func (this *server) mixed(asked *question) {
	offer := swap{asked.Messages, make(chan []message, 1)}
	select {
	case this.swaps <- offer:
		asked.Messages = <-offer.back
	case other := <-this.swaps:
		other.back <- asked.Messages
		asked.Messages = other.mine
	case <-time.After(overlap):
	}
}

// heads are the first answers to prompts by their long heads.
type heads struct {
	lock  sync.Mutex
	known map[string]reply
}

// first is the answer that the first prompt with this head got.
func (these *heads) first(text string, made reply) reply {
	if len(text) < head {
		return made
	}
	these.lock.Lock()
	defer these.lock.Unlock()
	if known, there := these.known[text[:head]]; there {
		return known
	}
	these.known[text[:head]] = made
	return made
}

// lied is a count of tokens as the chosen fault tells it.
func (this *server) lied(fault string, tokens int) int {
	if this.chosen.silent == fault {
		return tokens + tokens/2
	}
	return tokens
}
