// SPDX-License-Identifier: Apache-2.0

package tokenizer

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// characterMap is SentencePiece's precompiled normalisation: a double-array trie (Darts) from byte sequences to offsets
// of NUL-terminated replacements. A nil map changes nothing.
type characterMap struct {
	units        []uint32
	replacements []byte
}

// newCharacterMap reads the map: the trie's size in bytes (4, little-endian), the trie, the replacements.
func newCharacterMap(data []byte) (*characterMap, error) {
	if len(data) < 8 {
		return nil, fmt.Errorf("the character map must hold a trie, found %d bytes", len(data))
	}
	size := uint64(binary.LittleEndian.Uint32(data))
	if size == 0 || size%4 != 0 || size > uint64(len(data)-4) {
		return nil, fmt.Errorf("the character map's trie must fill a multiple of 4 of the %d bytes there, found %d",
			len(data)-4, size)
	}
	m := &characterMap{make([]uint32, size/4), data[4+size:]}
	for i := range m.units {
		m.units[i] = binary.LittleEndian.Uint32(data[4+4*i:])
	}
	if len(m.replacements) > 0 && (m.replacements[len(m.replacements)-1] != 0 || !utf8.Valid(m.replacements)) {
		return nil, fmt.Errorf("the character map's replacements must be UTF-8 and end with NUL")
	}
	return m, m.check()
}

// check returns an error if a leaf of the trie leads outside the replacements, or into the middle of a character.
func (m *characterMap) check() error {
	for i, unit := range m.units {
		if unit>>31 == 1 || unit>>8&1 == 0 {
			continue // a value, or a node without one
		}
		leaf := uint32(i) ^ childOffset(unit)
		if uint64(leaf) >= uint64(len(m.units)) {
			return fmt.Errorf("the character map's trie has a leaf at %d, beyond its %d units", leaf, len(m.units))
		}
		start := m.units[leaf] & (1<<31 - 1)
		if uint64(start) >= uint64(len(m.replacements)) || !utf8.RuneStart(m.replacements[start]) {
			return fmt.Errorf("the character map's trie leads to byte %d, where no replacement can start", start)
		}
	}
	return nil
}

// append appends a grapheme with its characters replaced as HuggingFace does: a grapheme of less than 6 bytes as a
// whole if a replacement is found for its beginning, else character by character.
func (m *characterMap) append(out []byte, grapheme string) []byte {
	if !utf8.ValidString(grapheme) {
		grapheme = string([]rune(grapheme)) // each wrong byte as U+FFFD
	}
	if m == nil {
		return append(out, grapheme...)
	}
	if len(grapheme) < 6 {
		if replacement, ok := m.replace(grapheme); ok {
			return append(out, replacement...)
		}
	}
	for i, char := range grapheme {
		part := grapheme[i : i+utf8.RuneLen(char)]
		if replacement, ok := m.replace(part); ok {
			out = append(out, replacement...)
		} else {
			out = append(out, part...)
		}
	}
	return out
}

// childOffset is the distance, by exclusive or, from a unit of a Darts double array to its children.
func childOffset(unit uint32) uint32 { return (unit >> 10) << ((unit & (1 << 9)) >> 6) }

// replace looks for the shortest beginning of chunk that the trie has.
func (m *characterMap) replace(chunk string) ([]byte, bool) {
	at := childOffset(m.units[0])
	for i := range len(chunk) {
		at ^= uint32(chunk[i])
		if chunk[i] == 0 || uint64(at) >= uint64(len(m.units)) {
			return nil, false
		}
		unit := m.units[at]
		if unit&(1<<31|0xff) != uint32(chunk[i]) {
			return nil, false
		}
		at ^= childOffset(unit)
		if unit>>8&1 == 1 {
			replacement := m.replacements[m.units[at]&(1<<31-1):]
			return replacement[:bytes.IndexByte(replacement, 0)], true
		}
	}
	return nil, false
}
