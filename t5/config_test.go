// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseConfig(t *testing.T) {
	with := func(change func(*Config)) Config {
		c := Small
		change(&c)
		return c
	}
	for name, c := range map[string]struct {
		json string
		want Config
	}{
		"HuggingFace's defaults": {`{"model_type":"t5"}`, Small},
		"byte order mark":        {"\ufeff" + `{"model_type":"t5"}`, Small},
		"null is missing":        {`{"model_type":"t5","d_model":null,"num_decoder_layers":null,"tie_word_embeddings":null}`, Small},
		"decoder as deep as the encoder": {`{"model_type":"t5","num_layers":3}`,
			with(func(c *Config) { c.Layers, c.DecoderLayers = 3, 3 })},
		"decoder of its own depth": {`{"model_type":"t5","num_layers":3,"num_decoder_layers":1}`,
			with(func(c *Config) { c.Layers, c.DecoderLayers = 3, 1 })},
		"v1.1 as published": {`{"model_type":"t5","feed_forward_proj":"gated-gelu","tie_word_embeddings":false}`,
			with(func(c *Config) { c.FeedForward, c.TiedEmbeddings, c.ScaledOutputs = "gated-gelu", false, false })},
		"tied, not scaled": {`{"model_type":"t5","scale_decoder_outputs":false}`,
			with(func(c *Config) { c.ScaledOutputs = false })},
		"untied, but scaled": {`{"model_type":"t5","tie_word_embeddings":false,"scale_decoder_outputs":true}`,
			with(func(c *Config) { c.TiedEmbeddings = false })},
		"another case": {`{"model_type":"t5","D_MODEL":7}`, Small},
		"as transformers writes T5 v1.1's": {`{"model_type":"t5","feed_forward_proj":"gated-gelu","is_gated_act":true,"dense_act_fn":"gelu_new",` +
			`"is_encoder_decoder":true,"tie_word_embeddings":false}`,
			with(func(c *Config) { c.FeedForward, c.TiedEmbeddings, c.ScaledOutputs = "gated-gelu", false, false })},
		"unknown keys": {`{"model_type":"t5","use_cache":true,"task_specific_params":{"x":[1]}}`, Small},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseConfig([]byte(c.json))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseConfigRefuses(t *testing.T) {
	for json, says := range map[string]string{
		``:                                    "JSON object",
		`[]`:                                  "JSON object",
		`null`:                                "model_type",
		`{"model_type":"t5"`:                  "JSON object",
		`{}`:                                  "model_type",
		`{"model_type":"mt5"}`:                `"mt5"`,
		`{"model_type":"t5","d_model":0}`:     "d_model",
		`{"model_type":"t5","d_model":"512"}`: "d_model",
		`{"model_type":"t5","d_model":1.5}`:   "d_model",
		`{"model_type":"t5","d_kv":-64}`:      "d_kv",
		`{"model_type":"t5","d_ff":1e300}`:    "d_ff",
		`{"model_type":"t5","num_layers":0}`:  "num_layers",
		`{"model_type":"t5","num_layers":1000000000}`:              "num_layers",
		`{"model_type":"t5","num_decoder_layers":-1}`:              "num_decoder_layers",
		`{"model_type":"t5","num_decoder_layers":0}`:               "num_decoder_layers",
		`{"model_type":"t5","num_heads":0}`:                        "num_heads",
		`{"model_type":"t5","vocab_size":1}`:                       "vocab_size",
		`{"model_type":"t5","relative_attention_num_buckets":2}`:   "relative_attention_num_buckets",
		`{"model_type":"t5","relative_attention_max_distance":16}`: "relative_attention_max_distance",
		`{"model_type":"t5","vocab_size":100,"eos_token_id":100}`:  "eos_token_id",
		`{"model_type":"t5","pad_token_id":-1}`:                    "pad_token_id",
		`{"model_type":"t5","decoder_start_token_id":40000}`:       "decoder_start_token_id",
		`{"model_type":"t5","feed_forward_proj":"gated-silu"}`:     "gated-silu",
		`{"model_type":"t5","dropout_rate":1}`:                     "dropout_rate",
		`{"model_type":"t5","dropout_rate":-0.1}`:                  "dropout_rate",
		`{"model_type":"t5","layer_norm_epsilon":0}`:               "layer_norm_epsilon",
		`{"model_type":"t5","layer_norm_epsilon":1e-300}`:          "layer_norm_epsilon",
		`{"model_type":"t5","initializer_factor":0}`:               "initializer_factor",
		`{"model_type":"t5","initializer_factor":1e300}`:           "initializer_factor",
		`{"model_type":"t5","dropout_rate":NaN}`:                   "dropout_rate",
		`{"model_type":"t5","layer_norm_epsilon":Infinity}`:        "layer_norm_epsilon",
		`{"model_type":"t5","layer_norm_epsilon":1e999}`:           "layer_norm_epsilon",
		`{"model_type":"t5","num_layers":99999999999999999999}`:    "num_layers",
		`{"model_type":"t5","num_layers":6.0}`:                     "num_layers",
		`{"model_type":"t5","tie_word_embeddings":1}`:              "tie_word_embeddings",
		`{"model_type":"t5","num_heads":65536,"d_kv":65536}`:       "num_heads times d_kv",
		`{"model_type":"t5","d_model":512,"d_model":513}`:          "d_model",
		`{"model_type":["t5"]}`:                                    "model_type",
		`{"model_type":"t5","is_encoder_decoder":false}`:           "is_encoder_decoder",
		`{"model_type":"t5","tie_encoder_decoder":true}`:           "tie_encoder_decoder",
		`{"model_type":"t5","is_gated_act":true}`:                  "is_gated_act",
		`{"model_type":"t5","dense_act_fn":"silu"}`:                "dense_act_fn",
		`{"model_type":"t5"} {"model_type":"t5"}`:                  "JSON object",
	} {
		if _, err := ParseConfig([]byte(json)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, must mention %s", json, err, says)
		}
	}
}

// HuggingFace checks types strictly: a float must have a point or an exponent, an integer must have none.
func TestConfigTypesInFile(t *testing.T) {
	c := Small
	c.DropoutRate = 0
	data, err := c.encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{`"initializer_factor": 1.0`, `"dropout_rate": 0.0`, `"layer_norm_epsilon": 0.000001`,
		`"d_model": 512,`} {
		if n := strings.Count(string(data), line); n != 1 {
			t.Errorf("%s must be there once, found %d times in\n%s", line, n, data)
		}
	}
}

func TestReadConfigNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte(`{"model_type":"bert"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadConfig(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v, must mention %s", err, path)
	}
	if err := os.WriteFile(path, []byte("version https://git-lfs.github.com/spec/v1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadConfig(path); err == nil || !strings.Contains(err.Error(), "git lfs pull") ||
		!strings.Contains(err.Error(), path) {
		t.Errorf("error %v, must mention git lfs pull and %s", err, path)
	}
}

// The sizes are those of the published checkpoints (60.51, 222.90 and 737.67 million).
func TestNumParameters(t *testing.T) {
	for want, c := range map[int]Config{60_506_624: Small, 222_903_552: Base, 737_668_096: Large} {
		if got := c.NumParameters(); got != want {
			t.Errorf("%d parameters, want %d", got, want)
		}
	}
}

// FuzzConfig holds that a config which is accepted has weights of sensible shapes, and comes back equal when written
// and read again.
func FuzzConfig(f *testing.F) {
	for _, c := range tiny() {
		data, err := c.encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"model_type":"t5"}`))
	f.Add([]byte(`{"model_type":"t5","num_layers":3,"D_MODEL":7,"dropout_rate":1e-300,"tie_word_embeddings":false}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseConfig(data)
		if err != nil {
			return
		}
		for _, w := range c.Weights() {
			for _, dim := range w.Shape {
				if dim <= 0 {
					t.Fatalf("%s has shape %v", w.Name, w.Shape)
				}
			}
		}
		written, err := c.encode()
		if err != nil {
			t.Fatalf("accepted, but cannot be written: %v", err)
		}
		again, err := ParseConfig(written)
		if err != nil {
			t.Fatalf("written, but cannot be read: %v", err)
		}
		if diff := cmp.Diff(c, again); diff != "" {
			t.Error(diff)
		}
	})
}
