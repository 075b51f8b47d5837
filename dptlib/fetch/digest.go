// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"regexp"
	"strings"
)

// digest is the hash that a file's bytes must have: a SHA-256, or the SHA-1 by which git names a blob. The zero value
// stands for an unknown hash.
type digest struct {
	hex string
	git bool
}

var hexadecimal = regexp.MustCompile(`^[0-9a-f]+$`)

// digestOf reads an ETag of HuggingFace's server: the SHA-256 of a file in LFS, git's SHA-1 of one in the repository.
func digestOf(etag string) digest {
	switch etag = strings.ToLower(etag); {
	case !hexadecimal.MatchString(etag):
		return digest{}
	case len(etag) == 2*sha256.Size:
		return digest{hex: etag}
	case len(etag) == 2*sha1.Size:
		return digest{hex: etag, git: true}
	}
	return digest{}
}

func (d digest) name() string {
	if d.git {
		return "git SHA-1"
	}
	return "SHA-256"
}

// new returns the hash of a file of size bytes before any of them has been written to it.
func (d digest) new(size int64) hash.Hash {
	if !d.git {
		return sha256.New()
	}
	h := sha1.New()
	d.begin(h, size)
	return h
}

// begin writes the header that git puts in front of a blob.
func (d digest) begin(h hash.Hash, size int64) {
	if d.git {
		fmt.Fprintf(h, "blob %d\x00", size)
	}
}

func hexOf(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }
