// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"dpt/dptlib/prompt"
	"dpt/superglue"
)

type importCmd struct {
	Adapter string `arg:"" type:"existingdir" help:"Folder with adapter_config.json and adapter_model.safetensors, as PEFT's prompt tuning of a T5 saves them."`
	Out     string `required:"" type:"path" placeholder:"FILE" help:"Where the prompt goes, for --prompt of eval and predict."`
	Task    string `help:"SuperGLUE task that it was trained on; predict then needs none."`
	Format  string `help:"Text format that it was trained on: dpt, dpt-oct or t5."`
}

// Run reads the adapter and writes its prompt.
func (c *importCmd) Run(s streams) error {
	if _, err := os.Lstat(c.Out); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s must be a new file, but it exists: remove it, or name another", c.Out)
	}
	imported, err := prompt.ImportPEFT(c.Adapter)
	if err != nil {
		return err
	}
	if c.Task != "" {
		task, err := superglue.Lookup(c.Task)
		if err != nil {
			return err
		}
		imported.Metadata["task"] = task.Name
	}
	if c.Format != "" {
		format, err := superglue.ParseFormat(c.Format)
		if err != nil {
			return err
		}
		imported.Metadata["text_format"] = format.String()
	}
	if err := imported.Write(c.Out, imported.Metadata); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s: a prompt of %d vectors of width %d\n", c.Out, imported.Length, imported.Width)
	return nil
}
