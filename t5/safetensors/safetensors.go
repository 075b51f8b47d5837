// SPDX-License-Identifier: Apache-2.0

// Package safetensors reads and writes HuggingFace's safetensors files.
//
// A file is an 8-byte little-endian header length, a JSON header that gives each tensor's dtype, shape and byte range,
// and the tensors' bytes (https://github.com/huggingface/safetensors). Files are memory-mapped: a [Tensor]'s Data are
// pages of the file, read when touched. The whole header is checked before any tensor is handed out, so that a
// malformed file is an error that names the tensor and never a wild read.
//
// Files that the reference implementation (Rust, 0.8.0) refuses are refused. These are refused as well: a name that
// comes twice, a key of a tensor other than dtype, shape and data_offsets, an array in the place of a tensor's object,
// an object in the place of a dtype's name, a dimension of 2^63 or more, and the dtypes C64, F4, F6_E2M3, F6_E3M2,
// F8_E8M0, F8_E4M3FNUZ and F8_E5M2FNUZ.
package safetensors

import (
	"fmt"
	"maps"
	"slices"

	"github.com/edsrzf/mmap-go"

	"dpt/t5/modelfile"
)

// DType is an element type by its name in the header, such as "F32" or "BF16".
type DType string

// The element types of the format; their names are those of the header.
const (
	Bool    DType = "BOOL"
	Uint8   DType = "U8"
	Int8    DType = "I8"
	Uint16  DType = "U16"
	Int16   DType = "I16"
	Uint32  DType = "U32"
	Int32   DType = "I32"
	Uint64  DType = "U64"
	Int64   DType = "I64"
	F8E4M3  DType = "F8_E4M3"
	F8E5M2  DType = "F8_E5M2"
	Float16 DType = "F16"
	BF16    DType = "BF16"
	Float32 DType = "F32"
	Float64 DType = "F64"
)

var elementSize = map[DType]int{
	Bool: 1, Uint8: 1, Int8: 1, F8E4M3: 1, F8E5M2: 1, Uint16: 2, Int16: 2, Float16: 2, BF16: 2,
	Uint32: 4, Int32: 4, Float32: 4, Uint64: 8, Int64: 8, Float64: 8,
}

// Tensor is one named array of a file.
type Tensor struct {
	Name  string
	DType DType
	Shape []int
	Data  []byte // little-endian, row-major; read-only and valid until the File is closed
}

// File is an open safetensors file.
type File struct {
	Path     string
	Metadata map[string]string // the header's "__metadata__"; nil where there is none

	tensors map[string]Tensor
	pages   mmap.MMap
}

// Open maps the file at path into memory and checks its header. The file must not shrink while it is open.
func Open(path string) (*File, error) {
	f, err := modelfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	// An empty file cannot be mapped; Parse says what is wrong with it.
	var pages mmap.MMap
	if info.Size() > 0 {
		if pages, err = mmap.Map(f, mmap.RDONLY, 0); err != nil {
			return nil, fmt.Errorf("%s: mapping the file into memory: %w", path, err)
		}
	}
	file, err := Parse(pages)
	if err != nil {
		if pages != nil {
			pages.Unmap()
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	file.Path, file.pages = path, pages
	return file, nil
}

// Parse reads a file's content that is already in memory, such as an embedded one. The tensors share its bytes.
func Parse(content []byte) (*File, error) {
	entries, metadata, data, err := parseHeader(content)
	if err != nil {
		return nil, err
	}
	file := &File{Metadata: metadata, tensors: make(map[string]Tensor, len(entries))}
	for _, e := range entries {
		file.tensors[e.name] = Tensor{Name: e.name, DType: e.dtype, Shape: e.shape, Data: data[e.begin:e.end:e.end]}
	}
	return file, nil
}

// Names returns the tensors' names, sorted.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.tensors)) }

// Tensor returns the tensor of that name, and whether the file has it.
func (f *File) Tensor(name string) (Tensor, bool) {
	t, ok := f.tensors[name]
	return t, ok
}

// Close unmaps the file; its tensors' Data must not be touched after.
func (f *File) Close() error {
	f.tensors = nil
	if f.pages == nil {
		return nil
	}
	return f.pages.Unmap()
}
