package main

import (
	"encoding/json"
	"testing"
)

func TestAnExampleFitsItsSchema(t *testing.T) {
	zebras := `{"enum": ["zebra-7", "zebra-8", "zebra-9"]}`
	for schema, fits := range map[string]string{
		`{"type": "object", "properties": {"tags": {"type": "array", "minItems": 2, "items": {"type": "string"}}}}`: `{"tags":["scripted","scripted"]}`,
		`{"type": "object", "properties": {"kind": {"enum": ["invoice"]}}}`:                                         `{"kind":"invoice"}`,
		`{"allOf": [{"type": "string"}, ` + zebras + `]}`:                                                           `"zebra-7"`,
		`{"anyOf": [` + zebras + `, {"type": "null"}]}`:                                                             `"zebra-7"`,
		`{"oneOf": [{"type": "null"}]}`:                                                                             `null`,
		`{"$ref": "#/$defs/one", "$defs": {"one": {"const": 3}}}`:                                                   `3`,
		`{"type": ["boolean", "null"]}`:                                                                             `true`,
		`{"type": "integer", "minimum": 10, "multipleOf": 7}`:                                                       `14`,
		`{"type": "string", "pattern": "^zebra-[0-9]{3}$"}`:                                                         `"zebra-777"`,
		`{"type": "string", "format": "date"}`:                                                                      `"2026-11-27"`,
		`{"type": "string", "minLength": 2, "maxLength": 4}`:                                                        `"scri"`,
		`{"type": "array", "prefixItems": [` + zebras + `, {"type": "boolean"}], "items": false}`:                   `["zebra-7",true]`,
		`{"type": "array", "items": ` + zebras + `, "minItems": 2, "uniqueItems": true}`:                            `["zebra-7","zebra-8"]`,
	} {
		var read object
		if err := json.Unmarshal([]byte(schema), &read); err != nil {
			t.Fatal(schema, err)
		}
		if got := fitting(read, false); got != fits {
			t.Errorf("%s: %s", schema, got)
		}
	}
}
