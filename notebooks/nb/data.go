// SPDX-License-Identifier: Apache-2.0

package nb

import (
	"fmt"
	"os"
	"path/filepath"

	"dpt/superglue"
)

// Data is a folder with the SuperGLUE task's official training and development rows: the one
// that DPT_DATA names, or, in a checkout that has it beside it, ../shared/data/superglue.
func Data(task superglue.Task) string {
	if dir := os.Getenv("DPT_DATA"); dir != "" {
		return dir
	}
	dir := filepath.Join(Root(), "..", "shared", "data", "superglue")
	if _, err := os.Stat(filepath.Join(dir, task.Name, "train.jsonl")); err == nil {
		return dir
	}
	panic(fmt.Errorf("no rows of %s: set DPT_DATA to the folder that holds %s/train.jsonl and val.jsonl", task.Name, task.Name))
}
