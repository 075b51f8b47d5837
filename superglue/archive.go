// SPDX-License-Identifier: Apache-2.0

package superglue

// Archive is an official zip file of one task. It holds <Task>/train.jsonl, <Task>/val.jsonl and <Task>/test.jsonl.
type Archive struct {
	Task   string // filled in by [NewTask]
	Bytes  int64
	SHA256 string // hexadecimal
}

// ArchiveBase is the address below which the official archives lie.
const ArchiveBase = "https://dl.fbaipublicfiles.com/glue/superglue/data/v2/"

// URL returns the archive's address.
func (a Archive) URL() string { return ArchiveBase + a.Task + ".zip" }

// Archive returns the task's official archive, version 2. Its SHA256 is empty if the task has none.
func (t Task) Archive() Archive { return t.spec.Archive }
