// SPDX-License-Identifier: Apache-2.0

package prompt_test

import (
	"slices"
	"testing"

	"dpt/dptlib/internal/cases"
	"dpt/dptlib/prompt"
)

// TestImportPEFTCases: adapters of P-tuning hold the vectors that its network makes, and those of 16 bits are widened:
// the first numbers are those that PEFT wrote.
func TestImportPEFTCases(t *testing.T) {
	for name, want := range map[string][]float32{
		"peft_ptuning": {-0.053651005029678345, 0.2519170641899109, -0.5474117398262024},
		"peft_bf16":    {0.37109375, 0.0634765625, -0.42578125},
	} {
		p, err := prompt.ImportPEFT(cases.Shared(t, "cases", name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if p.Length != 5 || p.Width != 32 || !slices.Equal(p.Elements()[:3], want) {
			t.Errorf("%s has %d vectors of %d that begin with %v, want 5 of 32 and %v", name, p.Length, p.Width,
				p.Elements()[:3], want)
		}
	}
}
