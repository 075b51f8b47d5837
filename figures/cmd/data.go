// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"text/tabwriter"

	"dpt/dptlib/runs"
	"dpt/superglue"
	"dpt/t5/tokenizer"
	"dpt/t5/toy"
)

type dataCmd struct {
	Tasks  []string `arg:"" optional:"" help:"Tasks to look at; all eight if none is named."`
	Data   dataName `placeholder:"DIR" env:"DPT_DATA" help:"Folder that holds <Task>/train.jsonl, val.jsonl and so on; if not given, or fetched, what was fetched before (dpt fetch superglue); or toy, the look-alikes that this program makes; toy:SEED makes others."`
	Vocab  string   `type:"path" placeholder:"PATH" help:"Vocabulary to count tokens with: spiece.model, tokenizer.json or a folder with one. Without it the toy's, whose tokens are shorter than T5's."`
	Format string   `default:"dpt" help:"Text format: dpt, dpt-oct or t5, with +words or +digits for other labels."`
	JSON   bool     `help:"Print a line of JSON for each split."`
}

// Run prints the paper's Table 2 as measured on the files of a folder.
func (c *dataCmd) Run(ctx context.Context, s streams) error {
	tasks, err := lookup(c.Tasks)
	if err != nil {
		return err
	}
	format, err := superglue.ParseFormat(c.Format)
	if err != nil {
		return err
	}
	vocabulary, err := c.vocabulary()
	if err != nil {
		return err
	}
	count := func(text string) int { return len(vocabulary.Encode(text)) }
	var all []superglue.Statistics
	var absent []string
	from := cmp.Or(string(c.Data), "what was fetched")
	bar := newBar(s.progress)
	for i, task := range tasks {
		if err := ctx.Err(); err != nil {
			return err
		}
		bar.set(float64(i)/float64(len(tasks)), task.Name)
		splits := []string{"train", "val", "dev32", "test"}
		if runs.ToyData(string(c.Data)) {
			splits = []string{"train", "val", "test"}
		}
		for _, split := range splits {
			rows, err := runs.OpenSplit(string(c.Data), task, split)
			if errors.Is(err, fs.ErrNotExist) {
				if n := map[string]int{"train": task.Table2.Train, "val": task.Table2.Dev}[split]; n > 0 {
					absent = append(absent, fmt.Sprintf("%s %s: not in %s (Table 2: %d)", task.Name, split, from, n))
				}
				continue
			}
			if err != nil {
				return err
			}
			counted := task.Statistics(split, rows, format, count)
			if c.JSON {
				if err := printJSON(s, counted); err != nil {
					return err
				}
			}
			all = append(all, counted)
		}
	}
	if len(all) == 0 {
		return fmt.Errorf("%s must hold a folder for a task, such as CB, with train.jsonl or val.jsonl; found none",
			from)
	}
	if c.JSON {
		return nil
	}
	return c.print(s, format, all, absent)
}

// print writes the statistics beside the paper's, and which splits are not there.
func (c *dataCmd) print(s streams, format superglue.Format, all []superglue.Statistics, absent []string) error {
	vocabularyName := cmp.Or(c.Vocab, "the toy's vocabulary")
	fmt.Fprintf(s.out, "Sources in format %s, in tokens of %s: </s> counted, the prompt not. Table 2 of the paper "+
		"beside them.\n\n", format, vocabularyName)
	if err := printTable2(s.out, all); err != nil {
		return err
	}
	for _, line := range absent {
		fmt.Fprintln(s.out, line)
	}
	return nil
}

func (c *dataCmd) vocabulary() (*tokenizer.Tokenizer, error) {
	if c.Vocab == "" {
		return toy.Tokenizer()
	}
	return tokenizer.Load(c.Vocab)
}

func printTable2(to io.Writer, all []superglue.Statistics) error {
	out := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "task\tsplit\trows\texamples\tpaper\ttokens: mean\tp50\tp90\tp99\tmax\tcut at 256\tat 512\t  ")
	for _, s := range all {
		paper := "-"
		if s.Paper > 0 {
			paper = fmt.Sprint(s.Paper)
		}
		l := s.Source
		fmt.Fprintf(out, "%s\t%s\t%d\t%d\t%s\t%.0f\t%d\t%d\t%d\t%d\t%s\t%s\t  \n", s.Task, s.Split, s.Rows, s.Examples,
			paper,
			l.Mean, l.P50, l.P90, l.P99, l.Max, share(l.Cut256, s.Examples), share(l.Cut512, s.Examples))
	}
	if err := out.Flush(); err != nil {
		return err
	}
	for _, s := range all {
		var labels []string
		for _, c := range s.Classes {
			labels = append(labels, fmt.Sprintf("%s %d", c.Class, c.Rows))
		}
		fmt.Fprintf(to, "\n%s %s", s.Task, s.Split)
		switch {
		case s.FreeText:
			fmt.Fprint(to, ": answers are entities, not classes")
		case labels == nil:
			fmt.Fprint(to, ": no labels")
		default:
			fmt.Fprintf(to, ": %s", strings.Join(labels, ", "))
		}
		if s.Majority != nil {
			fmt.Fprintf(to, "; always %s scores %s", s.Majority.Class, s.Majority.Score)
		}
		for _, note := range s.Notes {
			fmt.Fprintf(to, "\n  note: %s", note)
		}
	}
	fmt.Fprintln(to)
	return nil
}

// share writes n of all as a count and a percentage.
func share(n, all int) string {
	if n == 0 {
		return "0"
	}
	return fmt.Sprintf("%d (%.1f %%)", n, 100*float64(n)/float64(all))
}
