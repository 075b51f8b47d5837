// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"errors"
	"sync"
	"testing"
)

// TestFirstUse: calls may overlap, errors and panics pass through, and none of them is counted afterwards.
func TestFirstUse(t *testing.T) {
	failure := errors.New("no memory")
	var all, both sync.WaitGroup
	both.Add(2)
	for range 2 {
		all.Go(func() {
			if err := FirstUse(func() error {
				both.Done()
				both.Wait() // for the other
				return failure
			}); !errors.Is(err, failure) {
				t.Errorf("found %v, want %v", err, failure)
			}
		})
	}
	all.Wait()
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was lost")
			}
		}()
		FirstUse(func() error { panic("a graph that cannot be built") })
	}()
	if firstUses.n != 0 {
		t.Errorf("%d uses are left", firstUses.n)
	}
}
