// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// CheckVocabulary ensures that the vocabulary, if there is one, can be the model's: decoding ends at the model's
// eos_token_id, and targets end with the vocabulary's </s>.
func (b Backbone) CheckVocabulary() error {
	switch v := b.Vocabulary; {
	case v == nil:
		return nil
	case v.Size() > b.VocabSize:
		return fmt.Errorf("the vocabulary has %d pieces, but the model's embedding table only %d rows: they belong to "+
			"different models",
			v.Size(), b.VocabSize)
	case int(v.EOS) != b.EOSID:
		return fmt.Errorf("config.json's eos_token_id must be the id of the vocabulary's </s>, %d, found %d: they "+
			"belong to different models, or config.json is wrong",
			v.EOS, b.EOSID)
	}
	return nil
}

// Check draws a method's variables and builds its graphs on rows of a few tokens, without running them. The error names
// the method and, if there is one, the variable that is wrong.
func Check(backend compute.Backend, b Backbone, method Method, random *rand.Rand) (err error) {
	list, err := draw(method, b, random)
	if err != nil {
		return err
	}
	g := NewGraph(backend, "check")
	defer g.Finalize()
	defer func() {
		if r := recover(); r != nil {
			err = panicked(method, "graph", r)
		}
	}()
	nodes := map[string]*Node{}
	for _, v := range list {
		nodes[v.Name] = Parameter(g, "variable "+v.Name, v.Value.Shape())
	}
	v := func(name string) *Node {
		if nodes[name] == nil {
			panic(noVariable(method, name))
		}
		return nodes[name]
	}
	const rows, tokens = 2, 4
	in := Input{
		Embeddings: Parameter(g, "embeddings", shapes.Make(dtypes.Float32, rows, tokens, b.DModel)),
		Mask:       Parameter(g, "mask", shapes.Make(dtypes.Bool, rows, tokens)),
	}
	buildInput(method, b, v, in)
	if router, ok := As[Router](method); ok {
		router.Choose(v, in)
	}
	in.Keys = Parameter(g, "keys", shapes.Make(dtypes.Uint32, 2))
	buildInput(method, b, v, in)
	if hook, ok := As[WeightHook](method); ok {
		for _, w := range b.Weights() {
			before := Parameter(g, w.Name, b.Variable(w).Shape())
			if after := hook.Weight(v, w.Name, before); after == nil || !after.Shape().Equal(before.Shape()) {
				panic(fmt.Errorf("Weight must return %s as a %s, found %v", w.Name, before.Shape(), after))
			}
		}
	}
	return nil
}

// panicked makes an error of a panic r in a method's code; its caller is what is deferred. Go's own words do not tell
// where it was.
func panicked(method Method, what string, r any) error {
	err := fmt.Errorf("method %s: its %s could not be made: %v", method.Name(), what, r)
	if _, ok := r.(runtime.Error); !ok {
		return err
	}
	callers := make([]uintptr, 16)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)])
	for f, more := frames.Next(); more; f, more = frames.Next() {
		if !strings.HasPrefix(f.Function, "runtime.") {
			return fmt.Errorf("%w, at %s:%d", err, f.File, f.Line)
		}
	}
	return err
}

// named lets a panic in a method's code name the method, as an error, which GoMLX returns.
func named(method Method) {
	if r := recover(); r != nil {
		panic(panicked(method, "graph", r))
	}
}

// draw returns the variables that a method's Init draws, once they are fit to be trained and stored.
func draw(method Method, b Backbone, random *rand.Rand) (list []Variable, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicked(method, "variables", r)
		}
	}()
	_, stored := method.(*Trained) // its variable may be P, and its errors name a file
	list, err = method.Init(b, random)
	if err != nil && !stored {
		err = fmt.Errorf("method %s: %w", method.Name(), err)
	}
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, v := range list {
		err := v.err
		switch {
		case err != nil:
		case v.Name == "" || strings.Contains(v.Name, "/") || !utf8.ValidString(v.Name):
			err = fmt.Errorf("a variable needs a name in UTF-8 without slashes, found %q", v.Name)
		case v.Name == productTensor && !stored, v.Name == reservedTensor:
			err = fmt.Errorf("a variable must not be named %q, as another part of a prompt's file is: rename it",
				v.Name)
		case seen[v.Name]:
			err = fmt.Errorf("variables must have different names, found two named %q: rename one", v.Name)
		case v.Value == nil:
			err = fmt.Errorf("variable %s must have a value of float32, found none", v.Name)
		case v.Value.DType() != dtypes.Float32:
			err = fmt.Errorf("variable %s must have a value of float32, found %s", v.Name, v.Value.Shape())
		}
		if err != nil {
			return nil, fmt.Errorf("method %s: %w", method.Name(), err)
		}
		seen[v.Name] = true
	}
	return list, nil
}

// reservedTensor is a name that safetensors files reserve.
const reservedTensor = "__metadata__"

// noVariable is the error of a graph that asks for a variable that the method has not drawn.
func noVariable(method Method, name string) error {
	return fmt.Errorf("%s has no variable %q: its Init must return one", method.Name(), name)
}

// buildPrompt builds P [c, e], or nil, and checks its shape: what is stored must be what Vectors promises.
func buildPrompt(method Method, b Backbone, v Variables) *Node {
	p, c := method.Prompt(v), method.Vectors()
	if _, hook := As[InputHook](method); p == nil && (hook || c == 0) {
		return nil
	}
	checkPrompt(method, p, c, b.DModel)
	return p
}

// buildInput builds the encoder's input for rows of a run: see [Installed.Read]. in has no prompt yet.
func buildInput(method Method, b Backbone, v Variables, in Input) (text, prompt *Node) {
	in.Prompt = buildPrompt(method, b, v)
	hook, ok := As[InputHook](method)
	if !ok {
		return in.Embeddings, in.Prompt
	}
	text, prompt = hook.Input(v, in)
	if text == nil || !text.Shape().Equal(in.Embeddings.Shape()) {
		panic(fmt.Errorf("%s: Input must return embeddings as %s, found %v", method.Name(), in.Embeddings.Shape(),
			text))
	}
	if c := method.Vectors(); prompt == nil && c > 0 || prompt != nil && prompt.Rank() != 3 {
		checkPrompt(method, prompt, c, b.DModel)
	} else if prompt != nil {
		checkPrompt(method, prompt, text.Shape().Dim(0), c, b.DModel)
	}
	return text, prompt
}

// checkPrompt panics if a prompt has not the wanted shape.
func checkPrompt(method Method, p *Node, want ...int) {
	if p == nil || p.DType() != dtypes.Float32 || !slices.Equal(p.Shape().Dimensions, want) {
		found := "none"
		if p != nil {
			found = p.Shape().String()
		}
		panic(fmt.Errorf("%s must make a prompt of float32 and of the shape %v, as its Vectors says, found %s",
			method.Name(), want, found))
	}
}
