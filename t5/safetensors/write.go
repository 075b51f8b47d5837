// SPDX-License-Identifier: Apache-2.0

package safetensors

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/google/renameio/v2"
)

// Write stores tensors and metadata (which may be nil) at path. The file is written under a temporary name, synced and
// renamed, so that path holds either its old content or all of the new. Tensors are laid out by falling element
// size, then by name, as the reference implementation does: each is aligned to its element, and equal input gives
// equal bytes.
func Write(path string, tensors []Tensor, metadata map[string]string) error {
	file, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o644))
	if err != nil {
		return err
	}
	defer file.Cleanup()
	out := bufio.NewWriterSize(file, 1<<20)
	if err := encode(out, tensors, metadata); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return file.CloseAtomicallyReplace()
}

func encode(out io.Writer, tensors []Tensor, metadata map[string]string) error {
	tensors = slices.Clone(tensors)
	slices.SortFunc(tensors, func(a, b Tensor) int {
		return cmp.Or(cmp.Compare(elementSize[b.DType], elementSize[a.DType]), cmp.Compare(a.Name, b.Name))
	})
	header, err := encodeHeader(tensors, metadata)
	if err != nil {
		return err
	}
	if err := binary.Write(out, binary.LittleEndian, uint64(len(header))); err != nil {
		return err
	}
	if _, err := out.Write(header); err != nil {
		return err
	}
	for _, t := range tensors {
		if _, err := out.Write(t.Data); err != nil {
			return err
		}
	}
	return nil
}

// encodeHeader returns the JSON header, padded with spaces so that the data start at a multiple of 8 bytes.
func encodeHeader(tensors []Tensor, metadata map[string]string) ([]byte, error) {
	var header bytes.Buffer
	field := func(name string, value any) error {
		separator := byte(',')
		if header.Len() == 0 {
			separator = '{'
		}
		header.WriteByte(separator)
		key, err := json.Marshal(name)
		if err != nil {
			return err
		}
		text, err := json.Marshal(value, json.Deterministic(true))
		header.Write(append(append(key, ':'), text...))
		return err
	}
	if metadata != nil {
		if err := field("__metadata__", metadata); err != nil {
			return nil, err
		}
	}
	begin := 0
	for i, t := range tensors {
		if i > 0 && tensors[i-1].Name == t.Name || t.Name == "__metadata__" {
			return nil, fmt.Errorf("tensor %q: a name must come once and not be __metadata__", t.Name)
		}
		width := elementSize[t.DType]
		if size, ok := byteSize(t.Shape, width); !ok || width == 0 || size != len(t.Data) {
			return nil, fmt.Errorf("tensor %q: shape %v of dtype %q does not fit its %d bytes",
				t.Name, t.Shape, t.DType, len(t.Data))
		}
		end := begin + len(t.Data)
		err := field(t.Name, struct {
			DType   DType  `json:"dtype"`
			Shape   []int  `json:"shape"`
			Offsets [2]int `json:"data_offsets"`
		}{t.DType, append([]int{}, t.Shape...), [2]int{begin, end}})
		if err != nil {
			return nil, err
		}
		begin = end
	}
	if header.Len() == 0 {
		header.WriteByte('{')
	}
	header.WriteByte('}')
	for header.Len()%8 != 0 {
		header.WriteByte(' ')
	}
	return header.Bytes(), nil
}
