// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/google/go-cmp/cmp"

	"dpt/t5/safetensors"
)

// saved writes a random model of c to a new folder.
func saved(t *testing.T, c Config) (m *Model, dir string) {
	t.Helper()
	m, dir = random(t, c, dtypes.Float32, 8), t.TempDir()
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	return m, dir
}

type fileTensors = map[string]safetensors.Tensor

// read returns the tensors of dir/model.safetensors, copied out of it.
func read(t *testing.T, dir string) fileTensors {
	t.Helper()
	file, err := safetensors.Open(filepath.Join(dir, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	found := fileTensors{}
	for _, name := range file.Names() {
		tensor, _ := file.Tensor(name)
		tensor.Data = bytes.Clone(tensor.Data)
		found[name] = tensor
	}
	return found
}

func write(t *testing.T, path string, found fileTensors) {
	t.Helper()
	var list []safetensors.Tensor
	for name, tensor := range found {
		tensor.Name = name
		list = append(list, tensor)
	}
	if err := safetensors.Write(path, list, nil); err != nil {
		t.Fatal(err)
	}
}

// edit changes the tensors of dir/model.safetensors.
func edit(t *testing.T, dir string, change func(fileTensors)) {
	t.Helper()
	found := read(t, dir)
	change(found)
	write(t, filepath.Join(dir, "model.safetensors"), found)
}

func fingerprint(t *testing.T, m *Model) string {
	t.Helper()
	f, err := m.Fingerprint()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestSaveAndLoad(t *testing.T) {
	for name, c := range tiny() {
		for _, dtype := range []dtypes.DType{dtypes.Float32, dtypes.BFloat16} {
			t.Run(fmt.Sprint(name, "/", dtype), func(t *testing.T) {
				m, dir := random(t, c, dtype, 8), filepath.Join(t.TempDir(), "new", "folder")
				if err := m.Save(dir); err != nil {
					t.Fatal(err)
				}
				again, err := Load(backend(t), dir, dtype)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(m.Config, again.Config); diff != "" {
					t.Error(diff)
				}
				if fingerprint(t, again) != fingerprint(t, m) {
					t.Error("the weights differ")
				}
				if again.Store.NumVariables() != m.Store.NumVariables() || len(again.Unknown) > 0 {
					t.Errorf("%d variables and unknown tensors %v", again.Store.NumVariables(), again.Unknown)
				}
				for v := range again.Store.IterVariables() {
					if v.Trainable {
						t.Errorf("%s must be frozen", v.Path())
					}
				}
			})
		}
	}
}

// The names of tied embeddings in a file are one, two or three; the model is the same.
func TestLoadTiedEmbeddings(t *testing.T) {
	m, dir := saved(t, tiny()["v1.0"])
	for name, change := range map[string]func(fileTensors){
		"all four names": func(found fileTensors) {
			for _, copied := range []string{"encoder.embed_tokens.weight", "decoder.embed_tokens.weight",
				"lm_head.weight"} {
				found[copied] = found["shared.weight"]
			}
		},
		"only the decoder's": func(found fileTensors) {
			found["decoder.embed_tokens.weight"] = found["shared.weight"]
			delete(found, "shared.weight")
		},
		"only the head's": func(found fileTensors) {
			found["lm_head.weight"] = found["shared.weight"]
			delete(found, "shared.weight")
		},
	} {
		t.Run(name, func(t *testing.T) {
			original := read(t, dir)
			edit(t, dir, change)
			defer write(t, filepath.Join(dir, "model.safetensors"), original)
			again, err := Load(backend(t), dir, dtypes.Float32)
			if err != nil {
				t.Fatal(err)
			}
			if fingerprint(t, again) != fingerprint(t, m) || len(again.Unknown) > 0 {
				t.Errorf("the model differs, or knows not %v", again.Unknown)
			}
		})
	}
}

// HuggingFace uses a head that differs from the embeddings even where config.json ties them; the scale of the decoder's
// outputs stays.
func TestLoadHeadOfItsOwn(t *testing.T) {
	m, dir := saved(t, tiny()["v1.0"])
	edit(t, dir, func(found fileTensors) {
		head := found["shared.weight"]
		head.Data = bytes.Clone(head.Data)
		copy(head.Data, []byte{1, 2, 3, 4})
		found["lm_head.weight"] = head
	})
	again, err := Load(backend(t), dir, dtypes.Float32)
	if err != nil {
		t.Fatal(err)
	}
	if again.TiedEmbeddings || !again.ScaledOutputs || again.NumParameters() != m.NumParameters()+m.VocabSize*m.DModel {
		t.Errorf("tied %v, scaled %v, %d parameters", again.TiedEmbeddings, again.ScaledOutputs, again.NumParameters())
	}
	if err := again.Save(dir); err != nil {
		t.Fatal(err)
	}
	third, err := Load(backend(t), dir, dtypes.Float32)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(again.Config, third.Config); diff != "" || fingerprint(t, again) != fingerprint(t, third) {
		t.Errorf("saved and loaded, it differs: %s", diff)
	}
}

// Numbers that float32, bfloat16 and float16 all hold exactly are the same model in each of the files.
func TestLoadFileTypes(t *testing.T) {
	_, dir := saved(t, tiny()["v1.1"])
	path := filepath.Join(dir, "model.safetensors")
	exact := read(t, dir)
	for _, tensor := range exact {
		for i := 0; i < len(tensor.Data); i += 4 {
			x := math.Float32frombits(binary.LittleEndian.Uint32(tensor.Data[i:]))
			eighths := float32(math.Round(float64(max(-2, min(2, x))) * 8))
			binary.LittleEndian.PutUint32(tensor.Data[i:], math.Float32bits(eighths/8))
		}
	}
	// The upper half of a float32's bits is its bfloat16; a float16 has 3 bits less of exponent and 13 of mantissa.
	toBFloat16 := func(bits uint32) uint16 { return uint16(bits >> 16) }
	toFloat16 := func(bits uint32) uint16 {
		if bits<<1 == 0 {
			return uint16(bits >> 16)
		}
		return uint16(bits>>16&0x8000 | (bits>>23&0xff-112)<<10 | bits>>13&0x3ff)
	}
	narrow := func(dtype safetensors.DType, convert func(uint32) uint16) fileTensors {
		found := fileTensors{}
		for name, tensor := range exact {
			var data []byte
			for i := 0; i < len(tensor.Data); i += 4 {
				data = binary.LittleEndian.AppendUint16(data, convert(binary.LittleEndian.Uint32(tensor.Data[i:])))
			}
			found[name] = safetensors.Tensor{DType: dtype, Shape: tensor.Shape, Data: data}
		}
		return found
	}
	for _, held := range []dtypes.DType{dtypes.Float32, dtypes.BFloat16} {
		var want string
		for _, found := range []fileTensors{exact, narrow(safetensors.BF16, toBFloat16),
			narrow(safetensors.Float16, toFloat16)} {
			write(t, path, found)
			m, err := Load(backend(t), dir, held)
			if err != nil {
				t.Fatal(err)
			}
			if want == "" {
				want = fingerprint(t, m)
			}
			if fingerprint(t, m) != want {
				t.Errorf("%s from %s differs from that of F32", held, found["shared.weight"].DType)
			}
		}
	}
	edit(t, dir, func(found fileTensors) {
		ints := found["shared.weight"]
		ints.DType, ints.Data = safetensors.Int16, ints.Data[:2*ints.Shape[0]*ints.Shape[1]]
		found["shared.weight"] = ints
	})
	if _, err := Load(backend(t), dir, dtypes.Float32); err == nil || !strings.Contains(err.Error(), "shared.weight") {
		t.Errorf("integers as weights: error %v, must mention shared.weight", err)
	}
}

// shard splits dir/model.safetensors in two files and an index, which lists the files given.
func shard(t *testing.T, dir string, files ...string) {
	t.Helper()
	found, index := read(t, dir), map[string]string{}
	parts := []fileTensors{{}, {}}
	for i, name := range slices.Sorted(maps.Keys(found)) {
		parts[i%2][name] = found[name]
		index[name] = files[i%len(files)]
	}
	for i, part := range parts {
		write(t, filepath.Join(dir, fmt.Sprintf("model-%d-of-2.safetensors", i+1)), part)
	}
	data, err := json.Marshal(map[string]any{"metadata": map[string]int{"total_size": 1}, "weight_map": index})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "model.safetensors.index.json"), data, 0o644)
	}
	if err == nil {
		err = os.Remove(filepath.Join(dir, "model.safetensors"))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestLoadShards(t *testing.T) {
	for name, c := range tiny() {
		m, dir := saved(t, c)
		shard(t, dir, "model-1-of-2.safetensors", "model-2-of-2.safetensors")
		again, err := Load(backend(t), dir, dtypes.Float32)
		if err != nil {
			t.Fatal(err)
		}
		if fingerprint(t, again) != fingerprint(t, m) {
			t.Errorf("%s: in two shards it is another model", name)
		}
	}
}

func TestLoadNamesUnknownTensors(t *testing.T) {
	_, dir := saved(t, tiny()["v1.0"])
	edit(t, dir, func(found fileTensors) {
		found["decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"] = found["shared.weight"]
		found["classifier.bias"] = safetensors.Tensor{DType: safetensors.Int64, Shape: []int{1}, Data: make([]byte, 8)}
	})
	m, err := Load(backend(t), dir, dtypes.Float32)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"classifier.bias", "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"}
	if diff := cmp.Diff(want, m.Unknown); diff != "" {
		t.Error(diff)
	}
}

func TestLoadRefuses(t *testing.T) {
	const wo = "encoder.block.1.layer.1.DenseReluDense.wo.weight"
	for name, c := range map[string]struct {
		damage func(t *testing.T, dir string)
		says   string
	}{
		"missing tensor": {func(t *testing.T, dir string) {
			edit(t, dir, func(found fileTensors) { delete(found, wo) })
		}, wo},
		"transposed tensor": {func(t *testing.T, dir string) {
			edit(t, dir, func(found fileTensors) {
				w := found[wo]
				w.Shape = []int{w.Shape[1], w.Shape[0]}
				found[wo] = w
			})
		}, wo},
		"encoder's embeddings of its own": {func(t *testing.T, dir string) {
			edit(t, dir, func(found fileTensors) {
				table := found["shared.weight"]
				table.Data = bytes.Clone(table.Data)
				table.Data[0]++
				found["encoder.embed_tokens.weight"] = table
			})
		}, "encoder.embed_tokens.weight"},
		"NaN": {func(t *testing.T, dir string) {
			edit(t, dir, func(found fileTensors) {
				w := found[wo]
				binary.LittleEndian.PutUint32(w.Data[4*(2*40+7):], math.Float32bits(float32(math.NaN())))
			})
		}, "\"" + wo + "\": its elements must be finite, found an infinity or NaN at [2 7]"},
		"infinity in 16 bits": {func(t *testing.T, dir string) {
			edit(t, dir, func(found fileTensors) {
				w := found[wo]
				w.DType, w.Data = safetensors.Float16, w.Data[:len(w.Data)/2]
				clear(w.Data)
				binary.LittleEndian.PutUint16(w.Data, 0x7c00)
				found[wo] = w
			})
		}, "found an infinity or NaN at [0 0]"},
		"pointers instead of weights": {func(t *testing.T, dir string) {
			path := filepath.Join(dir, "model.safetensors")
			if err := os.WriteFile(path, []byte("version https://git-lfs.github.com/spec/v1\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, "git lfs pull"},
		"a pointer instead of the index": {index("version https://git-lfs.github.com/spec/v1\n"), "git lfs pull"},
		"no head": {func(t *testing.T, dir string) {
			edit(t, dir, func(found fileTensors) { delete(found, "lm_head.weight") })
		}, "lm_head.weight"},
		"config of a wider model": {func(t *testing.T, dir string) {
			replace(t, dir, "config.json", `"d_ff": 40`,
				`"d_ff": 41`)
		}, "[41 24]"},
		"config of a shallower one": {func(t *testing.T, dir string) {
			replace(t, dir, "config.json", `"num_layers": 2`,
				`"num_layers": 1`)
		}, `"encoder.block.1.layer.0.SelfAttention.k.weight": config.json calls for 1 layers of the encoder`},
		"config of a deeper one": {func(t *testing.T, dir string) {
			replace(t, dir, "config.json", `"num_layers": 2`,
				`"num_layers": 3`)
		}, "encoder.block.2"},
		"no config": {func(t *testing.T, dir string) { remove(t, dir, "config.json") }, "config.json"},
		"no weights": {func(t *testing.T, dir string) { remove(t, dir, "model.safetensors") },
			"model.safetensors"},
		"truncated weights":       {truncate, "model.safetensors: tensor"},
		"index not JSON":          {index(`{"weight_map":`), "index.json"},
		"index without map":       {index(`{}`), "weight_map"},
		"index of the wrong type": {index(`{"weight_map":["a"]}`), "index.json"},
		"shard outside":           {index(`{"weight_map":{"a":"../model.safetensors"}}`), "beside the index"},
		"shard by absolute path":  {index(`{"weight_map":{"a":"/etc/passwd"}}`), "beside the index"},
		"shard is the folder":     {index(`{"weight_map":{"a":"."}}`), "beside the index"},
		"shard is its parent":     {index(`{"weight_map":{"a":".."}}`), "beside the index"},
		"shard without a name":    {index(`{"weight_map":{"a":""}}`), "beside the index"},
		"shard that is not there": {index(`{"weight_map":{"a":"x.safetensors"}}`), "x.safetensors"},
		"shard that is a folder": {func(t *testing.T, dir string) {
			index(`{"weight_map":{"a":"x.safetensors"}}`)(t, dir)
			if err := os.Mkdir(filepath.Join(dir, "x.safetensors"), 0o755); err != nil {
				t.Fatal(err)
			}
		}, "regular file"},
		"tensor in two shards": {func(t *testing.T, dir string) {
			both := read(t, dir)
			shard(t, dir, "model-1-of-2.safetensors", "model-2-of-2.safetensors")
			write(t, filepath.Join(dir, "model-2-of-2.safetensors"), both)
		}, "model-2-of-2.safetensors"},
	} {
		t.Run(name, func(t *testing.T) {
			_, dir := saved(t, tiny()["v1.1"])
			c.damage(t, dir)
			_, err := Load(backend(t), dir, dtypes.Float32)
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), dir) {
				t.Errorf("error %v, must mention %s and the folder", err, c.says)
			}
		})
	}
}

func replace(t *testing.T, dir, name, old, new string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil || !bytes.Contains(data, []byte(old)) {
		t.Fatalf("%s must hold %s (%v)", name, old, err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), bytes.Replace(data, []byte(old), []byte(new), 1),
		0o644); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

func truncate(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, "model.safetensors")
	info, err := os.Stat(path)
	if err == nil {
		err = os.Truncate(path, info.Size()-1)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// index puts an index in the place of the weights.
func index(content string) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		remove(t, dir, "model.safetensors")
		if err := os.WriteFile(filepath.Join(dir, "model.safetensors.index.json"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWeightsDType(t *testing.T) {
	c := tiny()["v1.0"]
	_, dir := saved(t, c)
	for _, dtype := range []dtypes.DType{dtypes.Float16, dtypes.Int32, dtypes.InvalidDType} {
		if _, err := Random(backend(t), c, dtype, 1); err == nil {
			t.Errorf("Random in %s must be refused", dtype)
		}
		if _, err := Load(backend(t), dir, dtype); err == nil {
			t.Errorf("Load in %s must be refused", dtype)
		}
	}
}

func TestRandom(t *testing.T) {
	c := tiny()["v1.0"]
	if fingerprint(t, random(t, c, dtypes.Float32, 1)) == fingerprint(t, random(t, c, dtypes.Float32, 2)) {
		t.Error("two seeds gave the same weights")
	}
	if _, err := Random(backend(t), Config{}, dtypes.Float32, 1); err == nil {
		t.Error("an empty Config must be refused")
	}
	c.VocabSize, c.InitializerGain = 2000, 3
	m := random(t, c, dtypes.Float32, 1)
	// HuggingFace's _init_weights: factor for embeddings, factor * (d_model*d_kv)^-0.5 for queries, factor * d_ff^-0.5
	// for the second layer of the feed-forward network; five standard deviations of the estimate, sigma/sqrt(2n).
	for name, want := range map[string]float64{
		"shared": 3,
		"encoder/block/0/layer/0/SelfAttention/q":                       3 / math.Sqrt(24*5),
		"decoder/block/2/layer/2/DenseReluDense/wo":                     3 / math.Sqrt(40),
		"decoder/block/1/layer/1/EncDecAttention/o":                     3 / math.Sqrt(3*5),
		"decoder/block/1/layer/1/EncDecAttention/k":                     3 / math.Sqrt(24),
		"encoder/block/1/layer/1/DenseReluDense/wi":                     3 / math.Sqrt(24),
		"encoder/block/1/layer/1/layer_norm":                            1,
		"decoder/block/0/layer/0/SelfAttention/relative_attention_bias": 3 / math.Sqrt(24),
	} {
		value, err := m.Store.GetVariable("/t5/" + name + "/weight").Value()
		if err != nil {
			t.Fatal(err)
		}
		flat, sum := tensors.MustCopyFlatData[float32](value), 0.0
		for _, x := range flat {
			sum += float64(x) * float64(x)
		}
		n := float64(len(flat))
		if got := math.Sqrt(sum / n); !(math.Abs(got/want-1) <= 5/math.Sqrt(2*n)) {
			t.Errorf("%s: root mean square %.4f, want %.4f", name, got, want)
		}
	}
}

// The weights come back as float32, and those held in bfloat16 to within half a unit of its 8 bits of mantissa.
func TestReadBack(t *testing.T) {
	c := tiny()["v1.0"]
	shared := c.Weights()[0]
	flat := map[dtypes.DType][]float32{}
	for _, dtype := range []dtypes.DType{dtypes.Float32, dtypes.BFloat16} {
		m := random(t, c, dtype, 8)
		value, err := m.CopyWeight(shared)
		if err != nil {
			t.Fatal(err)
		}
		flat[dtype] = floats(t, value)
		rows, err := m.Embeddings([]int32{96, 3})
		if err != nil {
			t.Fatal(err)
		}
		want := slices.Concat(flat[dtype][96*24:97*24], flat[dtype][3*24:4*24])
		if !slices.Equal(rows, want) {
			t.Errorf("%s: the rows are not those of the table", dtype)
		}
		for _, id := range []int32{-1, 97} {
			if _, err := m.Embeddings([]int32{id}); err == nil {
				t.Errorf("row %d of 97 must be refused", id)
			}
		}
	}
	for i, x := range flat[dtypes.Float32] {
		if y := flat[dtypes.BFloat16][i]; !(math.Abs(float64(y-x)) <= math.Abs(float64(x))/256) {
			t.Fatalf("element %d: %v in bfloat16, %v in float32", i, y, x)
		}
	}
}

// Stored records name models by these values.
func TestFingerprintIsFrozen(t *testing.T) {
	for name, want := range map[string]map[dtypes.DType]string{
		"v1.0": {
			dtypes.Float32:  "91b0945d18270f26ccd78cdfac87bc13bc7ca902d179896ab446f495fe4df7dc",
			dtypes.BFloat16: "63267c0d336f50180df8841f66498835b6fb6b700d73fad82734faafea55cfaf",
		},
		"v1.1": {
			dtypes.Float32:  "36e5221794f450ff018f24e0ab5e3bec899d63fcf7c539cd1d54db8de73aa4a3",
			dtypes.BFloat16: "c048a1bd0a24f2549f2c765b8decbc5fcb63e5ba2723c92f37ddb39ee2fa294c",
		},
	} {
		for dtype, want := range want {
			if got := fingerprint(t, random(t, tiny()[name], dtype, 8)); got != want {
				t.Errorf("%s in %s: %s, want %s", name, dtype, got, want)
			}
		}
	}
}

// What changes no result changes no fingerprint; all else does.
func TestFingerprintOfConfig(t *testing.T) {
	m := random(t, tiny()["v1.0"], dtypes.Float32, 8)
	before := fingerprint(t, m)
	for name, c := range map[string]struct {
		change func(*Config)
		same   bool
	}{
		"dropout_rate":       {func(c *Config) { c.DropoutRate = 0 }, true},
		"initializer_factor": {func(c *Config) { c.InitializerGain = 2 }, true},
		"layer_norm_epsilon": {func(c *Config) { c.Epsilon = 1e-5 }, false},
		"max_distance":       {func(c *Config) { c.MaxDistance++ }, false},
		"scaled outputs":     {func(c *Config) { c.ScaledOutputs = false }, false},
		"pad_token_id":       {func(c *Config) { c.PadID++ }, false},
		"eos_token_id":       {func(c *Config) { c.EOSID++ }, false},
		"decoder_start":      {func(c *Config) { c.DecoderStartID++ }, false},
	} {
		other := &Model{Config: m.Config, Store: m.Store}
		c.change(&other.Config)
		if got := fingerprint(t, other); (got == before) != c.same {
			t.Errorf("%s: %s, and %s before", name, got, before)
		}
	}
}
