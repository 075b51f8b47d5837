// SPDX-License-Identifier: Apache-2.0

package train

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
	"dpt/t5"
	"dpt/t5/safetensors"
)

// methodCase is a method in testdata/methods, as testdata/methods.py trained it with PyTorch in float64.
type methodCase struct {
	Method prompt.Spec        `json:"method"`
	Rates  map[string]float64 `json:"rates"` // factors of the learning rate

	values map[string]*tensors.Tensor
}

// methodSettings are those of all cases.
type methodSettings struct {
	Steps   int     `json:"steps"`
	Rate    float64 `json:"rate"`
	Decay   float64 `json:"decay"`
	Clip    float64 `json:"clip"`
	Epsilon float64 `json:"epsilon"`
	Seed    uint64  `json:"seed"`
}

// openTensors reads a file of the folder testdata/methods.
func openTensors(t *testing.T, name string) (metadata map[string]string, values map[string]*tensors.Tensor) {
	t.Helper()
	file := cases.Must(safetensors.Open(filepath.Join("testdata", "methods", name+".safetensors")))
	defer file.Close()
	values = map[string]*tensors.Tensor{}
	for _, name := range file.Names() {
		from, _ := file.Tensor(name)
		dtype := map[safetensors.DType]dtypes.DType{safetensors.Float32: dtypes.Float32,
			safetensors.Int32: dtypes.Int32}[from.DType]
		values[name] = cases.Must(tensors.FromRaw(nil, 0, shapes.Make(dtype, from.Shape...), slices.Clone(from.Data)))
	}
	return maps.Clone(file.Metadata), values
}

// openMethod reads a case.
func openMethod(t *testing.T, name string) *methodCase {
	t.Helper()
	metadata, values := openTensors(t, name)
	c := &methodCase{values: values}
	if err := json.Unmarshal([]byte(metadata["case"]), c); err != nil {
		t.Fatal(err)
	}
	return c
}

// under returns the values below a folder of names.
func (c *methodCase) under(folder string) map[string]*tensors.Tensor {
	found := map[string]*tensors.Tensor{}
	for name, value := range c.values {
		if rest, ok := strings.CutPrefix(name, folder+"/"); ok {
			found[rest] = value
		}
	}
	return found
}

// start sets the method's variables to the case's.
func (c *methodCase) start(t *testing.T, in *prompt.Installed) {
	t.Helper()
	values := c.under("start")
	for _, v := range in.Variables {
		value := values[v.Name()]
		if value == nil || !slices.Equal(value.Shape().Dimensions, v.Shape().Dimensions) {
			t.Fatalf("the case must have %s of shape %s, found %v", v.Name(), v.Shape(), value)
		}
		delete(values, v.Name())
		if err := v.SetValue(cases.Must(value.LocalClone())); err != nil { // the store frees it
			t.Fatal(err)
		}
		if want := c.Rates[v.Name()]; v.Rate != want && !(v.Rate == 1 && want == 0) {
			t.Errorf("the factor of %s's learning rate must be %g, found %g", v.Name(), want, v.Rate)
		}
		if frozen := c.values["gradient/"+v.Name()] == nil; v.Frozen != frozen {
			t.Errorf("%s: frozen is %t, must be %t", v.Name(), v.Frozen, frozen)
		}
	}
	if len(values) > 0 {
		t.Errorf("the method lacks the variables %v", slices.Collect(maps.Keys(values)))
	}
}

// compare reports where values differ by more than bound times the reference's largest magnitude.
func (c *methodCase) compare(t *testing.T, name string, got *tensors.Tensor, bound float64) {
	t.Helper()
	want := c.values[name]
	if want == nil || !slices.Equal(got.Shape().Dimensions, want.Shape().Dimensions) {
		t.Fatalf("%s: the shape must be that of %v, found %s", name, want, got.Shape())
	}
	differ(t, name, tensors.MustCopyFlatData[float32](got), tensors.MustCopyFlatData[float32](want), bound)
}

// compareChange does the same for how far a variable has come from its start.
func (c *methodCase) compareChange(t *testing.T, name string, got *tensors.Tensor, bound float64) {
	t.Helper()
	found, want := tensors.MustCopyFlatData[float32](got), tensors.MustCopyFlatData[float32](c.values["end/"+name])
	for i, start := range tensors.MustCopyFlatData[float32](c.values["start/"+name]) {
		found[i], want[i] = found[i]-start, want[i]-start
	}
	differ(t, "change of "+name, found, want, bound)
}

func differ(t *testing.T, name string, got, want []float32, bound float64) {
	t.Helper()
	difference, magnitude := cases.Differs(got, want)
	t.Logf("%-28s relative error %.1e", name, difference/max(magnitude, 1e-30))
	if difference > bound*magnitude {
		t.Errorf("%s differs by %.2e of %.2e, may by %g of it", name, difference, magnitude, bound)
	}
}

// TestMethodsAgainstPyTorch compares every method with an independent implementation on HuggingFace's T5, from the same
// initial values: what the encoder reads, loss and gradients within 1e-4 of the largest magnitude, and the variables'
// changes in eight updates by the trainer within 1e-3.
func TestMethodsAgainstPyTorch(t *testing.T) {
	m := cases.Must(t5.Load(cases.Backend(t), filepath.Join("testdata", "methods"), dtypes.Float32))
	metadata, batch := openTensors(t, "batch")
	var settings methodSettings
	if err := json.Unmarshal([]byte(metadata["settings"]), &settings); err != nil {
		t.Fatal(err)
	}
	missing := map[string]bool{}
	for _, name := range prompt.Names() {
		missing[name] = true
	}
	for _, elsewhere := range []string{"PT", "Residual PT", "rank probe", "Fine-tuning"} { // tested by their formulas
		delete(missing, elsewhere)
	}
	for _, path := range cases.Must(filepath.Glob("testdata/methods/*.safetensors")) {
		name := strings.TrimSuffix(filepath.Base(path), ".safetensors")
		if name == "batch" || name == "model" {
			continue
		}
		c := openMethod(t, name)
		delete(missing, c.Method.Name())
		t.Run(name, func(t *testing.T) {
			c.checkStart(t, m, batch, settings)
			c.checkUpdates(t, m, batch, settings)
		})
	}
	for name := range missing {
		t.Errorf("%s has no case", name)
	}
}

// checkStart compares what the method does to the encoder's input and to the weights, the loss and the gradients.
func (c *methodCase) checkStart(t *testing.T, m *t5.Model, batch map[string]*tensors.Tensor, settings methodSettings) {
	in := cases.Must(prompt.Install(prompt.Backbone{Model: m}, []prompt.Method{c.Method.Method},
		[]*rand.Rand{stream(settings.Seed, initStream, 0)}))[0]
	c.start(t, in)
	random := stream(settings.Seed, dropoutStream, 0)
	keys := tensors.FromFlatDataAndDimensions([]uint32{random.Uint32(), random.Uint32()}, 1, 2)
	var names []string
	out, err := model.CallOnceN(cases.Backend(t), m.Store, func(_ *model.Scope, inputs []*Node) (nodes []*Node) {
		ids, mask, labels, keys := inputs[0], ConvertDType(inputs[1], dtypes.Bool), inputs[2], inputs[3]
		give := func(name string, node *Node) {
			if c.values[name] != nil {
				names, nodes = append(names, name), append(nodes, node)
			}
		}
		if hook, ok := prompt.As[prompt.WeightHook](in.Method); ok {
			variables := func(name string) *Node { return in.Scope().GetVariable(name).NodeValue(ids.Graph()) }
			for _, w := range m.Weights() {
				give("weight/"+w.Name, hook.Weight(variables, w.Name, m.Variable(w).NodeValue(ids.Graph())))
			}
		}
		for prefix, keys := range map[string]*Node{"": nil, "training/": keys} {
			if keys != nil {
				keys = Squeeze(keys, 0)
			}
			x, p := in.Read(m.Embed(in.Weights(ids.Graph()), ids), mask, keys)
			give(prefix+"embeddings", x)
			if p != nil {
				give(prefix+"prompt", p)
			}
		}
		encoded := prompt.Encode([]*prompt.Installed{in}, ids, mask, keys, nil)
		loss := t5.Loss(m.Decode(in.Weights(ids.Graph()), encoded, labels, nil), labels)
		var values []*Node
		for _, p := range trained(in) {
			values = append(values, p.NodeValue(ids.Graph()))
		}
		for i, gradient := range Gradient(loss, values...) {
			give("gradient/"+trained(in)[i].Name(), gradient)
		}
		return append(nodes, loss)
	}, batch["ids"], batch["mask"], batch["labels"], keys)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	for i, name := range names {
		c.compare(t, name, out[i], 1e-4)
	}
	for name := range c.values {
		folder, _, _ := strings.Cut(name, "/")
		if !slices.Contains([]string{"start", "end", "losses", "norms"}, folder) && !slices.Contains(names, name) {
			t.Errorf("nothing was compared with %s", name)
		}
	}
	first := tensors.MustCopyFlatData[float32](c.values["losses"])[0]
	if loss := tensors.ToScalar[float32](out[len(out)-1]); !(max(loss-first, first-loss) <= 1e-4*first) {
		t.Errorf("the loss must be %v within 1e-4 of it, found %v", first, loss)
	}
}

// checkUpdates compares the trainer's losses, gradient norms and variables.
func (c *methodCase) checkUpdates(t *testing.T, m *t5.Model, data map[string]*tensors.Tensor, settings methodSettings) {
	optimizer := AdamW{0.9, 0.999, settings.Epsilon, settings.Decay, settings.Clip}
	trainer := cases.Must(NewTrainer(cases.Backend(t), prompt.Backbone{Model: m}, 0,
		Member{Method: c.Method.Method, Optimizer: optimizer, Seed: settings.Seed}))
	defer trainer.Close()
	c.start(t, trainer.methods[0])
	batch := &Batch{
		Size:    data["ids"].Shape().Dim(0),
		Sources: tensors.MustCopyFlatData[int32](data["ids"]), Labels: tensors.MustCopyFlatData[int32](data["labels"]),
	}
	for _, visible := range tensors.MustCopyFlatData[int32](data["mask"]) {
		batch.Mask = append(batch.Mask, visible != 0)
	}
	var losses, norms []float32
	for range settings.Steps {
		loss, norm, err := trainer.Step(batch, settings.Rate)
		if err != nil {
			t.Fatalf("%+v", err)
		}
		losses, norms = append(losses, loss...), append(norms, norm...)
	}
	c.compare(t, "losses", tensors.FromValue(losses), 1e-4)
	c.compare(t, "norms", tensors.FromValue(norms), 1e-3)
	for _, v := range trainer.methods[0].Variables {
		c.compareChange(t, v.Name(), cases.Must(v.Value()), 1e-3)
	}
}
