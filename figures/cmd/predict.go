// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"dpt/dptlib/predict"
	"dpt/dptlib/prompt"
	"dpt/dptlib/runs"
	"dpt/superglue"
)

type predictCmd struct {
	modelFlags
	Prompt    string `required:"" type:"existingfile" placeholder:"FILE" help:"Prompt that train or import wrote."`
	Task      string `help:"SuperGLUE task; by default the one in the prompt's file."`
	Format    string `help:"Text format: dpt, dpt-oct or t5; by default the one in the prompt's file, else dpt."`
	MaxSource int    `help:"Source tokens kept, the last of them </s>; by default as the prompt's file says, else 256."`
	MaxTokens int    `help:"Tokens of a prediction at most, the last of them </s>; by default those of the longest label, or 64 where targets are free text."`
	Batch     int    `default:"32" help:"Examples decoded at a time. Every batch costs as much as a full one: 1 answers single lines soonest."`
	Lines     bool   `help:"Each line is a source text, as the format writes it, and not a row of JSON."`
	Scores    bool   `help:"Add each label's probability: the likelihood of its text, over the sum of all labels'."`
}

// Help tells kong what the flags do not.
func (*predictCmd) Help() string {
	return `Reads the task's rows from standard input, labelled or not, and writes a line of JSON per example, in order, as the input arrives. A line that cannot be read has {"line": N, "error": "..."} in its place, and the exit status is then 1.`
}

// Run answers standard input.
func (c *predictCmd) Run(ctx context.Context, s streams) error {
	trained, err := runs.LoadPrompt(c.Prompt)
	if err != nil {
		return err
	}
	spec, err := c.spec(trained)
	if err != nil {
		return err
	}
	l, err := openLibrary(ctx, s)
	if err != nil {
		return err
	}
	m, err := c.modelFlags.open(l)
	if err != nil {
		return err
	}
	text := runs.Text{Task: spec.Task.Name, Format: spec.Format, MaxSource: spec.MaxSource}
	if err := checkPrompt(trained, m, text, s); err != nil {
		return err
	}
	predictor, err := predict.NewPredictor(l.Backend, m.Backbone, trained, spec)
	if err != nil {
		return err
	}
	defer predictor.Close()
	bad, err := predictor.Run(ctx, s.in, s.out)
	if err == nil && bad > 0 {
		return fmt.Errorf("%d lines could not be read; the output says why, in their places", bad)
	}
	return err
}

// spec returns what the flags say, and where they are silent the prompt's file.
func (c *predictCmd) spec(trained *prompt.Trained) (spec predict.Spec, err error) {
	spec = predict.Spec{MaxSource: c.MaxSource, MaxTokens: c.MaxTokens, BatchSize: c.Batch, Lines: c.Lines,
		Scores: c.Scores}
	name := cmp.Or(c.Task, trained.Metadata["task"])
	if name == "" {
		return spec, fmt.Errorf("%s does not say which task its prompt is for: name it with --task", c.Prompt)
	}
	if spec.Task, err = superglue.Lookup(name); err != nil {
		return spec, err
	}
	if spec.Format, err = superglue.ParseFormat(cmp.Or(c.Format, trained.Metadata["text_format"], "dpt")); err != nil {
		return spec, err
	}
	if spec.MaxSource == 0 {
		stored := cmp.Or(trained.Metadata["max_source"], "256")
		if spec.MaxSource, err = strconv.Atoi(stored); err != nil {
			return spec, fmt.Errorf("%s: metadata max_source must be a number, found %q", c.Prompt, stored)
		}
	}
	return spec, nil
}
