// SPDX-License-Identifier: Apache-2.0

package runs

import (
	"os"
	"path/filepath"
	"strconv"

	"dpt/dptlib/prompt"
)

// Slim makes the folder small enough to be kept with code: it keeps only the part of each prompt that prediction needs,
// and three digits of each record's losses; it removes gradient norms, the prompts of last updates, and fine-tuned
// weights. Training a run again restores everything that was removed.
func (f Folder) Slim() error {
	for _, pattern := range []string{"*-last.safetensors", "*.model.safetensors"} {
		names, err := filepath.Glob(filepath.Join(string(f), pattern))
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := os.Remove(name); err != nil {
				return err
			}
		}
	}
	names, err := filepath.Glob(filepath.Join(string(f), "*.safetensors"))
	if err != nil {
		return err
	}
	for _, name := range names {
		p, err := prompt.Load(name)
		if err != nil {
			return err
		}
		if slim := p.Slim(); slim != p {
			if err := slim.Write(name, p.Metadata); err != nil {
				return err
			}
		}
	}
	return f.slimRecords()
}

// slimRecords shortens the records that can be read; the others are left as they are.
func (f Folder) slimRecords() error {
	records, _ := f.Records()
	for _, r := range records {
		changed := r.GradientNorms != nil
		for i, loss := range r.Losses {
			short, err := strconv.ParseFloat(strconv.FormatFloat(float64(loss), 'g', 3, 64), 32)
			if err != nil {
				return err
			}
			changed = changed || float32(short) != loss
			r.Losses[i] = float32(short)
		}
		if r.GradientNorms = nil; !changed {
			continue
		}
		if err := r.Write(f.RecordPath(r.ID)); err != nil {
			return err
		}
	}
	return nil
}
