// SPDX-License-Identifier: Apache-2.0

package train

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/gomlx/compute/dtypes"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
	"dpt/superglue"
	"dpt/t5"
	"dpt/t5/tokenizer"
)

// BenchmarkGroup times an update of K runs in one batch, at the toy models' width and at T5-small's shape, and reports
// seconds per run, and seconds of processor time, which other work on the machine changes less:
//
//	go test ./dptlib/train -run '^$' -bench Group -benchtime 10x
func BenchmarkGroup(b *testing.B) {
	narrow := t5.Small
	narrow.VocabSize, narrow.DModel, narrow.DKV, narrow.DFF, narrow.Heads, narrow.Layers, narrow.DecoderLayers = 2304, 64, 16, 256, 4, 2, 2
	for _, size := range []struct {
		name                   string
		config                 t5.Config
		source, target, prompt int
	}{{"width64", narrow, 32, 2, 20}, {"t5-small", t5.Small, 96, 2, 100}} {
		m, err := t5.Random(cases.Backend(b), size.config, dtypes.Float32, 1)
		if err != nil {
			b.Fatal(err)
		}
		for _, k := range []int{1, 2, 4, 8} {
			b.Run(fmt.Sprintf("%s/K=%d", size.name, k), func(b *testing.B) {
				var members []Member
				rates := make([]float64, k)
				for i := range k {
					members = append(members, Member{
						Method:    prompt.DPT{Length: size.prompt, Bottleneck: 10, Start: prompt.Uniform},
						Optimizer: PaperAdamW, Seed: uint64(i),
					})
					rates[i] = 0.3
				}
				trainer, err := NewTrainer(cases.Backend(b), prompt.Backbone{Model: m}, 0.1, members...)
				if err != nil {
					b.Fatal(err)
				}
				defer trainer.Close()
				examples := make([]Pair, 16)
				for i := range examples {
					examples[i] = Pair{make([]int32, size.source), make([]int32, size.target)}
				}
				runs := make([][]Pair, k)
				for i := range runs {
					runs[i] = examples
				}
				step := func() {
					if _, _, err := trainer.Step(NewBatch(16, runs...), rates...); err != nil {
						b.Fatal(err)
					}
				}
				step() // compiles
				step()
				before := processorTime(b)
				b.ResetTimer()
				for range b.N {
					step()
				}
				b.ReportMetric(b.Elapsed().Seconds()/float64(b.N*k), "s/run")
				b.ReportMetric((processorTime(b)-before).Seconds()/float64(b.N*k), "cpu-s/run")
			})
		}
	}
}

// processorTime returns the processor time that this process has used, including its system calls.
func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkReleasedPadding trains on RTE's texts, batches of 16, with T5-small's shape: once with the project's length
// buckets and target lengths, and once padded to 256 tokens of text and 128 of target, as the released code pads. It
// reports examples per second over the first eight batches of an epoch, and at last their ratio, for frozen weights of
// either precision:
//
//	go test ./dptlib/train -run '^$' -bench ReleasedPadding -benchtime 1x
func BenchmarkReleasedPadding(b *testing.B) {
	tok := cases.Must(tokenizer.Load(cases.Shared(b, "data", "t5_vocab")))
	rte := cases.Task(b, "RTE")
	dir := cases.Shared(b, "data", "superglue")
	data := cases.Must(NewDataset(rte, superglue.Format{}, cases.Must(rte.ReadSplit(dir, "train")),
		cases.Must(rte.ReadSplit(dir, "val")), tok, 256))
	for _, precision := range []dtypes.DType{dtypes.Float32, dtypes.BFloat16} {
		b.Run(precision.String(), func(b *testing.B) { releasedPadding(b, data, precision) })
	}
}

func releasedPadding(b *testing.B, data *Dataset, precision dtypes.DType) {
	m, err := t5.Random(cases.Backend(b), t5.Small, precision, 1)
	if err != nil {
		b.Fatal(err)
	}
	order := trainingOrder(data.Train.Pairs, 16, PaperRecipe.LengthWindow, 1, 0)[:8]
	speed := func(batch func(rows []int) *Batch) float64 {
		trainer, err := NewTrainer(cases.Backend(b), prompt.Backbone{Model: m}, 0.1, Member{
			Method: prompt.DPT{Length: 100, Bottleneck: 10, Start: prompt.Uniform}, Optimizer: PaperAdamW, Seed: 1,
		})
		if err != nil {
			b.Fatal(err)
		}
		defer trainer.Close()
		epoch := func() {
			for _, rows := range order {
				if _, _, err := trainer.Step(batch(rows), 0.3); err != nil {
					b.Fatal(err)
				}
			}
		}
		epoch() // compiles each shape
		b.ResetTimer()
		for range b.N {
			epoch()
		}
		return float64(b.N*len(order)*16) / b.Elapsed().Seconds()
	}
	ours := speed(func(rows []int) *Batch { return NewBatch(16, pick(data.Train.Pairs, rows)) })
	released := speed(func(rows []int) *Batch { return paddedTo(256, 128, pick(data.Train.Pairs, rows)) })
	b.ReportMetric(ours, "examples/s")
	b.ReportMetric(released, "released-examples/s")
	b.ReportMetric(ours/released, "ratio")
}

// paddedTo is a batch of fixed lengths.
func paddedTo(source, target int, examples []Pair) *Batch {
	b := &Batch{Size: len(examples)}
	for _, e := range examples {
		b.Sources = append(append(b.Sources, e.Source...), make([]int32, source-len(e.Source))...)
		for i := range source {
			b.Mask = append(b.Mask, i < len(e.Source))
		}
		b.Labels = append(b.Labels, e.Target...)
		for range target - len(e.Target) {
			b.Labels = append(b.Labels, t5.Ignored)
		}
	}
	return b
}
