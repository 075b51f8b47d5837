// SPDX-License-Identifier: Apache-2.0

package dptlib

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/renameio/v2"
	"github.com/schollz/progressbar/v3"

	"dpt/superglue"
	"dpt/t5/tokenizer"
)

// tokenCache is a folder that keeps the tokens of splits, each file under the hash of all that they follow from. So what
// is read is never stale, and a file that is damaged is made again.
type tokenCache struct {
	dir   string
	least int   // bytes of text from which on a split is worth a file
	most  int64 // bytes of the folder; what was not read for longest goes first
}

// userTokens is the cache in the user's folder. A MiB of text takes some tenths of a second to tokenise.
func userTokens() tokenCache {
	dir, err := os.UserCacheDir()
	if err != nil {
		return tokenCache{least: 1 << 62} // no folder, no cache
	}
	return tokenCache{filepath.Join(dir, "dpt", "tokens"), 1 << 20, 1 << 30}
}

// split is what tokens follow from.
type split struct {
	task      superglue.Task
	format    superglue.Format
	rows      []superglue.Example
	tok       *tokenizer.Tokenizer
	maxSource int
}

// tokens returns the split's tokens. A cache that cannot be written is none.
func (c tokenCache) tokens(s split) []Example {
	name, size := s.hash()
	if size < c.least {
		return s.tokenise(size)
	}
	path := filepath.Join(c.dir, name)
	if examples, err := readTokens(path); err == nil && len(examples) == len(s.rows) {
		os.Chtimes(path, time.Time{}, time.Now())
		return examples
	}
	examples := s.tokenise(size)
	if os.MkdirAll(c.dir, 0o755) == nil && renameio.WriteFile(path, packTokens(examples), 0o644) == nil {
		c.trim()
	}
	return examples
}

// hash names the split by its content. size is the length of its texts in bytes.
func (s split) hash() (name string, size int) {
	hash := sha256.New()
	out := bufio.NewWriterSize(hash, 1<<16)
	fmt.Fprintf(out, "tokens 1 %s %d\n", s.tok.Fingerprint(), s.maxSource)
	for _, row := range s.rows {
		source, target := s.task.Text(row, s.format)
		fmt.Fprintf(out, "%d %d\n", len(source), len(target))
		out.WriteString(source)
		out.WriteString(target)
		size += len(source) + len(target)
	}
	out.Flush()
	return fmt.Sprintf("%x", hash.Sum(nil)), size
}

func (s split) tokenise(size int) []Example {
	var bar *progressbar.ProgressBar
	if size > 4<<20 { // more than a second or two
		bar = progressbar.NewOptions(len(s.rows), progressbar.OptionSetWriter(os.Stderr), progressbar.OptionShowCount(), progressbar.OptionShowIts(),
			progressbar.OptionSetDescription("tokenising "+s.task.Name), progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	examples := make([]Example, len(s.rows))
	for i, row := range s.rows {
		source, target := s.task.Text(row, s.format)
		examples[i] = Example{s.tok.EncodeMax(source, s.maxSource), s.tok.Encode(target)}
		if bar != nil {
			bar.Add(1)
		}
	}
	return examples
}

// packTokens writes the number of examples; of each the number of source tokens, these, and as much of the target; and the
// SHA-256 of it all. Numbers are unsigned varints.
func packTokens(examples []Example) []byte {
	packed := binary.AppendUvarint(nil, uint64(len(examples)))
	for _, e := range examples {
		for _, ids := range [][]int32{e.Source, e.Target} {
			packed = binary.AppendUvarint(packed, uint64(len(ids)))
			for _, id := range ids {
				packed = binary.AppendUvarint(packed, uint64(id))
			}
		}
	}
	sum := sha256.Sum256(packed)
	return append(packed, sum[:]...)
}

var errTokens = errors.New("a file of tokens is damaged")

func readTokens(path string) ([]Example, error) {
	packed, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	at := len(packed) - sha256.Size
	if at < 0 {
		return nil, errTokens
	}
	packed, want := packed[:at], packed[at:]
	if sum := sha256.Sum256(packed); !bytes.Equal(sum[:], want) {
		return nil, errTokens
	}
	number := func() int {
		n, width := binary.Uvarint(packed)
		packed = packed[max(0, width):]
		return int(n)
	}
	examples := make([]Example, number())
	for i := range examples {
		for _, ids := range []*[]int32{&examples[i].Source, &examples[i].Target} {
			*ids = make([]int32, number())
			for j := range *ids {
				(*ids)[j] = int32(number())
			}
		}
	}
	return examples, nil
}

// trim removes what was not read for longest until the folder is small enough.
func (c tokenCache) trim() {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return
	}
	var files []os.FileInfo
	var total int64
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			files = append(files, info)
			total += info.Size()
		}
	}
	slices.SortFunc(files, func(a, b os.FileInfo) int { return cmp.Compare(a.ModTime().UnixNano(), b.ModTime().UnixNano()) })
	for _, file := range files {
		if total <= c.most {
			return
		}
		if os.Remove(filepath.Join(c.dir, file.Name())) == nil {
			total -= file.Size()
		}
	}
}
