package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

// planted is a row of the table of behaviours, which this program shares with the simulator of the Python tests.
type planted struct {
	Name     string            `json:"name"`
	Does     string            `json:"does"`
	Settings map[string]string `json:"set"`
	Ask      string            `json:"ask"`
	Status   int               `json:"status"`
	Holds    string            `json:"holds"`
	Lacks    string            `json:"lacks"`
	Failure  string            `json:"failure"`
}

//go:embed behaviours.json
var behavioursText []byte

type behaviourTable struct {
	Requests   map[string]json.RawMessage `json:"requests"`
	Behaviours []planted                  `json:"behaviours"`
}

func loadTable() (behaviourTable, error) {
	var table behaviourTable
	err := json.Unmarshal(behavioursText, &table)
	return table, err
}

// taught looks settings up in the environment first, and then in the row that SCRIPTED_BEHAVIOUR names.
func taught(lookup func(string) string) (func(string) string, error) {
	name := lookup("SCRIPTED_BEHAVIOUR")
	if name == "" {
		return lookup, nil
	}
	table, err := loadTable()
	if err != nil {
		return lookup, err
	}
	for _, row := range table.Behaviours {
		if row.Name == name {
			return row.over(lookup), nil
		}
	}
	return lookup, fmt.Errorf("SCRIPTED_BEHAVIOUR is %q, and the table of behaviours has no such row", name)
}

func (row planted) over(lookup func(string) string) func(string) string {
	return func(name string) string {
		if said := lookup(name); said != "" {
			return said
		}
		for setting, value := range row.Settings {
			if "SCRIPTED_"+setting == name {
				return value
			}
		}
		return ""
	}
}
