// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// check reads an executed notebook.
func check(path string) (summary string, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var notebook struct {
		Cells []struct {
			Type    string `json:"cell_type"`
			Outputs []struct {
				Type      string `json:"output_type"`
				Stream    string `json:"name"`
				Text      lines
				Value     string `json:"evalue"`
				Traceback []string
				Data      map[string]json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(data, &notebook); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	code, images := 0, 0
	for i, cell := range notebook.Cells {
		if cell.Type == "code" {
			code++
		}
		var complaint string // may come in pieces
		for _, output := range cell.Outputs {
			switch {
			case output.Type == "error":
				return "", fmt.Errorf("cell %d failed: %s\n%s%s", i+1, output.Value, complaint,
					strings.Join(output.Traceback, "\n"))
			case output.Stream == "stderr":
				complaint += string(output.Text)
			case output.Data["image/png"] != nil:
				images++
			}
		}
		if complaint != "" {
			return "", fmt.Errorf("cell %d wrote to standard error:\n%s", i+1, complaint)
		}
	}
	return fmt.Sprintf("%d cells, %d images", code, images), nil
}

// lines is a notebook's text: a string, or an array of its lines.
type lines string

func (l *lines) UnmarshalJSON(data []byte) error {
	var many []string
	if err := json.Unmarshal(data, &many); err == nil {
		*l = lines(strings.Join(many, ""))
		return nil
	}
	return json.Unmarshal(data, (*string)(l))
}
