package main

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
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

// fitting is a text that fits: JSON, or what stands bare.
func fitting(schema object, bare bool) string {
	made := example(schema, schema)
	if text, ok := made.(string); ok && bare {
		return text
	}
	return string(encoded(made))
}

// example is a value that fits a JSON Schema of the plain kind; references start from the root.
func example(schema, root object) any {
	schema = resolved(schema, root)
	if fixed, there := schema["const"]; there {
		return fixed
	}
	if choices, ok := schema["enum"].([]any); ok && len(choices) > 0 {
		return choices[0]
	}
	switch schema["type"] {
	case "object":
		made := object{}
		properties, _ := schema["properties"].(object)
		for name, inner := range properties {
			if inner, ok := inner.(object); ok {
				made[name] = example(inner, root)
			}
		}
		return made
	case "array":
		return exampleItems(schema, root)
	case "integer", "number":
		least, _ := schema["minimum"].(float64)
		if step, ok := schema["multipleOf"].(float64); ok {
			return math.Ceil(least/step) * step
		}
		return least
	case "boolean":
		return true
	case "null":
		return nil
	}
	return exampleText(schema)
}

// resolved is what a reference or the first of several alternatives comes to.
func resolved(schema, root object) object {
	if reference, ok := schema["$ref"].(string); ok {
		found := root
		for _, part := range strings.Split(strings.TrimPrefix(reference, "#/"), "/") {
			found, _ = found[part].(object)
		}
		return resolved(found, root)
	}
	for _, key := range []string{"anyOf", "oneOf"} {
		if some, ok := schema[key].([]any); ok && len(some) > 0 {
			one, _ := some[0].(object)
			return resolved(one, root)
		}
	}
	merged := maps.Clone(schema)
	if kinds, ok := schema["type"].([]any); ok && len(kinds) > 0 {
		merged["type"] = kinds[0]
	}
	parts, _ := schema["allOf"].([]any)
	for _, part := range parts {
		part, _ := part.(object)
		maps.Copy(merged, part)
	}
	return merged
}

// exampleItems are so many as there must be, all different where they must be, which only an enum says how.
func exampleItems(schema, root object) []any {
	made := []any{}
	if places, ok := schema["prefixItems"].([]any); ok {
		for _, one := range places {
			one, _ := one.(object)
			made = append(made, example(one, root))
		}
		return made
	}
	items, _ := schema["items"].(object)
	least, _ := schema["minItems"].(float64)
	count := max(1, int(least))
	if choices, ok := items["enum"].([]any); ok && schema["uniqueItems"] == true {
		return choices[:min(count, len(choices))]
	}
	for range count {
		made = append(made, example(items, root))
	}
	return made
}

var digits = regexp.MustCompile(`\[0-9\]\{(\d+)\}`)

// exampleText knows of patterns only digits that are counted: [0-9]{3}.
func exampleText(schema object) string {
	if pattern, ok := schema["pattern"].(string); ok {
		return digits.ReplaceAllStringFunc(strings.Trim(pattern, "^$"), func(found string) string {
			count, _ := strconv.Atoi(digits.FindStringSubmatch(found)[1])
			return strings.Repeat("7", count)
		})
	}
	text := "scripted"
	if schema["format"] == "date" {
		text = "2026-11-27"
	}
	if most, ok := schema["maxLength"].(float64); ok {
		text = text[:min(len(text), int(most))]
	}
	return text
}

// without is the same schema in which a keyword does not stand anywhere.
func without(schema any, keyword string) any {
	switch schema := schema.(type) {
	case object:
		kept := object{}
		for key, value := range schema {
			if key != keyword {
				kept[key] = without(value, keyword)
			}
		}
		return kept
	case []any:
		kept := []any{}
		for _, value := range schema {
			kept = append(kept, without(value, keyword))
		}
		return kept
	}
	return schema
}
