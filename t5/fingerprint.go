// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Fingerprint is a SHA-256, in hex, of the architecture and of every weight in the dtype it is held in: two models that
// share it give the same results.
func (m *Model) Fingerprint() (string, error) {
	if m.fingerprint != "" {
		return m.fingerprint, nil
	}
	config, err := json.Marshal(m.Config)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	hash.Write(config)
	for _, p := range m.Weights() {
		value, err := m.Store.GetVariable(p.path()).Value()
		if err != nil {
			return "", err
		}
		fmt.Fprintf(hash, "\n%s %s\n", p.Name, value.Shape())
		if err := value.ConstBytes(func(data []byte) { hash.Write(data) }); err != nil {
			return "", err
		}
	}
	m.fingerprint = hex.EncodeToString(hash.Sum(nil)) // weights are frozen
	return m.fingerprint, nil
}
