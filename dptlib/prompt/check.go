// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"fmt"
	"math/rand/v2"
	"runtime"
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
			panic(noVariable(name))
		}
		return nodes[name]
	}
	const rows, tokens = 2, 16
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
	cause, ok := r.(error)
	if !ok {
		cause = fmt.Errorf("%v", r)
	}
	err := fmt.Errorf("method %s: its %s could not be made: %w", method.Name(), what, cause)
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
func noVariable(name string) error {
	return fmt.Errorf("there is no variable %q: Init must return one", name)
}
