// SPDX-License-Identifier: Apache-2.0

package safetensors

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// Digest returns the SHA-256, in hex, of tensors: of their names, dtypes, shapes and data, regardless of their order.
func Digest(tensors []Tensor) string {
	sorted := slices.SortedFunc(slices.Values(tensors), func(a, b Tensor) int { return cmp.Compare(a.Name, b.Name) })
	hash := sha256.New()
	for _, t := range sorted {
		fmt.Fprintf(hash, "%q %s %v %d\n", t.Name, t.DType, t.Shape, len(t.Data))
		hash.Write(t.Data)
	}
	return hex.EncodeToString(hash.Sum(nil))
}
