// SPDX-License-Identifier: Apache-2.0

package toy

import (
	"encoding/json"
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"dpt/t5"
)

// Unscaled ends the name of a toy model at the scale that it was trained at, before pre-training's last step rescaled
// it to T5's: "toy-l-unscaled" computes what toy-l does, but its embeddings are some 25 times smaller, and so is a
// prompt with the same effect ([t5.Rescale]).
const Unscaled = "-unscaled"

// loadUnscaled undoes the rescaling that a toy model's recipe.json tells of.
func loadUnscaled(backend compute.Backend, name string, dtype dtypes.DType) (*t5.Model, error) {
	m, err := Load(backend, name, dtype)
	if err != nil {
		return nil, err
	}
	text, err := Record(name)
	if err != nil {
		return nil, err
	}
	var made struct {
		Factor float64 `json:"rescaled_by"`
	}
	if err := json.Unmarshal(text, &made); err != nil || made.Factor <= 0 {
		return nil, fmt.Errorf("recipe.json of %s must have the factor that it was rescaled by, found %g (%v)",
			name, made.Factor, err)
	}
	unscaled, err := t5.Rescale(backend, m, 1/made.Factor)
	if err != nil {
		return nil, err
	}
	unscaled.Epsilon = m.Epsilon // as pre-training left it: nothing beside the stream's mean squares at either scale
	return unscaled, nil
}
