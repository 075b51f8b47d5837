// SPDX-License-Identifier: Apache-2.0

package tokenizer

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// characterMap is SentencePiece's precompiled normalisation: a double-array trie (Darts) from byte sequences to offsets
// of NUL-terminated replacements. A nil map changes nothing.
type characterMap struct {
	units        []uint32
	replacements []byte
}

// newCharacterMap reads the map: the trie's size in bytes (4, little-endian), the trie, the replacements.
func newCharacterMap(data []byte) (*characterMap, error) {
	if len(data) == 0 {
		return nil, nil
	}
	if len(data) < 8 {
		return nil, fmt.Errorf("the character map must hold a trie, found %d bytes", len(data))
	}
	size := uint64(binary.LittleEndian.Uint32(data))
	if size == 0 || size%4 != 0 || size > uint64(len(data)-4) {
		return nil, fmt.Errorf("the character map's trie must fill a multiple of 4 of the %d bytes there, found %d", len(data)-4, size)
	}
	m := &characterMap{make([]uint32, size/4), data[4+size:]}
	for i := range m.units {
		m.units[i] = binary.LittleEndian.Uint32(data[4+4*i:])
	}
	if len(m.replacements) > 0 && (m.replacements[len(m.replacements)-1] != 0 || !utf8.Valid(m.replacements)) {
		return nil, fmt.Errorf("the character map's replacements must be UTF-8 and end with NUL")
	}
	return m, nil
}

// normalise replaces characters as HuggingFace does: a grapheme of less than 6 bytes as a whole if a replacement is
// found for its beginning, else character by character.
func (m *characterMap) normalise(text string) string {
	if m == nil {
		return text
	}
	var out strings.Builder
	out.Grow(len(text))
	state := -1
	for text != "" {
		var grapheme string
		if text[0] >= ' ' && text[0] < 0x7f && (len(text) == 1 || text[1] < 0x7f) {
			grapheme, text, state = text[:1], text[1:], -1 // ASCII before ASCII stands alone
		} else {
			grapheme, text, _, state = uniseg.FirstGraphemeClusterInString(text, state)
		}
		if len(grapheme) < 6 {
			if replacement, ok := m.replace(grapheme); ok {
				out.Write(replacement)
				continue
			}
		}
		for i, char := range grapheme {
			part := grapheme[i : i+utf8.RuneLen(char)]
			if replacement, ok := m.replace(part); ok {
				out.Write(replacement)
			} else {
				out.WriteString(part)
			}
		}
	}
	return out.String()
}

// replace looks for the shortest beginning of chunk that the trie has.
func (m *characterMap) replace(chunk string) ([]byte, bool) {
	offset := func(unit uint32) uint32 { return (unit >> 10) << ((unit & (1 << 9)) >> 6) }
	at := offset(m.units[0])
	for i := range len(chunk) {
		if chunk[i] == 0 {
			break
		}
		at ^= uint32(chunk[i])
		if uint64(at) >= uint64(len(m.units)) {
			return nil, false
		}
		unit := m.units[at]
		if unit&(1<<31|0xff) != uint32(chunk[i]) {
			return nil, false
		}
		at ^= offset(unit)
		if unit>>8&1 == 1 && uint64(at) < uint64(len(m.units)) {
			start := m.units[at] & (1<<31 - 1)
			if uint64(start) >= uint64(len(m.replacements)) {
				return nil, false
			}
			replacement := m.replacements[start:]
			return replacement[:bytes.IndexByte(replacement, 0)], true
		}
	}
	return nil, false
}
