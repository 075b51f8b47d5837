// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"dpt/dptlib/prompt"
	"dpt/dptlib/runs"
	"dpt/dptlib/train"
	"dpt/superglue"
)

type trainCmd struct {
	modelFlags
	dataFlags
	methodFlags
	Init      string   `placeholder:"prompt:FILE" help:"Start from a stored prompt, of this task or another, made by the same method."`
	Epochs    int      `default:"100"`
	Batch     int      `default:"16" help:"Examples per update."`
	LR        *float64 `help:"Peak learning rate; the method's own if not given: 0.3 for prompts, 0.001 for fine-tuning."`
	Warmup    float64  `default:"0.1" help:"Share of the updates that warms up."`
	Dropout   float64  `default:"0.1"`
	Window    int      `default:"8" help:"Batches within which examples are sorted by length; 1 keeps the released code's random order."`
	FewShot   int      `placeholder:"K" help:"Train on K examples only, drawn by the seed (the paper: 8, 16 or 32)."`
	Seed      uint64   `default:"42"`
	HalfSplit bool     `help:"Select the best evaluation on one half of the development split and report the other, as DePT and its successors do."`
	Patience  int      `placeholder:"N" help:"End after this many evaluations without a better one."`
	Out       string   `type:"path" placeholder:"DIR" default:"build/runs" help:"Where the run's record (ID.json) and prompts (ID.safetensors, ID-last.safetensors) go; a run that is there is not trained again, and one that was interrupted goes on."`
	Retry     bool     `help:"Train a run again that failed."`
	JSON      bool     `help:"Print the record as JSON on standard output."`
}

func (*trainCmd) resumes() {}

// methodFlags say which method to train. The sizes are fields of the method's JSON.
type methodFlags struct {
	Method     string `default:"dpt" help:"Name of a method (dpt, pt, residual-pt, rank-probe, fine-tuning, ...), with the paper's sizes, or its JSON: {\"name\": \"DPT\", \"length\": 20}."`
	Length     *int   `aliases:"prompt" placeholder:"C" help:"Prompt vectors, c; the paper's are 100."`
	Bottleneck *int   `placeholder:"B" help:"Of DPT, the rank of the prompt, the paper's b (10); of Residual PT, the width of its network (400)."`
	Start      string `placeholder:"START" help:"Start of DPT: uniform or gaussian; of PT and Residual PT: frequent, all-rows, gaussian or text: followed by a text; of the rank probe: uniform or ones. The first of each if not given."`
}

// method returns the method that the flags describe.
func (f *methodFlags) method() (prompt.Spec, error) {
	var spec prompt.Spec
	fields := map[string]any{}
	if strings.HasPrefix(f.Method, "{") {
		if err := json.Unmarshal([]byte(f.Method), &fields); err != nil {
			return spec, fmt.Errorf("--method: %w", err)
		}
	} else {
		method, err := prompt.Named(f.Method)
		if err != nil {
			return spec, err
		}
		fields["name"] = method.Name()
	}
	if f.Length != nil {
		fields["length"] = *f.Length
	}
	if f.Bottleneck != nil {
		fields["bottleneck"] = *f.Bottleneck
	}
	if f.Start != "" {
		fields["start"] = f.Start
	}
	text, err := json.Marshal(fields)
	if err == nil {
		err = spec.UnmarshalJSON(text)
	}
	return spec, err
}

// Run trains one run, or finds its record.
func (c *trainCmd) Run(ctx context.Context, s streams) error {
	settings, err := c.settings()
	if err != nil {
		return err
	}
	var start *prompt.Trained
	file := strings.TrimPrefix(c.Init, "prompt:")
	if c.Init != "" {
		if start, err = prompt.Load(file); err != nil {
			return err
		}
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
	job, err := runs.NewJob(m.Model, data, settings, start)
	if err != nil {
		return err
	}
	job.Experiment = experiment(c.modelFlags, c.dataFlags, job, file)
	runner := &train.Runner{Backend: l.Backend}
	defer runner.Close()
	folder, bar := runs.Folder(c.Out), newBar(s.progress)
	records, err := folder.Train(ctx, runner, []*runs.Job{job}, runs.Options{Retry: retryFrom(c.Retry),
		Report: func(p train.Progress) {
			bar.set(p.Share(), p.String())
		}})
	if err != nil {
		return err
	}
	return c.print(records[0], folder, s)
}

// settings returns what the flags say of the run.
func (c *trainCmd) settings() (runs.Settings, error) {
	method, err := c.methodFlags.method()
	if err != nil {
		return runs.Settings{}, err
	}
	recipe := train.PaperRecipe
	if own, ok := method.Method.(prompt.RateChooser); ok {
		recipe.LearningRate = own.LearningRate()
	}
	if c.LR != nil {
		recipe.LearningRate = *c.LR
	}
	recipe.Epochs, recipe.BatchSize, recipe.Warmup = c.Epochs, c.Batch, c.Warmup
	recipe.Dropout, recipe.LengthWindow, recipe.Seed = c.Dropout, c.Window, c.Seed
	recipe.HalfSplit, recipe.Patience = c.HalfSplit, c.Patience
	return runs.Settings{FewShot: c.FewShot, Method: method, Recipe: recipe}, nil
}

// print shows a record; that of a failed run is an error.
func (c *trainCmd) print(record *runs.Record, folder runs.Folder, s streams) error {
	if c.JSON {
		if err := printJSON(s, record); err != nil {
			return err
		}
	}
	if record.Failure != "" {
		return fmt.Errorf("run %s failed: %s (--retry trains it again)", record.ID, record.Failure)
	}
	if c.JSON {
		return nil
	}
	fmt.Fprintf(s.out, "%s on %s: %d trainable parameters, %.1f examples/s\n",
		record.Spec.Method.Name(), record.Spec.Task, record.Trainable, record.ExamplesPerSec)
	chosen := "the split it is reported on"
	switch {
	case record.Spec.Recipe.HalfSplit:
		chosen = "the other half of the split"
	case record.Spec.Recipe.Holdout > 0:
		chosen = "training rows set aside"
	}
	fmt.Fprintf(s.out, "best evaluation (%d of %d, chosen on %s):\n", record.Best+1, len(record.Evaluations), chosen)
	printScores(s, record.Evaluations[record.Best].Scores)
	fmt.Fprintln(s.out, "last evaluation:")
	printScores(s, record.Evaluations[record.Last].Scores)
	fmt.Fprintf(s.out, "record: %s\n", folder.RecordPath(record.ID))
	if _, whole := prompt.As[prompt.WholeModel](record.Spec.Method.Method); whole {
		fmt.Fprintf(s.out, "weights: %s\n", folder.WeightsPath(record.ID))
	} else {
		fmt.Fprintf(s.out, "prompt: %s\n", folder.PromptPath(record.ID))
	}
	return nil
}

func printScores(s streams, scores superglue.Scores) {
	for _, m := range scores.Metrics {
		fmt.Fprintf(s.out, "  %-12s %6.2f  (95%% interval %s, %d %s)\n", m.Name, m.Value, m.Interval(), m.N, m.Unit)
	}
	for _, note := range scores.Notes {
		fmt.Fprintln(s.out, "  note:", note)
	}
}
