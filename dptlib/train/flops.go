// SPDX-License-Identifier: Apache-2.0

package train

import "dpt/t5"

// TrainingFLOPs counts the floating-point operations of one update's matrix products, two per multiplication and
// addition, for b rows of s source positions (the prompt's included) and t target positions, with a frozen backbone:
//
//	encoder, per layer and row:  s·(8·e·i + 2·n·e·f) + 4·s²·i
//	decoder, per layer and row:  t·(12·e·i + 2·n·e·f) + 4·t²·i + 4·t·h·e·k + 4·t·h·s·e
//	head, per row:               2·t·e·v
//
// where i = h·k and n is 2, or 3 for a gated feed-forward network. The decoder's terms are self-attention's four
// projections and cross-attention's two, the feed-forward network, self-attention itself, and cross-attention with its
// key and value projections moved to the target's side. The backward pass needs no gradient of weights, so a product
// with a weight costs as much again, and a product of two activations twice as much. Element-wise work is not counted.
func TrainingFLOPs(c t5.Config, b, s, t int) float64 {
	weights, activations := forwardFLOPs(c, float64(s), float64(t))
	return float64(b) * (2*weights + 3*activations)
}

// ForwardFLOPs counts the forward pass alone; see [TrainingFLOPs].
func ForwardFLOPs(c t5.Config, b, s, t int) float64 {
	weights, activations := forwardFLOPs(c, float64(s), float64(t))
	return float64(b) * (weights + activations)
}

// forwardFLOPs returns the operations of products with a weight, and of products of two activations, for one row.
func forwardFLOPs(c t5.Config, s, t float64) (weights, activations float64) {
	e, h, k, f, v := float64(c.DModel), float64(c.Heads), float64(c.DKV), float64(c.DFF), float64(c.VocabSize)
	i, n := h*k, 2.0
	if c.Gated() {
		n = 3
	}
	encoder, decoder := float64(c.Layers), float64(c.DecoderLayers)
	weights = encoder*s*(8*e*i+2*n*e*f) + decoder*t*(12*e*i+2*n*e*f+4*h*e*k) + 2*t*e*v
	activations = encoder*4*s*s*i + decoder*(4*t*t*i+4*t*h*s*e)
	return weights, activations
}

// FLOPs estimates the run's matrix products: its updates and its evaluations on the development split, at the mean
// source length. See [TrainingFLOPs].
func (j *Job) FLOPs() float64 {
	calendar := j.Calendar()
	return float64(calendar.Total)*j.UpdateFLOPs() + float64(calendar.Evaluations())*j.EvaluationFLOPs()
}

// EvaluationFLOPs estimates the matrix products of an evaluation.
func (j *Job) EvaluationFLOPs() float64 {
	s, t := j.MeanLengths()
	return ForwardFLOPs(j.Model.Config, j.Data.Dev.Len()+j.Data.Held.Len(), s, t)
}

// UpdateFLOPs estimates the matrix products of an update.
func (j *Job) UpdateFLOPs() float64 {
	s, t := j.MeanLengths()
	return TrainingFLOPs(j.Model.Config, j.Recipe.BatchSize, s, t)
}

// MeanLengths returns the positions of a source of mean length, with its prompt, and of a target.
func (j *Job) MeanLengths() (s, t int) {
	total, n := 0, j.Data.Train.Len()
	for _, p := range j.Data.Train.Pairs {
		total += len(p.Source)
	}
	return j.Method.Vectors() + padded((total+n-1)/n), j.Data.maxTokens()
}
