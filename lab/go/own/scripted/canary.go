package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// canary knows the right answers to the harness' own documents, sums and questions for tools.
type canary struct {
	documents []document
	sums      []sum
	questions []toolQuestion
}

type document struct {
	Text     string          `json:"text"`
	Expected json.RawMessage `json:"expected"`
	keys     object
}

type sum struct {
	Question string `json:"question"`
	Answer   string `json:"answer"`
}

func loadCanary(folder string) (*canary, error) {
	documents, err := lines[document](filepath.Join(folder, "documents.jsonl"))
	if err != nil {
		return nil, err
	}
	for place := range documents {
		if err := json.Unmarshal(documents[place].Expected, &documents[place].keys); err != nil {
			return nil, fmt.Errorf("document %d: %w", place+1, err)
		}
	}
	sums, err := lines[sum](filepath.Join(folder, "sums.jsonl"))
	if err != nil {
		return nil, err
	}
	questions, err := lines[toolQuestion](filepath.Join(folder, "tools.jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // a canary that was not taught any
	}
	return &canary{documents, sums, questions}, err
}

func lines[T any](path string) ([]T, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var found []T
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		var one T
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		found = append(found, one)
	}
	return found, nil
}

// answer says what a trained model would: the chain of thought, and what stands behind it. A document is classified
// when a system message asks for it, or a schema that its labels fit; else it is told in prose.
func (known *canary) answer(prompt string, system bool, schema map[string]any) (thought, said string) {
	for _, one := range known.sums {
		if strings.Contains(prompt, one.Question) {
			return "Adding the tens and the ones step by step gives the sum.", one.by(schema)
		}
	}
	for _, one := range known.documents {
		if !strings.Contains(prompt, one.Text) {
			continue
		}
		if schema == nil && !system {
			return "", "It is a letter that somebody wrote to somebody else."
		}
		if schema == nil || one.fits(schema) {
			return "", string(one.Expected)
		}
	}
	return "", ""
}

// by is the answer as a schema has it: under each name that it knows.
func (one sum) by(schema map[string]any) string {
	properties, _ := schema["properties"].(map[string]any)
	if schema == nil {
		return one.Answer
	}
	made, number := object{}, strings.TrimSpace(one.Answer[strings.LastIndex(one.Answer, "=")+1:])
	for name := range properties {
		made[name] = json.Number(number)
	}
	return string(encoded(made))
}

func (one document) fits(schema map[string]any) bool {
	properties, _ := schema["properties"].(map[string]any)
	for name := range one.keys {
		if _, there := properties[name]; !there {
			return false
		}
	}
	return true
}
