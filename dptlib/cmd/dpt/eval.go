// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"dpt/dptlib"
)

type evalCmd struct {
	modelFlags
	dataFlags
	Prompt string `type:"existingfile" placeholder:"FILE" help:"Prompt that train wrote (prompt.safetensors); without one, T5 is evaluated as it is."`
	Batch  int    `default:"32"`
	JSON   bool   `help:"Print the scores as JSON on standard output."`
}

func (c *evalCmd) Run(ctx context.Context) error {
	backend, err := open()
	if err != nil {
		return err
	}
	m, tok, err := c.modelFlags.load(backend)
	if err != nil {
		return err
	}
	data, err := c.dataFlags.load(tok)
	if err != nil {
		return err
	}
	var prompt dptlib.Method = dptlib.NoPrompt{}
	if c.Prompt != "" {
		if prompt, err = dptlib.LoadPrompt(c.Prompt); err != nil {
			return err
		}
	}
	scores, err := dptlib.Evaluate(ctx, backend, m, prompt, data, c.Batch)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(scores)
	}
	printScores(scores)
	return nil
}
