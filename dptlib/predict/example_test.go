// SPDX-License-Identifier: Apache-2.0

package predict_test

import (
	"context"
	"log"
	"os"
	"strings"

	"github.com/gomlx/compute/dtypes"

	"dpt/dptlib/pjrt"
	"dpt/dptlib/predict"
	"dpt/dptlib/prompt"
	"dpt/superglue"
	"dpt/t5/toy"
)

// A row of CB and one that lacks its hypothesis, answered by toy-l in the format that it was pre-trained on, without a
// prompt. With a prompt, the method is the result of [prompt.Load].
func ExamplePredictor_Run() {
	backend, err := pjrt.Backend()
	if err != nil {
		log.Fatal(err)
	}
	model, err := toy.Load(backend, "toy-l", dtypes.Float32)
	if err != nil {
		log.Fatal(err)
	}
	vocabulary, err := toy.Tokenizer()
	if err != nil {
		log.Fatal(err)
	}
	task, _ := superglue.Lookup("CB")
	predictor, err := predict.NewPredictor(backend, prompt.Backbone{Model: model, Vocabulary: vocabulary},
		prompt.None{},
		predict.Spec{Task: task, Format: superglue.Format{Style: superglue.T5, Labels: superglue.Words}, MaxSource: 256,
			BatchSize: 8})
	if err != nil {
		log.Fatal(err)
	}
	defer predictor.Close()
	rows := strings.NewReader(`{"premise": "Yesterday Leo did not notice that Hugo did not repair a yellow belt.", "hypothesis": "Hugo did not repair a yellow belt", "idx": 0}
{"premise": "In spring Anna realised that Fay found a grey saw.", "idx": 1}
`)
	if _, err := predictor.Run(context.Background(), rows, os.Stdout); err != nil {
		log.Fatal(err)
	}
	// Output:
	// {"line":1,"id":"0","text":"entailment","label":"entailment"}
	// {"line":2,"error":"input:2: field \"hypothesis\": missing; want a string"}
}
