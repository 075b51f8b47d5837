// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"bytes"
	"flag"
	"fmt"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/plotter"
)

var update = flag.Bool("update", false,
	"rewrite testdata/*.png from what is drawn now; look at them before you commit")

// made is a curve as a run could leave it: noisy falling losses, scores that rise to 85 %.
func made(epochs, updates int) *LearningCurve {
	random := rand.New(rand.NewPCG(1, 2))
	c := &LearningCurve{
		Title: "DPT on CB", Caption: "1,160 trainable parameters", Metric: "accuracy",
		Note: "Made-up numbers, for a test of the drawing.",
	}
	for i := range epochs * updates {
		c.Losses = append(c.Losses, 0.4+2.2*math.Exp(-4*float64(i)/float64(epochs*updates))*(1+0.3*random.NormFloat64()))
	}
	for i := range epochs {
		score := 85 - 35*math.Exp(-4*float64(i)/float64(epochs)) + 3*random.NormFloat64()
		c.Epochs = append(c.Epochs, Epoch{(i + 1) * updates, score, score - 9, score + 5})
	}
	return c
}

// constant is a run that learnt nothing.
func constant(loss, score, low, high float64) *LearningCurve {
	c := made(5, 16)
	for i := range c.Losses {
		c.Losses[i] = loss
	}
	for i := range c.Epochs {
		c.Epochs[i].Score, c.Epochs[i].Low, c.Epochs[i].High = score, low, high
	}
	return c
}

// wordy has texts that need more than a line, letters beyond ASCII, and one that no font has.
func wordy() *LearningCurve {
	c := made(20, 16)
	c.Title = "Decomposed prompt tuning on CommitmentBank, α = 0.3, ±σ ≤ 10 × β, " + strings.Repeat("unbreakable", 5)
	c.Metric = "macro-averaged F1 over all of the answer options"
	c.Note = "Toy: T5 of random weights, not comparable to the paper. ΔP → 0; café; \U0010FFFF."
	c.Losses, c.Epochs[19].Updates = c.Losses[:310], 310 // the last epoch is short
	return c
}

var curves = []struct {
	name  string
	curve *LearningCurve
}{
	{"one-update", made(1, 1)}, {"one-epoch", made(1, 16)}, {"three-epochs", made(3, 16)}, {"hundred-epochs",
		made(100, 160)},
	{"constant", constant(0.5, 100, 93.5, 100.00000000000001)}, {"zero", constant(0, 0, 0, 6.4)}, {"wordy", wordy()},
}

func TestLearningCurve(t *testing.T) {
	for _, test := range curves {
		t.Run(test.name, func(t *testing.T) {
			drawing, err := test.curve.Drawing()
			if err != nil {
				t.Fatal(err)
			}
			golden(t, test.name, drawing)
		})
	}
}

// golden compares a drawing with testdata/name.png, at a third of the resolution for print: the files stay small.
func golden(t *testing.T, name string, d *Drawing) {
	t.Helper()
	if said := comparedPicture(name, d); said != name+" is as stored" {
		t.Error(said)
	}
}

func difference(t *testing.T, a, b []byte) float64 {
	t.Helper()
	share, err := differing(a, b)
	if err != nil {
		t.Fatal(err)
	}
	return share
}

// differing is the share of pixels that differ visibly, by more than an eighth of a channel; 1 if the sizes differ.
func differing(a, b []byte) (float64, error) {
	x, err := png.Decode(bytes.NewReader(a))
	if err != nil {
		return 0, err
	}
	y, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		return 0, err
	}
	if x.Bounds() != y.Bounds() {
		return 1, nil
	}
	apart := func(a, b uint32) bool { return max(a, b)-min(a, b) > 0xffff/8 }
	count, size := 0, x.Bounds().Size()
	for i := range size.Y {
		for j := range size.X {
			r, g, b, _ := x.At(j, i).RGBA()
			r2, g2, b2, _ := y.At(j, i).RGBA()
			if apart(r, r2) || apart(g, g2) || apart(b, b2) {
				count++
			}
		}
	}
	return float64(count) / float64(size.X*size.Y), nil
}

// TestDifference makes sure that the golden test sees what a reader sees: another best epoch, another digit.
func TestDifference(t *testing.T) {
	draw := func(change func(c *LearningCurve)) []byte {
		c := made(20, 16)
		change(c)
		drawing, err := c.Drawing()
		if err != nil {
			t.Fatal(err)
		}
		data, err := drawing.png(100)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	base := draw(func(*LearningCurve) {})
	for name, change := range map[string]func(c *LearningCurve){
		"one score": func(c *LearningCurve) { c.Epochs[9].Score += 4 },
		"caption":   func(c *LearningCurve) { c.Caption = strings.ReplaceAll(c.Caption, "trainable", "learnt") },
		"loss":      func(c *LearningCurve) { c.Losses[50] += 1 },
	} {
		if share := difference(t, base, draw(change)); share <= 3e-4 {
			t.Errorf("%s changed, but only %.3f %% of the pixels differ", name, 100*share)
		}
	}
}

func TestLearningCurveErrors(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(c *LearningCurve)
		want   string // part of the message
	}{
		{"no losses", func(c *LearningCurve) { c.Losses = nil }, "loss for each update, found none"},
		{"no epochs", func(c *LearningCurve) { c.Epochs = nil }, "at least one epoch"},
		{"no metric", func(c *LearningCurve) { c.Metric = "" }, "metric must be named"},
		{"NaN loss", func(c *LearningCurve) { c.Losses[6] = math.NaN() }, "NaN at update 7"},
		{"infinite loss", func(c *LearningCurve) { c.Losses[0] = math.Inf(1) }, "+Inf at update 1"},
		{"NaN score", func(c *LearningCurve) { c.Epochs[1].Score = math.NaN() }, "epoch 2: 0 <= low"},
		{"NaN low", func(c *LearningCurve) { c.Epochs[1].Low = math.NaN() }, "epoch 2: 0 <= low"},
		{"NaN high", func(c *LearningCurve) { c.Epochs[1].High = math.NaN() }, "epoch 2: 0 <= low"},
		{"over 100 %", func(c *LearningCurve) { c.Epochs[0].High = 101 }, "high 101"},
		{"below 0 %", func(c *LearningCurve) { c.Epochs[0].Low = -0.5 }, "low -0.5"},
		{"outside its interval", func(c *LearningCurve) { c.Epochs[2].Low = c.Epochs[2].Score + 1 }, "epoch 3"},
		{"epochs out of order", func(c *LearningCurve) { c.Epochs[2].Updates = 16 },
			"epoch 3: it must end after update 32"},
		{"no updates", func(c *LearningCurve) { c.Epochs[0].Updates = 0 }, "epoch 1: it must end after update 0"},
		{"epoch past the losses", func(c *LearningCurve) { c.Losses = c.Losses[:40] }, "by the last, 40, found 48"},
	} {
		c := made(3, 16)
		test.change(c)
		drawing, err := c.Drawing()
		if err == nil || drawing != nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(),
			c.Title) {
			t.Errorf("%s: got drawing %v, error %v; want no drawing and an error that names the curve and says %q",
				test.name, drawing, err, test.want)
		}
	}
}

func TestThin(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	points := make(plotter.XYs, 12_345)
	for i := range points {
		points[i] = plotter.XY{X: float64(i), Y: random.NormFloat64()}
	}
	kept := thin(points, 500)
	if len(kept) > 1000 {
		t.Errorf("kept %d points, want at most 1000", len(kept))
	}
	if !slices.IsSortedFunc(kept, func(a, b plotter.XY) int { return int(a.X - b.X) }) {
		t.Error("points out of order")
	}
	_, _, low, high := plotter.XYRange(points)
	_, _, keptLow, keptHigh := plotter.XYRange(kept)
	if low != keptLow || high != keptHigh {
		t.Errorf("range %v..%v became %v..%v", low, high, keptLow, keptHigh)
	}
}

// The mean of a straight line is the line, wherever the window is whole.
func TestRunningMean(t *testing.T) {
	points := make(plotter.XYs, 100)
	for i := range points {
		points[i] = plotter.XY{X: float64(i), Y: 2*float64(i) - 7}
	}
	mean := runningMean(points, 9)
	for i := 4; i < 96; i++ {
		if math.Abs(mean[i].Y-points[i].Y) > 1e-9 || mean[i].X != points[i].X {
			t.Fatalf("point %d: got %v, want %v", i, mean[i], points[i])
		}
	}
	if want := (points[0].Y + points[4].Y) / 2; mean[0].Y != want {
		t.Errorf("first point: got %v, want %v, the mean of the first five", mean[0].Y, want)
	}
}

// Draws a run of three epochs and writes it in three formats.
func ExampleLearningCurve() {
	curve := &LearningCurve{
		Title:   "DPT on CB",
		Caption: "1,160 trainable parameters",
		Note:    "Toy model, not comparable to the paper.",
		Metric:  "accuracy",
		Losses:  []float64{2.9, 2.1, 1.4, 1.1, 0.9, 0.8},
		Epochs:  []Epoch{{2, 50.0, 37.3, 62.7}, {4, 71.4, 58.5, 81.6}, {6, 69.6, 56.7, 80.1}}, // of 56 examples
	}
	drawing, err := curve.Drawing()
	if err != nil {
		fmt.Println(err)
		return
	}
	folder, err := os.MkdirTemp("", "figures")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	names, err := drawing.Export(filepath.Join(folder, "curve"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range names {
		fmt.Println(filepath.Base(name))
	}
	// Output:
	// curve.pdf
	// curve.svg
	// curve.png
}
