// SPDX-License-Identifier: Apache-2.0

// Package t5 is T5 (v1.0 and v1.1) as GoMLX graph functions: encoder with an optional soft prompt, decoder, loss and
// greedy generation, on weights in HuggingFace's files.
//
// In shape comments b is the batch, s the source length including the prompt, n the source length without it, t the
// target length, h the heads, k the head width, e the model width, f the feed-forward width, v the vocabulary and c
// the prompt length. Graph functions panic, as GoMLX's do; everything else returns errors.
package t5

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/t5/modelfile"
	"dpt/t5/safetensors"
)

// scopePath is the path of a model's weights in its store.
const scopePath = "/t5"

// Model is a T5 whose weights are variables of a store, none of them trainable.
type Model struct {
	Config
	Store *model.Store

	// Unknown names the tensors of the model's files that T5 does not use.
	Unknown []string

	fingerprint string // once it is known
}

// Load reads config.json and model.safetensors (or the shards that model.safetensors.index.json lists) from dir.
//
// The weights are held as dtype, which is Float32 or BFloat16; files hold float32, bfloat16 or float16. Files are
// mapped, and each weight is copied once, to the backend. Every weight that the config calls for must be there with its
// shape and be finite, there must be no layer beyond these, and copies of tied embeddings must equal them; as
// HuggingFace does, an lm_head that differs from the embeddings is used even if config.json says that they are tied.
func Load(backend compute.Backend, dir string, dtype dtypes.DType) (*Model, error) {
	if err := checkDType(dtype); err != nil {
		return nil, err
	}
	config, err := ReadConfig(filepath.Join(dir, "config.json"))
	if err != nil {
		return nil, err
	}
	paths, err := weightFiles(dir)
	if err != nil {
		return nil, err
	}
	found := map[string]safetensors.Tensor{}
	for _, path := range paths {
		file, err := safetensors.Open(path)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		if err := collect(found, file); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	m, err := fromTensors(backend, config, found, dtype)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return m, nil
}

// Parse makes a model of the contents of config.json and model.safetensors, checked as [Load] does.
func Parse(backend compute.Backend, config, weights []byte, dtype dtypes.DType) (*Model, error) {
	if err := checkDType(dtype); err != nil {
		return nil, err
	}
	c, err := ParseConfig(config)
	if err != nil {
		return nil, err
	}
	file, err := safetensors.Parse(weights)
	if err != nil {
		return nil, err
	}
	found := map[string]safetensors.Tensor{}
	if err := collect(found, file); err != nil {
		return nil, err
	}
	return fromTensors(backend, c, found, dtype)
}

// weightFiles lists dir/model.safetensors, or the shards named in dir/model.safetensors.index.json.
func weightFiles(dir string) ([]string, error) {
	single := filepath.Join(dir, "model.safetensors")
	if _, err := os.Stat(single); err == nil {
		return []string{single}, nil
	}
	path := filepath.Join(dir, "model.safetensors.index.json")
	data, err := modelfile.Read(path, maxJSON)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: it must hold model.safetensors, or model.safetensors.index.json and its shards "+
			"(a pytorch_model.bin must be converted first)", dir)
	}
	if err != nil {
		return nil, err
	}
	var index struct {
		Shards map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(data, &index); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	shards := slices.Compact(slices.Sorted(maps.Values(index.Shards)))
	if len(shards) == 0 {
		return nil, fmt.Errorf("%s: weight_map must name the shards, found none", path)
	}
	for i, shard := range shards {
		if shard != filepath.Base(shard) || shard == ".." || shard == "." {
			return nil, fmt.Errorf("%s: a shard must be a file beside the index, found %q", path, shard)
		}
		shards[i] = filepath.Join(dir, shard)
	}
	return shards, nil
}

func collect(found map[string]safetensors.Tensor, file *safetensors.File) error {
	for _, name := range file.Names() {
		if _, twice := found[name]; twice {
			return fmt.Errorf("tensor %q is in another shard too", name)
		}
		found[name], _ = file.Tensor(name)
	}
	return nil
}

// fromTensors makes a model of the tensors found in its files.
func fromTensors(backend compute.Backend, config Config, found map[string]safetensors.Tensor, dtype dtypes.DType) (
	*Model, error,
) {
	if err := untie(&config, found); err != nil {
		return nil, err
	}
	weights := config.Weights()
	for _, p := range weights { // all of them, before any is copied
		tensor, ok := found[p.Name]
		switch {
		case !ok:
			return nil, fmt.Errorf("tensor %q, of shape %v, is missing", p.Name, p.Shape)
		case !slices.Equal(tensor.Shape, p.Shape):
			return nil, fmt.Errorf("tensor %q: config.json calls for shape %v, found %v", p.Name, p.Shape, tensor.Shape)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		for stack, layers := range map[string]int{"encoder": config.Layers, "decoder": config.DecoderLayers} {
			var layer int
			if n, _ := fmt.Sscanf(name, stack+".block.%d.", &layer); n == 1 && layer >= layers {
				return nil, fmt.Errorf("tensor %q: config.json calls for %d layers of the %s: config.json must be of "+
					"the same model as the weights", name, layers, stack)
			}
		}
	}
	m := &Model{Config: config, Store: model.NewStore()}
	for _, p := range weights {
		if err := found[p.Name].CheckFinite(); err != nil {
			return nil, err
		}
		value, err := toDevice(backend, found[p.Name], dtype)
		if err != nil {
			return nil, err
		}
		if err := m.set(p, value); err != nil {
			return nil, err
		}
		delete(found, p.Name)
	}
	m.Unknown = slices.Sorted(maps.Keys(found))
	return m, nil
}

// untie drops copies of the shared embedding table from found, and marks a model whose lm_head is one of its own.
func untie(config *Config, found map[string]safetensors.Tensor) error {
	const shared, head = "shared.weight", "lm_head.weight"
	for _, name := range []string{"encoder.embed_tokens.weight", "decoder.embed_tokens.weight", head} {
		tensor, ok := found[name]
		if !ok || name == head && !config.TiedEmbeddings {
			continue
		}
		table, ok := found[shared]
		switch {
		case !ok:
			tensor.Name = shared
			found[shared] = tensor
		case tensor.DType == table.DType && bytes.Equal(tensor.Data, table.Data):
		case name == head:
			config.TiedEmbeddings = false
			continue
		default:
			return fmt.Errorf("tensor %q must equal %q: T5's encoder and decoder share one embedding table", name,
				shared)
		}
		delete(found, name)
	}
	return nil
}

// Random makes a model with T5's random initialisation: normal weights whose scale keeps activations of order one, and
// norms of one. Equal seeds give equal weights on every backend.
func Random(backend compute.Backend, config Config, dtype dtypes.DType, seed uint64) (*Model, error) {
	if err := errors.Join(checkDType(dtype), config.check()); err != nil {
		return nil, err
	}
	m := &Model{Config: config, Store: model.NewStore()}
	for _, p := range config.Weights() {
		name := fnv.New64a()
		name.Write([]byte(p.Name))
		random := rand.New(rand.NewPCG(seed, name.Sum64()))
		value, err := fill(backend, shapes.Make(dtype, p.Shape...), func(int) float32 {
			if p.scale == 0 {
				return 1
			}
			return float32(config.InitializerGain * p.scale * random.NormFloat64())
		})
		if err != nil {
			return nil, err
		}
		if err := m.set(p, value); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// set stores a weight under its name, frozen.
func (m *Model) set(p Weight, value *tensors.Tensor) error {
	v, err := m.Store.CreateVariable(p.path(), value)
	if err != nil {
		return fmt.Errorf("tensor %q: %w", p.Name, err)
	}
	v.SetTrainable(false)
	return nil
}

func (p Weight) path() string { return scopePath + "/" + strings.ReplaceAll(p.Name, ".", "/") }

// Save writes config.json and model.safetensors to dir, which is made if need be, as HuggingFace reads them; the
// weights are written in the dtype they are held in.
func (m *Model) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var list []safetensors.Tensor
	for _, p := range m.Weights() {
		value, err := m.Store.GetVariable(p.path()).Value()
		if err != nil {
			return err
		}
		t, err := HostTensor(p.Name, value)
		if err != nil {
			return err
		}
		list = append(list, t)
	}
	path := filepath.Join(dir, "model.safetensors")
	if err := safetensors.Write(path, list, map[string]string{"format": "pt"}); err != nil {
		return err
	}
	return m.Config.write(dir)
}
