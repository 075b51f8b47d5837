// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/renameio/v2"

	"dpt/t5/modelfile"
	"dpt/t5/safetensors"
)

// The two files of a PEFT adapter's folder, and the tensor of an adapter that is a prompt.
const (
	adapterConfig  = "adapter_config.json"
	adapterWeights = "adapter_model.safetensors"
	adapterTensor  = "prompt_embeddings"
)

// adapter holds the entries for a prompt in adapter_config.json. A key that is missing or null has PEFT's default,
// which PEFT takes from the model; so the export of a prompt need not give the model's layers and heads.
type adapter struct {
	Type       string  `json:"peft_type"`
	Task       string  `json:"task_type"`
	Base       *string `json:"base_model_name_or_path"`
	Length     int     `json:"num_virtual_tokens"`         // c
	Width      *int    `json:"token_dim"`                  // e
	Submodules *int    `json:"num_transformer_submodules"` // 1: encoder; 2, PEFT's default for T5: see rows
}

// tensorPrefix precedes the name of a module's tensor in PEFT's files.
const tensorPrefix = "base_model.model."

// ExportPEFT writes the prompt, or what a [PEFTAdapter] trained, as an adapter that HuggingFace PEFT loads with
// PeftModel.from_pretrained, for a T5 as T5ForConditionalGeneration: a folder dir, which must not exist or be empty,
// with adapter_config.json and adapter_model.safetensors. It is there whole or not at all. baseModel, which may be "",
// is the name or folder that PEFT's AutoPeftModel loads the T5 from.
func (p *Trained) ExportPEFT(dir, baseModel string) error {
	config, weights, err := p.adapter()
	if err != nil {
		return err
	}
	config["task_type"], config["inference_mode"], config["base_model_name_or_path"] = "SEQ_2_SEQ_LM", true, nil
	if baseModel != "" {
		config["base_model_name_or_path"] = baseModel
	}
	data, err := json.Marshal(config, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	dir = filepath.Clean(dir)
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(filepath.Dir(dir), ".peft-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := errors.Join(
		os.Chmod(work, 0o755),
		renameio.WriteFile(filepath.Join(work, adapterConfig), append(data, '\n'), 0o644),
		safetensors.Write(filepath.Join(work, adapterWeights), weights, map[string]string{"format": "pt"}),
	); err != nil {
		return fmt.Errorf("writing the adapter: %w", err)
	}
	if err := os.Rename(work, dir); err != nil {
		return fmt.Errorf("an adapter's folder must be new or empty: %w", err)
	}
	return nil
}

// adapter returns the contents of PEFT's two files.
func (p *Trained) adapter() (config map[string]any, weights []safetensors.Tensor, err error) {
	if !p.hooked() {
		prompt := p.product
		prompt.Name = adapterTensor
		return map[string]any{
			"peft_type": "PROMPT_TUNING", "num_virtual_tokens": p.Length, "token_dim": p.Width,
			"num_transformer_submodules": 1, // the prompt stands in front of the encoder only
			"prompt_tuning_init":         "RANDOM",
		}, []safetensors.Tensor{prompt}, nil
	}
	method, ok := As[PEFTAdapter](p)
	if !ok {
		name := "a method that the file does not name"
		if p.Method != nil {
			name = p.Method.Name()
		}
		return nil, nil, fmt.Errorf("%s is more than vectors in front of the input: PEFT has no adapter that it "+
			"could be written as", name)
	}
	for _, v := range p.variables {
		v.Name = tensorPrefix + v.Name
		weights = append(weights, v)
	}
	return method.PEFT(), weights, nil
}

// ImportPEFT reads the adapter that PEFT's prompt tuning of a T5, or its P-tuning, saved in a folder, in float32 or 16
// bits. P-tuning's network is not in it, because PEFT saves the vectors that the network makes. The adapter's base
// model, if it names one, becomes the prompt's metadata "peft_base_model".
func ImportPEFT(dir string) (*Trained, error) {
	path := filepath.Join(dir, adapterConfig)
	data, err := modelfile.Read(path, 1<<20)
	if err != nil {
		return nil, err
	}
	var config adapter
	if err := json.Unmarshal(data, &config); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	submodules, err := config.check()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	path = filepath.Join(dir, adapterWeights)
	file, err := safetensors.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		err = fmt.Errorf("%w; a pickled adapter_model.bin is not read: save it in PEFT with safe_serialization=True",
			err)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	rows, err := config.rows(file, submodules)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	rows.Name = productTensor
	p := &Trained{Length: rows.Shape[0], Width: rows.Shape[1], Metadata: map[string]string{"format": "pt"},
		product: rows}
	if config.Base != nil && *config.Base != "" {
		p.Metadata["peft_base_model"] = *config.Base
	}
	return p, nil
}

// check returns num_transformer_submodules.
func (a *adapter) check() (submodules int, err error) {
	submodules = 2
	if a.Submodules != nil {
		submodules = *a.Submodules
	}
	switch {
	case a.Type != "PROMPT_TUNING" && a.Type != "P_TUNING":
		err = fmt.Errorf(`peft_type must be "PROMPT_TUNING" or "P_TUNING", found %q: no other adapter is vectors in `+
			`front of the input`, a.Type)
	case a.Task != "SEQ_2_SEQ_LM":
		err = fmt.Errorf(`task_type must be "SEQ_2_SEQ_LM", as of a T5 that generates text, found %q`, a.Task)
	case a.Length < 1:
		err = fmt.Errorf("num_virtual_tokens must be at least 1, found %d", a.Length)
	case a.Width != nil && *a.Width < 1:
		err = fmt.Errorf("token_dim must be at least 1, found %d", *a.Width)
	case submodules != 1 && submodules != 2:
		err = fmt.Errorf("num_transformer_submodules must be 1 or 2 (encoder, decoder), found %d", submodules)
	}
	return submodules, err
}

// rows returns the prompt, [c, e]. With two submodules PEFT saves 2c vectors, but its prompt tuning puts the first c in
// front of the encoder and never reads the others, and so rows leaves them out.
func (a *adapter) rows(file *safetensors.File, submodules int) (safetensors.Tensor, error) {
	t, ok := file.Tensor(adapterTensor)
	switch names := file.Names(); {
	case !ok || len(names) != 1:
		return t, fmt.Errorf("it must hold the tensor %q alone, found %q", adapterTensor, names)
	case len(t.Shape) != 2 || t.Shape[0]%submodules != 0 || t.Shape[0]/submodules != a.Length || t.Shape[1] < 1 ||
		a.Width != nil && t.Shape[1] != *a.Width:
		want := "token_dim"
		if a.Width != nil {
			want = fmt.Sprint(*a.Width)
		}
		return t, fmt.Errorf("tensor %q must be [%d * %d, %s], as %s says (num_virtual_tokens * "+
			"num_transformer_submodules, token_dim), found %v",
			adapterTensor, a.Length, submodules, want, adapterConfig, t.Shape)
	}
	read, err := t.Reader()
	if err != nil {
		return t, err
	}
	width := t.Shape[1]
	rows := safetensors.Tensor{Name: t.Name, DType: safetensors.Float32, Shape: []int{a.Length, width}}
	for i := range a.Length * width {
		rows.Data = binary.LittleEndian.AppendUint32(rows.Data, math.Float32bits(read(i)))
	}
	return rows, rows.CheckFinite()
}
