package main

import (
	"encoding/json"
	"fmt"
	"slices"
)

var types = []string{"array", "boolean", "integer", "null", "number", "object", "string"}

func known(kind any) bool {
	switch kind := kind.(type) {
	case nil:
		return true
	case string:
		return slices.Contains(types, kind)
	case []any:
		return len(kind) > 0 && !slices.ContainsFunc(kind, func(one any) bool { return !known(one) })
	}
	return false
}

// problem says why a schema is none, as a grammar compiler would; empty for a proper one.
func problem(schema map[string]any) string {
	if !known(schema["type"]) {
		return fmt.Sprintf("Unsupported type: %v", schema["type"])
	}
	inner := []any{schema["items"]}
	properties, _ := schema["properties"].(map[string]any)
	for _, one := range properties {
		inner = append(inner, one)
	}
	for _, one := range inner {
		if one, ok := one.(map[string]any); ok {
			if said := problem(one); said != "" {
				return said
			}
		}
	}
	return ""
}

func fitting(schema map[string]any) string {
	text, _ := json.Marshal(example(schema))
	return string(text)
}

// example is a value that fits a JSON Schema of the plain kind: types, enum, const, properties, items, minItems.
func example(schema map[string]any) any {
	if fixed, there := schema["const"]; there {
		return fixed
	}
	if choices, ok := schema["enum"].([]any); ok && len(choices) > 0 {
		return choices[0]
	}
	switch schema["type"] {
	case "object":
		made := object{}
		properties, _ := schema["properties"].(map[string]any)
		for name, inner := range properties {
			if inner, ok := inner.(map[string]any); ok {
				made[name] = example(inner)
			}
		}
		return made
	case "array":
		items, _ := schema["items"].(map[string]any)
		least, _ := schema["minItems"].(float64)
		made := []any{}
		for range max(1, int(least)) {
			made = append(made, example(items))
		}
		return made
	case "integer", "number":
		least, _ := schema["minimum"].(float64)
		return least
	case "boolean":
		return true
	case "null":
		return nil
	}
	return "scripted"
}
