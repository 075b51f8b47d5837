// SPDX-License-Identifier: Apache-2.0

package superglue

// Archive is an official zip file of one task. It holds <Task>/train.jsonl, <Task>/val.jsonl and <Task>/test.jsonl.
type Archive struct {
	Task   string
	Bytes  int64
	SHA256 string // hexadecimal
}

// ArchiveBase is the address that the official archives lie under.
const ArchiveBase = "https://dl.fbaipublicfiles.com/glue/superglue/data/v2/"

// URL is where the archive is published.
func (a Archive) URL() string { return ArchiveBase + a.Task + ".zip" }

// Archive is the task's official archive, version 2.
func (t Task) Archive() Archive { return archives[t.Name] }

var archives = map[string]Archive{
	"BoolQ":   {"BoolQ", 4118001, "853fbe7922f70c59629f06a39e8d9ca440c3d740e760fd3b87a5ddf3dcba2436"},
	"CB":      {"CB", 75482, "8d641383298d54554066ba1c93f56ae7410af75df621b90c63028806bbbbb535"},
	"COPA":    {"COPA", 43986, "405906cddac74bc1e1ce8220f1107d1025b66a25ef10149d91b10bb30651125f"},
	"MultiRC": {"MultiRC", 1116225, "b3cd440856e72eb166b2edcd37b798455f1ebd51f2c3de64c0c2a4e1971d2737"},
	"ReCoRD":  {"ReCoRD", 51757880, "30c7b651ab21b8bf8fab986495cd1084333010e040548f861b839eec0044ac18"},
	"WiC":     {"WiC", 396213, "ee7e67f4ae9eafbf533780faa198e62167f3cda54256cdf261877be3c0e90900"},
	"WSC":     {"WSC", 32751, "2ed6dfa94556b4a128ff0441efe365b2e883124e7e6aa00fb8d3a6cb1fd520a9"},
	"RTE":     {"RTE", 750920, "6310aab3f000424c9d0318a1ff20692e07c7f4aa15e8f17a5972ea0a35c398b9"},
}
