// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"dpt/t5/safetensors"
)

// TestRescale: the logits stay, of tied and untied, scaled and unscaled outputs, up and down, if the prompt is rescaled
// too. The bound is float32's: rounding of weights, and of sums.
func TestRescale(t *testing.T) {
	const bound = 2e-5
	architectures := tiny()
	unscaled, mixed := architectures["v1.0"], architectures["v1.1"]
	unscaled.ScaledOutputs = false
	mixed.TiedEmbeddings, mixed.ScaledOutputs = true, true
	architectures["v1.0 without the factor d_model**-0.5"], architectures["v1.1 tied"] = unscaled, mixed
	for name, c := range architectures {
		c.Layers, c.DecoderLayers = 1, 1
		m := random(t, c, dtypes.Float32, 5)
		ids, mask := sources(c, 2, 9, 4)
		labels, keys, prompt := targets(c, 2, 5), dropoutKeys(1), normal(1, 3, c.DModel)
		before := logitsOf(t, m, 0)(ids, mask, labels, keys, prompt)
		for _, factor := range []float64{19.3, 0.05} {
			scaled, err := Rescale(backend(t), m, factor)
			if err != nil {
				t.Fatal(err)
			}
			larger := floats(t, prompt)
			for i := range larger {
				larger[i] *= float32(factor)
			}
			after := logitsOf(t, scaled, 0)(ids, mask, labels, keys, tensors.FromFlatDataAndDimensions(larger, 3,
				c.DModel))
			if e := relativeError(after, before); !(e < bound) {
				t.Errorf("%s, factor %g: logits differ by %g of the largest, may by %g", name, factor, e, bound)
			}
			was, err := m.EmbeddingDeviation()
			if err != nil {
				t.Fatal(err)
			}
			is, err := scaled.EmbeddingDeviation()
			if err != nil || math.Abs(is/was/factor-1) > 1e-5 {
				t.Errorf("%s: embeddings of deviation %g times %g have %g, %v", name, was, factor, is, err)
			}
		}
	}
}

// TestRescaleBFloat16: a power of two changes no mantissa, so the logits differ by float32's rounding of the stream
// only.
func TestRescaleBFloat16(t *testing.T) {
	c := tiny()["v1.0"]
	m := random(t, c, dtypes.BFloat16, 5)
	ids, mask := sources(c, 2, 9, 4)
	labels := targets(c, 2, 5)
	scaled, err := Rescale(backend(t), m, 16)
	if err != nil {
		t.Fatal(err)
	}
	before := logitsOf(t, m, 0)(ids, mask, labels, dropoutKeys(1))
	if e := relativeError(logitsOf(t, scaled, 0)(ids, mask, labels, dropoutKeys(1)), before); !(e < 2e-2) {
		t.Errorf("logits differ by %g of the largest", e)
	}
	if value, err := scaled.Variable(scaled.Weights()[0]).Value(); err != nil || value.DType() != dtypes.BFloat16 {
		t.Errorf("weights must stay bfloat16, found %v, %v", value.DType(), err)
	}
}

func TestRescaleRefuses(t *testing.T) {
	m := random(t, tiny()["v1.0"], dtypes.Float32, 1)
	for want, factors := range map[string][]float64{
		"positive": {0, -1, math.NaN(), math.Inf(1)}, "layer_norm_epsilon": {1e4, 1e-13},
	} {
		for _, factor := range factors {
			if _, err := Rescale(backend(t), m, factor); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("factor %g: %v; want an error about %q", factor, err, want)
			}
		}
	}
}

// TestReferenceRescale compares rescaled models' logits with those that HuggingFace computed from the models as they
// were.
func TestReferenceRescale(t *testing.T) {
	for _, dir := range sharedFixtures(t) {
		m, err := Load(backend(t), dir, dtypes.Float32)
		if err != nil {
			t.Fatal(err)
		}
		scaled, err := Rescale(backend(t), m, 19.3)
		if err != nil {
			t.Fatal(err)
		}
		r := openReference(t, dir)
		got := call(t, scaled, func(scope Scope, in []*Node) []*Node {
			encoded := scaled.Encode(scope, in[0], toBool(in[1]), nil, nil)
			return []*Node{scaled.Decode(scope, encoded, in[2], nil)}
		}, r.input("input_ids"), r.input("attention_mask"), r.input("labels"))
		if e := relativeError(floats(t, got[0]), floats(t, r.input("plain_logits"))); !(e < fixtureTolerance) {
			t.Errorf("%s: logits differ by %g of the largest, may by %g", filepath.Base(dir), e, fixtureTolerance)
		}
	}
}

// TestRescaleHuggingFace has HuggingFace compute the logits of rescaled models from their files. It needs a Python with
// torch and transformers, which the gate leaves out.
func TestRescaleHuggingFace(t *testing.T) {
	python := os.Getenv("DPT_PEFT_PYTHON")
	if python == "" {
		t.Skip("it needs some GB of Python packages, torch and transformers, which the project does without: set " +
			"DPT_PEFT_PYTHON to a Python that has them")
	}
	for _, dir := range sharedFixtures(t) {
		m, err := Load(backend(t), dir, dtypes.Float32)
		if err != nil {
			t.Fatal(err)
		}
		for _, factor := range []float64{19.3, 0.05} {
			scaled, err := Rescale(backend(t), m, factor)
			if err != nil {
				t.Fatal(err)
			}
			work := t.TempDir()
			if err := scaled.Save(work); err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(work, "logits.safetensors")
			command := exec.Command(python, "testdata/logits.py", work, filepath.Join(dir, "case.safetensors"), out)
			if message, err := command.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, message)
			}
			file, err := safetensors.Open(out)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			logits, _ := file.Tensor("logits")
			value, err := tensors.FromRaw(nil, 0, shapes.Make(dtypes.Float32, logits.Shape...), logits.Data)
			if err != nil {
				t.Fatal(err)
			}
			want := floats(t, openReference(t, dir).input("plain_logits"))
			e := relativeError(floats(t, value), want)
			t.Logf("%s, factor %g: %.1e", filepath.Base(dir), factor, e)
			if !(e < fixtureTolerance) {
				t.Errorf("%s, factor %g: HuggingFace's logits differ by %g of the largest", filepath.Base(dir), factor,
					e)
			}
		}
	}
}
