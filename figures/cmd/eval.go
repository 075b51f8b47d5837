// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"context"
	"fmt"

	"dpt/dptlib/prompt"
	"dpt/dptlib/runs"
	"dpt/dptlib/train"
)

type evalCmd struct {
	modelFlags
	dataFlags
	Prompt string `type:"existingfile" placeholder:"FILE" help:"Prompt, or fine-tuned weights, that train wrote (ID.safetensors); without one, T5 is evaluated as it is."`
	Batch  int    `default:"32"`
	JSON   bool   `help:"Print the scores as JSON on standard output."`
}

// Run scores a prompt on the development split.
func (c *evalCmd) Run(ctx context.Context, s streams) error {
	var method prompt.Method = prompt.None{}
	var trained *prompt.Trained
	if c.Prompt != "" {
		var err error
		if trained, err = runs.LoadPrompt(c.Prompt); err != nil {
			return err
		}
		method = trained
	}
	l, err := openLibrary(ctx, s)
	if err != nil {
		return err
	}
	m, err := c.modelFlags.open(l)
	if err != nil {
		return err
	}
	data, err := c.dataFlags.open(l)
	if err != nil {
		return err
	}
	if trained != nil {
		text := runs.Text{Task: data.Task.Name, Format: data.Format, MaxSource: data.MaxSource}
		if err := checkPrompt(trained, m, text, s); err != nil {
			return err
		}
	}
	bar := newBar(s.progress)
	scores, err := train.Evaluate(ctx, l.Backend, m.Model, method, data, c.Batch, func(done, batches int) {
		bar.set(float64(done)/float64(batches), fmt.Sprintf("batch %d of %d", done, batches))
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s, scores)
	}
	printScores(s, scores)
	return nil
}
