// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"dpt/t5/safetensors"
)

// CopyWeight copies one of [Config.Weights] to the host, as float32.
func (m *Model) CopyWeight(w Weight) (*tensors.Tensor, error) {
	from, err := m.Store.GetVariable(w.path()).Value()
	if err != nil {
		return nil, err
	}
	to := tensors.FromShape(shapes.Make(dtypes.Float32, w.Shape...))
	err = from.ConstFlatData(func(source any) {
		tensors.MustMutableFlatData(to, func(flat []float32) {
			widen(flat[:0], source, 0, len(flat))
		})
	})
	return to, err
}

// HostTensor copies a value to the host, as a tensor of a file, in the dtype that it is held in: float32 or bfloat16.
func HostTensor(name string, value *tensors.Tensor) (safetensors.Tensor, error) {
	t := safetensors.Tensor{Name: name, DType: fileDType(value.DType()), Shape: value.Shape().Dimensions}
	err := value.ConstBytes(func(data []byte) { t.Data = bytes.Clone(data) })
	return t, err
}

// Embeddings copies rows of the shared embedding table: [len(ids), e], row after row, as float32.
func (m *Model) Embeddings(ids []int32) ([]float32, error) {
	table, err := m.Store.GetVariable(scopePath + "/shared/weight").Value()
	if err != nil {
		return nil, err
	}
	e := m.DModel
	rows := make([]float32, 0, len(ids)*e)
	for _, id := range ids {
		if id < 0 || int(id) >= m.VocabSize {
			return nil, fmt.Errorf("a token must be from 0 to %d, found %d", m.VocabSize-1, id)
		}
	}
	err = table.ConstFlatData(func(flat any) {
		for _, id := range ids {
			rows = widen(rows, flat, int(id)*e, (int(id)+1)*e)
		}
	})
	return rows, err
}

// widen appends elements [from, to) of a weight, which is held in float32 or bfloat16, to list.
func widen(list []float32, weight any, from, to int) []float32 {
	switch weight := weight.(type) {
	case []float32:
		return append(list, weight[from:to]...)
	case []bfloat16.BFloat16:
		for _, x := range weight[from:to] {
			list = append(list, x.Float32())
		}
	}
	return list
}

// Fingerprint returns a SHA-256, in hex, of the architecture and of every weight in the dtype it is held in: two models
// that share it give the same results. Records name models by it, so the hashed bytes must never change; a field that
// is added to Config is hashed only if its value differs from that of earlier models.
func (m *Model) Fingerprint() (string, error) {
	if m.fingerprint != "" {
		return m.fingerprint, nil
	}
	hash := sha256.New()
	io.WriteString(hash, m.architecture())
	for _, p := range m.Weights() {
		value, err := m.Store.GetVariable(p.path()).Value()
		if err != nil {
			return "", err
		}
		shape := strings.ReplaceAll(fmt.Sprint(p.Shape), " ", ", ")
		fmt.Fprintf(hash, "\n%s (%s)%s\n", p.Name, value.DType(), shape)
		if err := value.ConstBytes(func(data []byte) { hash.Write(data) }); err != nil {
			return "", err
		}
		if !value.IsShared() && value.IsOnAnyDevice() {
			value.FinalizeLocal() // else all weights would stay in the host's memory, too
		}
	}
	m.fingerprint = hex.EncodeToString(hash.Sum(nil)) // weights are frozen
	return m.fingerprint, nil
}

// architecture is the JSON of the first Config, whose dropout_rate and initializer_factor change no result: they are
// written as T5 v1.0's.
func (c *Config) architecture() string {
	return fmt.Sprintf(`{"vocab_size":%d,"d_model":%d,"d_kv":%d,"d_ff":%d,"num_layers":%d,"num_decoder_layers":%d,`+
		`"num_heads":%d,"relative_attention_num_buckets":%d,"relative_attention_max_distance":%d,"dropout_rate":0.1,`+
		`"layer_norm_epsilon":%s,"feed_forward_proj":%q,"tie_word_embeddings":%v,"scale_decoder_outputs":%v,`+
		`"pad_token_id":%d,"eos_token_id":%d,"decoder_start_token_id":%d,"initializer_factor":1}`,
		c.VocabSize, c.DModel, c.DKV, c.DFF, c.Layers, c.DecoderLayers, c.Heads, c.Buckets, c.MaxDistance,
		jsontext.Float(c.Epsilon), c.FeedForward, c.TiedEmbeddings, c.ScaledOutputs, c.PadID, c.EOSID, c.DecoderStartID)
}
