// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/renameio/v2"

	"dpt/t5/modelfile"
)

// Config is a T5's architecture, with the names and defaults of HuggingFace's config.json.
type Config struct {
	VocabSize       int     `json:"vocab_size"`
	DModel          int     `json:"d_model"` // e, the width of the residual stream
	DKV             int     `json:"d_kv"`    // k, the width of one attention head
	DFF             int     `json:"d_ff"`
	Layers          int     `json:"num_layers"`
	DecoderLayers   int     `json:"num_decoder_layers"`
	Heads           int     `json:"num_heads"` // h; Heads*DKV need not be DModel
	Buckets         int     `json:"relative_attention_num_buckets"`
	MaxDistance     int     `json:"relative_attention_max_distance"`
	DropoutRate     float64 `json:"dropout_rate"`
	Epsilon         float64 `json:"layer_norm_epsilon"`
	FeedForward     string  `json:"feed_forward_proj"` // "relu" (v1.0) or "gated-gelu" (v1.1)
	TiedEmbeddings  bool    `json:"tie_word_embeddings"`
	ScaledOutputs   bool    `json:"scale_decoder_outputs"` // logits come from d_model^-0.5 times the decoder's output
	PadID           int     `json:"pad_token_id"`
	EOSID           int     `json:"eos_token_id"`
	DecoderStartID  int     `json:"decoder_start_token_id"`
	InitializerGain float64 `json:"initializer_factor"`
}

// The three sizes of T5 v1.0 that the paper tunes.
var (
	Small = v10(512, 2048, 6, 8)
	Base  = v10(768, 3072, 12, 12)
	Large = v10(1024, 4096, 24, 16)
)

// v10 is a T5 v1.0 with heads of width 64 and the published vocabulary of 32,128 rows.
func v10(dModel, dFF, layers, heads int) Config {
	c := defaults()
	c.DModel, c.DFF, c.Layers, c.DecoderLayers, c.Heads = dModel, dFF, layers, layers, heads
	return c
}

// defaults are HuggingFace's for a key that config.json leaves out.
func defaults() Config {
	return Config{
		VocabSize: 32128, DModel: 512, DKV: 64, DFF: 2048, Layers: 6, Heads: 8, Buckets: 32, MaxDistance: 128,
		DropoutRate: 0.1, Epsilon: 1e-6, FeedForward: "relu", TiedEmbeddings: true, ScaledOutputs: true,
		EOSID: 1, InitializerGain: 1,
	}
}

// maxJSON is more than the size of any config.json or index of shards.
const maxJSON = 64 << 20

// ReadConfig reads and checks a config.json.
func ReadConfig(path string) (Config, error) {
	data, err := modelfile.Read(path, maxJSON)
	if err != nil {
		return Config{}, err
	}
	c, err := ParseConfig(data)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// ParseConfig reads and checks the content of a config.json. A key that is null counts as missing.
//
// If num_decoder_layers is missing it is num_layers. Outputs are scaled if scale_decoder_outputs says so or, without
// that key, if the embeddings are tied (T5 v1.0 scales and ties, v1.1 does neither).
func ParseConfig(data []byte) (Config, error) {
	keys := map[string]jsontext.Value{}
	if err := json.Unmarshal(bytes.TrimPrefix(data, []byte("\ufeff")), &keys); err != nil {
		return Config{}, fmt.Errorf("config.json must be a JSON object: %w", err)
	}
	maps.DeleteFunc(keys, func(_ string, value jsontext.Value) bool { return value.Kind() == 'n' })
	if kind := string(keys["model_type"]); kind != `"t5"` {
		return Config{}, fmt.Errorf(`config.json: model_type must be "t5", found %s`, cmp.Or(kind, "none"))
	}
	given, err := json.Marshal(keys)
	if err != nil {
		return Config{}, fmt.Errorf("config.json: %w", err)
	}
	c := defaults()
	if err := json.Unmarshal(given, &c); err != nil {
		return Config{}, fmt.Errorf("config.json must have T5's keys: %w", err)
	}
	if keys["num_decoder_layers"] == nil {
		c.DecoderLayers = c.Layers
	}
	if keys["scale_decoder_outputs"] == nil {
		c.ScaledOutputs = keys["tie_word_embeddings"] == nil || c.TiedEmbeddings
	}
	if err := errors.Join(c.checkOthers(keys), c.check()); err != nil {
		return Config{}, err
	}
	return c, nil
}

// checkOthers refuses values of other keys than Config's that make another model.
func (c *Config) checkOthers(keys map[string]jsontext.Value) error {
	activation := `"relu"`
	if c.Gated() {
		activation = `"gelu_new"`
	}
	for _, key := range []struct{ name, want string }{
		{"is_encoder_decoder", "true"}, {"tie_encoder_decoder", "false"},
		{"is_gated_act", strconv.FormatBool(c.Gated())}, {"dense_act_fn", activation},
	} {
		if found := keys[key.name]; found != nil && string(found) != key.want {
			return fmt.Errorf("config.json: %s must be %s, with feed_forward_proj %q, found %s",
				key.name, key.want, c.FeedForward, found)
		}
	}
	return nil
}

// check returns an error that names a value that no T5 can have. The upper bounds only keep a damaged file from asking
// for absurd amounts of memory.
func (c *Config) check() error {
	const wide, deep = 1 << 24, 1 << 10
	for _, f := range []struct {
		name            string
		value, min, max int
	}{
		{"vocab_size", c.VocabSize, 2, wide}, {"d_model", c.DModel, 1, wide}, {"d_kv", c.DKV, 1, wide},
		{"d_ff", c.DFF, 1, wide}, {"num_layers", c.Layers, 1, deep}, {"num_decoder_layers", c.DecoderLayers, 1, deep},
		{"num_heads", c.Heads, 1, wide}, {"relative_attention_num_buckets", c.Buckets, 4, wide},
		{"relative_attention_max_distance", c.MaxDistance, 1, wide},
	} {
		if f.value < f.min || f.value > f.max {
			return fmt.Errorf("config.json: %s must be from %d to %d, found %d", f.name, f.min, f.max, f.value)
		}
	}
	for _, f := range []struct {
		name string
		id   int
	}{{"pad_token_id", c.PadID}, {"eos_token_id", c.EOSID}, {"decoder_start_token_id", c.DecoderStartID}} {
		if f.id < 0 || f.id >= c.VocabSize {
			return fmt.Errorf("config.json: %s must be a row of the vocabulary (0 to %d), found %d",
				f.name, c.VocabSize-1, f.id)
		}
	}
	switch {
	case c.MaxDistance <= c.Buckets/2:
		return fmt.Errorf("config.json: relative_attention_max_distance must exceed the %d distances with a bucket "+
			"each, "+
			"found %d", c.Buckets/2, c.MaxDistance)
	case c.FeedForward != "relu" && c.FeedForward != "gated-gelu":
		return fmt.Errorf(`config.json: feed_forward_proj must be "relu" (T5 v1.0) or "gated-gelu" (v1.1), found %q`,
			c.FeedForward)
	case !(c.DropoutRate >= 0 && c.DropoutRate < 1):
		return fmt.Errorf("config.json: dropout_rate must be in [0, 1), found %v", c.DropoutRate)
	case !(c.Epsilon >= 1e-30 && c.Epsilon < 1): // a float32 on the device
		return fmt.Errorf("config.json: layer_norm_epsilon must be in [1e-30, 1), found %v", c.Epsilon)
	case !(c.InitializerGain > 0 && c.InitializerGain <= 1e6):
		return fmt.Errorf("config.json: initializer_factor must be in (0, 1e6], found %v", c.InitializerGain)
	case c.Heads*c.DKV > wide:
		return fmt.Errorf("config.json: num_heads times d_kv must be at most %d, found %d times %d",
			wide, c.Heads, c.DKV)
	}
	return nil
}

// write stores the config as dir/config.json in the form that HuggingFace's T5ForConditionalGeneration loads.
func (c *Config) write(dir string) error {
	data, err := c.encode()
	if err != nil {
		return err
	}
	return renameio.WriteFile(filepath.Join(dir, "config.json"), data, 0o644)
}

func (c *Config) encode() ([]byte, error) {
	file := struct {
		Architectures    []string `json:"architectures"`
		ModelType        string   `json:"model_type"`
		IsEncoderDecoder bool     `json:"is_encoder_decoder"`
		*Config
		DropoutRate     float `json:"dropout_rate"`
		Epsilon         float `json:"layer_norm_epsilon"`
		InitializerGain float `json:"initializer_factor"`
	}{
		[]string{"T5ForConditionalGeneration"}, "t5", true,
		c, float(c.DropoutRate), float(c.Epsilon), float(c.InitializerGain),
	}
	data, err := json.Marshal(file, jsontext.WithIndent("  "))
	return append(data, '\n'), err
}

// float is written with a point or an exponent: HuggingFace refuses an initializer_factor of 1, but takes 1.0.
type float float64

// MarshalJSON writes 1 as 1.0.
func (f float) MarshalJSON() ([]byte, error) {
	text, err := json.Marshal(float64(f))
	if err == nil && !bytes.ContainsAny(text, ".e") {
		text = append(text, ".0"...)
	}
	return text, err
}

// Gated reports whether the feed-forward network has a gate, as in T5 v1.1.
func (c *Config) Gated() bool { return c.FeedForward == "gated-gelu" }
