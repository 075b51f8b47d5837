// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"

	"dpt/dptlib"
	"dpt/superglue"
)

type trainCmd struct {
	modelFlags
	dataFlags
	Method     string  `enum:"dpt,pt,residual,rank-probe,fine-tuning" default:"dpt" help:"One of ${enum}."`
	Prompt     int     `default:"100" help:"Prompt vectors, c."`
	Bottleneck int     `default:"0" help:"Of DPT, the rank of the prompt, the paper's b (10); of Residual PT, the width of its network (400). 0 takes the paper's."`
	Init       string  `default:"" help:"Start of DPT: uniform or gaussian; of PT and Residual PT: frequent, all-rows or gaussian; of the rank probe: uniform or ones. The first of each if not given."`
	Epochs     int     `default:"100"`
	Batch      int     `default:"16" help:"Examples per update."`
	LR         float64 `default:"0.3" help:"Peak learning rate; fine-tuning needs one of its own, about 0.001."`
	Warmup     float64 `default:"0.1" help:"Share of the updates that warms up."`
	Dropout    float64 `default:"0.1"`
	Window     int     `default:"8" help:"Batches within which examples are sorted by length; 1 keeps the released code's random order."`
	FewShot    int     `placeholder:"K" help:"Train on K examples only, drawn by the seed (the paper: 8, 16 or 32)."`
	Seed       uint64  `default:"42"`
	Out        string  `type:"path" placeholder:"DIR" default:"build/runs" help:"Where the run's record (ID.json) and prompts (ID.safetensors, ID-last.safetensors) go; a run that is there is not trained again, and one that was interrupted goes on."`
	JSON       bool    `help:"Print the record as JSON on standard output."`
}

func (c *trainCmd) Run(ctx context.Context) error {
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
	recipe := dptlib.PaperRecipe
	recipe.Epochs, recipe.BatchSize, recipe.LearningRate, recipe.Warmup = c.Epochs, c.Batch, c.LR, c.Warmup
	recipe.Dropout, recipe.LengthWindow, recipe.Seed = c.Dropout, c.Window, c.Seed

	runs := dptlib.Runs(c.Out)
	record, err := runs.Train(ctx, backend, m, data, dptlib.Settings{FewShot: c.FewShot, Method: dptlib.Choice{Method: c.method()}, Recipe: recipe}, bar())
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(record)
	}
	fmt.Printf("%s on %s: %d trainable parameters, %.1f examples/s\n", record.Spec.Method.Name(), record.Spec.Task, record.Trainable, record.ExamplesPerSec)
	if record.Failure != "" {
		return fmt.Errorf("run %s failed: %s", record.ID, record.Failure)
	}
	fmt.Printf("best evaluation (%d of %d, chosen on the split it is reported on):\n", record.Best+1, len(record.Evaluations))
	printScores(record.Evaluations[record.Best].Scores)
	fmt.Println("last evaluation:")
	printScores(record.Evaluations[record.Last].Scores)
	fmt.Printf("record: %s\nprompt: %s\n", runs.RecordPath(record.ID), runs.PromptPath(record.ID))
	return nil
}

// method is the one that the flags describe.
func (c *trainCmd) method() dptlib.Method {
	start := cmp.Or(c.Init, map[string]string{"dpt": "uniform", "pt": "frequent", "residual": "frequent", "rank-probe": "uniform"}[c.Method])
	switch c.Method {
	case "pt":
		return dptlib.PT{Length: c.Prompt, Start: dptlib.Vocabulary(start)}
	case "residual":
		return dptlib.ResidualPT{Length: c.Prompt, Bottleneck: cmp.Or(c.Bottleneck, 400), Start: dptlib.Vocabulary(start)}
	case "fine-tuning":
		return dptlib.FineTuning{}
	case "rank-probe":
		return dptlib.RankProbe{Length: c.Prompt, Start: dptlib.Sigma(start)}
	default:
		return dptlib.DPT{Length: c.Prompt, Bottleneck: cmp.Or(c.Bottleneck, 10), Start: dptlib.Distribution(start)}
	}
}

// bar shows progress on standard error.
func bar() func(dptlib.Progress) {
	var shown *progressbar.ProgressBar
	return func(p dptlib.Progress) {
		if shown == nil {
			shown = progressbar.NewOptions(p.Updates, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionShowCount(),
				progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionShowElapsedTimeOnFinish(), progressbar.OptionOnCompletion(func() { fmt.Fprintln(os.Stderr) }))
		}
		score := ""
		if p.Score != nil {
			score = fmt.Sprintf(", dev %s %.1f", p.Score.Name, p.Score.Value)
		}
		shown.Describe(fmt.Sprintf("loss %.3f, %.0f examples/s%s", p.Loss, p.ExamplesPerSec, score))
		shown.Set(p.Update)
	}
}

func printScores(scores superglue.Scores) {
	for _, m := range scores.Metrics {
		fmt.Printf("  %-12s %6.2f  (95%% interval %.1f to %.1f, %d %s)\n", m.Name, m.Value, m.Low, m.High, m.N, m.Unit)
	}
	for _, note := range scores.Notes {
		fmt.Println("  note:", note)
	}
}
